/* The live target: attaching, reading, registers, continuing, detaching, and refusals. */
#include "tests/unit/live_fixture.h"
#include "tests/unit/tsan.h"

#include <sys/ptrace.h>

static void test_attach_stops_and_leaves(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct target *target = fixture_attach(pid);
	assert_int_equal(target->state, TARGET_STOPPED);
	assert_int_equal(target->pid, pid);
	assert_true(target->stop_monotonic_ns > 0 && target->stop_realtime_ns > 0);
	assert_true(target->entry && target->phdr && target->vdso);
	assert_stopped(shared);
	target_destroy(target);
	assert_int_equal(tracer_of(pid), 0);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_threads_have_registers_and_names(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	pid_t *tids;
	size_t expected, count;
	assert_int_equal(proc_list_threads(pid, &tids, &expected),
		0); /* a sanitizer may add one to our four */
	free(tids);
	struct target *target = fixture_attach(pid);
	const struct thread *threads;
	assert_success(target_threads(target, &threads, &count));
	assert_int_equal(count, expected);
	assert_int_equal(threads[0].tid, pid);
	for (size_t i = 0; i < count; i++) {
		assert_true(threads[i].regs_valid);
		const struct mapping *code = target_mapping_at(target, threads[i].regs.rip);
		assert_non_null(code);
		assert_true(code->executable);
		assert_string_not_equal(threads[i].name, "");
		assert_int_equal(threads[i].ns_tid, threads[i].tid);
	}
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

enum { PAGE = 4096, BLOCK = 3 << 20 };

/*
 * 3 MiB of a pattern, then a page that the process itself cannot read, a hole, and one more page.
 */
static void memory_body(struct shared *shared)
{
	uint8_t *block = mmap(
		NULL, BLOCK + 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < BLOCK + 3 * PAGE; i++)
		block[i] = (uint8_t)(i * 7 + i / PAGE);
	mprotect(block + BLOCK, PAGE, PROT_NONE);
	munmap(block + BLOCK + PAGE, PAGE);
	shared->address = block;
	shared->ready = 1;
	pause();
}

static void check_pattern(const uint8_t *data, size_t offset, size_t size)
{
	for (size_t i = offset; i < offset + size; i++)
		if (data[i - offset] != (uint8_t)(i * 7 + i / PAGE))
			fail_msg("wrong byte at offset %zu", i);
}

static void test_reads_across_holes(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(memory_body, shared);
	struct target *target = fixture_attach(pid);
	uint64_t block = (uintptr_t)shared->address;
	uint8_t *big = malloc(BLOCK + 3 * PAGE), small[8], last[PAGE];
	struct memory_run runs[] = {
		{block, BLOCK + 3 * PAGE, big, 0}, /* ends at the hole */
		{block + 5, sizeof(small), small, 0},
		{16, sizeof(small), small, 0}, /* never mapped */
		{UINT64_MAX - 3, sizeof(small), small, 0},
		{block + BLOCK + 2 * PAGE, sizeof(last), last, 0},
		{block, 0, NULL, 0},
	};
	assert_success(target->ops->read(target, runs, array_length(runs)));
	assert_int_equal(runs[0].done, BLOCK + PAGE);
	check_pattern(big, 0, BLOCK + PAGE);
	assert_int_equal(runs[1].done, sizeof(small));
	check_pattern(small, 5, sizeof(small));
	assert_int_equal(runs[2].done, 0);
	assert_int_equal(runs[3].done, 0);
	assert_int_equal(runs[4].done, sizeof(last));
	check_pattern(last, BLOCK + 2 * PAGE, sizeof(last));
	free(big);
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_reads_many_runs(void **state)
{
	(void)state;
	enum { RUNS = 3000 };
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(memory_body, shared);
	struct target *target = fixture_attach(pid);
	static struct memory_run runs[RUNS];
	static uint8_t data[RUNS][600];
	for (size_t i = 0; i < RUNS; i++) {
		uint64_t address = i % 10 == 9 ? 64 + i : (uintptr_t)shared->address + i * 1000;
		runs[i] = (struct memory_run){address, sizeof(data[i]), data[i], 0};
	}
	assert_success(target->ops->read(target, runs, RUNS));
	for (size_t i = 0; i < RUNS; i++) {
		assert_int_equal(runs[i].done, i % 10 == 9 ? 0 : sizeof(data[i]));
		if (runs[i].done)
			check_pattern(data[i], i * 1000, sizeof(data[i]));
	}
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_continue_and_interrupt(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct target *target = fixture_attach(pid);
	uint64_t word;
	for (int i = 0; i < 20; i++) {
		assert_success(target_continue(target));
		assert_int_equal(target->state, TARGET_RUNNING);
		assert_running(shared);
		assert_failure(target_read_u64(target, target->phdr, &word), ERROR_GONE, "running");
		assert_success(target_interrupt(target));
		assert_int_equal(next_event(target).kind, TARGET_EVENT_STOPPED);
		assert_stopped(shared);
		assert_success(target_read_u64(target, target->phdr, &word));
	}
	assert_success(target_continue(target));
	target_destroy(target); /* while it runs */
	assert_int_equal(tracer_of(pid), 0);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_detach(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct target *target = fixture_attach(pid);
	assert_success(target_detach(target));
	assert_int_equal(target->state, TARGET_GONE);
	assert_int_equal(tracer_of(pid), 0);
	assert_running(shared);
	assert_failure(target_continue(target), ERROR_GONE, "detached");
	assert_failure(target_kill(target), ERROR_GONE, "detached");
	target_destroy(target);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* The main thread exits; the others continue, and the process looks like a zombie. */
static void headless_body(struct shared *shared)
{
	start_counters(shared, 3);
	shared->ready = 1;
	syscall(SYS_exit, 0);
}

static void test_main_thread_has_exited(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(headless_body, shared);
	wait_until(state_of(pid) == 'Z');
	struct target *target = fixture_attach(pid);
	assert_stopped(shared);
	const struct thread *threads;
	size_t count;
	assert_success(target_threads(target, &threads, &count));
	assert_true(count >= 3);
	uint64_t word;
	assert_success(target_read_u64(target, target->phdr, &word));
	assert_success(target_continue(target));
	assert_running(shared);
	assert_success(target_interrupt(target));
	assert_stopped(shared);
	target_destroy(target);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

static void vfork_body(struct shared *shared)
{
	start_counters(shared, 2);
	shared->ready = 1;
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!shared->stop)
			usleep(1000);
		_exit(0);
	}
	count_forever(&shared->counters[3]);
}

static void test_uninterruptible_thread(void **state)
{
	(void)state;
	skip_under_tsan();
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(vfork_body, shared);
	wait_until(state_of(pid) == 'D');
	struct target *target;
	struct live_options options = {.max_stop_ns = 300000000};
	char name[32];
	snprintf(name, sizeof(name), "its thread %d ", pid);
	assert_failure(live_attach(pid, &options, &target), ERROR_OTHER, name);
	assert_int_equal(tracer_of(pid), 0);
	assert_running(shared);
	shared->stop = 1;
	wait_until(shared->counters[3]);
	target = fixture_attach(pid);
	assert_stopped(shared);
	target_destroy(target);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_cancelled_attach(void **state)
{
	(void)state;
	skip_under_tsan();
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(vfork_body, shared);
	wait_until(state_of(pid) == 'D');
	struct target *target;
	atomic_bool cancel = true;
	struct live_options options = {.cancel = &cancel};
	assert_failure(live_attach(pid, &options, &target), ERROR_CANCELLED, "keeps running");
	assert_running(shared);
	shared->stop = 1;
	fixture_end(pid);
	shared_destroy(shared);
}

static pid_t trace_in_child(pid_t pid)
{
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t tracer = fork();
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "my tracer");
		char ok = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
		_exit(write(ready[1], &ok, 1) == 1 && pause());
	}
	char ok = 0;
	assert_int_equal(read(ready[0], &ok, 1), 1);
	assert_true(ok);
	close(ready[0]);
	close(ready[1]);
	return tracer;
}

static void test_refusals(void **state)
{
	(void)state;
	struct target *target;
	assert_failure(live_attach(0, NULL, &target), ERROR_USAGE, "not a process ID");
	assert_failure(live_attach(INT32_MAX, NULL, &target), ERROR_NOT_FOUND, "no process");
	assert_failure(live_attach(getpid(), NULL, &target), ERROR_USAGE, "itself");
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	pid_t *tids;
	size_t count;
	assert_int_equal(proc_list_threads(pid, &tids, &count), 0);
	assert_failure(live_attach(tids[1], NULL, &target), ERROR_USAGE, "is a thread of process");
	free(tids);
	pid_t tracer = trace_in_child(pid);
	char text[64];
	snprintf(text, sizeof(text), "traced by my tracer (process %d)", tracer);
	assert_failure(live_attach(pid, NULL, &target), ERROR_OTHER, text);
	fixture_end(tracer);
	struct target *first = fixture_attach(pid);
	assert_failure(
		live_attach(pid, NULL, &target), ERROR_OTHER, "already traced by this debugger");
	target_destroy(first);
	assert_running(shared);
	kill(pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_failure(live_attach(pid, NULL, &target), ERROR_OTHER, "zombie");
	waitpid(pid, NULL, 0);
	shared_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_stops_and_leaves),
		cmocka_unit_test(test_threads_have_registers_and_names),
		cmocka_unit_test(test_reads_across_holes),
		cmocka_unit_test(test_reads_many_runs),
		cmocka_unit_test(test_continue_and_interrupt),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_main_thread_has_exited),
		cmocka_unit_test(test_uninterruptible_thread),
		cmocka_unit_test(test_cancelled_attach),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
