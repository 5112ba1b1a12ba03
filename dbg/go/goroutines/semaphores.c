/* Reading the runtime's semaphore table: see semaphores.h. */
#include "dbg/go/goroutines/semaphores.h"

#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/hash.h"

enum {
	MAX_ROOTS = 4096, /* semTabSize is 251 in all releases */
	MAX_SLEEPERS = 4 << 20,
	MAX_SUDOG_SIZE = 512,
	ROOT_ALIGNMENT = 64, /* each root is padded to whole cache lines */
};

struct sleeper {
	uint64_t g;
	uint64_t semaphore;
	bool lost; /* not in the table: no memory */
	UT_hash_handle hh;
};

struct semaphores {
	struct sleeper *sleepers;
};

void semaphores_destroy(struct semaphores *semaphores)
{
	if (!semaphores)
		return;
	struct sleeper *sleeper, *next;
	HASH_ITER (hh, semaphores->sleepers, sleeper, next) {
		HASH_DEL(semaphores->sleepers, sleeper);
		free(sleeper);
	}
	free(semaphores);
}

/* Sudogs found but not read yet. */
struct worklist {
	uint64_t *items;
	size_t count, capacity;
};

static bool push(struct worklist *work, uint64_t address)
{
	if (!address)
		return true;
	if (!array_reserve(&work->items, &work->capacity, work->count + 1))
		return false;
	work->items[work->count++] = address;
	return true;
}

static struct error *add_sleeper(struct semaphores *semaphores, uint64_t g, uint64_t semaphore)
{
	struct sleeper *sleeper;
	HASH_FIND(hh, semaphores->sleepers, &g, sizeof(g), sleeper);
	if (sleeper)
		return NULL;
	sleeper = malloc(sizeof(*sleeper));
	if (!sleeper)
		return error_no_memory();
	*sleeper = (struct sleeper){.g = g, .semaphore = semaphore};
	HASH_ADD(hh, semaphores->sleepers, g, sizeof(g), sleeper);
	if (sleeper->lost) {
		free(sleeper);
		return error_no_memory();
	}
	return NULL;
}

/*
 * A root is a treap of sudogs, one per semaphore (its children are prev and next), each with a list
 * of further waiters (waitlink). The limit on their number ends the walk of damaged, cyclic ones.
 */
static struct error *read_root(struct program *program, uint64_t root,
	struct semaphores *semaphores, struct worklist *work)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->sudog.size.size;
	uint64_t treap;
	struct error *err = program_read_field(program, root, layout->sema_root.treap, &treap);
	if (err)
		return err;
	work->count = 0;
	if (!push(work, treap))
		return error_no_memory();
	while (work->count && HASH_COUNT(semaphores->sleepers) < MAX_SLEEPERS) {
		uint8_t object[MAX_SUDOG_SIZE];
		err = target_read(program->target, work->items[--work->count], object, size);
		if (err && err->code != ERROR_FAULT)
			return err;
		if (err) {
			error_destroy(err); /* torn: skip this branch */
			continue;
		}
		uint64_t g = object_field(object, size, layout->sudog.g);
		struct sleeper *seen;
		HASH_FIND(hh, semaphores->sleepers, &g, sizeof(g), seen);
		if (seen)
			continue;
		err = add_sleeper(semaphores, g, object_field(object, size, layout->sudog.elem));
		if (err)
			return err;
		if (!push(work, object_field(object, size, layout->sudog.prev)) ||
			!push(work, object_field(object, size, layout->sudog.next)) ||
			!push(work, object_field(object, size, layout->sudog.waitlink)))
			return error_no_memory();
	}
	return NULL;
}

static struct error *semaphores_load(struct program *program, struct semaphores *semaphores)
{
	const struct runtime_layout *layout = &program->layout;
	const struct global *table = &program->globals.semtable;
	size_t stride = (layout->sema_root.size.size + ROOT_ALIGNMENT - 1) / ROOT_ALIGNMENT *
			ROOT_ALIGNMENT;
	if (!table->address || !stride || !layout->sudog.size.size ||
		layout->sudog.size.size > MAX_SUDOG_SIZE)
		return NULL;
	size_t count = table->size / stride;
	struct range range = {table->address, table->size};
	struct error *err = count <= MAX_ROOTS ? target_prefetch(program->target, &range, 1) : NULL;
	struct worklist work = {NULL, 0, 0};
	for (size_t i = 0; !err && i < count && i < MAX_ROOTS; i++)
		err = read_root(program, table->address + i * stride, semaphores, &work);
	free(work.items);
	return err;
}

struct error *semaphore_of(struct program *program, uint64_t g, uint64_t *ret)
{
	*ret = 0;
	if (!program->goroutines->semaphores) {
		struct semaphores *semaphores = calloc(1, sizeof(*semaphores));
		if (!semaphores)
			return error_no_memory();
		struct error *err = semaphores_load(program, semaphores);
		if (err) {
			semaphores_destroy(semaphores);
			return err;
		}
		program->goroutines->semaphores = semaphores;
	}
	struct sleeper *sleeper;
	HASH_FIND(hh, program->goroutines->semaphores->sleepers, &g, sizeof(g), sleeper);
	if (sleeper)
		*ret = sleeper->semaphore;
	return NULL;
}
