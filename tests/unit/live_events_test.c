/* The live target: signals, group-stops, exits, execs, the watchdog, SIGTERM to the debugger, and
 * starting a program. */
#include "tests/unit/live_fixture.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "dwarf/base/clock.h"

static void signal_body(struct shared *shared)
{
	record_signals(shared, (const int[]){SIGUSR1, SIGRTMIN}, 2);
	counting_body(shared);
}

static void test_signals_wait_for_the_end_of_the_stop(void **state)
{
	(void)state;
	enum { SENT = 50 };
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(signal_body, shared);
	struct target *target = fixture_attach(pid);
	for (int i = 0; i < SENT; i++)
		sigqueue(pid, SIGRTMIN, (union sigval){.sival_int = i});
	kill(pid, SIGUSR1);
	assert_stopped(shared);
	assert_int_equal(shared->signals, 0);
	target_destroy(target);
	wait_until(shared->signals == SENT + 1);
	for (int i = 0; i < SENT; i++)
		assert_int_equal(shared->seen[i], 1);
	target = fixture_attach(pid);
	assert_success(target_continue(target));
	sigqueue(pid, SIGRTMIN, (union sigval){.sival_int = SENT});
	wait_until(shared->signals == SENT + 2);
	target_destroy(target);
	assert_running(shared);
	assert_int_equal(shared->signals, SENT + 2);
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
	struct target *target = fixture_attach(pid);
	const struct thread *threads;
	size_t count;
	assert_success(target_threads(target, &threads, &count));
	assert_int_equal(threads[0].signal, SIGSTOP);
	target_destroy(target);
	wait_until(state_of(pid) == 'T');
	assert_stopped(shared);
	target = fixture_attach(pid);
	for (int i = 0; i < 5; i++) {
		assert_success(target_continue(target));
		assert_stopped(shared);
		assert_success(target_interrupt(target));
	}
	assert_success(target_continue(target));
	target_destroy(target); /* while it is in the group-stop */
	wait_until(state_of(pid) == 'T');
	assert_stopped(shared);
	kill(pid, SIGCONT);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_stop_and_continue_signals_while_attached(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	/* SIGSTOP while it is traced and stopped: it stays stopped when we detach. */
	struct target *target = fixture_attach(pid);
	kill(pid, SIGSTOP);
	target_destroy(target);
	wait_until(state_of(pid) == 'T');
	assert_stopped(shared);
	/* SIGCONT while it is traced and stopped: it runs when we detach. */
	target = fixture_attach(pid);
	kill(pid, SIGCONT);
	assert_stopped(shared);
	target_destroy(target);
	assert_running(shared);
	/* Both while it is traced and running. */
	target = fixture_attach(pid);
	assert_success(target_continue(target));
	for (int i = 0; i < 10; i++) {
		kill(pid, SIGSTOP);
		uint64_t before;
		do {
			before = counted(shared);
			usleep(5000);
		} while (counted(shared) != before);
		if (i % 2) {
			assert_success(target_interrupt(target));
			assert_success(target_continue(target));
			assert_stopped(shared);
		}
		kill(pid, SIGCONT);
		assert_running(shared);
	}
	target_destroy(target);
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* Forks a process that counts and waits for it, as a shell would. */
static void parent_body(struct shared *shared)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		counting_body(shared);
	}
	shared->child = pid;
	int status = 0;
	waitpid(pid, &status, 0);
	shared->child_signal = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
	pause();
}

static void test_killed_while_stopped(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t parent = fixture_start(parent_body, shared);
	wait_until(shared->child);
	struct target *target = fixture_attach(shared->child);
	kill(shared->child, SIGKILL);
	struct target_event event = next_event(target);
	assert_int_equal(event.kind, TARGET_EVENT_KILLED);
	assert_int_equal(event.value, SIGKILL);
	assert_int_equal(target->state, TARGET_GONE);
	uint64_t word;
	assert_failure(target_read_u64(target, target->phdr, &word), ERROR_GONE, "killed");
	assert_failure(target_continue(target), ERROR_GONE, "killed");
	wait_until(shared->child_signal == SIGKILL); /* its parent sees the signal */
	target_destroy(target);
	fixture_end(parent);
	shared_destroy(shared);
}

static void test_kill(void **state)
{
	(void)state;
	for (int running = 0; running < 2; running++) {
		struct shared *shared = shared_create();
		pid_t pid = fixture_start(counting_body, shared);
		struct target *target = fixture_attach(pid);
		if (running)
			assert_success(target_continue(target));
		assert_success(target_kill(target));
		assert_int_equal(target->state, TARGET_GONE);
		assert_int_equal(next_event(target).kind, TARGET_EVENT_KILLED);
		target_destroy(target);
		fixture_end(pid);
		shared_destroy(shared);
	}
}

