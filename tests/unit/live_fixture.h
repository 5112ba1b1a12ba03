/*
 * Processes for the tests of the live target to debug: forked by the test itself, reporting through
 * shared memory.
 */
#ifndef GCTXDBG_TESTS_LIVE_FIXTURE_H
#define GCTXDBG_TESTS_LIVE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/target.h"
#include "tests/unit/error_asserts.h"

enum { MAX_COUNTERS = 64 };

/* The state that a fixture process shares with the test. */
struct shared {
	_Atomic uint64_t counters[MAX_COUNTERS];
	_Atomic uint64_t signals;
	_Atomic int ready, stop, threads_started;
	_Atomic uint8_t seen[1 << 16]; /* by signal number sent */
	void *_Atomic address;
	_Atomic int child, child_signal; /* if the fixture is a parent itself */
};

/* Waits until `condition` holds, at most 60 s (sanitizers and busy machines are slow). */
#define wait_until(condition)                                                                      \
	do {                                                                                       \
		int patience_ = 60000;                                                             \
		while (!(condition) && patience_-- > 0)                                            \
			usleep(1000);                                                              \
		assert_true(condition);                                                            \
	} while (0)

static inline struct shared *shared_create(void)
{
	struct shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	return shared;
}

static inline void shared_destroy(struct shared *shared)
{
	munmap(shared, sizeof(*shared));
}

/* Runs `body` in a child process, which is killed if the test dies. Returns when the child has set
 * `ready`. */
static inline pid_t fixture_start(void (*body)(struct shared *), struct shared *shared)
{
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(shared);
		_exit(0);
	}
	wait_until(shared->ready);
	return pid;
}

/* Kills and reaps it. (If it is traced, the tracer thread reaps it, because this process is also
 * its parent.) */
static inline void fixture_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static inline char state_of(pid_t pid)
{
	struct process_status status;
	return proc_read_status(pid, &status) == 0 ? status.state : '-';
}

static inline pid_t tracer_of(pid_t pid)
{
	struct process_status status;
	return proc_read_status(pid, &status) == 0 ? status.tracer : -1;
}

static inline uint64_t counted(const struct shared *shared)
{
	uint64_t sum = 0;
	for (int i = 0; i < MAX_COUNTERS; i++)
		sum += shared->counters[i];
	return sum;
}

/* Requires that the counters advance: the process is running. */
static inline void assert_running(const struct shared *shared)
{
	uint64_t before = counted(shared);
	wait_until(counted(shared) != before);
}

/* Requires that the counters do not advance for a while: the process is stopped. */
static inline void assert_stopped(const struct shared *shared)
{
	uint64_t before = counted(shared);
	for (int i = 0; i < 3; i++) {
		usleep(2000);
		assert_int_equal(counted(shared), before);
	}
}

/* Waits for the next event of the target. */
static inline struct target_event next_event(struct target *target)
{
	struct pollfd fd = {.fd = target->event_fd, .events = POLLIN};
	assert_int_equal(poll(&fd, 1, 60000), 1);
	struct target_event event;
	assert_true(target_next_event(target, &event));
	return event;
}

/* A debugger that takes its events late, because the machine is busy, must not be killed by the
 * signal that asked it to leave. */
enum { LATE_S = 120 };

/* Attaches as a user does who sets no options. Destroy the target with target_destroy(). */
static inline struct target *fixture_attach(pid_t pid)
{
	struct target *target;
	assert_success(live_attach(pid, NULL, &target));
	return target;
}

/* ---- Bodies ---- */

static inline void *count_forever(void *argument)
{
	_Atomic uint64_t *counter = argument;
	while (true) {
		(*counter)++;
		usleep(100);
	}
	return NULL;
}

static inline void start_counters(struct shared *shared, int count)
{
	for (int i = 0; i < count; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, count_forever, &shared->counters[i]);
	}
}

/* Four threads that count. */
static inline void counting_body(struct shared *shared)
{
	start_counters(shared, 3);
	shared->ready = 1;
	count_forever(&shared->counters[3]);
}

static struct shared *signal_record; /* of a fixture that counts signals: for its handler */

static inline void record_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code == SI_QUEUE)
		signal_record->seen[info->si_value.sival_int & 0xffff]++;
	signal_record->signals++;
}

/* Counts each of `signals` in shared->signals, and queued ones by number in shared->seen. */
static inline void record_signals(struct shared *shared, const int *signals, size_t count)
{
	struct sigaction action = {
		.sa_sigaction = record_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	signal_record = shared;
	for (size_t i = 0; i < count; i++)
		sigaction(signals[i], &action, NULL);
}

/* Sends a signal with the number `value`, as soon as the queue of signals has room. */
static inline void fixture_queue_signal(pid_t pid, int signal, int value)
{
	while (sigqueue(pid, signal, (union sigval){.sival_int = value}) != 0 && errno == EAGAIN)
		usleep(100);
}

#endif
