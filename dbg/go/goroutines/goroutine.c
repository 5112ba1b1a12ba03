/* Reading all goroutines, or one: see goroutine.h. */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

#include <stdio.h>

enum {
	BATCH = 2048,		   /* goroutines fetched at a time */
	MAX_GOROUTINES = 64 << 20, /* more means a damaged count */
	PAGE = 4096,
};

/* ---- Decoding one g ---- */

static bool finalizers_run(struct program *program)
{
	uint64_t value = 0;
	struct global global = program->globals.fing_status;
	size_t size = 4;
	uint64_t mask = 2; /* fingRunningFinalizer, runtime/mfinal.go */
	if (!global.address) {
		global = program->globals.fing_running;
		size = 1;
		mask = 1;
	}
	if (!global.address)
		return false;
	struct error *err = target_read(program->target, global.address, &value, size);
	error_destroy(err);
	return !err && (value & mask);
}

/*
 * runtime/traceback.go isSystemGoroutine: those that start in package runtime, except those that
 * run user code: main, coroutines, and finalizers and cleanups while they run.
 */
static bool is_system(struct program *program, const struct goroutine *goroutine,
	bool running_cleanups, bool finalizers_running)
{
	const char *name = program_function_name(program, goroutine->start_pc);
	if (!name || strncmp(name, "runtime.", strlen("runtime.")) != 0)
		return false;
	const char *function = name + strlen("runtime.");
	if (strcmp(function, "main") == 0 || strcmp(function, "corostart") == 0 ||
		strcmp(function, "handleAsyncEvent") == 0)
		return false;
	if (strcmp(function, "runfinq") == 0 || strcmp(function, "runFinalizers") == 0)
		return !finalizers_running;
	if (strcmp(function, "runCleanups") == 0)
		return !running_cleanups;
	return true;
}

/* Whether the g copied to `object` is in use; counts it if it is not. */
static bool is_in_use(
	const struct runtime_layout *layout, const uint8_t *object, struct goroutine_list *list)
{
	const struct status_constants *status = &layout->status;
	uint64_t raw = object_field(object, layout->g.size.size, layout->g.atomicstatus);
	int64_t state = (int64_t)(raw & ~(uint64_t)status->scan);
	bool dead = state == status->dead || state == status->deadextra;
	list->idle += state == status->idle;
	list->dead += dead;
	return !dead && state != status->idle;
}

/* Decodes a g copied to `object`. */
static void goroutine_decode(struct program *program, const uint8_t *object, uint64_t address,
	bool finalizers_running, struct goroutine *ret)
{
	const struct runtime_layout *layout = &program->layout;
	const struct status_constants *status = &layout->status;
	size_t size = layout->g.size.size;
#define FIELD(name) object_field(object, size, layout->g.name)
	uint64_t raw = FIELD(atomicstatus);
	int64_t state = (int64_t)(raw & ~(uint64_t)status->scan);
	*ret = (struct goroutine){
		.address = address,
		.goid = FIELD(goid),
		.parent_goid = FIELD(parent_goid),
		.go_pc = FIELD(gopc),
		.start_pc = FIELD(startpc),
		.m = FIELD(m),
		.stack_low = FIELD(stack_lo),
		.stack_high = FIELD(stack_hi),
		.sched_pc = FIELD(sched_pc),
		.sched_sp = FIELD(sched_sp),
		.sched_bp = FIELD(sched_bp),
		.syscall_pc = FIELD(syscallpc),
		.syscall_sp = FIELD(syscallsp),
		.waiting = FIELD(waiting),
		.labels = FIELD(labels),
		.bubble = FIELD(bubble),
		.wait_since = (int64_t)FIELD(waitsince),
		.sleep_until = (int64_t)FIELD(sleep_when),
		.status = (uint16_t)state,
		.wait_reason = (uint8_t)FIELD(waitreason),
		.scan = (raw & (uint64_t)status->scan) != 0,
		.locked_m = FIELD(lockedm),
		.switches = (uint8_t)FIELD(tracking_seq),
		.has_roots = FIELD(defer) || FIELD(panic) || FIELD(sched_ctxt) || FIELD(param) ||
			     FIELD(coroarg),
	};
	ret->system = is_system(program, ret, FIELD(running_cleanups) != 0, finalizers_running);
#undef FIELD
}

