/* See thread_ms.h. */
#include "dbg/go/goroutines/thread_ms.h"

#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum { TLS_G = 8 }; /* bytes below FS where a thread keeps its g */

static uint64_t m_of(struct program *program, const struct thread *thread)
{
	uint64_t g = 0, m = 0, named = 0, fs = thread->regs.fs_base;
	if (!thread->regs_valid || fs < TLS_G)
		return 0;
	struct error *err = target_read_u64(program->target, fs - TLS_G, &g);
	if (!err && g)
		err = program_read_field(program, g, program->layout.g.m, &m);
	if (!err && m)
		err = program_m_read_back(program, m, &named);
	error_destroy(err); /* not a thread of the runtime */
	return !err && named == m ? m : 0;
}

static int compare_m(const void *a, const void *b)
{
	const struct thread_m *x = a, *y = b;
	return (x->m > y->m) - (x->m < y->m);
}

struct error *thread_ms_find(struct program *program, struct thread_ms *ret)
{
	const struct thread *threads;
	size_t count;
	*ret = (struct thread_ms){NULL, 0};
	struct error *err = target_threads(program->target, &threads, &count);
	if (err || !count) {
		error_destroy(err); /* the list of m's is still known */
		return NULL;
	}
	ret->items = calloc(count, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		uint64_t m = m_of(program, &threads[i]);
		if (m)
			ret->items[ret->count++] = (struct thread_m){m, &threads[i]};
	}
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_m);
	return NULL;
}

void thread_ms_deinit(struct thread_ms *ms)
{
	free(ms->items);
}

const struct thread *thread_ms_at(const struct thread_ms *ms, uint64_t address)
{
	size_t at = bisect(i, ms->count, ms->items[i].m >= address);
	return at < ms->count && ms->items[at].m == address ? ms->items[at].thread : NULL;
}