static void exiting_body(struct shared *shared)
{
	start_counters(shared, 3);
	shared->ready = 1;
	while (!shared->stop)
		usleep(1000);
	_exit(7);
}

static void test_exit_while_running(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(exiting_body, shared);
	struct target *target = fixture_attach(pid);
	assert_success(target_continue(target));
	shared->stop = 1;
	struct target_event event = next_event(target);
	assert_int_equal(event.kind, TARGET_EVENT_EXITED);
	assert_int_equal(event.value, 7);
	assert_failure(target_interrupt(target), ERROR_GONE, "exited");
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

static void *exec_sleep(void *argument)
{
	struct shared *shared = argument;
	while (!shared->stop)
		usleep(1000);
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	return NULL;
}

static void executing_body(struct shared *shared)
{
	pthread_t thread;
	pthread_create(&thread, NULL, exec_sleep, shared);
	counting_body(shared);
}

static void test_exec_while_running(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(executing_body, shared);
	struct target *target = fixture_attach(pid);
	assert_success(target_continue(target));
	shared->stop = 1;
	assert_int_equal(next_event(target).kind, TARGET_EVENT_EXEC);
	assert_int_equal(target->state, TARGET_GONE);
	assert_failure(target_interrupt(target), ERROR_GONE, "exec");
	assert_int_equal(tracer_of(pid), 0);
	char name[16];
	proc_read_comm(pid, name);
	assert_string_equal(name, "sleep");
	wait_until(state_of(pid) == 'S');
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_watchdog(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct target *target;
	struct live_options options = {.max_stop_ns = 600000000};
	assert_success(live_attach(pid, &options, &target));
	/* Only stopped time counts. The limit leaves time for a busy machine. */
	usleep(100000);
	assert_stopped(shared);
	assert_success(target_continue(target));
	usleep(700000);
	assert_int_equal(target->state, TARGET_RUNNING);
	assert_success(target_interrupt(target));
	assert_int_equal(next_event(target).kind, TARGET_EVENT_STOPPED);
	usleep(100000);
	assert_stopped(shared);
	/* The watchdog needs no call from this thread; memory cannot be read afterwards. */
	while (target->state == TARGET_STOPPED)
		sched_yield();
	assert_int_equal(next_event(target).kind, TARGET_EVENT_WATCHDOG);
	assert_int_equal(tracer_of(pid), 0);
	assert_running(shared);
	uint64_t word;
	assert_failure(target_read_u64(target, target->phdr, &word), ERROR_GONE, "--max-stop");
	target_destroy(target);
	fixture_end(pid);
	shared_destroy(shared);
}

static void test_asked_to_leave(void **state)
{
	(void)state;
	const int signals[] = {SIGTERM, SIGHUP};
	const struct live_options options = {.leave_grace_ns = LATE_S * INT64_C(1000000000)};
	for (size_t i = 0; i < array_length(signals); i++) {
		struct shared *shared = shared_create();
		pid_t pid = fixture_start(counting_body, shared);
		struct target *target;
		assert_success(live_attach(pid, &options, &target));
		kill(getpid(), signals[i]);
		struct target_event event = next_event(target);
		assert_int_equal(event.kind, TARGET_EVENT_LEAVE);
		assert_int_equal(event.value, signals[i]);
		assert_int_equal(target->state, TARGET_GONE);
		assert_int_equal(tracer_of(pid), 0);
		assert_running(shared);
		target_destroy(target);
		fixture_end(pid);
		shared_destroy(shared);
	}
	sigset_t mask;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM) || sigismember(&mask, SIGCHLD));
}

/* Hangs in vfork once `child` is set: a thread that cannot be stopped. The system call, since TSan
 * turns vfork() into fork(). */
static void hanging_body(struct shared *shared)
{
	start_counters(shared, 2);
	shared->ready = 1;
	while (!shared->child)
		usleep(1000);
	if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!shared->stop)
			usleep(1000);
		_exit(0);
	}
	pause();
}

static pid_t send_soon(int signal)
{
	pid_t parent = getpid(), sender = fork();
	if (sender == 0) {
		usleep(300000);
		kill(parent, signal);
		_exit(0);
	}
	return sender;
}

