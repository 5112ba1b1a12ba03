/* Reads when garbage collections ran: see gc_history.h. */
#include "dbg/go/goroutines/gc_history.h"

#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"

enum {
	RING = 256,		      /* entries of mstats.pause_end, in all releases */
	CLOCKS_NS = 20 * 1000 * 1000, /* the runtime reads its two clocks within this time */
	RECENT = 64,		      /* times remembered, to add few of them twice */
};

void gc_history_destroy(struct gc_history *history)
{
	if (history)
		free(history->cycles);
	free(history);
}

static bool add_cycle(struct gc_history *history, int64_t low, int64_t high)
{
	if (!array_reserve(&history->cycles, &history->capacity, history->count + 1))
		return false;
	history->cycles[history->count++] = (struct gc_cycle){low, high};
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct gc_cycle *x = a, *y = b;
	return (x->low > y->low) - (x->low < y->low);
}

static void sort_cycles(struct gc_history *history)
{
	if (history->count)
		qsort(history->cycles, history->count, sizeof(*history->cycles), by_time);
}

/* Adds the times that the collector left in the goroutines, which are exact. */
static bool add_waits(struct gc_history *history, const struct goroutine_list *list, int64_t now)
{
	int64_t recent[RECENT] = {0};
	for (size_t i = 0; i < list->count; i++) {
		int64_t since = list->items[i].wait_since;
		int64_t *seen = &recent[(uint64_t)since * UINT64_C(0x9e3779b97f4a7c15) >> 58];
		if (since <= 0 || since > now || *seen == since)
			continue;
		*seen = since;
		if (!add_cycle(history, since, since))
			return false;
	}
	sort_cycles(history);
	size_t count = 0;
	for (size_t i = 0; i < history->count; i++) {
		if (!count || history->cycles[count - 1].low != history->cycles[i].low)
			history->cycles[count++] = history->cycles[i];
	}
	history->count = count;
	return true;
}

/* The ring buffers of the runtime, newest first. */
struct ring {
	struct gc_cycle cycles[RING];
	size_t count;
};

static struct error *read_ring(struct program *program, const struct gc_history *history,
	int64_t last_unix, struct ring *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t address = program->globals.memstats.address, ends[RING], pauses[RING];
	ret->count = 0;
	if (layout->mstats.pause_end.size != sizeof(ends) ||
		layout->mstats.pause_ns.size != sizeof(pauses))
		return NULL;
	struct error *err = target_read(
		program->target, address + layout->mstats.pause_end.offset, ends, sizeof(ends));
	if (!err)
		err = target_read(program->target, address + layout->mstats.pause_ns.offset, pauses,
			sizeof(pauses));
	for (size_t i = 0; !err && i < history->done && i < RING; i++) {
		size_t slot = (size_t)((history->done - 1 - i) % RING);
		int64_t end, start;
		if (__builtin_sub_overflow((int64_t)ends[slot], last_unix, &end) ||
			__builtin_add_overflow(end, history->last_end, &end) ||
			__builtin_sub_overflow(end, (int64_t)pauses[slot], &start) || start < 0 ||
			start > end || end > INT64_MAX / 2 ||
			(i ? end >= ret->cycles[i - 1].high : end != history->last_end))
			break;
		/* The times of the newest one are known on the monotonic clock, too. */
		int64_t blur = i ? CLOCKS_NS : 0;
		if (!i && history->mark_start > start && history->mark_start <= end)
			start = history->mark_start;
		ret->cycles[ret->count++] = (struct gc_cycle){start - blur, end + blur};
	}
	return err;
}

/*
 * How many of the ring's entries are on our clock. They are times of day, and the distance to the
 * monotonic clock changes when the time of day is set or the machine sleeps. So an entry counts
 * only if a time that is exact belongs to it or to an older one, and all exact times in between
 * belong to entries.
 */
static size_t trusted_entries(const struct gc_history *history, const struct ring *ring)
{
	size_t trusted = ring->count ? 1 : 0, at = 0;
	for (size_t i = history->count; i > 0; i--) {
		int64_t exact = history->cycles[i - 1].low;
		while (at < ring->count && ring->cycles[at].low > exact)
			at++;
		if (at == ring->count || exact > ring->cycles[at].high)
			break;
		trusted = at + 1;
	}
	return trusted;
}

/* Adds the entries of the ring to which no exact time belongs. */
static bool add_ring(struct gc_history *history, const struct ring *ring)
{
	size_t exact = history->count, trusted = trusted_entries(history, ring);
	for (size_t i = 0; i < trusted; i++) {
		struct gc_cycle cycle = ring->cycles[i];
		bool known = false;
		for (size_t j = exact; !known && j > 0 && history->cycles[j - 1].low >= cycle.low;
			j--)
			known = history->cycles[j - 1].low <= cycle.high;
		if (!known && !add_cycle(history, cycle.low, cycle.high))
			return false;
	}
	sort_cycles(history);
	return true;
}

static int64_t read_number(struct program *program, struct global global, struct field field)
{
	uint64_t value = 0;
	if (global.address)
		error_destroy(program_read_field(program, global.address, field, &value));
	return value <= INT64_MAX ? (int64_t)value : 0;
}

static bool has_function(struct program *program, const char *name)
{
	struct code_location location;
	struct error *err = program_find_function(program, name, &location);
	bool found = !err;
	error_destroy(err);
	return found;
}

static struct error *load(struct program *program, struct gc_history *history)
{
	static const struct field whole = {0, 8};
	const struct runtime_layout *layout = &program->layout;
	const struct runtime_globals *globals = &program->globals;
	const struct goroutine_list *list;
	struct ring ring = {.count = 0};
	struct error *err = program_goroutines(program, &list);
	if (err)
		return err;
	history->program_start = read_number(program, globals->runtime_init_time, whole);
	history->done = (uint64_t)read_number(program, globals->memstats, layout->mstats.numgc);
	history->last_end = read_number(program, globals->memstats, layout->mstats.last_gc);
	history->mark_start = read_number(program, globals->gc_controller, layout->gc.mark_start);
	history->coroutines = has_function(program, "runtime.coroswitch_m");
	int64_t last_unix = read_number(program, globals->memstats, layout->mstats.last_gc_unix);
	if (history->done && history->last_end && last_unix)
		error_destroy(read_ring(program, history, last_unix, &ring));
	bool ok = add_waits(history, list, program_now_ns(program)) && add_ring(history, &ring);
	return ok ? NULL : error_no_memory();
}

const struct gc_history *program_gc_history(struct program *program)
{
	struct goroutine_cache *cache = program->goroutines;
	if (cache->gc)
		return cache->gc;
	struct gc_history *history = calloc(1, sizeof(*history));
	struct error *err = history ? load(program, history) : error_no_memory();
	if (err)
		gc_history_destroy(history);
	else
		cache->gc = history;
	error_destroy(err);
	return cache->gc;
}
