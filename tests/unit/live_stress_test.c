/* The live target under stress: signal storms, threads and execs that race with us, and a debugger
 * that is killed. */
#include "tests/unit/live_fixture.h"
#include "tests/unit/tsan.h"

#include <limits.h>
#include <sched.h>
#include <sys/resource.h>

static char self[PATH_MAX]; /* this program, for fixtures that execute a multi-threaded program */

static void test_attach_often(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	for (int i = 0; i < 300; i++) {
		struct target *target = fixture_attach(pid);
		uint64_t word;
		assert_success(target_read_u64(target, target->phdr, &word));
		target_destroy(target);
	}
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Signals ---- */

static void recording_body(struct shared *shared)
{
	record_signals(shared, (const int[]){SIGRTMIN}, 1);
	counting_body(shared);
}

/* Sends SIGRTMINs numbered from 0 to `count` as fast as the target accepts them. */
static pid_t start_sender(pid_t target, int count)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	for (int i = 0; i < count; i++) {
		fixture_queue_signal(target, SIGRTMIN, i);
		if (i % 16 == 0)
			usleep(50);
	}
	_exit(0);
}

static void test_signal_storm(void **state)
{
	(void)state;
	skip_under_tsan();
	enum { SENT = 30000 };
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(recording_body, shared);
	pid_t sender = start_sender(pid, SENT);
	int attached = 0;
	while (waitpid(sender, NULL, WNOHANG) == 0) {
		struct target *target = fixture_attach(pid);
		if (attached++ % 2) {
			assert_success(target_continue(target));
			usleep(500);
			assert_success(target_interrupt(target));
		}
		target_destroy(target);
		usleep(500);
	}
	assert_true(attached > 5);
	wait_until(shared->signals == SENT);
	for (int i = 0; i < SENT; i++)
		if (shared->seen[i] != 1)
			fail_msg("signal %d was delivered %d times", i, shared->seen[i]);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Threads ---- */

static void *count_a_little(void *argument)
{
	_Atomic uint64_t *counter = argument;
	for (int i = 0; i < 200; i++)
		(*counter)++;
	return NULL;
}

/* Threads that each create a thread and wait for it, repeatedly. */
static void *create_and_join(void *argument)
{
	while (true) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, count_a_little, argument) == 0)
			pthread_join(thread, NULL);
	}
	return NULL;
}

/* A chain: each thread creates its successor and exits, so that every listing contains only new
 * ones. */
static void *chain(void *argument)
{
	_Atomic uint64_t *counter = argument;
	(*counter)++;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_t thread;
	while (pthread_create(&thread, &attributes, chain, argument) != 0)
		sched_yield();
	pthread_attr_destroy(&attributes);
	return NULL;
}

static void churning_body(struct shared *shared)
{
	pthread_t thread;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, create_and_join, &shared->counters[i]);
	for (int i = 3; i < 6; i++)
		pthread_create(&thread, NULL, chain, &shared->counters[i]);
	shared->ready = 1;
	count_forever(&shared->counters[6]);
}

static void test_thread_churn(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(churning_body, shared);
	for (int i = 0; i < 40; i++) {
		struct target *target = fixture_attach(pid);
		for (int j = 0; j < 3; j++) {
			assert_stopped(shared);
			const struct thread *threads;
			size_t count;
			assert_success(target_threads(target, &threads, &count));
			assert_true(count >= 1);
			assert_success(target_continue(target));
			usleep((useconds_t)(i * 20));
			assert_success(target_interrupt(target));
		}
		assert_stopped(shared);
		target_destroy(target);
		assert_int_equal(tracer_of(pid), 0);
		assert_running(shared);
	}
	fixture_end(pid);
	shared_destroy(shared);
}

static void *wait_forever(void *argument)
{
	atomic_fetch_add((_Atomic int *)argument, 1);
	while (true)
		pause();
	return NULL;
}

enum { MANY = 1500 };

static void crowded_body(struct shared *shared)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	for (int i = 0; i < MANY; i++) {
		pthread_t thread;
		if (pthread_create(&thread, &attributes, wait_forever, &shared->threads_started) !=
			0)
			atomic_fetch_add(&shared->threads_started, 1);
	}
	while (shared->threads_started < MANY)
		usleep(1000);
	shared->ready = 1;
	count_forever(&shared->counters[0]);
}

