/*
 * Unwinds C code one frame at a time: with libunwind if the module has call frame information, else
 * by frame pointer; signal trampolines by the context that the kernel saved.
 *
 * Each step initializes libunwind from a set of registers. The result depends only on them, any
 * frame can be the first one, and a wrong value in one frame does not affect libunwind's state in
 * the next.
 */
#include "dbg/target/native/native_unwind.h"

#include <ucontext.h>

#include "dbg/target/native/native_space.h"

enum { MAX_FRAMES = 4096 };

/* ---- Steps: each computes the caller's registers from unwinder->regs, or fails ---- */

static bool read_words(struct native_unwinder *unwinder, uint64_t address, void *ret, size_t size)
{
	struct error *err = target_read(unwinder->target, address, ret, size);
	error_destroy(err);
	return !err;
}

static bool is_code(struct native_unwinder *unwinder, uint64_t pc)
{
	const struct mapping *mapping = target_mapping_at(unwinder->target, pc);
	return mapping && mapping->executable;
}

/* The code that signal handlers return to: "mov $15, %rax; syscall" in one of two encodings. */
static bool is_signal_trampoline(struct native_unwinder *unwinder)
{
	static const uint8_t wide[] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};
	static const uint8_t narrow[] = {0xb8, 15, 0, 0, 0, 0x0f, 0x05};
	uint8_t code[sizeof(wide)];
	uint64_t pc = unwinder->regs.rip;
	if (!read_words(unwinder, pc, code, sizeof(narrow)))
		return false;
	if (memcmp(code, narrow, sizeof(narrow)) == 0)
		return true;
	return read_words(unwinder, pc, code, sizeof(code)) &&
	       memcmp(code, wide, sizeof(wide)) == 0;
}

/* The registers at the interruption, which the kernel saved at the stack pointer. */
static bool step_signal(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	gregset_t saved;
	uint64_t address = unwinder->regs.rsp + offsetof(ucontext_t, uc_mcontext.gregs);
	if (!read_words(unwinder, address, saved, sizeof(saved)))
		return false;
	static const struct {
		int saved;
		unw_regnum_t number;
	} pairs[] = {
		{REG_R8, UNW_X86_64_R8},
		{REG_R9, UNW_X86_64_R9},
		{REG_R10, UNW_X86_64_R10},
		{REG_R11, UNW_X86_64_R11},
		{REG_R12, UNW_X86_64_R12},
		{REG_R13, UNW_X86_64_R13},
		{REG_R14, UNW_X86_64_R14},
		{REG_R15, UNW_X86_64_R15},
		{REG_RDI, UNW_X86_64_RDI},
		{REG_RSI, UNW_X86_64_RSI},
		{REG_RBP, UNW_X86_64_RBP},
		{REG_RBX, UNW_X86_64_RBX},
		{REG_RDX, UNW_X86_64_RDX},
		{REG_RAX, UNW_X86_64_RAX},
		{REG_RCX, UNW_X86_64_RCX},
		{REG_RSP, UNW_X86_64_RSP},
		{REG_RIP, UNW_X86_64_RIP},
	};
	for (size_t i = 0; i < array_length(pairs); i++)
		*native_register(ret, pairs[i].number) = (unsigned long long)saved[pairs[i].saved];
	return true;
}

static void take_registers(unw_cursor_t *cursor, struct user_regs_struct *ret)
{
	for (unw_regnum_t number = UNW_X86_64_RAX; number <= UNW_X86_64_RIP; number++) {
		unw_word_t value;
		/* Registers that a call does not preserve are unknown, and keep their values. */
		if (unw_get_reg(cursor, number, &value) == 0)
			*native_register(ret, number) = value;
	}
}

static bool step_by_table(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	unw_cursor_t cursor;
	unwinder->accesses = 0;
	unwinder->has_info = false;
	/* Check first: without a table libunwind would guess. */
	uint64_t pc = unwinder->regs.rip - !unwinder->exact;
	if (!native_space_covers(unwinder, pc) ||
		unw_init_remote(&cursor, unwinder->space, unwinder) < 0 || unw_step(&cursor) <= 0)
		return false;
	take_registers(&cursor, ret);
	return true;
}

static bool step_by_frame_pointer(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	const struct user_regs_struct *regs = &unwinder->regs;
	const struct mapping *stack = target_mapping_at(unwinder->target, regs->rsp);
	uint64_t saved[2];
	if (!stack || regs->rbp < regs->rsp || regs->rbp % 8 != 0 ||
		regs->rbp >= stack->end - sizeof(saved) ||
		!read_words(unwinder, regs->rbp, saved, sizeof(saved)))
		return false;
	ret->rsp = regs->rbp + sizeof(saved);
	ret->rbp = saved[0];
	ret->rip = saved[1];
	return true;
}

