/* Traps in processes forked by the test: every hit is counted, and the process does not notice. */
#include "live_fixture.h"

#include <sys/ptrace.h>
#include <sys/time.h>
#include <ucontext.h>

#include "dbg/target/traps/trap_location.h"
#include "dbg/target/traps/traps.h"
#include "tests/unit/tsan.h"

/* ---- Trapped functions; a forked process has them at the same addresses ---- */

__attribute__((noinline)) static uint64_t work(uint64_t x)
{
	__asm__ volatile("" : "+r"(x));
	return x * 3 + 1;
}

struct counts {
	_Atomic uint64_t hits;
	_Atomic uint64_t stop_at; /* return TRAP_STOP at this hit; 0: never */
	_Atomic uint64_t again;	  /* return TRAP_AGAIN this many times */
	_Atomic uint64_t bad;	  /* hits with a wrong address or rip */
	uint64_t address;
};

static enum trap_answer count_hit(void *context, const struct trap_hit *hit)
{
	struct counts *counts = context;
	if (counts->again) {
		counts->again--;
		return TRAP_AGAIN;
	}
	counts->bad += hit->address != counts->address || hit->regs->rip != hit->address;
	return ++counts->hits == counts->stop_at ? TRAP_STOP : TRAP_GO_ON;
}

static void *work_forever(void *argument)
{
	_Atomic uint64_t *counter = argument;
	while (true) {
		*counter += 1;
		work(*counter);
	}
	return NULL;
}

static void work_in(struct shared *shared, int threads)
{
	for (int i = 1; i < threads; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, work_forever, &shared->counters[i]);
	}
	shared->ready = 1;
	work_forever(&shared->counters[0]);
}

static void working_body(struct shared *shared)
{
	work_in(shared, 1);
}

static void two_working_body(struct shared *shared)
{
	work_in(shared, 2);
}

static uint64_t address_of_work(void)
{
	return (uint64_t)(uintptr_t)work;
}

struct fixture {
	struct shared *shared;
	pid_t pid;
	struct target *target;
	struct counts counts;
	struct trap_handler handler;
};

static void begin_with(
	struct fixture *fixture, void (*body)(struct shared *), const struct live_options *options)
{
	*fixture = (struct fixture){.shared = shared_create()};
	fixture->counts.address = address_of_work();
	fixture->handler = (struct trap_handler){count_hit, &fixture->counts};
	fixture->pid = fixture_start(body, fixture->shared);
	assert_success(live_attach(fixture->pid, options, &fixture->target));
}

static void begin(struct fixture *fixture, void (*body)(struct shared *))
{
	begin_with(fixture, body, NULL);
}

static void arm(struct fixture *fixture)
{
	uint64_t address = address_of_work();
	assert_success(target_set_traps(fixture->target, &address, 1, &fixture->handler));
}

static void end(struct fixture *fixture)
{
	target_destroy(fixture->target);
	assert_running(fixture->shared);
	fixture_end(fixture->pid);
	shared_destroy(fixture->shared);
}

/* Hits and calls may differ by one per thread, because a thread counts before it calls. */
static void assert_counted(const struct fixture *fixture, uint64_t before, uint64_t threads)
{
	uint64_t done = counted(fixture->shared) - before;
	if (fixture->counts.hits > done + threads || fixture->counts.hits + threads < done)
		fail_msg("%llu hits, %llu calls", (unsigned long long)fixture->counts.hits,
			(unsigned long long)done);
	assert_int_equal(fixture->counts.bad, 0);
}

static void test_hits_are_counted(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 20000);
	assert_success(target_interrupt(fixture.target));
	assert_counted(&fixture, before, 2);
	/* A reader sees the original code; then it continues. */
	uint8_t byte;
	assert_success(target_read(fixture.target, address_of_work(), &byte, 1));
	assert_int_equal(byte, *(const uint8_t *)(uintptr_t)work);
	for (int i = 0; i < 20; i++) {
		assert_success(target_continue(fixture.target));
		usleep(3000);
		assert_success(target_interrupt(fixture.target));
		assert_counted(&fixture, before, 2);
	}
	/* Remove the trap. */
	assert_success(target_set_traps(fixture.target, NULL, 0, NULL));
	uint64_t hits = fixture.counts.hits;
	assert_success(target_continue(fixture.target));
	assert_running(fixture.shared);
	assert_int_equal(fixture.counts.hits, hits);
	end(&fixture);
}

