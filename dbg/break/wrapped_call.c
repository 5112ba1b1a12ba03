/*
 * Finds the functions that wrappers of go statements call: see wrapped_call.h.
 *
 * Sources: cmd/compile/internal/escape/call.go and, from 1.22 on, walk/order.go (wrapGoDefer, ir's
 * closureName); internal/abi/symtab.go FuncIDWrapper, in 1.19 runtime/symtab.go.
 */
#include "dbg/break/wrapped_call.h"

#include "dbg/break/location.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/code/code_locations.h"

enum { MAX_RANGES = 256, MAX_CALLS = 8, MAX_WRAPPER = 4096 /* bytes of its code */ };

static const char *function_at(
	const struct program *program, struct unwind_cache *unwind, uint64_t address)
{
	const struct unwind_info *info = unwind_info_in(program, unwind, address, true);
	return info ? info->lines[info->line_count - 1].function : NULL;
}

/* The function inlined into a wrapper. */
static const char *inlined_call(const struct program *program, struct unwind_cache *unwind,
	const struct module_function *wrapper)
{
	struct pc_ranges ranges;
	if (!pc_ranges_of_data(&wrapper->module->pclntab, &wrapper->function,
		    PCDATA_INLINE_TREE_INDEX, &ranges))
		return NULL;
	for (int i = 0; i < MAX_RANGES && pc_ranges_next(&ranges); i++) {
		if (ranges.value < 0)
			continue;
		const struct unwind_info *info =
			unwind_info_in(program, unwind, wrapper->module->text + ranges.start, true);
		if (info && info->line_count >= 2)
			return info->lines[info->line_count - 2].function;
	}
	return NULL;
}

/* The only function that a wrapper calls, besides the runtime (morestack, write barriers). */
static const char *direct_call(const struct program *program, struct unwind_cache *unwind,
	const struct module_function *wrapper)
{
	struct bytes code;
	int64_t targets[MAX_CALLS];
	size_t count;
	const char *found = NULL, *of_runtime = NULL;
	if (wrapper->function.end - wrapper->function.entry > MAX_WRAPPER)
		return NULL;
	struct error *err = function_code(wrapper->module, &wrapper->function, &code);
	bool known = !err && code_calls(code, targets, MAX_CALLS, &count) && count <= MAX_CALLS;
	error_destroy(err);
	if (!known)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		uint64_t address = wrapper->entry + (uint64_t)targets[i];
		const char *name = function_at(program, unwind, address);
		if (!name || strncmp(name, "runtime.morestack", 17) == 0)
			continue;
		const char **callee = strncmp(name, "runtime.", 8) == 0 ? &of_runtime : &found;
		if (*callee)
			return NULL;
		*callee = name;
	}
	return found ? found : of_runtime;
}

static const char *find_wrapped_call(
	const struct program *program, struct unwind_cache *unwind, int wrapper_id, uint64_t entry)
{
	struct module_function function;
	if (!program_function_at(program, entry, &function))
		return NULL;
	if (function.function.id != wrapper_id)
		return function_at(program, unwind, entry);
	const char *name = inlined_call(program, unwind, &function);
	return name ? name : direct_call(program, unwind, &function);
}

const char *wrapped_call(const struct program *program, struct unwind_cache *unwind,
	struct wrapped_calls *calls, int wrapper_id, uint64_t entry)
{
	size_t index = entry / 32 % WRAPPED_CALLS; /* functions start at multiples of 32 */
	if (!entry)
		return NULL;
	if (calls->recent[index].entry != entry) {
		calls->recent[index].entry = entry;
		calls->recent[index].name = find_wrapped_call(program, unwind, wrapper_id, entry);
	}
	return calls->recent[index].name;
}