/* A call to an address that is not code: the return address has just been pushed. */
static bool step_bad_call(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	if (!read_words(unwinder, unwinder->regs.rsp, &ret->rip, sizeof(ret->rip)))
		return false;
	ret->rsp += 8;
	return true;
}

/* The caller's registers and the frame's kind; false if the frame cannot be unwound. */
static bool native_unwind_step(
	struct native_unwinder *unwinder, struct native_frame *frame, struct user_regs_struct *ret)
{
	*ret = unwinder->regs;
	frame->signal_trampoline = is_signal_trampoline(unwinder);
	bool stepped;
	if (frame->signal_trampoline) {
		stepped = step_signal(unwinder, ret);
	} else if (unwinder->exact && !is_code(unwinder, unwinder->regs.rip)) {
		stepped = step_bad_call(unwinder, ret);
	} else {
		stepped = step_by_table(unwinder, ret);
		/* If a table covers the pc but gives no caller, the stack ends here. */
		if (!stepped && !unwinder->has_info)
			stepped = step_by_frame_pointer(unwinder, ret);
	}
	if (!stepped)
		return false;
	frame->cfa = ret->rsp;
	/* Only a signal handler may run on another stack than its caller. */
	bool progress = frame->signal_trampoline || ret->rsp > unwinder->regs.rsp;
	return progress && (frame->signal_trampoline || is_code(unwinder, ret->rip));
}

/* ---- Frames ---- */

static void name_frame(struct native_unwinder *unwinder, struct native_frame *frame)
{
	uint64_t pc = frame->pc - !unwinder->exact;
	struct native_module *module =
		native_modules_find(&unwinder->modules, unwinder->target, pc);
	if (!module)
		return;
	frame->file = module->path;
	struct elf_image *image = native_module_image(module, unwinder->target);
	/* A Go program has many symbols, and its Go code (no call frame information here) is named
	 * from pclntab. */
	if (!image || (module->is_main && !unwinder->has_info && elf_image_go_build_id(image)))
		return;
	struct elf_symbol symbol;
	if (!elf_image_function_at(image, pc - module->bias, &symbol))
		return;
	frame->function = symbol.name;
	frame->function_offset = frame->pc - module->bias - symbol.address;
}

struct error *native_unwind(struct native_unwinder *unwinder, const struct user_regs_struct *start,
	bool exact, bool (*on_frame)(void *context, const struct native_frame *frame),
	void *context)
{
	unwinder->regs = *start;
	unwinder->exact = exact;
	bool more = true;
	for (size_t i = 0; i < MAX_FRAMES && more; i++) {
		struct error *err = target_check(unwinder->target);
		if (err)
			return err;
		struct native_frame frame = {
			.pc = unwinder->regs.rip,
			.sp = unwinder->regs.rsp,
			.bp = unwinder->regs.rbp,
		};
		struct user_regs_struct caller;
		unwinder->has_info = false;
		more = native_unwind_step(unwinder, &frame, &caller);
		name_frame(unwinder, &frame);
		if (!on_frame(context, &frame))
			break;
		unwinder->regs = caller;
		unwinder->exact = frame.signal_trampoline;
	}
	return NULL;
}

bool native_unwind_by_rules(struct native_unwinder *unwinder, const struct frame_rules *rules,
	const struct user_regs_struct *at, bool exact, struct user_regs_struct *ret)
{
	unw_cursor_t cursor;
	unwinder->regs = *ret = *at;
	unwinder->exact = exact;
	unwinder->accesses = 0;
	if (!rules_window_open(&unwinder->window, rules))
		return false;
	/* Check first, as above. Result 0 is a caller at address 0: the outermost frame, which
	 * counts as found. */
	bool found = native_space_covers(unwinder, at->rip - !exact) &&
		     unw_init_remote(&cursor, unwinder->space, unwinder) == 0 &&
		     unw_step(&cursor) >= 0;
	if (found)
		take_registers(&cursor, ret);
	rules_window_close(&unwinder->window);
	return found;
}

/* ---- Creating and destroying ---- */

struct error *native_unwinder_create(struct target *target, struct native_unwinder **ret)
{
	struct native_unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return error_no_memory();
	unwinder->target = target;
	unwinder->space = native_space_create();
	if (!unwinder->space) {
		free(unwinder);
		return error_no_memory();
	}
	*ret = unwinder;
	return NULL;
}

void native_unwinder_destroy(struct native_unwinder *unwinder)
{
	if (!unwinder)
		return;
	unw_destroy_addr_space(unwinder->space);
	native_modules_deinit(&unwinder->modules);
	rules_window_deinit(&unwinder->window);
	free(unwinder);
}

void native_unwinder_refresh(struct native_unwinder *unwinder)
{
	native_modules_deinit(&unwinder->modules);
}