/* Reads the IDs of the bubbles. Most goroutines have none, and neighbors share one. */
static struct error *set_bubbles(struct program *program, struct goroutine *items, size_t count)
{
	uint64_t bubble = 0, id = 0;
	for (size_t i = 0; i < count; i++) {
		if (!items[i].bubble)
			continue;
		struct error *err = items[i].bubble == bubble
					    ? NULL
					    : program_read_field(program, items[i].bubble,
						      program->layout.bubble.id, &id);
		bubble = err ? 0 : items[i].bubble;
		items[i].bubble_id = err ? 0 : id;
		err = error_ignore_fault(err);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- Reading all ---- */

/* The address and length of the array of all g pointers. allgptr and allglen are preferred: the
 * runtime publishes them in a safe order. */
static struct error *find_allgs(struct program *program, uint64_t *ret_array, uint64_t *ret_count)
{
	const struct runtime_globals *globals = &program->globals;
	struct error *err;
	if (globals->allgptr.address && globals->allglen.address) {
		err = target_read_u64(program->target, globals->allglen.address, ret_count);
		if (!err)
			err = target_read_u64(program->target, globals->allgptr.address, ret_array);
	} else if (globals->allgs.address) {
		uint64_t slice[3] = {0};
		err = target_read(program->target, globals->allgs.address, slice, sizeof(slice));
		*ret_array = slice[0];
		*ret_count = slice[1];
	} else {
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.allgs, the list of all goroutines",
			program_name(program));
	}
	if (err)
		return error_wrap(err, "cannot read the list of all goroutines");
	if (*ret_count > MAX_GOROUTINES)
		return error_create(ERROR_BAD_DATA,
			"runtime.allgs has an implausible length, %llu: "
			"the target's memory is damaged",
			(unsigned long long)*ret_count);
	return NULL;
}

/* The addresses of goroutines that are fetched together. */
struct g_batch {
	uint64_t addresses[BATCH];
	size_t count;
};

static void batch_ranges(struct program *program, const struct g_batch *batch, struct range *ret)
{
	for (size_t i = 0; i < batch->count; i++)
		ret[i] = (struct range){batch->addresses[i], program->layout.g.size.size};
}

/* Reads the batch into the cache, and starts to do so with the next one. */
static struct error *prefetch_batch(
	struct program *program, const struct g_batch *batch, const struct g_batch *next)
{
	struct range ranges[BATCH];
	batch_ranges(program, batch, ranges);
	struct error *err = target_prefetch(program->target, ranges, batch->count);
	if (err || !next->count)
		return err;
	batch_ranges(program, next, ranges);
	return target_read_ahead(program->target, ranges, next->count);
}

static struct error *load_batch(struct program *program, const struct g_batch *batch,
	bool finalizers_running, struct goroutine_list *list)
{
	size_t size = program->layout.g.size.size, first = list->count;
	if (!array_reserve(&list->items, &list->capacity, list->count + batch->count))
		return error_no_memory();
	for (size_t i = 0; i < batch->count; i++) {
		uint8_t object[MAX_G_SIZE];
		uint64_t address = batch->addresses[i];
		struct error *err = target_read(program->target, address, object, size);
		if (err && err->code != ERROR_FAULT)
			return err;
		if (err) {
			list->unreadable++;
			error_destroy(err);
			continue;
		}
		if (is_in_use(&program->layout, object, list))
			goroutine_decode(program, object, address, finalizers_running,
				&list->items[list->count++]);
	}
	return list->count > first ? set_bubbles(program, &list->items[first], list->count - first)
				   : NULL;
}

/* Sets `tid` of each goroutine that a thread runs or is in a system call for. */
static struct error *set_threads(struct program *program, struct goroutine_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct goroutine *goroutine = &list->items[i];
		if (!goroutine->m)
			continue;
		const struct go_m_list *ms;
		struct error *err = program_ms(program, &ms);
		if (err)
			return err;
		const struct go_m *m = program_m_at(program, goroutine->m);
		if (m && m->current_g == goroutine->address)
			goroutine->tid = m->tid;
	}
	return NULL;
}

/* The number of words from `address` on that start in its page. */
static size_t words_in_page(uint64_t address)
{
	return (size_t)((PAGE - address % PAGE + 7) / 8);
}

/*
 * Reads those of `count` pointers that are readable, one by one if necessary. Skips the rest of a
 * page after the first unreadable one: a damaged count would take minutes otherwise.
 */
static struct error *read_addresses(struct program *program, uint64_t array, uint64_t *addresses,
	size_t count, size_t *ret_count)
{
	struct error *err =
		target_read(program->target, array, addresses, count * sizeof(*addresses));
	*ret_count = err ? 0 : count;
	if (!err || err->code != ERROR_FAULT)
		return err;
	error_destroy(err);
	for (size_t i = 0; i < count;) {
		uint64_t address = array + 8 * i;
		err = target_read_u64(program->target, address, &addresses[*ret_count]);
		if (err && err->code != ERROR_FAULT)
			return err;
		*ret_count += !err;
		i += err ? words_in_page(address) : 1;
		error_destroy(err);
	}
	return NULL;
}

