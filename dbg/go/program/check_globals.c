/* Recognising the runtime's variables by their contents: see check_globals.h. */
#include "dbg/go/program/check_globals.h"

#include "dbg/go/program/go_version.h"

enum {
	SAMPLES = 16,	    /* elements of a list that are checked */
	MAX_OBJECT = 16384, /* bytes of a runtime.g, m, p or sudog */
	MAX_P = 1 << 20,
	MAX_THREADS = 1 << 20,
	MAX_VERSION = 256,
	MAX_STATUS = 64,
	MAX_FLAGS = 16, /* runtime/mfinal.go: fingStatus has four bits */
};

#define MAX_GOROUTINES (UINT64_C(1) << 32)
#define MAX_STACK (UINT64_C(1) << 32)
#define MAX_BYTES (UINT64_C(1) << 48)	    /* user address space */
#define MAX_NANOSECONDS (UINT64_C(1) << 62) /* 146 years */

static bool read_memory(struct program *program, uint64_t address, void *ret, size_t size)
{
	struct error *err = target_read(program->target, address, ret, size);
	error_destroy(err);
	return !err;
}

static bool read_word(struct program *program, uint64_t address, uint64_t *ret)
{
	return read_memory(program, address, ret, sizeof(*ret));
}

/* Whether `field` of the struct at `address` is readable and below `limit`; true if the release
 * lacks it. */
static bool field_below(
	struct program *program, uint64_t address, struct field field, uint64_t limit)
{
	uint64_t value;
	struct error *err = program_read_field(program, address, field, &value);
	error_destroy(err);
	return !err && (!field_present(field) || value < limit);
}

static bool is_pointer(uint64_t word)
{
	return word && word % sizeof(word) == 0 && word < MAX_BYTES;
}

struct slice {
	uint64_t data, length, capacity;
};

static bool read_slice(struct program *program, uint64_t address, uint64_t limit, struct slice *ret)
{
	if (!read_memory(program, address, ret, sizeof(*ret)) || ret->length > ret->capacity ||
		ret->capacity > limit)
		return false;
	return ret->capacity ? is_pointer(ret->data) : !ret->data;
}

/* ---- Version ---- */

bool check_version(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint64_t header[2];
	_cleanup_free_ char *text = NULL;
	if (!read_memory(program, candidate->address, header, sizeof(header)) || !header[0] ||
		header[1] < strlen("go1.0") || header[1] > MAX_VERSION)
		return false;
	struct error *err = program_read_string(program, candidate->address, MAX_VERSION, &text);
	error_destroy(err);
	struct go_version version;
	return !err && (go_version_parse(text, &version) || strncmp(text, "devel ", 6) == 0);
}

/* ---- Goroutines ---- */

static bool is_goroutine(struct program *program, uint64_t address)
{
	const struct runtime_layout *layout = &program->layout;
	uint8_t object[MAX_OBJECT];
	size_t size = layout->g.size.size;
	if (!is_pointer(address) || size > sizeof(object) ||
		!read_memory(program, address, object, size))
		return false;
	uint64_t low = object_field(object, size, layout->g.stack_lo);
	uint64_t high = object_field(object, size, layout->g.stack_hi);
	uint64_t status = object_field(object, size, layout->g.atomicstatus);
	bool has_stack = low < high && high - low <= MAX_STACK;
	bool has_none = low == 0 && high == 0; /* ended, or not started */
	return (has_stack || has_none) && (status & ~(uint64_t)layout->status.scan) < MAX_STATUS &&
	       object_field(object, size, layout->g.goid) < MAX_BYTES;
}

bool check_allgs(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	struct slice slice;
	if (!read_slice(program, candidate->address, MAX_GOROUTINES, &slice))
		return false;
	for (uint64_t i = 0; i < slice.length && i < SAMPLES; i++) {
		uint64_t g;
		if (!read_word(program, slice.data + i * sizeof(g), &g) ||
			!is_goroutine(program, g))
			return false;
	}
	return true;
}

/* Reads allgs, which must have been found already; false if the candidate is part of it. */
static bool outside_allgs(struct program *program, const struct runtime_globals *globals,
	const struct global_candidate *candidate, struct slice *ret)
{
	uint64_t start = globals->allgs.address;
	return start && candidate->address - start >= sizeof(*ret) &&
	       read_slice(program, start, MAX_GOROUTINES, ret);
}

bool check_allgptr(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	struct slice slice;
	uint64_t word;
	return outside_allgs(program, globals, candidate, &slice) &&
	       read_word(program, candidate->address, &word) && word == slice.data;
}

bool check_allglen(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	struct slice slice;
	uint64_t word;
	return outside_allgs(program, globals, candidate, &slice) &&
	       read_word(program, candidate->address, &word) && word == slice.length;
}

/* ---- Threads and processors ---- */

/* The first m and its scheduling goroutine point to each other. m.alllink does not count: patch
 * releases have moved it. */
bool check_allm(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint64_t m, named;
	if (!read_word(program, candidate->address, &m) || (m && !is_pointer(m)))
		return false;
	struct error *err = m ? program_m_read_back(program, m, &named) : NULL;
	error_destroy(err);
	return !err && (!m || named == m);
}

