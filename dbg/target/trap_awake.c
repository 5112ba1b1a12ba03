/* Threads that keep CPUs awake: see trap_awake.h. */
#include "dbg/target/trap_awake.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dbg/target/cgroup.h"
#include "dbg/target/proc_files.h"
#include "dbg/target/tracee.h"

/* As many hits in that time are fast; then the CPUs are looked up anew, which is cheap beside them.
 */
enum { FAST_HITS = 20, PROCESSOR_FIELD = 39, SPINNERS = 2 };

static const int64_t period_ns = INT64_C(4000000);

enum { WAITING, SPINNING, QUITTING };

/* Shared with the threads; whoever is the last to go frees it. No lock: a thread with SCHED_IDLE
 * may not get the time to give it back. */
struct spinners {
	_Atomic uint32_t state;
	atomic_int users;
	pthread_t threads[SPINNERS];
	int cpus[SPINNERS]; /* where each is; -1: anywhere */
	int count;
};

static void drop(struct spinners *spinners)
{
	if (atomic_fetch_sub(&spinners->users, 1) == 1)
		free(spinners);
}

static void *spin(void *argument)
{
	struct spinners *spinners = argument;
	pthread_setname_np(pthread_self(), "keep-awake");
	uint32_t state;
	while ((state = atomic_load_explicit(&spinners->state, memory_order_relaxed)) != QUITTING) {
		if (state == SPINNING)
			__builtin_ia32_pause();
		else
			syscall(SYS_futex, &spinners->state, FUTEX_WAIT_PRIVATE, state, NULL, NULL,
				0);
	}
	drop(spinners);
	return NULL;
}

static void set_state(struct spinners *spinners, uint32_t state)
{
	atomic_store(&spinners->state, state);
	syscall(SYS_futex, &spinners->state, FUTEX_WAKE_PRIVATE, SPINNERS, NULL, NULL, 0);
}

static bool start_one(struct spinners *spinners, pthread_attr_t *attributes)
{
	const struct sched_param none = {0};
	sigset_t all, old;
	sigfillset(&all);
	pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedparam(attributes, &none);
	/* The attributes know no SCHED_IDLE. */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	atomic_fetch_add(&spinners->users, 1);
	pthread_t *thread = &spinners->threads[spinners->count];
	bool started = pthread_create(thread, attributes, spin, spinners) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!started)
		atomic_fetch_sub(&spinners->users, 1);
	else
		spinners->cpus[spinners->count++] = -1;
	return started && pthread_setschedparam(*thread, SCHED_IDLE, &none) == 0;
}

static struct spinners *start(void)
{
	struct spinners *spinners = calloc(1, sizeof(*spinners));
	pthread_attr_t attributes;
	if (!spinners || cgroup_limits_own_cpu() || pthread_attr_init(&attributes) != 0) {
		free(spinners);
		return NULL;
	}
	atomic_store(&spinners->users, 1);
	bool started = true;
	while (started && spinners->count < SPINNERS)
		started = start_one(spinners, &attributes);
	pthread_attr_destroy(&attributes);
	if (started)
		return spinners;
	set_state(spinners, QUITTING);
	drop(spinners);
	return NULL;
}

/* The CPU that a thread ran on last; -1: unknown. */
static int processor_of(pid_t tid)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (proc_read_file(path, &text, &size) != 0)
		return -1;
	const char *field = strrchr(text, ')'); /* the end of field 2, which may hold anything */
	for (int i = 2; field && i < PROCESSOR_FIELD; i++)
		field = strchr(field + 1, ' ');
	return field ? (int)strtol(field, NULL, 10) : -1;
}

/* Where we may not run nobody of ours can keep the CPU awake. */
static void place(struct spinners *spinners, int i, int cpu)
{
	cpu_set_t one;
	if (cpu < 0 || cpu >= CPU_SETSIZE || cpu == spinners->cpus[i])
		return;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	if (pthread_setaffinity_np(spinners->threads[i], sizeof(one), &one) == 0)
		spinners->cpus[i] = cpu;
}

static void keep_awake(struct awake *awake, pid_t tid)
{
	if (!awake->spinners && !awake->impossible) {
		awake->spinners = start();
		awake->impossible = !awake->spinners;
	}
	if (!awake->spinners)
		return;
	int there = processor_of(tid), here = sched_getcpu();
	place(awake->spinners, 0, there);
	/* On the same CPU the two take turns, and it does not sleep. */
	if (here != there)
		place(awake->spinners, 1, here);
	if (!awake->spinning)
		set_state(awake->spinners, SPINNING);
	awake->spinning = true;
}

void awake_hit(struct awake *awake, pid_t tid)
{
	awake->hits++;
	int64_t now = monotonic_now();
	if (now - awake->since_ns < period_ns)
		return;
	if (awake->hits >= FAST_HITS && now - awake->since_ns < 2 * period_ns)
		keep_awake(awake, tid);
	awake->hits = 0;
	awake->since_ns = now;
}

int awake_relax(struct awake *awake)
{
	if (!awake->spinning)
		return -1;
	if (monotonic_now() - awake->since_ns > 3 * period_ns) {
		awake_pause(awake);
		return -1;
	}
	return (int)(4 * period_ns / 1000000);
}

void awake_pause(struct awake *awake)
{
	if (awake->spinning)
		set_state(awake->spinners, WAITING);
	awake->spinning = false;
}

void awake_deinit(struct awake *awake)
{
	if (awake->spinners) {
		set_state(awake->spinners, QUITTING);
		drop(take_pointer(awake->spinners));
	}
	awake->spinning = false;
}
