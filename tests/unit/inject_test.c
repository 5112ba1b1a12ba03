/*
 * System calls injected into threads of another process: the process must not notice them, even if
 * the debugger is killed during one. `inject_test PID COUNT` injects into a running process
 * instead; tests/e2e uses it.
 */
#include "tests/unit/inject_fixture.h"
#include "tests/unit/tsan.h"

#include "dbg/target/guardian/guardian.h"
#include "dbg/target/snapshots/snapshot_child.h"

#include <sched.h>
#include <sys/uio.h>

static const uint64_t none[INJECT_ARGUMENTS];

static void assert_same_registers(
	const struct thread *before, size_t count, struct tracees *tracees)
{
	struct thread *after;
	size_t after_count;
	assert_success(tracees_registers(tracees, &after, &after_count));
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < after_count; k++) {
			if (before[i].tid == after[k].tid)
				assert_memory_equal(
					&before[i].regs, &after[k].regs, sizeof(after[k].regs));
		}
	}
	free(after);
}

/*
 * Injects getpid and gettid into each stopped thread; returns the number of threads. `quiet`: no
 * unblockable signals are pending, so the registers must not change.
 */
static int inject_into_all(struct tracees *tracees, struct undo_log *log, bool quiet)
{
	struct thread *threads;
	size_t count;
	int done = 0;
	assert_success(tracees_registers(tracees, &threads, &count));
	for (size_t i = 0; i < count; i++) {
		struct injection injection;
		int64_t result = 0;
		assert_success(inject_begin(tracees, threads[i].tid, log, &injection));
		assert_success(inject_syscall(&injection, SYS_getpid, none, &result));
		assert_int_equal(result, proc_namespace_tid(tracees->pid));
		assert_success(inject_syscall(&injection, SYS_gettid, none, &result));
		assert_int_equal(result, proc_namespace_tid(threads[i].tid));
		assert_success(inject_end(&injection));
		done++;
	}
	if (quiet)
		assert_same_registers(threads, count, tracees);
	free(threads);
	return done;
}

static void inject_often(pid_t pid, int times, bool quiet)
{
	struct tracees tracees;
	struct guardian *guardian;
	assert_success(guardian_create(pid, &guardian));
	assert_success(fixture_trace(&tracees, pid));
	for (int done = 0; done < times;) {
		done += inject_into_all(&tracees, guardian_log(guardian), quiet);
		tracees_resume(&tracees);
		tracees_wait(&tracees, -1, 1);
		while (tracees_pump(&tracees))
			;
		assert_success(tracees_stop(&tracees, &fixture_limits));
	}
	fixture_untrace(&tracees);
	guardian_destroy(guardian);
}

/* ---- Signals ---- */

/* Records any signal, including those that a fault would cause. */
static void recording_body(struct shared *shared)
{
	const int signals[] = {SIGRTMIN, SIGTRAP, SIGSEGV, SIGSYS, SIGURG};
	record_signals(shared, signals, array_length(signals));
	counting_body(shared);
}

static pid_t start_sender(pid_t target, int count)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	const int signals[] = {SIGRTMIN, SIGTRAP, SIGSEGV, SIGSYS, SIGRTMIN};
	for (int i = 0; i < count; i++) {
		int signal = signals[i % 5];
		/* Standard signals do not queue: send each after the previous one has arrived. */
		while (signal != SIGRTMIN && i >= 5 && signal_record->seen[i - 5] == 0)
			usleep(50);
		fixture_queue_signal(target, signal, i);
		if (i % 16 == 0)
			usleep(500);
	}
	_exit(0);
}

static void test_signals_during_injection(void **state)
{
	(void)state;
	enum { SENT = 10000 };
	struct shared *shared = shared_create();
	signal_record = shared;
	pid_t pid = fixture_start(recording_body, shared);
	pid_t sender = start_sender(pid, SENT);
	int rounds = 0;
	do {
		inject_often(pid, 100, false);
		rounds++;
	} while (waitpid(sender, NULL, WNOHANG) == 0);
	assert_true(rounds > 1);
	wait_until(shared->signals == SENT);
	for (int i = 0; i < SENT; i++)
		if (shared->seen[i] != 1)
			fail_msg("signal %d was delivered %d times", i, shared->seen[i]);
	assert_running(shared);
	assert_int_equal(changed_text(pid), 0);
	fixture_end(pid);
	shared_destroy(shared);
}

enum { PENDING = 3 };
static const int pending_signals[PENDING] = {SIGTRAP, SIGSEGV, SIGSYS};

/* All threads block all signals, as in Go's signal handlers, until shared->stop. */
static void blocking_body(struct shared *shared)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	record_signals(shared, pending_signals, PENDING);
	start_counters(shared, 3);
	shared->ready = 1;
	while (!shared->stop)
		shared->counters[3]++;
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	count_forever(&shared->counters[3]);
}

