/* Reads registers, memory and goroutines at a hit: see hit.h. */
#include "dbg/break/hit.h"

#include <stdarg.h>
#include <stdio.h>

#include "dbg/go/program/program_state.h"

enum { DWARF_RSP = 7 };

void hit_begin(struct hit *hit, const struct trap_hit *trap, enum location_kind kind, int subject,
	int64_t subject_offset)
{
	hit->trap = trap;
	hit->kind = kind;
	hit->current_known = hit->on_system_stack = false;
	hit->stack_known = hit->stack_cut = false;
	hit->texts_used = hit->frame_count = 0;
	hit->subject = 0;
	if (subject >= 0)
		hit->subject = hit_register(hit, (uint64_t)subject) + (uint64_t)subject_offset;
	hit->current.loaded = hit->other.loaded = false;
	hit->current.address = 0;
	hit->other.address = hit->subject;
}

uint64_t hit_register(const struct hit *hit, uint64_t number)
{
	const struct user_regs_struct *r = hit->trap->regs;
	const unsigned long long values[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp,
		r->rsp, r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
	if (number >= array_length(values))
		return trap_vector_register(hit->trap, number - array_length(values));
	return values[number];
}

struct error *hit_read(const struct hit *hit, uint64_t address, void *ret, size_t size)
{
	if (trap_read(hit->trap, address, ret, size) == size)
		return NULL;
	return error_create(
		ERROR_FAULT, "memory at 0x%llx cannot be read", (unsigned long long)address);
}

struct error *hit_text(struct hit *hit, uint64_t address, uint64_t size, struct expr_value *ret)
{
	size_t room = HIT_MAX_TEXTS - hit->texts_used, used = HIT_MAX_TEXT;
	if (size < used)
		used = (size_t)size;
	if (used + 1 > room)
		used = room ? room - 1 : 0;
	expr_value_string(ret, "");
	ret->cut = used < size;
	if (!used)
		return NULL;
	char *text = hit->texts + hit->texts_used;
	struct error *err = hit_read(hit, address, text, used);
	if (err)
		return err;
	text[used] = 0;
	hit->texts_used += used + 1;
	ret->string.data = text;
	ret->string.size = used;
	return NULL;
}

const char *hit_format(struct hit *hit, const char *format, ...)
{
	size_t room = HIT_MAX_TEXTS - hit->texts_used;
	char *text = hit->texts + hit->texts_used;
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text, room, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= room)
		return NULL;
	hit->texts_used += (size_t)size + 1;
	return text;
}

uint64_t hit_goroutine_field(const struct hit_goroutine *goroutine, struct field field)
{
	return object_field(goroutine->bytes, sizeof(goroutine->bytes), field);
}

/* Copies the g at goroutine->address, unless that is 0 or already done. */
static struct error *hit_load(const struct hit *hit, struct hit_goroutine *goroutine)
{
	if (goroutine->loaded || !goroutine->address)
		return NULL;
	size_t size = hit->program->layout.g.size.size;
	if (size > sizeof(goroutine->bytes))
		size = sizeof(goroutine->bytes);
	struct error *err = hit_read(hit, goroutine->address, goroutine->bytes, size);
	goroutine->loaded = !err;
	return err;
}

static struct error *read_word(
	const struct hit *hit, uint64_t object, struct field field, uint64_t *ret)
{
	*ret = 0;
	return field_present(field) ? hit_read(hit, object + field.offset, ret, sizeof(*ret))
				    : NULL;
}

/* True if hit->current is a g that this thread runs on: SP is in its stack, or it is the g0 of its
 * thread, whose stack bounds are estimates with cgo. */
static bool is_plausible(const struct hit *hit)
{
	const struct runtime_layout *layout = &hit->program->layout;
	const struct hit_goroutine *g = &hit->current;
	uint64_t sp = hit_register(hit, DWARF_RSP), system_g = 0;
	uint64_t m = hit_goroutine_field(g, layout->g.m);
	if (sp >= hit_goroutine_field(g, layout->g.stack_lo) &&
		sp <= hit_goroutine_field(g, layout->g.stack_hi))
		return true;
	error_destroy(read_word(hit, m, layout->m.g0, &system_g));
	return system_g == g->address;
}

/*
 * In Go code, R14 is the current g. In assembly it may not be; the g is then in thread-local
 * storage, in the word below FS (unless C code has thread-local variables too).
 */
static void find_running(struct hit *hit)
{
	uint64_t candidates[2] = {hit->trap->regs->r14, 0};
	if (trap_read(hit->trap, hit->trap->regs->fs_base - 8, &candidates[1], 8) != 8)
		candidates[1] = 0;
	for (size_t i = 0; i < array_length(candidates); i++) {
		hit->current.address = candidates[i];
		hit->current.loaded = false;
		struct error *err = hit_load(hit, &hit->current);
		if (!err && hit->current.loaded && is_plausible(hit))
			return;
		error_destroy(err);
	}
	hit->current.address = 0;
	hit->current.loaded = false;
}

struct error *hit_current(struct hit *hit, struct hit_goroutine **ret)
{
	const struct runtime_layout *layout = &hit->program->layout;
	*ret = &hit->current;
	if (hit->current_known)
		return NULL;
	hit->current_known = true;
	/* Here the system stack runs on behalf of the subject. */
	if (hit->kind == LOCATION_GOEXIT || hit->kind == LOCATION_PARK) {
		hit->current.address = hit->subject;
		hit->on_system_stack = true;
		return hit_load(hit, &hit->current);
	}
	find_running(hit);
	/* g0 and gsignal have no goid; m.curg is the goroutine that they run for. */
	if (!hit->current.address || hit_goroutine_field(&hit->current, layout->g.goid))
		return NULL;
	hit->on_system_stack = true;
	uint64_t goroutine;
	struct error *err = read_word(
		hit, hit_goroutine_field(&hit->current, layout->g.m), layout->m.curg, &goroutine);
	if (err)
		goroutine = 0;
	error_destroy(err);
	hit->current.address = goroutine;
	hit->current.loaded = false;
	return hit_load(hit, &hit->current);
}

struct error *hit_other(struct hit *hit, struct hit_goroutine **ret)
{
	*ret = &hit->other;
	return hit_load(hit, &hit->other);
}