/* A stop may take seconds; the signal must not wait for it. */
static void test_asked_to_leave_during_a_slow_stop(void **state)
{
	(void)state;
	const enum pause_mode modes[] = {PAUSE_STOP, PAUSE_FORK};
	for (size_t i = 0; i < array_length(modes); i++) {
		struct shared *shared = shared_create();
		pid_t pid = fixture_start(hanging_body, shared);
		struct live_options options = {
			.pause = modes[i], .leave_grace_ns = LATE_S * INT64_C(1000000000)};
		struct target *target;
		assert_success(live_attach(pid, &options, &target));
		assert_success(target_continue(target));
		shared->child = 1;
		wait_until(state_of(pid) == 'D');
		pid_t sender = send_soon(SIGTERM);
		int64_t began = monotonic_now();
		assert_failure(target_interrupt(target), ERROR_CANCELLED,
			"gctxdbg was terminated by a signal");
		assert_true(monotonic_now() - began < INT64_C(1500000000));
		struct target_event event = next_event(target);
		assert_int_equal(event.kind, TARGET_EVENT_LEAVE);
		assert_int_equal(event.value, SIGTERM);
		assert_int_equal(target->state, TARGET_GONE);
		assert_running(shared);
		target_destroy(target);
		shared->stop = 1;
		fixture_end(pid);
		waitpid(sender, NULL, 0); /* unless the tracer thread has */
		shared_destroy(shared);
	}
}

/* ---- Starting a program ---- */

/* Waits until the traced program exits, and returns its exit status. */
static int run_to_end(struct target *target)
{
	assert_success(target_continue(target));
	struct target_event event = next_event(target);
	assert_int_equal(event.kind, TARGET_EVENT_EXITED);
	return event.value;
}

static void test_exec(void **state)
{
	(void)state;
	char session[] = "sh", option[] = "-c", script[] = "exit 5";
	char *argv[] = {session, option, script, NULL};
	struct target *target;
	assert_success(live_exec(argv, NULL, &target));
	assert_int_equal(target->state, TARGET_STOPPED);
	assert_true(target->entry != 0);
	assert_int_equal(getpgid(target->pid), target->pid);
	uint64_t word;
	assert_success(target_read_u64(target, target->entry, &word));
	const struct thread *threads;
	size_t count;
	assert_success(target_threads(target, &threads, &count));
	assert_int_equal(count, 1);
	assert_true(target_mapping_at(target, threads[0].regs.rip)->executable);
	assert_int_equal(run_to_end(target), 5);
	target_destroy(target);
}

static void test_exec_failures(void **state)
{
	(void)state;
	struct target *target;
	char missing[] = "/nonexistent/program", directory[] = "/tmp";
	char *argv[] = {missing, NULL};
	assert_failure(live_exec(argv, NULL, &target), ERROR_SYSTEM,
		"cannot start /nonexistent/program: No such file");
	argv[0] = directory;
	assert_failure(live_exec(argv, NULL, &target), ERROR_SYSTEM, "Permission denied");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
}

static void forbid_ptrace(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {array_length(filter), filter};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* The program has been forked by then; it must not be left behind as a zombie. */
static void test_exec_without_ptrace(void **state)
{
	(void)state;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		forbid_ptrace();
		char program[] = "sleep", seconds[] = "1000";
		char *argv[] = {program, seconds, NULL};
		struct target *target;
		struct error *err = live_exec(argv, NULL, &target);
		_exit(!err || waitpid(-1, NULL, WNOHANG) != -1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_exec_starts_with_clean_signals(void **state)
{
	(void)state;
	char session[] = "sh", option[] = "-c";
	char script[] =
		"while read -r key value; do case $key in SigBlk:|SigIgn:) case $value in *[!0]*) "
		"exit 1;; esac;; esac; done < /proc/self/status; exit 0";
	char *argv[] = {session, option, script, NULL};
	struct target *target;
	signal(SIGTSTP, SIG_IGN);
	assert_success(live_exec(argv, NULL, &target));
	assert_int_equal(run_to_end(target), 0);
	target_destroy(target);
	signal(SIGTSTP, SIG_DFL);
}

static void test_exec_outlives_us(void **state)
{
	(void)state;
	char program[] = "sleep", seconds[] = "1000";
	char *argv[] = {program, seconds, NULL};
	struct target *target;
	assert_success(live_exec(argv, NULL, &target));
	pid_t pid = target->pid;
	target_destroy(target);
	wait_until(state_of(pid) == 'S');
	assert_int_equal(tracer_of(pid), 0);
	fixture_end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_wait_for_the_end_of_the_stop),
		cmocka_unit_test(test_stopped_process_stays_stopped),
		cmocka_unit_test(test_stop_and_continue_signals_while_attached),
		cmocka_unit_test(test_killed_while_stopped),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_exit_while_running),
		cmocka_unit_test(test_exec_while_running),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_asked_to_leave),
		cmocka_unit_test(test_asked_to_leave_during_a_slow_stop),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_exec_failures),
		cmocka_unit_test(test_exec_without_ptrace),
		cmocka_unit_test(test_exec_starts_with_clean_signals),
		cmocka_unit_test(test_exec_outlives_us),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
