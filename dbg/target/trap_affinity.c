/* Which CPU the tracer thread runs on: see trap_affinity.h. */
#include "dbg/target/trap_affinity.h"

#include <stdio.h>
#include <unistd.h>

#include "dbg/target/proc_files.h"
#include "dbg/target/tracee.h"

/* As many hits in that time are fast; then the thread's CPU is looked up anew, which is cheap
 * beside them. */
enum { FAST_HITS = 20, PROCESSOR_FIELD = 39 };

static const int64_t period_ns = INT64_C(4000000);

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

/* Whether more threads want to run than there are CPUs. Then none is asleep, and to have the choice
 * is better. */
static bool is_machine_busy(void)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int running;
	return proc_read_file("/proc/loadavg", &text, &size) == 0 &&
	       sscanf(text, "%*s %*s %*s %d/", &running) == 1 &&
	       running > (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static void follow(struct affinity *affinity, pid_t tid)
{
	int cpu = processor_of(tid);
	if (cpu < 0 || cpu >= CPU_SETSIZE || (affinity->following && cpu == affinity->cpu))
		return;
	if (!affinity->following &&
		sched_getaffinity(0, sizeof(affinity->own), &affinity->own) != 0)
		return;
	if (!CPU_ISSET((size_t)cpu, &affinity->own))
		return;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		return;
	affinity->following = true;
	affinity->cpu = cpu;
}

void affinity_release(struct affinity *affinity)
{
	if (affinity->following)
		sched_setaffinity(0, sizeof(affinity->own), &affinity->own);
	affinity->following = false;
}

static void consider(struct affinity *affinity, pid_t tid)
{
	if (is_machine_busy())
		affinity_release(affinity);
	else
		follow(affinity, tid);
}

void affinity_hit(struct affinity *affinity, pid_t tid)
{
	affinity->hits++;
	int64_t now = monotonic_now();
	if (now - affinity->since_ns < period_ns)
		return;
	if (affinity->hits >= FAST_HITS && now - affinity->since_ns < 2 * period_ns)
		consider(affinity, tid);
	affinity->hits = 0;
	affinity->since_ns = now;
}

int affinity_relax(struct affinity *affinity)
{
	if (!affinity->following)
		return -1;
	int64_t idle = monotonic_now() - affinity->since_ns;
	if (idle > 3 * period_ns) {
		affinity_release(affinity);
		return -1;
	}
	return (int)(4 * period_ns / 1000000);
}