static void test_stopping(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	for (uint64_t i = 1; i <= 50; i++) {
		fixture.counts.stop_at = fixture.counts.hits + 100;
		assert_success(target_continue(fixture.target));
		struct target_event event = next_event(fixture.target);
		assert_int_equal(event.kind, TARGET_EVENT_TRAP);
		const struct thread *threads;
		size_t count;
		bool found = false;
		assert_success(target_threads(fixture.target, &threads, &count));
		for (size_t k = 0; k < count; k++)
			found |= threads[k].tid == event.value &&
				 threads[k].regs.rip == address_of_work();
		assert_true(found);
		assert_counted(&fixture, before, 2);
		assert_stopped(fixture.shared);
	}
	end(&fixture);
}

static void test_again(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	fixture.counts.again = 20;
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 1000);
	assert_int_equal(fixture.counts.again, 0);
	assert_success(target_interrupt(fixture.target));
	assert_counted(&fixture, before, 1);
	end(&fixture);
}

static void ignore_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
}

/* With a handler for SIGTRAP and a blocked signal, each hit needs system calls in the thread. */
static void blocking_body(struct shared *shared)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	action.sa_sigaction = ignore_trap;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGTRAP, &action, NULL);
	work_in(shared, 2);
}

static bool stops_counting(struct shared *shared)
{
	for (int i = 0; i < 200; i++) {
		uint64_t before = counted(shared);
		usleep(20000);
		if (counted(shared) == before)
			return true;
	}
	return false;
}

static void test_stop_signals_take_effect(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, blocking_body);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	for (int i = 0; i < 200; i++) {
		uint64_t before = counted(fixture.shared);
		kill(fixture.pid, SIGSTOP);
		if (!stops_counting(fixture.shared))
			fail_msg("it still runs after SIGSTOP %d", i);
		if (i % 10 == 0) {
			/* The group-stop outlasts a stop by the debugger. */
			assert_success(target_interrupt(fixture.target));
			assert_success(target_continue(fixture.target));
			assert_true(stops_counting(fixture.shared));
		}
		kill(fixture.pid, SIGCONT);
		wait_until(counted(fixture.shared) > before + 2);
	}
	/* Also if the debugger stops it first. */
	for (int i = 0; i < 50; i++) {
		kill(fixture.pid, SIGSTOP);
		assert_success(target_interrupt(fixture.target));
		assert_success(target_continue(fixture.target));
		if (!stops_counting(fixture.shared))
			fail_msg("it still runs after SIGSTOP and a stop, %d", i);
		uint64_t before = counted(fixture.shared);
		kill(fixture.pid, SIGCONT);
		wait_until(counted(fixture.shared) > before + 2);
	}
	end(&fixture);
}

static void test_detaching_while_it_runs(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 1000);
	end(&fixture);
}

/* ---- Signals and faults of the program ---- */

/* SIGTRAPs of the program: int3, raise and kill. Its handler counts them and checks their
 * address. */
extern const uint8_t own_int3_end[];

static void on_sigtrap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	const ucontext_t *where = context;
	signal_record->signals++;
	if (info->si_code == SI_KERNEL &&
		(uint64_t)where->uc_mcontext.gregs[REG_RIP] != (uint64_t)(uintptr_t)own_int3_end)
		signal_record->stop = 1; /* not from its own int3 */
}

__attribute__((noinline)) static void own_int3(void)
{
	__asm__ volatile("int3\n.globl own_int3_end\nown_int3_end:\n" ::: "memory");
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(signal, &action, NULL);
}

static void trapping_body(struct shared *shared)
{
	signal_record = shared;
	handle(SIGTRAP, on_sigtrap);
	shared->ready = 1;
	while (true) {
		own_int3();
		shared->counters[1]++;
		raise(SIGTRAP);
		shared->counters[1]++;
		work(shared->counters[0]);
		shared->counters[0]++;
	}
}

static void test_own_sigtraps(void **state)
{
	(void)state;
	skip_under_tsan();
	struct fixture fixture;
	begin(&fixture, trapping_body);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 500);
	assert_success(target_interrupt(fixture.target));
	uint64_t signals = fixture.shared->signals, sent = fixture.shared->counters[1];
	assert_in_range(signals, sent, sent + 1);
	assert_int_equal(fixture.shared->stop, 0);
	end(&fixture);
	assert_int_equal(fixture.counts.bad, 0);
}

/* Traps at instructions that fault. The handler must see the original address; it repairs the
 * fault. */
extern const uint8_t faulting_load[], faulting_division[];