static struct error *check_size(const struct program *program)
{
	if (program->layout.g.size.size <= MAX_G_SIZE)
		return NULL;
	return error_create(ERROR_BAD_DATA,
		"the size of a runtime.g is implausible according to %s: %u bytes",
		program->layout.source, program->layout.g.size.size);
}

/* Reads the addresses of the batch that starts at number `done` of `count` in allgs. */
static struct error *next_batch(struct program *program, uint64_t array, uint64_t done,
	uint64_t count, struct g_batch *ret, struct goroutine_list *list)
{
	size_t wanted = count - done < BATCH ? (size_t)(count - done) : BATCH;
	struct error *err = target_check(program->target);
	ret->count = 0;
	if (!err && wanted)
		err = read_addresses(
			program, array + 8 * done, ret->addresses, wanted, &ret->count);
	if (err)
		return error_wrap(err, "cannot read the list of all goroutines");
	list->unreadable += wanted - ret->count;
	return NULL;
}

static struct error *load_all(
	struct program *program, uint64_t array, uint64_t count, struct goroutine_list *list)
{
	bool finalizers_running = finalizers_run(program);
	struct g_batch batches[2];
	struct error *err = next_batch(program, array, 0, count, &batches[0], list);
	for (uint64_t done = 0, i = 0; !err && done < count; i ^= 1) {
		program_progress(program, "reading goroutines", done, count);
		done = count - done < BATCH ? count : done + BATCH;
		err = next_batch(program, array, done, count, &batches[i ^ 1], list);
		if (!err)
			err = prefetch_batch(program, &batches[i], &batches[i ^ 1]);
		if (!err)
			err = load_batch(program, &batches[i], finalizers_running, list);
	}
	program_progress(program, "reading goroutines", count, count);
	return err;
}

/* Reads at most the first `limit` entries of allgs. */
static struct error *load_first(
	struct program *program, uint64_t limit, struct goroutine_list *list)
{
	list->count = 0;
	list->unreadable = list->dead = list->idle = 0;
	uint64_t array, count;
	struct error *err = check_size(program);
	if (!err)
		err = find_allgs(program, &array, &count);
	if (!err)
		err = load_all(program, array, count < limit ? count : limit, list);
	if (err)
		return err;
	err = goroutine_list_sort(list);
	return err ? err : set_threads(program, list);
}

struct error *program_goroutines(struct program *program, const struct goroutine_list **ret)
{
	struct goroutine_cache *cache = program->goroutines;
	if (!cache->all_loaded) {
		struct error *err = program_settle(program);
		goroutine_cache_drop_list(cache);
		if (!err)
			err = load_first(program, MAX_GOROUTINES, &cache->all);
		if (err)
			return err;
		cache->all_loaded = true;
	}
	*ret = &cache->all;
	return NULL;
}

struct error *program_sample_goroutines(
	struct program *program, size_t limit, const struct goroutine_list **ret)
{
	goroutine_cache_drop_list(program->goroutines);
	struct error *err = load_first(program, limit, &program->goroutines->all);
	*ret = &program->goroutines->all;
	return err;
}

bool program_goroutines_are_loaded(const struct program *program)
{
	return program->goroutines->all_loaded;
}

struct error *program_goroutine_count(struct program *program, uint64_t *ret)
{
	uint64_t array;
	*ret = program->goroutines->all.count;
	if (program->goroutines->all_loaded)
		return NULL;
	struct error *err = program_settle(program);
	return err ? err : find_allgs(program, &array, ret);
}

/* ---- Reading one ---- */

struct error *program_load_goroutine(struct program *program, uint64_t address)
{
	struct goroutine_list *one = &program->goroutines->one;
	one->count = 0;
	if (program->goroutines->all_loaded)
		return NULL;
	struct error *err = program_settle(program);
	if (!err)
		err = check_size(program);
	const struct g_batch batch = {.addresses = {address}, .count = 1};
	if (!err)
		err = load_batch(program, &batch, finalizers_run(program), one);
	return err ? err : set_threads(program, one);
}

struct error *program_goroutine(
	struct program *program, uint64_t goid, const struct goroutine **ret)
{
	const struct goroutine_list *list, *one = &program->goroutines->one;
	if (!program->goroutines->all_loaded && one->count && one->items[0].goid == goid) {
		*ret = &one->items[0];
		return NULL;
	}
	struct error *err = program_goroutines(program, &list);
	if (err)
		return err;
	size_t at = bisect(i, list->count, list->items[i].goid >= goid);
	bool found = at < list->count && list->items[at].goid == goid;
	*ret = found ? &list->items[at] : NULL;
	if (!found)
		return error_create(ERROR_NOT_FOUND,
			"there is no goroutine %llu: it has ended or never existed; "
			"\"goroutines\" lists those that exist",
			(unsigned long long)goid);
	return NULL;
}