static void test_many_threads(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(crowded_body, shared);
	pid_t *tids;
	size_t expected, count;
	assert_int_equal(proc_list_threads(pid, &tids, &expected), 0);
	free(tids);
	struct target *target = fixture_attach(pid);
	const struct thread *threads;
	assert_success(target_threads(target, &threads, &count));
	assert_int_equal(count, expected);
	assert_success(target_continue(target));
	assert_running(shared);
	assert_success(target_interrupt(target));
	assert_stopped(shared);
	target_destroy(target);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* The kernel classifies children whose exit signal is not SIGCHLD as clones, so that they get
 * traced; they must run nevertheless. */
static void cloning_body(struct shared *shared)
{
	start_counters(shared, 1);
	shared->ready = 1;
	while (true) {
		long pid = syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
		if (pid == 0) {
			shared->counters[1]++;
			syscall(SYS_exit_group, 0);
		}
		waitpid((pid_t)pid, NULL, __WALL);
		shared->counters[2]++;
		usleep(200);
	}
}

static void test_children_are_left_alone(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(cloning_body, shared);
	for (int i = 0; i < 30; i++) {
		struct target *target = fixture_attach(pid);
		assert_success(target_continue(target));
		uint64_t before = shared->counters[2];
		wait_until(shared->counters[2] > before + 2);
		assert_int_equal(target->state, TARGET_RUNNING);
		target_destroy(target);
	}
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Exec ---- */

static void *execute_self(void *argument)
{
	(void)argument;
	usleep((useconds_t)(getpid() * 7919 % 3000));
	char again[] = "again";
	char *argv[] = {self, again, NULL};
	execv(self, argv);
	return NULL;
}

/* A program with some threads, one of which soon executes the program again, indefinitely. */
static void execute_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(0); /* the test has died already */
	for (int i = 0; i < 6; i++) {
		pthread_t thread;
		static _Atomic int started;
		pthread_create(&thread, NULL, i == 3 ? execute_self : wait_forever, &started);
	}
	while (true)
		pause();
}

static void executing_body(struct shared *shared)
{
	shared->ready = 1;
	execute_self(NULL);
}

static void test_exec_races(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(executing_body, shared);
	int attached = 0, execs = 0;
	for (int i = 0; i < 100; i++) {
		struct target *target;
		struct error *err = live_attach(pid, NULL, &target);
		if (err) {
			fail_msg("attach %d: %s", i, err->message);
			return;
		}
		attached++;
		assert_success(target_continue(target));
		usleep((useconds_t)(i * 50));
		err = target_interrupt(target);
		if (err) {
			assert_int_equal(err->code, ERROR_GONE);
			execs++;
			error_destroy(err);
		}
		target_destroy(target);
		assert_int_equal(tracer_of(pid), 0);
		usleep((useconds_t)(i * 30));
	}
	assert_true(attached && execs);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Our own death ---- */

static void attach_for_ever(pid_t pid)
{
	for (int i = 0;; i++) {
		struct target *target;
		struct error *err = live_attach(pid, NULL, &target);
		if (err)
			_exit(1);
		if (i % 2)
			error_destroy(target_continue(target));
		target_destroy(target);
	}
}

static void test_sudden_death(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(recording_body, shared);
	int sent = 0;
	for (int i = 0; i < 100; i++) {
		fflush(NULL);
		pid_t debugger = fork();
		if (debugger == 0)
			attach_for_ever(pid);
		usleep((useconds_t)(i * 37 % 3000));
		sigqueue(pid, SIGRTMIN, (union sigval){.sival_int = sent++});
		usleep((useconds_t)(i * 91 % 1000));
		kill(debugger, SIGKILL);
		int status;
		waitpid(debugger, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(tracer_of(pid), 0);
		for (int j = 0; j < 4; j++) {
			uint64_t before = shared->counters[j];
			wait_until(shared->counters[j] != before);
		}
	}
	wait_until(shared->signals == (uint64_t)sent);
	for (int i = 0; i < sent; i++)
		assert_int_equal(shared->seen[i], 1);
	fixture_end(pid);
	shared_destroy(shared);
}

int main(int argc, char **argv)
{
	if (!realpath("/proc/self/exe", self))
		return 2;
	if (argc > 1 && strcmp(argv[1], "again") == 0)
		execute_for_ever();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_often),
		cmocka_unit_test(test_signal_storm),
		cmocka_unit_test(test_thread_churn),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_children_are_left_alone),
		cmocka_unit_test(test_exec_races),
		cmocka_unit_test(test_sudden_death),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