/* Signals that cannot be blocked during a call, but that the threads themselves block. */
static void test_blocked_signals_stay_pending(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	signal_record = shared;
	pid_t pid = fixture_start(blocking_body, shared);
	for (int i = 0; i < PENDING; i++)
		fixture_queue_signal(pid, pending_signals[i], i);
	inject_often(pid, 100, true);
	assert_int_equal(shared->signals, 0);
	shared->stop = 1;
	wait_until(shared->signals == PENDING);
	for (int i = 0; i < PENDING; i++)
		assert_int_equal(shared->seen[i], 1);
	assert_running(shared);
	assert_int_equal(changed_text(pid), 0);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Interrupted system calls ---- */

static void *sleep_again(void *argument)
{
	struct shared *shared = argument;
	while (true) {
		struct timespec start, end, time = {.tv_nsec = 50000000};
		clock_gettime(CLOCK_MONOTONIC, &start);
		int result = nanosleep(&time, NULL);
		clock_gettime(CLOCK_MONOTONIC, &end);
		int64_t ns = (end.tv_sec - start.tv_sec) * INT64_C(1000000000) + end.tv_nsec -
			     start.tv_nsec;
		shared->counters[10]++;
		shared->counters[11] += result != 0 || ns < 50000000;
		/* A sleep that restarts from zero after each interruption would take much
		 * longer. */
		shared->counters[12] += ns > 2000000000;
	}
	return NULL;
}

static void *poll_again(void *argument)
{
	struct shared *shared = argument;
	int ends[2];
	sigset_t mask;
	sigfillset(&mask);
	if (pipe(ends) != 0)
		abort();
	while (true) {
		struct pollfd fd = {.fd = ends[0], .events = POLLIN};
		struct timespec time = {.tv_nsec = 50000000};
		shared->counters[13]++;
		shared->counters[14] += ppoll(&fd, 1, &time, &mask) != 0;
		sigset_t now;
		pthread_sigmask(SIG_SETMASK, NULL, &now);
		shared->counters[15] += (unsigned long)sigismember(&now, SIGUSR2);
	}
	return NULL;
}

static void *read_again(void *argument)
{
	struct shared *shared = argument;
	int ends[2];
	char byte;
	if (pipe(ends) != 0)
		abort();
	shared->child_signal = ends[1]; /* the test opens it through /proc */
	while (read(ends[0], &byte, 1) == 1)
		shared->counters[16]++;
	shared->counters[17]++;
	return NULL;
}

static void sleeping_body(struct shared *shared)
{
	pthread_t thread;
	pthread_create(&thread, NULL, sleep_again, shared);
	pthread_create(&thread, NULL, poll_again, shared);
	pthread_create(&thread, NULL, read_again, shared);
	counting_body(shared);
}

static void test_interrupted_calls_are_restarted(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(sleeping_body, shared);
	wait_until(shared->child_signal && shared->counters[10] && shared->counters[13]);
	inject_often(pid, 2000, true);
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, shared->child_signal);
	int pipe_end = open(path, O_WRONLY);
	assert_int_equal(write(pipe_end, "abc", 3), 3);
	close(pipe_end);
	wait_until(shared->counters[16] == 3);
	uint64_t sleeps = shared->counters[10], polls = shared->counters[13];
	wait_until(shared->counters[10] > sleeps + 1 && shared->counters[13] > polls + 1);
	for (int i = 11; i <= 17; i++) {
		if (i != 13 && i != 16)
			assert_int_equal(shared->counters[i], 0);
	}
	assert_int_equal(changed_text(pid), 0);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_stopped_process_stays_stopped(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	kill(pid, SIGSTOP);
	wait_until(state_of(pid) == 'T');
	inject_often(pid, 50, true);
	wait_until(state_of(pid) == 'T');
	assert_stopped(shared);
	kill(pid, SIGCONT);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Sudden death ---- */

static bool guardian_is_gone(pid_t pid)
{
	char process_state = state_of(pid);
	return process_state == '-' || process_state == 'Z';
}

/* Attaches and injects until it is killed. Stores the guardian's pid in `*ret` first. */
static void inject_until_killed(pid_t pid, _Atomic int *ret)
{
	struct tracees tracees;
	struct guardian *guardian;
	if (guardian_create(pid, &guardian) || fixture_trace(&tracees, pid))
		_exit(1);
	*ret = guardian_pid(guardian);
	while (true) {
		struct injection injection;
		int64_t result;
		if (inject_begin(&tracees, inject_choose(&tracees), guardian_log(guardian),
			    &injection) ||
			inject_syscall(&injection, SYS_getpid, none, &result) ||
			inject_end(&injection))
			_exit(2);
		tracees_resume(&tracees);
		tracees_pump(&tracees);
		if (tracees_stop(&tracees, &fixture_limits))
			_exit(3);
	}
}

/* Kills debuggers of process `pid` at random moments. */
static void kill_often(pid_t pid, int times)
{
	struct shared *mine = shared_create();
	for (int i = 0; i < times; i++) {
		mine->child = 0;
		pid_t debugger = fork();
		assert_true(debugger >= 0);
		if (debugger == 0)
			inject_until_killed(pid, &mine->child);
		wait_until(mine->child);
		usleep((useconds_t)(rand() % 3000));
		kill(debugger, SIGKILL);
		int status;
		assert_int_equal(waitpid(debugger, &status, 0), debugger);
		assert_true(WIFSIGNALED(status));
		wait_until(guardian_is_gone(mine->child));
		if (tracer_of(pid) != 0 || changed_text(pid) != 0)
			fail_msg("kill %d: tracer %d, %zu bytes of text changed", i, tracer_of(pid),
				changed_text(pid));
	}
	shared_destroy(mine);
}

static void test_killed_during_injection(void **state)
{
	(void)state;
	enum { TIMES = 200 };
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(sleeping_body, shared);
	wait_until(shared->counters[10] && shared->counters[13]);
	kill_often(pid, TIMES);
	for (int i = 0; i <= 3; i++) {
		uint64_t before = shared->counters[i];
		wait_until(shared->counters[i] != before);
	}
	uint64_t sleeps = shared->counters[10], polls = shared->counters[13];
	wait_until(shared->counters[10] > sleeps + 1 && shared->counters[13] > polls + 1);
	for (int i = 11; i <= 17; i++) {
		if (i != 13 && i != 16)
			assert_int_equal(shared->counters[i], 0);
	}
	fixture_end(pid);
	shared_destroy(shared);
}

/* Its only thread hangs in vfork, where it cannot be stopped. */
static void hanging_body(struct shared *shared)
{
	shared->ready = 1;
	if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
}

static void test_killed_before_a_thread_stops(void **state)
{
	(void)state;
	skip_under_tsan(); /* its own thread could be stopped */
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(hanging_body, shared);
	wait_until(state_of(pid) == 'D');
	struct tracees tracees;
	fixture_tracees_init(&tracees, pid);
	pid_t killer = fork();
	if (killer == 0) {
		usleep(200000);
		_exit(kill(pid, SIGKILL));
	}
	int64_t began = monotonic_now();
	assert_failure(tracees_stop_one(&tracees), ERROR_GONE, "has exited");
	assert_true(monotonic_now() - began < INT64_C(1500000000));
	fixture_untrace(&tracees);
	fixture_end(pid);
	fixture_end(killer);
	shared_destroy(shared);
}

/*
 * The debugger was killed before a thread made the clone call, and the guardian traced the thread
 * when it did: the child is its tracee already, and its first stop is not reported yet.
 */
static void test_finds_a_copy_that_is_already_a_tracee(void **state)
{
	(void)state;
	const uint64_t clone_arguments[INJECT_ARGUMENTS] = {CLONE_FILES};
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct tracees tracees;
	struct injection injection;
	struct snapshot_child found;
	int64_t result;
	assert_success(fixture_trace(&tracees, pid));
	assert_success(inject_begin(&tracees, pid, NULL, &injection));
	assert_success(inject_syscall(&injection, SYS_clone, clone_arguments, &result));
	assert_true(result > 0 && injection.child > 0);
	assert_true(snapshot_child_find(pid, injection.own.stub, &found));
	assert_int_equal(found.pid, injection.child);
	snapshot_child_kill(&found);
	assert_success(inject_end(&injection));
	assert_true(snapshot_child_await(&tracees, &found, INT64_C(10000000000)));
	assert_success(snapshot_child_reap(&tracees, NULL, &found));
	assert_int_equal(snapshot_process_start(found.pid), 0);
	fixture_untrace(&tracees);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- A given process ---- */

static pid_t given_pid;
static int given_count;

static void test_given_process(void **state)
{
	(void)state;
	inject_often(given_pid, given_count, false);
	assert_int_equal(changed_text(given_pid), 0);
	kill_often(given_pid, given_count / 20);
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		given_pid = (pid_t)strtol(argv[1], NULL, 10);
		given_count = (int)strtol(argv[2], NULL, 10);
		const struct CMUnitTest given[] = {cmocka_unit_test(test_given_process)};
		return cmocka_run_group_tests(given, NULL, NULL);
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_during_injection),
		cmocka_unit_test(test_blocked_signals_stay_pending),
		cmocka_unit_test(test_interrupted_calls_are_restarted),
		cmocka_unit_test(test_stopped_process_stays_stopped),
		cmocka_unit_test(test_killed_during_injection),
		cmocka_unit_test(test_killed_before_a_thread_stops),
		cmocka_unit_test(test_finds_a_copy_that_is_already_a_tracee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
