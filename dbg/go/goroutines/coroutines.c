/* Finds the goroutines of coroutines: see coroutines.h. */
#include "dbg/go/goroutines/coroutines.h"

#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/wait_search.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

/* Outermost words of a stack: the frames of goexit, corostart and the closure of iter.Pull. */
enum { WORDS = 64 };

/* A word of the outermost frames of a goroutine that runs an iterator: may be its coro. */
struct candidate {
	uint64_t word, goid;
};

struct coroutines {
	struct candidate *items; /* by word, then goroutine */
	size_t count, capacity;
};

void coroutines_destroy(struct coroutines *coroutines)
{
	if (coroutines)
		free(coroutines->items);
	free(coroutines);
}

bool goroutine_is_coroutine(struct program *program, const struct goroutine *goroutine)
{
	const char *name = program_function_name(program, goroutine->start_pc);
	return name && strcmp(name, "runtime.corostart") == 0;
}

struct error *coroutine_of(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret)
{
	uint64_t coro = 0, blocked = 0;
	const struct runtime_layout *layout = &program->layout;
	*ret = 0;
	if (!field_present(layout->coro.gp))
		return NULL;
	/* One that has not run yet. */
	struct error *err =
		program_read_field(program, goroutine->address, layout->g.coroarg, &coro);
	if (!err && coro)
		err = program_read_field(program, coro, layout->coro.gp, &blocked);
	if (!err && blocked == goroutine->address)
		*ret = coro;
	if (err || *ret)
		return err;
	return wait_search_coro(program, goroutine, ret);
}

static int by_word(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

static struct error *add_goroutine(
	struct program *program, const struct goroutine *goroutine, struct coroutines *coroutines)
{
	uint64_t words[WORDS + 1] = {0}, size = goroutine->stack_high - goroutine->stack_low;
	size_t count = size / 8 < WORDS ? (size_t)(size / 8) : WORDS;
	if (goroutine->stack_high <= goroutine->stack_low)
		return NULL;
	struct error *err =
		target_read(program->target, goroutine->stack_high - 8 * count, words, 8 * count);
	if (!err)
		err = program_read_field(
			program, goroutine->address, program->layout.g.coroarg, &words[count]);
	if (err)
		return error_ignore_fault(err);
	if (!array_reserve(
		    &coroutines->items, &coroutines->capacity, coroutines->count + WORDS + 1))
		return error_no_memory();
	for (size_t i = 0; i <= count; i++) {
		uint64_t word = words[i];
		bool plausible = word > 0x1000 && word % 8 == 0 && word < 1ull << 47 &&
				 !(word >= goroutine->stack_low && word < goroutine->stack_high) &&
				 !program_is_go_pc(program, word);
		if (plausible)
			coroutines->items[coroutines->count++] =
				(struct candidate){word, goroutine->goid};
	}
	return NULL;
}

static struct error *load(struct program *program, struct coroutines *coroutines)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		if (goroutine_is_coroutine(program, &list->items[i]))
			err = add_goroutine(program, &list->items[i], coroutines);
	}
	if (coroutines->count)
		qsort(coroutines->items, coroutines->count, sizeof(*coroutines->items), by_word);
	return err;
}

struct error *coroutine_runner(struct program *program, uint64_t coro, uint64_t *ret)
{
	struct goroutine_cache *cache = program->goroutines;
	*ret = 0;
	if (!cache->coroutines) {
		struct coroutines *coroutines = calloc(1, sizeof(*coroutines));
		struct error *err = coroutines ? load(program, coroutines) : error_no_memory();
		if (err) {
			coroutines_destroy(coroutines);
			return err;
		}
		cache->coroutines = coroutines;
	}
	const struct candidate *items = cache->coroutines->items;
	size_t count = cache->coroutines->count;
	for (size_t i = bisect(j, count, items[j].word >= coro); i < count && items[i].word == coro;
		i++) {
		if (*ret && *ret != items[i].goid) {
			*ret = 0; /* several mention it: none is proved */
			break;
		}
		*ret = items[i].goid;
	}
	return NULL;
}