__attribute__((noinline)) static uint64_t fault(const uint64_t *pointer, uint64_t divisor)
{
	uint64_t value, quotient;
	__asm__ volatile(".globl faulting_load\nfaulting_load: movq (%1), %0\n"
			 : "=r"(value)
			 : "b"(pointer)
			 : "memory");
	__asm__ volatile("xorl %%edx, %%edx\nmovl $7, %%eax\n"
			 ".globl faulting_division\nfaulting_division: divq %1\n"
			 : "=&a"(quotient)
			 : "c"(divisor)
			 : "rdx");
	return value + quotient;
}

static uint64_t something = 5;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *where = context;
	uint64_t rip = (uint64_t)where->uc_mcontext.gregs[REG_RIP];
	signal_record->signals++;
	if (signal == SIGSEGV && rip == (uint64_t)(uintptr_t)faulting_load && !info->si_addr)
		where->uc_mcontext.gregs[REG_RBX] = (greg_t)(uintptr_t)&something;
	else if (signal == SIGFPE && rip == (uint64_t)(uintptr_t)faulting_division &&
		 (uint64_t)(uintptr_t)info->si_addr == rip)
		where->uc_mcontext.gregs[REG_RCX] = 1;
	else
		_exit(99);
}

static void faulting_body(struct shared *shared)
{
	signal_record = shared;
	handle(SIGSEGV, on_fault);
	handle(SIGFPE, on_fault);
	shared->ready = 1;
	while (true) {
		if (fault(NULL, 0) != something + 7)
			_exit(98);
		shared->counters[0]++;
	}
}

static void test_faults(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, faulting_body);
	const uint64_t addresses[] = {(uint64_t)(uintptr_t)faulting_load,
		(uint64_t)(uintptr_t)faulting_division, (uint64_t)(uintptr_t)faulting_load};
	assert_success(target_set_traps(fixture.target, addresses, 3, &fixture.handler));
	uint64_t before = fixture.shared->counters[0];
	assert_success(target_continue(fixture.target));
	wait_until(fixture.shared->counters[0] > before + 200);
	assert_success(target_interrupt(fixture.target));
	/* Each instruction is executed twice: the first time it faults. */
	uint64_t calls = fixture.shared->counters[0] - before;
	assert_in_range(fixture.counts.hits, 4 * calls - 4, 4 * calls + 4);
	end(&fixture);
}

/* A thread hits traps in a signal handler that blocks all signals, including SIGTRAP, and outside
 * of it. */
static void on_alarm(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	work(1);
	signal_record->counters[1]++;
}

static void handler_body(struct shared *shared)
{
	signal_record = shared;
	handle(SIGTRAP, on_sigtrap);
	struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
	sigfillset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	const struct itimerval often = {{0, 1000}, {0, 1000}};
	setitimer(ITIMER_REAL, &often, NULL);
	shared->ready = 1;
	while (true) {
		work(1);
		shared->counters[0]++;
		sigset_t mask;
		pthread_sigmask(SIG_SETMASK, NULL, &mask);
		if (sigismember(&mask, SIGTRAP) || sigismember(&mask, SIGALRM))
			_exit(97);
	}
}

static void test_in_handler(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, handler_body);
	arm(&fixture);
	uint64_t in_handler = fixture.shared->counters[1], before = counted(fixture.shared);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.shared->counters[1] > in_handler + 300);
	assert_success(target_interrupt(fixture.target));
	/* One call in the handler and one in the interrupted code. */
	assert_counted(&fixture, before, 2);
	assert_success(target_set_traps(fixture.target, NULL, 0, NULL));
	assert_success(target_continue(fixture.target));
	/* Its own action for SIGTRAP is restored. */
	uint64_t signals = fixture.shared->signals;
	kill(fixture.pid, SIGTRAP);
	wait_until(fixture.shared->signals == signals + 1);
	end(&fixture);
}

/* ---- Children ---- */

/* After vfork, the child hits traps in shared memory; after fork, in a copy. Its hits are not
 * counted, and it does not crash. */
static void forking_body(struct shared *shared)
{
	shared->ready = 1;
	while (true) {
		int status;
		pid_t child = vfork();
		if (child == 0) {
			work(2);
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		if (waitpid(child, &status, 0) != child || status != 0)
			_exit(96);
		child = fork();
		if (child == 0)
			_exit(work(2) == 7 ? 0 : 95);
		if (waitpid(child, &status, 0) != child || status != 0)
			_exit(94);
		work(3);
		shared->counters[0]++;
	}
}

static void test_children(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, forking_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.shared->counters[0] > 100);
	assert_success(target_interrupt(fixture.target));
	assert_counted(&fixture, before, 1);
	end(&fixture);
}

