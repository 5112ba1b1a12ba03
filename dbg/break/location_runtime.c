/*
 * Finds the instructions of the named locations: creation and exit of goroutines, waits, panics,
 * cancellations.
 *
 * Sources: runtime/proc.go, runtime/coro.go, runtime/panic.go, context/context.go, releases 1.19
 * to 1.27.
 */
#include "dbg/break/location.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type.h"
#include "dwarf/code/code_locations.h"

enum { RAX = 0 };

static struct error *unknown_code(const char *what, const char *function)
{
	return error_create(ERROR_NOT_FOUND,
		"cannot set a breakpoint on %s: the code of %s in this program does not match any "
		"supported Go release (1.19 to 1.27)",
		what, function);
}

/* Uses the first of these functions that the program has: newer releases have split older ones. */
static struct error *add_start(struct program *program, struct location *location, const char *what,
	const char *const names[])
{
	struct pc_function function;
	size_t i = 0;
	while (names[i] && !function_named(program->modules[0], names[i], &function))
		i++;
	if (!names[i])
		return unknown_code(what, names[i - 1]);
	uint64_t start;
	bool loop;
	struct error *err = function_start(program->modules[0], &function, &start, &loop);
	location->subject = RAX;
	return err ? err : location_add(program, location, start);
}

/*
 * newproc1 creates the goroutine, for go statements and coroutines alike. When it returns, the g is
 * complete but not yet in any queue.
 */
static struct error *find_newproc(struct program *program, struct location *location)
{
	static const char NAME[] = "runtime.newproc1";
	enum { MAX_RETURNS = 16 };
	struct pc_function function;
	struct bytes code;
	size_t offsets[MAX_RETURNS];
	if (!function_named(program->modules[0], NAME, &function))
		return unknown_code("the creation of goroutines", NAME);
	struct error *err = function_code(program->modules[0], &function, &code);
	if (err)
		return err;
	size_t count = code_returns(code, offsets, MAX_RETURNS);
	if (!count || count > MAX_RETURNS)
		return unknown_code("the creation of goroutines", NAME);
	location->subject = RAX;
	for (size_t i = 0; i < count && !err; i++)
		err = location_add(
			program, location, program->modules[0]->text + function.entry + offsets[i]);
	return err;
}

/* In unoptimized code: the call of done.Load after the instruction that stores `stored`. */
static bool find_load_call(struct program *program, const struct module *module,
	const struct pc_function *function, struct bytes code, const struct go_type *type,
	const char *stored, size_t *ret)
{
	struct pc_function load;
	struct go_field field;
	size_t store;
	int base;
	struct error *err = go_type_field(program, type, stored, &field);
	bool found = !err &&
		     code_only_access(code, CODE_STORES, (int64_t)field.offset, &store, &base) &&
		     function_named(module, "sync/atomic.(*Value).Load", &load);
	error_destroy(err);
	return found &&
	       code_next_call(code, store, (int64_t)load.entry - (int64_t)function->entry, ret);
}

/* The module with package context: not the runtime's, if that is a shared library of its own, or if
 * only a plug-in uses the package. NULL: none. */
static const struct module *module_with(
	const struct program *program, const char *name, struct pc_function *ret)
{
	for (size_t i = 0; i < program->module_count; i++) {
		if (function_named(program->modules[i], name, ret))
			return program->modules[i];
	}
	return NULL;
}

/*
 * Every cancellation calls cancelCtx.cancel, which returns early if the context is already
 * canceled. After that check, when err and cause are set, it loads `done` to close the channel; the
 * base register of that load is the context. If atomic.Value.Load is not inlined, its receiver is
 * in RAX.
 */
static struct error *find_cancel(struct program *program, struct location *location)
{
	static const char NAME[] = "context.(*cancelCtx).cancel";
	struct pc_function function;
	struct bytes code;
	const struct go_type *type;
	struct go_field field;
	const struct module *module = module_with(program, NAME, &function);
	if (!module)
		return error_create(
			ERROR_NOT_FOUND, "the program never cancels a context: it has no %s", NAME);
	struct error *err = function_code(module, &function, &code);
	if (!err)
		err = program_type_named(program, "*context.cancelCtx", &type);
	if (!err)
		err = go_type_element(program, type, &type);
	if (!err)
		err = go_type_field(program, type, "done", &field);
	if (err)
		return err;
	size_t offset;
	bool found = code_only_access(
		code, CODE_LOADS, (int64_t)field.offset, &offset, &location->subject);
	static const char *const stored[] = {"cause", "err"};
	for (size_t i = 0; i < array_length(stored) && !found; i++) {
		found = find_load_call(program, module, &function, code, type, stored[i], &offset);
		location->subject = RAX;
		location->subject_offset = -(int64_t)field.offset;
	}
	if (!found)
		return unknown_code("the cancellation of contexts", NAME);
	return location_add(program, location, module->text + function.entry + offset);
}

static struct error *find_runtime_location(struct program *program, struct location *location)
{
	static const char *const ends[] = {"runtime.gdestroy", "runtime.goexit0", NULL};
	static const char *const parks[] = {"runtime.park_m", NULL};
	static const char *const readies[] = {"runtime.ready", NULL};
	static const char *const panics[] = {"runtime.gopanic", NULL};
	switch (location->kind) {
	case LOCATION_NEWPROC:
		return find_newproc(program, location);
	case LOCATION_GOEXIT:
		return add_start(program, location, "the end of goroutines", ends);
	case LOCATION_CANCEL:
		return find_cancel(program, location);
	case LOCATION_PARK:
		return add_start(program, location, "the start of waits", parks);
	case LOCATION_READY:
		return add_start(program, location, "the end of waits", readies);
	default:
		return add_start(program, location, "panics", panics);
	}
}

/* Reports the physical function of each instruction, not the calls inlined there. */
struct error *location_find_named(struct program *program, struct location *location)
{
	struct error *err = find_runtime_location(program, location);
	for (size_t i = 0; !err && i < location->count; i++) {
		struct breakpoint_location *item = &location->items[i];
		const struct unwind_info *info = unwind_info_at(program, item->code.pc, true);
		const struct unwind_line *line = info ? &info->lines[info->line_count - 1] : NULL;
		item->inlined_into = NULL;
		if (line)
			item->code = (struct code_location){
				line->function, line->file, line->line, item->code.pc};
	}
	return err;
}
