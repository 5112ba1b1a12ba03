/* Bounds of how long a goroutine has been blocked: see wait_time.h. */
#include "dbg/go/waits/wait_time.h"

#include "dbg/go/goroutines/gc_history.h"
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/sightings.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

/*
 * The collector also records goroutines that only pretend to wait: those that help it to mark, and
 * those about to leave a system call. They keep g.waitsince while they run on, but not for long:
 * the scheduler preempts them after 10 ms, which clears it (runtime/proc.go sysmon, retake).
 */
enum { PRETENDED_NS = 200 * 1000 * 1000 };

/*
 * A time before it blocked; 0: unknown. `*ret_bounded`: it says more than that the program was
 * running.
 */
static int64_t blocked_after(const struct program *program, const struct gc_history *gc,
	const struct goroutine *goroutine, bool *ret_bounded)
{
	int64_t since = goroutine->wait_since;
	size_t end = gc->count;
	*ret_bounded = true;
	if (since > 0) {
		/* Those that ended before the one whose time it is. */
		end = bisect(i, gc->count, gc->cycles[i].high >= since);
	} else if (gc->done < 2 || goroutine->status == program->layout.status.leaked) {
		end = 0; /* the first collection records nothing, and none records leaked ones */
	} else if (gc->mark_start > 0 && gc->mark_start < gc->last_end) {
		return gc->mark_start;
	} else {
		/* One is in progress, and may not have seen it yet: the one before counts. */
		end = end ? bisect(i, end, gc->cycles[i].high >= gc->cycles[end - 1].low) : 0;
	}
	if (end)
		return gc->cycles[end - 1].low;
	*ret_bounded = false;
	return gc->program_start;
}

/* A time after which it was certainly blocked without interruption; 0: unknown. */
static int64_t blocked_before(const struct gc_history *gc, const struct goroutine *goroutine)
{
	int64_t since = goroutine->wait_since;
	if (since <= 0 || gc->coroutines)
		return 0;
	size_t at = bisect(i, gc->count, gc->cycles[i].low > since);
	return at < gc->count ? gc->cycles[at].high : 0;
}

/* Narrows the bounds by what an earlier inspection saw. */
static void compare(struct program *program, const struct goroutine *goroutine, int64_t now,
	struct wait_time *time)
{
	struct seen seen;
	if (!sightings_find(program->goroutines->before, program, goroutine, &seen) ||
		seen.at_ns > now || seen.since_ns > now)
		return;
	int64_t since_last = now - seen.at_ns, unmoved = now - seen.since_ns;
	if (seen.moved && since_last < time->max_ns) {
		time->max_ns = since_last;
		time->bounded = true;
	}
	/* If it contradicts what the collector saw, its counter has come round. */
	if (seen.unmoved && unmoved <= time->max_ns && unmoved > time->min_ns)
		time->min_ns = unmoved;
}

struct wait_time goroutine_wait_time(struct program *program, const struct goroutine *goroutine)
{
	struct wait_time time = {.max_ns = WAIT_UNBOUNDED};
	time.waits = goroutine_is_waiting(program, goroutine) ||
		     goroutine_in_syscall(program, goroutine);
	const struct gc_history *gc = time.waits ? program_gc_history(program) : NULL;
	int64_t now = program_now_ns(program);
	if (!time.waits) {
		time.max_ns = 0;
		return time;
	}
	if (!gc || now <= 0)
		return time;
	int64_t before = blocked_before(gc, goroutine);
	if (before > 0 && now - before > PRETENDED_NS)
		time.min_ns = now - before - PRETENDED_NS;
	bool bounded;
	int64_t after = blocked_after(program, gc, goroutine, &bounded);
	if (after > 0 && after <= now && program_clock_is_exact(program)) {
		time.max_ns = now - after;
		time.bounded = bounded;
	}
	if (program_clock_is_exact(program))
		compare(program, goroutine, now, &time);
	return time;
}

int64_t program_since_gc_ns(struct program *program)
{
	const struct gc_history *gc = program_gc_history(program);
	int64_t now = program_now_ns(program);
	return gc && gc->done && gc->last_end > 0 && now >= gc->last_end ? now - gc->last_end : -1;
}

const char *wait_time_unknown_reason(struct program *program)
{
	const struct gc_history *gc = program_gc_history(program);
	if (!gc || !program->globals.memstats.address)
		return "the runtime's records of garbage collections cannot be read";
	if (!gc->done)
		return "no garbage collection has run";
	return gc->done == 1 ? "only one garbage collection has run"
			     : "no garbage collection since they blocked";
}
