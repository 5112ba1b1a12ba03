/* Reading the runtime's threads (M): see goroutine.h. */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/thread_ms.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum {
	MAX_MS = 1 << 17,   /* the runtime's own limit is 10,000 threads by default */
	MAX_M_SIZE = 16384, /* bytes of a runtime.m */
};

static pid_t thread_of(struct program *program, uint64_t procid)
{
	const struct thread *threads;
	size_t count;
	struct error *err = target_threads(program->target, &threads, &count);
	error_destroy(err);
	for (size_t i = 0; !err && i < count; i++) {
		pid_t tid = threads[i].ns_tid ? threads[i].ns_tid : threads[i].tid;
		if ((uint64_t)tid == procid)
			return threads[i].tid;
	}
	return 0;
}

static void read_stack_bounds(
	struct program *program, uint64_t g, uint64_t *ret_low, uint64_t *ret_high)
{
	if (!g)
		return;
	struct error *err = program_read_field(program, g, program->layout.g.stack_lo, ret_low);
	if (!err)
		err = program_read_field(program, g, program->layout.g.stack_hi, ret_high);
	error_destroy(err); /* unreadable bounds stay 0: unknown */
}

/* `thread` runs it; NULL: unknown, so that m.procid must name it. */
static void decode_m(struct program *program, const uint8_t *object, uint64_t address,
	const struct thread *thread, struct go_m *ret)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->m.size.size;
#define FIELD(name) object_field(object, size, layout->m.name)
	*ret = (struct go_m){
		.address = address,
		.id = (int64_t)FIELD(id),
		.named_tid = FIELD(procid) ? thread_of(program, FIELD(procid)) : 0,
		.g0 = FIELD(g0),
		.signal_g = FIELD(gsignal),
		.current_g = FIELD(curg),
		.vdso_pc = FIELD(vdso_pc),
		.vdso_sp = FIELD(vdso_sp),
		.p = FIELD(p),
		.in_c = FIELD(incgo) != 0,
		.started = FIELD(procid) != 0,
		.spinning = FIELD(spinning) != 0,
		.blocked = FIELD(blocked) != 0,
		.syscall_tick = (uint32_t)FIELD(syscall_tick),
		.syscall_p = FIELD(old_p),
	};
#undef FIELD
	ret->tid = thread ? thread->tid : ret->named_tid;
	if (ret->g0) /* stays 0 if it is unreadable */
		error_destroy(
			program_read_field(program, ret->g0, layout->g.sched_sp, &ret->system_sp));
	read_stack_bounds(program, ret->g0, &ret->system_low, &ret->system_high);
	read_stack_bounds(program, ret->signal_g, &ret->signal_low, &ret->signal_high);
}

/* True also if the target's threads are unknown. */
static bool any_is_a_thread(struct program *program, const struct go_m_list *list)
{
	const struct thread *threads;
	size_t count;
	struct error *err = target_threads(program->target, &threads, &count);
	bool found = err || !count;
	error_destroy(err);
	for (size_t i = 0; i < list->count && !found; i++)
		found = list->items[i].tid != 0 || !list->items[i].started;
	return found;
}

static struct error *add_m(struct program *program, uint64_t address, const struct thread *thread,
	struct go_m_list *list, uint64_t *ret_next)
{
	size_t size = program->layout.m.size.size;
	uint8_t object[MAX_M_SIZE];
	struct error *err = target_read(program->target, address, object, size);
	if (err)
		return err;
	if (!array_reserve(&list->items, &list->capacity, list->count + 1))
		return error_no_memory();
	decode_m(program, object, address, thread, &list->items[list->count++]);
	*ret_next = object_field(object, size, program->layout.m.alllink);
	return NULL;
}

/* Whether the m at `address` is certainly none: its scheduling goroutine belongs to another m. */
static bool is_no_m(struct program *program, uint64_t address, struct go_m_list *list)
{
	uint64_t named;
	struct error *err = program_m_read_back(program, address, &named);
	list->broken |= err || named != address;
	error_destroy(err); /* an incomplete core */
	return !err && named != address;
}

/*
 * Reads the list allm up to its end, or to the first pointer that is not an m. A damaged list may
 * be circular. To detect that, each address is compared with a marker that moves forward at powers
 * of two.
 */
