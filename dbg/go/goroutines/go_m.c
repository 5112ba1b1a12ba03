/* Reading the runtime's threads (M): see goroutine.h. */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"

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

static void decode_m(
	struct program *program, const uint8_t *object, uint64_t address, struct go_m *ret)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->m.size.size;
#define FIELD(name) object_field(object, size, layout->m.name)
	*ret = (struct go_m){
		.address = address,
		.id = (int64_t)FIELD(id),
		.tid = FIELD(procid) ? thread_of(program, FIELD(procid)) : 0,
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
	};
#undef FIELD
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

static struct error *load_ms(struct program *program, struct go_m_list *list)
{
	list->count = 0;
	const struct runtime_layout *layout = &program->layout;
	if (layout->m.size.size > MAX_M_SIZE)
		return error_create(ERROR_BAD_DATA,
			"the size of a runtime.m is implausible according to %s: %u bytes",
			layout->source, layout->m.size.size);
	if (!program->globals.allm.address)
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.allm, the list of the runtime's threads",
			program->target->exe_name);
	/* A damaged list may be circular. To detect that, each address is compared with a marker
	 * that moves forward at powers of two. */
	uint64_t address, marker = 0;
	size_t mark_at = 1;
	struct error *err =
		target_read_u64(program->target, program->globals.allm.address, &address);
	while (!err && address && address != marker && list->count < MAX_MS) {
		if (list->count == mark_at) {
			marker = address;
			mark_at *= 2;
		}
		uint8_t object[MAX_M_SIZE];
		err = target_read(program->target, address, object, layout->m.size.size);
		if (err)
			break;
		if (!array_reserve(&list->items, &list->capacity, list->count + 1))
			return error_no_memory();
		decode_m(program, object, address, &list->items[list->count++]);
		address = object_field(object, layout->m.size.size, layout->m.alllink);
	}
	if (err && err->code == ERROR_FAULT) {
		/* A torn list: return the threads found so far. */
		err = error_wrap(err,
			"the list of the runtime's threads is unreadable after %zu of them",
			list->count);
		program->warn(program->warn_context, err->message);
		error_destroy(err);
		err = NULL;
	}
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