/* allp[i].id is i. */
bool check_allp(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	struct slice slice;
	if (!read_slice(program, candidate->address, MAX_P, &slice))
		return false;
	for (uint64_t i = 0; i < slice.length && i < SAMPLES; i++) {
		uint64_t p, id;
		if (!read_word(program, slice.data + i * sizeof(p), &p) || !is_pointer(p))
			return false;
		struct error *err = program_read_field(program, p, program->layout.p.id, &id);
		error_destroy(err);
		if (err || (field_present(program->layout.p.id) && id != i))
			return false;
	}
	return true;
}

bool check_sched(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	const struct runtime_layout *layout = &program->layout;
	uint64_t address = candidate->address;
	return address % sizeof(uint64_t) == 0 &&
	       field_below(program, address, layout->sched.lastpoll, MAX_NANOSECONDS) &&
	       field_below(program, address, layout->sched.ngsys, MAX_GOROUTINES) &&
	       field_below(program, address, layout->sched.nmspinning, MAX_THREADS);
}

/* It equals the length of allp. */
bool check_gomaxprocs(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	int32_t value;
	struct slice slice;
	return globals->allp.address &&
	       read_memory(program, candidate->address, &value, sizeof(value)) &&
	       read_slice(program, globals->allp.address, MAX_P, &slice) && value >= 0 &&
	       (uint64_t)value == slice.length;
}

/* ---- Plain numbers, for which only the range can be checked ---- */

bool check_time(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint64_t value, now = (uint64_t)program->target->stop_monotonic_ns;
	return read_word(program, candidate->address, &value) && value < MAX_NANOSECONDS &&
	       (!now || value <= now);
}

bool check_flags(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint8_t value;
	return read_memory(program, candidate->address, &value, sizeof(value)) && value < MAX_FLAGS;
}

bool check_gc_controller(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	const struct runtime_layout *layout = &program->layout;
	uint64_t address = candidate->address;
	return field_below(program, address, layout->gc.heap_live, MAX_BYTES) &&
	       field_below(program, address, layout->gc.heap_marked, MAX_BYTES) &&
	       field_below(program, address, layout->gc.heap_in_use, MAX_BYTES) &&
	       field_below(program, address, layout->gc.heap_released, MAX_BYTES) &&
	       field_below(program, address, layout->gc.heap_free, MAX_BYTES);
}

bool check_memstats(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	return field_below(
		program, candidate->address, program->layout.mstats.pause_total, MAX_NANOSECONDS);
}

bool check_mheap(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	return field_below(
		program, candidate->address, program->layout.heap.pages_in_use, MAX_BYTES);
}

/* ---- Semaphores ---- */

enum {
	MIN_ROOTS = 2,
	MAX_ROOTS = 4096,
	CACHE_LINE = 64, /* each root is padded to whole ones (runtime/sema.go semTable) */
};

/* The root of a treap: NULL, or a sudog that has no parent and waits on an address. */
static bool is_semaphore_root(struct program *program, uint64_t address)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t sudog, parent = 0, element = 0;
	struct error *err = program_read_field(program, address, layout->sema_root.treap, &sudog);
	if (!err && sudog)
		err = program_read_field(program, sudog, layout->sudog.parent, &parent);
	if (!err && sudog)
		err = program_read_field(program, sudog, layout->sudog.elem, &element);
	error_destroy(err);
	return !err && (!sudog || (is_pointer(sudog) && !parent && element));
}

bool check_semaphores(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint64_t root = program->layout.sema_root.size.size, count = 0;
	uint64_t stride = (root + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	if (!root || candidate->address % sizeof(uint64_t) != 0)
		return false;
	/* The code that reduces a hash modulo the number of roots multiplies by that number, and
	 * may compare with it. */
	for (size_t i = 0; i < candidate->bound_count; i++) {
		uint64_t value = candidate->bounds[i].value;
		bool plausible = value >= MIN_ROOTS && value <= MAX_ROOTS && value != stride;
		if (plausible && candidate->bounds[i].kinds == CODE_MULTIPLY)
			count = value;
		else if (plausible && !count)
			count = value;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!is_semaphore_root(program, candidate->address + i * stride))
			return false;
	}
	candidate->size = count * stride;
	return count != 0;
}

/* ---- Interface tables ---- */

/* runtime/iface.go itabTableType: size (a power of two), count, then the entries; the same in all
 * releases. */
struct itab_table_head {
	uint64_t size, count;
};

enum { MAX_ITABS = 1 << 24 };

bool check_itab_table(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	uint64_t table;
	struct itab_table_head head;
	if (!read_word(program, candidate->address, &table))
		return false;
	if (!table)
		return true;
	if (!is_pointer(table) || !read_memory(program, table, &head, sizeof(head)) || !head.size ||
		head.size > MAX_ITABS || (head.size & (head.size - 1)) || head.count > head.size)
		return false;
	uint64_t seen = 0;
	for (uint64_t i = 0; i < head.size && seen < SAMPLES; i++) {
		uint64_t itab, interface;
		if (!read_word(program, table + sizeof(head) + i * sizeof(itab), &itab))
			return false;
		if (!itab)
			continue;
		if (!is_pointer(itab) || !read_word(program, itab, &interface) ||
			!program_module_of_type(program, interface))
			return false;
		seen++;
	}
	return seen || !head.count;
}