/* ---- Exec, unmapping, detaching ---- */

static void exec_body(struct shared *shared)
{
	shared->ready = 1;
	while (!shared->stop) {
		work(1);
		shared->counters[0]++;
	}
	execl("/bin/sleep", "sleep", "1000", NULL);
	_exit(1);
}

static void test_exec(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, exec_body);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 100);
	fixture.shared->stop = 1;
	assert_int_equal(next_event(fixture.target).kind, TARGET_EVENT_EXEC);
	wait_until(state_of(fixture.pid) == 'S');
	target_destroy(fixture.target);
	assert_int_equal(state_of(fixture.pid), 'S');
	fixture_end(fixture.pid);
	shared_destroy(fixture.shared);
}

/* Unmaps code with a trap in it, and maps other memory there. */
static void remapping_body(struct shared *shared)
{
	static const uint8_t code[] = {0x48, 0x89, 0xF8, 0xC3}; /* mov rax, rdi; ret */
	uint8_t *page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(page, code, sizeof(code));
	shared->address = page;
	shared->ready = 1;
	while (!shared->stop)
		shared->counters[0] += ((uint64_t(*)(uint64_t))(uintptr_t)page)(1);
	munmap(page, 4096);
	shared->child = 1;
	while (shared->stop < 2)
		shared->counters[1]++;
	mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	shared->child = 2;
	while (page[0] == 0)
		shared->counters[2]++;
	_exit(93);
}

static void test_remapped(void **state)
{
	(void)state;
	for (int mapped = 0; mapped < 2; mapped++) {
		struct fixture fixture;
		begin(&fixture, remapping_body);
		uint64_t address = (uint64_t)(uintptr_t)fixture.shared->address;
		fixture.counts.address = address;
		assert_success(target_set_traps(fixture.target, &address, 1, &fixture.handler));
		assert_success(target_continue(fixture.target));
		wait_until(fixture.counts.hits > 100);
		fixture.shared->stop = 1 + mapped;
		wait_until(fixture.shared->child == 1 + mapped);
		end(&fixture);
	}
}

static void test_watchdog(void **state)
{
	(void)state;
	const struct live_options options = {.max_stop_ns = 200000000};
	struct fixture fixture;
	begin_with(&fixture, two_working_body, &options);
	arm(&fixture);
	assert_int_equal(next_event(fixture.target).kind, TARGET_EVENT_WATCHDOG);
	assert_running(fixture.shared);
	wait_until(tracer_of(fixture.pid) == 0);
	assert_running(fixture.shared);
	end(&fixture);
}

static void test_leave_signal(void **state)
{
	(void)state;
	const struct live_options options = {.leave_grace_ns = LATE_S * INT64_C(1000000000)};
	struct fixture fixture;
	begin_with(&fixture, two_working_body, &options);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 100);
	kill(getpid(), SIGHUP);
	assert_int_equal(next_event(fixture.target).kind, TARGET_EVENT_LEAVE);
	assert_running(fixture.shared);
	end(&fixture);
}

/* ---- Rejected addresses, and changing sets ---- */

static void test_refused(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, working_body);
	uint64_t addresses[] = {address_of_work(), (uint64_t)(uintptr_t)&something};
	assert_failure(target_set_traps(fixture.target, addresses, 2, &fixture.handler),
		ERROR_USAGE, "no code is mapped there");
	addresses[1] = 8;
	assert_failure(target_set_traps(fixture.target, addresses, 2, &fixture.handler),
		ERROR_USAGE, "no code is mapped there");
	arm(&fixture);
	assert_failure(target_set_traps(fixture.target, addresses, 2, &fixture.handler),
		ERROR_USAGE, "no code is mapped there");
	assert_success(target_continue(fixture.target));
	assert_failure(
		target_set_traps(fixture.target, addresses, 1, &fixture.handler), ERROR_GONE, "");
	wait_until(fixture.counts.hits > 100);
	end(&fixture);
}

static void test_set_changes(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, faulting_body);
	const uint64_t load = (uint64_t)(uintptr_t)faulting_load,
		       division = (uint64_t)(uintptr_t)faulting_division;
	const uint64_t both[] = {division, load};
	for (int i = 0; i < 60; i++) {
		size_t count = (size_t)(i % 3);
		fixture.counts.hits = 0;
		assert_success(target_set_traps(fixture.target, both, count, &fixture.handler));
		uint64_t before = fixture.shared->counters[0];
		assert_success(target_continue(fixture.target));
		wait_until(fixture.shared->counters[0] > before + 20);
		assert_success(target_interrupt(fixture.target));
		uint64_t calls = fixture.shared->counters[0] - before;
		uint64_t each = 2 * count;
		assert_in_range(fixture.counts.hits, each * calls - each, each * calls + each);
	}
	end(&fixture);
}

