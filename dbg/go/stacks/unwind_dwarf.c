/* Following Go frames by the DWARF rules, for `set unwinder dwarf`: see unwind.h and stack.h. */
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/stacks/unwind.h"
#include "dbg/target/native/native_unwind.h"
#include "dwarf/debug/frame_table.h"

struct error *program_set_unwinder(struct program *program, enum unwinder unwinder)
{
	struct module *module = program->modules[0];
	if (unwinder == UNWINDER_PCLNTAB)
		frame_table_close(take_pointer(module->frames));
	if (unwinder == UNWINDER_PCLNTAB || module->frames)
		return NULL;
	struct error *err = frame_table_open(module_symbols(module), &module->frames);
	if (!err || err->code != ERROR_NOT_FOUND)
		return err;
	error_destroy(err);
	return error_create(ERROR_NOT_FOUND,
		"%s has no DWARF frame information (section .debug_frame), so its stacks are "
		"unwound with pclntab; give its debug file with --debug-file",
		program_name(program));
}

bool unwind_dwarf_caller(struct unwinding *u, const struct unwind_info *info,
	const struct position *at, uint64_t *ret_fp, uint64_t *ret_pc)
{
	const struct module *module = program_module_at(u->program, at->regs.rip);
	/* A goroutine that has not started has its pc at the function's entry, not after a call. */
	bool exact = at->exact || at->interrupted || at->regs.rip == info->entry;
	struct frame_rules rules;
	struct user_regs_struct caller;
	if (!frame_table_find(module->frames, at->regs.rip - !exact - module->bias, &rules)) {
		stack_problem(u->stack, "the DWARF has no frame information for %s",
			info->lines[info->line_count - 1].function);
		return false;
	}
	rules.low += module->bias;
	if (!native_unwind_by_rules(u->program->native, &rules, &at->regs, exact, &caller)) {
		stack_problem(u->stack, "libunwind cannot apply the DWARF frame information of %s",
			info->lines[info->line_count - 1].function);
		return false;
	}
	*ret_fp = caller.rsp;
	*ret_pc = caller.rip;
	return true;
}
