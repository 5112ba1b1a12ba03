/* Processes that keep CPUs from going idle: see idle_spinner.h. */
#include "dbg/target/traps/idle_spinner.h"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dbg/target/process/cgroup.h"
#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee.h"

/* FAST_HITS hits within `period_ns` count as fast. Once per period the CPUs are looked up, which
 * costs little in comparison. */
enum { FAST_HITS = 20, SPINNERS = 2 };

static const int64_t period_ns = INT64_C(4000000);

/* Shared with the spinners. */
struct spinners {
	_Atomic uint32_t spinning;
	pid_t pids[SPINNERS];
	int pidfds[SPINNERS]; /* -1: not started */
	cpu_set_t cpus;	      /* their affinity; empty: any CPU */
};

/* ---- In the spinning process ---- */

_Noreturn static void spin(struct spinners *spinners, pid_t parent)
{
	const struct sched_param none = {0};
	prctl(PR_SET_NAME, "gctxdbg-idle");
	close_range(0, ~0U, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
		sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		_exit(1);
	for (;;) {
		if (atomic_load_explicit(&spinners->spinning, memory_order_relaxed))
			__builtin_ia32_pause();
		else
			syscall(SYS_futex, &spinners->spinning, FUTEX_WAIT, 0, NULL, NULL, 0);
	}
}

/* ---- Starting and ending ---- */

/* Does not wait for them: they die when they are next scheduled, and the tracer thread reaps all of
 * its children. */
static void end(struct spinners *spinners)
{
	for (int i = 0; i < SPINNERS; i++) {
		if (spinners->pidfds[i] >= 0)
			syscall(SYS_pidfd_send_signal, spinners->pidfds[i], SIGKILL, NULL, 0);
		close_fd(&spinners->pidfds[i]);
	}
	munmap(spinners, sizeof(*spinners));
}

static struct spinners *idle_spinner_start(void)
{
	if (cgroup_limits_own_cpu())
		return NULL;
	struct spinners *spinners = mmap(
		NULL, sizeof(*spinners), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spinners == MAP_FAILED)
		return NULL;
	pid_t own = getpid();
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	bool started = true;
	for (int i = 0; i < SPINNERS; i++)
		spinners->pidfds[i] = -1;
	for (int i = 0; i < SPINNERS && started; i++) {
		pid_t pid = fork();
		if (pid == 0)
			spin(spinners, own);
		spinners->pids[i] = pid;
		/* Only this thread reaps it, so `pid` is still its own. */
		spinners->pidfds[i] = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
		started = spinners->pidfds[i] >= 0;
		if (pid > 0 && !started)
			kill(pid, SIGKILL);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (started)
		return spinners;
	end(spinners);
	return NULL;
}

static void set_spinning(struct spinners *spinners, bool spinning)
{
	atomic_store(&spinners->spinning, spinning);
	if (spinning)
		syscall(SYS_futex, &spinners->spinning, FUTEX_WAKE, SPINNERS, NULL, NULL, 0);
}

/* The CPU that a thread ran on last; -1: unknown. */
static int processor_of(pid_t tid)
{
	struct process_stat stat;
	return proc_read_stat(tid, &stat) == 0 ? stat.processor : -1;
}

static bool is_alive(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	return poll(&fd, 1, 0) == 0;
}

/* Lets both run on either of the two CPUs; the scheduler finds out which one is idle. On CPUs where
 * we may not run this has no effect. */
static void set_cpus(struct spinners *spinners, int here, int there)
{
	cpu_set_t cpus;
	if (here < 0 || there < 0 || here >= CPU_SETSIZE || there >= CPU_SETSIZE)
		return;
	CPU_ZERO(&cpus);
	CPU_SET((size_t)here, &cpus);
	CPU_SET((size_t)there, &cpus);
	/* On one CPU the two take turns, so it does not go idle. */
	if (here == there || CPU_EQUAL(&cpus, &spinners->cpus))
		return;
	for (int i = 0; i < SPINNERS; i++) {
		if (is_alive(spinners->pidfds[i]))
			sched_setaffinity(spinners->pids[i], sizeof(cpus), &cpus);
	}
	spinners->cpus = cpus;
}

static void keep_spinning(struct idle_spinner *spinner, pid_t tid)
{
	if (!spinner->spinners && !spinner->impossible) {
		spinner->spinners = idle_spinner_start();
		spinner->impossible = !spinner->spinners;
	}
	if (!spinner->spinners)
		return;
	set_cpus(spinner->spinners, sched_getcpu(), processor_of(tid));
	if (!spinner->spinning)
		set_spinning(spinner->spinners, true);
	spinner->spinning = true;
}

void idle_spinner_hit(struct idle_spinner *spinner, pid_t tid)
{
	spinner->hits++;
	int64_t now = monotonic_now();
	if (now - spinner->since_ns < period_ns)
		return;
	if (spinner->hits >= FAST_HITS && now - spinner->since_ns < 2 * period_ns)
		keep_spinning(spinner, tid);
	spinner->hits = 0;
	spinner->since_ns = now;
}

int idle_spinner_relax(struct idle_spinner *spinner)
{
	if (!spinner->spinning)
		return -1;
	if (monotonic_now() - spinner->since_ns > 3 * period_ns) {
		idle_spinner_pause(spinner);
		return -1;
	}
	return (int)(4 * period_ns / 1000000);
}

void idle_spinner_pause(struct idle_spinner *spinner)
{
	if (spinner->spinning)
		set_spinning(spinner->spinners, false);
	spinner->spinning = false;
}

void idle_spinner_deinit(struct idle_spinner *spinner)
{
	if (spinner->spinners)
		end(take_pointer(spinner->spinners));
	spinner->spinning = false;
}