/* ---- The location of the trap area ---- */

static void test_location(void **state)
{
	(void)state;
	enum { SIZE = 1 << 20 };
	/* Below the traps, at the end of the gap: as near as possible. */
	const struct mapping fixed[] = {{.start = 0x400000, .end = 0x500000},
		{.start = 0x7ff000000000, .end = 0x7ff000100000}};
	uint64_t location = trap_location_find(fixed, 2, SIZE, 0x400100, 0x400200);
	assert_in_range(location, TRAP_AREA_LOWEST, 0x400000 - SIZE);
	/* No room below: above, within reach, and far enough from the mapping there to let it
	 * grow. */
	const struct mapping low[] = {{.start = 0x20000, .end = 0x500000},
		{.start = 0x7ff000000000, .end = 0x7ff000100000}};
	location = trap_location_find(low, 2, SIZE, 0x400100, 0x400200);
	assert_in_range(location, 0x500000 + (1 << 24), 0x70000000);
	/* No free memory within reach. */
	const struct mapping full[] = {{.start = 0x10000, .end = 0x200000000}};
	assert_int_equal(trap_location_find(full, 1, SIZE, 0x100000, 0x100001), 0);
	/* Not between mappings that are too close together. */
	const struct mapping tight[] = {{.start = 0x10000000, .end = 0x20000000},
		{.start = 0x20000000 + SIZE, .end = 0x30000000}};
	location = trap_location_find(tight, 2, SIZE, 0x20000000 + SIZE, 0x20000001 + SIZE);
	assert_in_range(location, TRAP_AREA_LOWEST, 0x10000000 - SIZE);
}

/* ---- Reads by other threads ---- */

/* Reads the trapped code, bypassing the cache. `*ret_same`: it is the original code. */
static struct error *read_work(struct target *target, bool *ret_same)
{
	uint8_t bytes[16];
	struct memory_run run = {
		.address = address_of_work(), .size = sizeof(bytes), .buffer = bytes};
	struct error *err = target->ops->read(target, &run, 1);
	*ret_same = !err && run.done == sizeof(bytes) &&
		    memcmp(bytes, (const void *)(uintptr_t)work, sizeof(bytes)) == 0;
	return err;
}

struct reader {
	struct target *target;
	atomic_bool quit;
	_Atomic int reads, failed;
};

static void *read_until_quit(void *argument)
{
	struct reader *reader = argument;
	while (!atomic_load(&reader->quit)) {
		bool same;
		struct error *err = read_work(reader->target, &same);
		reader->failed += err != NULL;
		error_destroy(err);
		reader->reads++;
	}
	return NULL;
}

/*
 * A thread reads (as read_ahead.c does) while traps are set and removed. It may read the old or the
 * new code. It must not crash, and ThreadSanitizer must not report a race.
 */
static void test_reading_while_set(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, working_body);
	const uint64_t addresses[] = {address_of_work(), (uint64_t)(uintptr_t)work_forever};
	struct reader reader = {.target = fixture.target};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, read_until_quit, &reader), 0);
	for (size_t i = 0; i < 60; i++)
		assert_success(
			target_set_traps(fixture.target, addresses, i % 3, &fixture.handler));
	wait_until(reader.reads > 100);
	atomic_store(&reader.quit, true);
	pthread_join(thread, NULL);
	assert_int_equal(reader.failed, 0);
	end(&fixture);
}

/* The user's thread reads while the tracer thread detaches. */
static void test_reading_while_detaching(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		const struct live_options options = {.max_stop_ns = (150 + i) * INT64_C(1000000)};
		struct fixture fixture;
		begin_with(&fixture, working_body, &options);
		struct error *err = NULL;
		uint64_t address = address_of_work();
		error_destroy(target_set_traps(fixture.target, &address, 1, &fixture.handler));
		for (bool same; !err;) {
			err = read_work(fixture.target, &same);
			assert_true(err || same);
		}
		assert_int_equal(err->code, ERROR_GONE);
		error_destroy(err);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_hits_are_counted),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_stop_signals_take_effect),
		cmocka_unit_test(test_detaching_while_it_runs),
		cmocka_unit_test(test_own_sigtraps),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_in_handler),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_remapped),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_leave_signal),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_set_changes),
		cmocka_unit_test(test_reading_while_set),
		cmocka_unit_test(test_reading_while_detaching),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