static struct error *follow_list(
	struct program *program, const struct thread_ms *known, struct go_m_list *list)
{
	uint64_t address, marker = 0;
	size_t mark_at = 1;
	struct error *err =
		target_read_u64(program->target, program->globals.allm.address, &address);
	while (!err && address && address != marker && list->count < MAX_MS) {
		if (list->count == mark_at) {
			marker = address;
			mark_at *= 2;
		}
		uint64_t at = address;
		err = add_m(program, at, thread_ms_at(known, at), list, &address);
		if (!err && is_no_m(program, at, list)) {
			list->count--;
			return NULL;
		}
	}
	list->broken |= err || address; /* a fault or a circle */
	return err;
}

static int compare_address(const void *a, const void *b)
{
	const struct go_m *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* Adds the m's of threads that allm does not have: its end was unreadable, or the offset of
 * m.alllink is wrong. */
static struct error *add_unlisted(
	struct program *program, const struct thread_ms *known, struct go_m_list *list)
{
	size_t listed = list->count;
	_cleanup_free_ struct go_m *sorted = malloc((listed + 1) * sizeof(*sorted));
	if (!sorted)
		return error_no_memory();
	if (listed) {
		memcpy(sorted, list->items, listed * sizeof(*sorted));
		qsort(sorted, listed, sizeof(*sorted), compare_address);
	}
	for (size_t i = 0; i < known->count; i++) {
		uint64_t next, address = known->items[i].m;
		size_t at = bisect(j, listed, sorted[j].address >= address);
		if (at < listed && sorted[at].address == address)
			continue;
		struct error *err = add_m(program, address, known->items[i].thread, list, &next);
		if (err && err->code != ERROR_FAULT)
			return err;
		list->unlisted += !err;
		error_destroy(err);
	}
	return NULL;
}

static struct error *load_ms(struct program *program, struct go_m_list *list)
{
	list->count = list->unlisted = 0;
	list->broken = false;
	const struct runtime_layout *layout = &program->layout;
	if (layout->m.size.size > MAX_M_SIZE)
		return error_create(ERROR_BAD_DATA,
			"the size of a runtime.m is implausible according to %s: %u bytes",
			layout->source, layout->m.size.size);
	if (!program->globals.allm.address)
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.allm, the list of the runtime's threads",
			program_name(program));
	_cleanup_(thread_ms_deinit) struct thread_ms known = {0};
	struct error *err = thread_ms_find(program, &known);
	if (!err)
		err = follow_list(program, &known, list);
	if (err && err->code == ERROR_FAULT) {
		/* A torn list: return the threads found so far. */
		err = error_wrap(err,
			"the list of the runtime's threads is unreadable after %zu of them",
			list->count);
		program->warn(program->warn_context, err->message);
		error_destroy(err);
		err = NULL;
	}
	if (!err)
		err = add_unlisted(program, &known, list);
	if (!err && list->count && !any_is_a_thread(program, list))
		program->warn(program->warn_context,
			"the runtime's list of threads (allm) has no thread of the process: "
			"its memory is damaged");
	return error_wrap(err, "cannot read the list of the runtime's threads");
}

struct error *program_ms(struct program *program, const struct go_m_list **ret)
{
	if (!program->goroutines->ms_loaded) {
		struct error *err = load_ms(program, &program->goroutines->ms);
		if (err)
			return err;
		program->goroutines->ms_loaded = true;
	}
	*ret = &program->goroutines->ms;
	return NULL;
}

static const struct go_m *find_m(
	struct program *program, bool (*match)(const struct go_m *, uint64_t), uint64_t key)
{
	const struct go_m_list *list;
	struct error *err = program_ms(program, &list);
	if (err) {
		error_destroy(err);
		return NULL;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (match(&list->items[i], key))
			return &list->items[i];
	}
	return NULL;
}

static bool has_address(const struct go_m *m, uint64_t address)
{
	return m->address == address;
}

static bool has_tid(const struct go_m *m, uint64_t tid)
{
	return (uint64_t)m->tid == tid;
}

const struct go_m *program_m_at(struct program *program, uint64_t address)
{
	return find_m(program, has_address, address);
}

const struct go_m *program_m_of_thread(struct program *program, pid_t tid)
{
	return tid > 0 ? find_m(program, has_tid, (uint64_t)tid) : NULL;
}
