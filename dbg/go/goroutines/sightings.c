/* Noticing which goroutines have moved since an earlier inspection: see sightings.h. */
#include "dbg/go/goroutines/sightings.h"

#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum { MAX_SIGHTINGS = 4 << 20 /* 230 MiB */ };

static uint64_t mix(uint64_t hash, uint64_t word)
{
	/* Both may be small counters: 52 ^ 3 is 60 ^ 11. */
	hash = (hash + 1) * UINT64_C(0x9e3779b97f4a7c15);
	hash = ((hash ^ hash >> 32) + word) * UINT64_C(0xbf58476d1ce4e5b9);
	return hash ^ hash >> 29;
}

/* The thread in a system call, whose counter distinguishes system calls; NULL: none. */
static const struct go_m *syscall_thread(struct program *program, const struct goroutine *goroutine)
{
	return goroutine_in_syscall(program, goroutine) ? program_m_at(program, goroutine->m)
							: NULL;
}

static struct sighting sighting_of(struct program *program, const struct goroutine *goroutine)
{
	const struct go_m *m = syscall_thread(program, goroutine);
	uint64_t turns = goroutine->switches;
	if (m)
		turns = mix(mix(mix(turns, m->syscall_tick), m->syscall_p), (uint64_t)m->tid);
	/* A running goroutine always counts as moved, whatever registers were saved last. */
	if (goroutine_is_running(program, goroutine))
		turns = mix(turns, (uint64_t)program_now_ns(program));
	uint64_t mark = mix(goroutine->status, goroutine->wait_reason);
	mark = mix(mark, goroutine->sched_pc);
	mark = mix(mark, goroutine->sched_sp);
	mark = mix(mark, goroutine->syscall_sp);
	mark = mix(mark, goroutine->waiting);
	mark = mix(mark, (uint64_t)goroutine->sleep_until);
	return (struct sighting){
		.goid = goroutine->goid,
		.start_pc = goroutine->start_pc,
		.go_pc = goroutine->goid == 1 ? 0 : goroutine->go_pc,
		.turns = turns,
		.mark = mix(mark, turns),
		.since_ns = program->target->stop_monotonic_ns,
		.system = goroutine->system,
	};
}

static const struct sighting *find(const struct sightings *sightings, uint64_t goid)
{
	size_t count = sightings ? sightings->count : 0;
	size_t at = bisect(i, count, sightings->items[i].goid >= goid);
	return at < count && sightings->items[at].goid == goid ? &sightings->items[at] : NULL;
}

struct error *sightings_take(
	struct program *program, const struct sightings *before, struct sightings **ret)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(program, &list);
	if (err)
		return err;
	if (list->count > MAX_SIGHTINGS)
		return error_create(ERROR_OTHER, "cannot compare %zu goroutines: the limit is %d",
			list->count, (int)MAX_SIGHTINGS);
	struct sightings *sightings = calloc(1, sizeof(*sightings));
	if (sightings)
		sightings->items = calloc(list->count + 1, sizeof(*sightings->items));
	if (!sightings || !sightings->items) {
		sightings_destroy(sightings);
		return error_no_memory();
	}
	sightings->count = list->count;
	sightings->at_ns = program->target->stop_monotonic_ns;
	for (size_t i = 0; i < list->count; i++) {
		struct sighting *sighting = &sightings->items[i];
		*sighting = sighting_of(program, &list->items[i]);
		const struct sighting *old = find(before, sighting->goid);
		if (old && old->mark == sighting->mark)
			sighting->since_ns = old->since_ns;
	}
	*ret = sightings;
	return NULL;
}

void sightings_destroy(struct sightings *sightings)
{
	if (sightings)
		free(sightings->items);
	free(sightings);
}

void program_compare_with(struct program *program, const struct sightings *before)
{
	program->goroutines->before = before;
}

bool sightings_find(const struct sightings *sightings, struct program *program,
	const struct goroutine *goroutine, struct seen *ret)
{
	if (!sightings || sightings->at_ns <= 0)
		return false;
	const struct sighting *old = find(sightings, goroutine->goid);
	struct sighting now = sighting_of(program, goroutine);
	const char *reason = goroutine_wait_reason(program, goroutine);
	bool coroutine = reason && strncmp(reason, "coroutine", strlen("coroutine")) == 0;
	/* A tick without its P says nothing: those of different Ps may be equal. */
	const struct go_m *m = syscall_thread(program, goroutine);
	bool counted =
		!coroutine && (!goroutine_in_syscall(program, goroutine) || (m && m->syscall_p));
	*ret = (struct seen){
		.at_ns = sightings->at_ns,
		.since_ns = old ? old->since_ns : 0,
		/* Registers may also differ because the stack was moved. */
		.moved = !old || old->turns != now.turns,
		.unmoved = old && old->mark == now.mark && counted,
	};
	return true;
}
