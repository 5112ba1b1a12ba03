/* The target's monotonic clock when it stopped: see goroutine.h. */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/timers.h"
#include "dbg/go/program/program_state.h"

enum { MAX_PROCESSORS = 4096 };

static void newest(int64_t *now, uint64_t stamp)
{
	if (stamp <= INT64_MAX && (int64_t)stamp > *now)
		*now = (int64_t)stamp;
}

struct error *goroutine_sleep_end(
	struct program *program, const struct goroutine *goroutine, int64_t *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t timer, when = 0;
	*ret = goroutine->sleep_until;
	if (field_present(layout->g.sleep_when)) {
		*ret = bubble_time(program, goroutine->bubble, *ret);
		return NULL;
	}
	/* Before 1.23 it is in the timer. */
	struct error *err =
		program_read_field(program, goroutine->address, layout->g.timer, &timer);
	if (!err && timer)
		err = program_read_field(program, timer, layout->timer.when, &when);
	*ret = err ? 0 : (int64_t)when;
	return err;
}

/*
 * When the goroutine's last time.Sleep ended; 0: unknown. If it now waits for something else, that
 * time has passed, since nothing ends a sleep early (runtime/time.go timeSleep). Running goroutines
 * are excluded: one may be about to sleep.
 */
static uint64_t end_of_sleep(struct program *program, const struct goroutine *goroutine)
{
	const char *reason = goroutine_wait_reason(program, goroutine);
	if (goroutine->bubble)
		return 0; /* it has a clock of its own */
	if (!goroutine_in_syscall(program, goroutine) &&
		(!goroutine_is_waiting(program, goroutine) || !reason ||
			strcmp(reason, "sleep") == 0))
		return 0;
	int64_t end;
	error_destroy(goroutine_sleep_end(program, goroutine, &end));
	return (uint64_t)end;
}

static void newest_sleep(struct program *program, int64_t *now)
{
	static const int64_t MONTH_NS = INT64_C(30) * 86400 * 1000000000;
	const struct goroutine_list *list;
	int64_t from = *now;
	struct error *err = program_goroutines(program, &list);
	error_destroy(err);
	for (size_t i = 0; !err && i < list->count; i++) {
		uint64_t when = end_of_sleep(program, &list->items[i]);
		/* Ignore implausible times, in case memory is damaged. */
		if (when <= INT64_MAX && (int64_t)when - from < MONTH_NS)
			newest(now, when);
	}
}

/*
 * A core does not record the current time. The newest timestamp that the runtime keeps is a lower
 * bound: the last network poll, the times at which sysmon observed each P (runtime/proc.go), the
 * ends of sleeps. It is a few milliseconds old in a busy program, and as old as the last activity
 * in an idle one.
 */
static int64_t newest_stamp(struct program *program)
{
	const struct runtime_layout *layout = &program->layout;
	const struct runtime_globals *globals = &program->globals;
	int64_t now = 0;
	uint64_t value;
	struct error *err;
	if (globals->sched.address) {
		err = program_read_field(
			program, globals->sched.address, layout->sched.lastpoll, &value);
		newest(&now, value);
		error_destroy(err);
	}
	uint64_t slice[2] = {0};
	if (!globals->allp.address)
		return now;
	err = target_read(program->target, globals->allp.address, slice, sizeof(slice));
	for (uint64_t i = 0; !err && i < slice[1] && i < MAX_PROCESSORS; i++) {
		uint64_t p;
		err = target_read_u64(program->target, slice[0] + 8 * i, &p);
		if (!err)
			err = program_read_field(program, p, layout->p.sysmon_schedwhen, &value);
		if (!err)
			newest(&now, value);
		if (!err)
			err = program_read_field(program, p, layout->p.sysmon_syscallwhen, &value);
		if (!err)
			newest(&now, value);
	}
	error_destroy(err);
	newest_sleep(program, &now);
	return now;
}

int64_t program_now_ns(struct program *program)
{
	struct goroutine_cache *cache = program->goroutines;
	if (!cache->now_ns)
		cache->now_ns = program->target->stop_monotonic_ns
					? program->target->stop_monotonic_ns
					: newest_stamp(program);
	return cache->now_ns;
}

bool program_clock_is_exact(const struct program *program)
{
	return program->target->stop_monotonic_ns != 0;
}
