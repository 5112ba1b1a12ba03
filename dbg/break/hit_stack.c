/*
 * Unwinds the stack of the goroutine that hit: only functions and lines, with pclntab, as
 * runtime/traceback.go does. The stack does not change, because its thread is stopped.
 */
#include "dbg/break/hit.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

enum { DWARF_RSP = 7 };

static bool append_lines(struct hit *hit, const struct unwind_info *info)
{
	for (size_t i = 0; i < info->line_count; i++) {
		hit->stack_cut = hit->frame_count >= HIT_MAX_FRAMES;
		if (hit->stack_cut)
			return false;
		hit->frames[hit->frame_count++] = &info->lines[i];
	}
	return true;
}

static bool is_last(const struct unwind_info *info)
{
	bool writes_sp = (info->flags & PC_FUNCTION_SP_WRITE) && info->role != ROLE_CGOCALLBACK;
	return (info->flags & PC_FUNCTION_TOP_FRAME) || writes_sp || !info->has_sp_delta;
}

/* Unwinds from `pc` and `sp`; keeps the frames found if it cannot reach the outermost one. */
static void unwind(struct hit *hit, uint64_t pc, uint64_t sp, bool exact, uint64_t high)
{
	for (;;) {
		const struct unwind_info *info =
			unwind_info_in(hit->program, hit->unwind, pc, exact);
		if (!info || !append_lines(hit, info) || is_last(info))
			return;
		sp += (uint64_t)(int64_t)info->sp_delta;
		if (sp >= high || trap_read(hit->trap, sp, &pc, sizeof(pc)) != sizeof(pc) || !pc)
			return;
		sp += sizeof(pc);
		bool interrupted =
			info->role == ROLE_ASYNC_PREEMPT || info->role == ROLE_DEBUG_CALL;
		exact = info->role == ROLE_SIGPANIC ||
			(interrupted && hit->program->preempt_is_trap);
	}
}

struct error *hit_stack(struct hit *hit)
{
	const struct runtime_layout *layout = &hit->program->layout;
	struct hit_goroutine *goroutine;
	if (hit->stack_known)
		return NULL;
	struct error *err = hit_current(hit, &goroutine);
	if (err)
		return err;
	hit->stack_known = true;
	uint64_t pc = hit->trap->address, sp = hit_register(hit, DWARF_RSP), high = UINT64_MAX;
	bool switched = hit->on_system_stack && goroutine->address;
	if (switched) {
		pc = hit_goroutine_field(goroutine, layout->g.sched_pc);
		sp = hit_goroutine_field(goroutine, layout->g.sched_sp);
	}
	if (goroutine->address)
		high = hit_goroutine_field(goroutine, layout->g.stack_hi);
	unwind(hit, pc, sp, !switched, high);
	return NULL;
}

struct error *hit_user_frame(struct hit *hit, const struct unwind_line **ret)
{
	*ret = NULL;
	struct error *err = hit_stack(hit);
	for (size_t i = 0; !err && i < hit->frame_count && !*ret; i++) {
		if (hit->frames[i]->kind != FUNCTION_INTERNAL)
			*ret = hit->frames[i];
	}
	return err;
}

uint64_t hit_return_address(const struct hit *hit)
{
	const struct unwind_info *info =
		unwind_info_in(hit->program, hit->unwind, hit->trap->address, true);
	uint64_t pc = 0;
	if (!info || !info->has_sp_delta)
		return 0;
	uint64_t at = hit_register(hit, DWARF_RSP) + (uint64_t)(int64_t)info->sp_delta;
	return trap_read(hit->trap, at, &pc, sizeof(pc)) == sizeof(pc) ? pc : 0;
}
