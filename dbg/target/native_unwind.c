/*
 * Unwinding of C code, one frame at a time: by libunwind where the module has a table of call frame
 * information, else by frame pointer; signal trampolines by the context that the kernel saved.
 *
 * Each step starts libunwind anew from a set of registers. So it depends on nothing but them, any
 * frame may be the first one, and what it read wrong in one frame cannot live on.
 */
#include "dbg/target/native_unwind.h"

#include <libunwind.h>
#include <ucontext.h>

#include "dbg/target/native_eh_index.h"
#include "dbg/target/native_module.h"
#include "dbg/target/rules_window.h"

/* Not in libunwind.h, but exported for remote unwinders. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
	unw_dyn_info_t *table, unw_proc_info_t *ret, int need_unwind_info, void *arg);

enum {
	MAX_FRAMES = 4096,
	/* Words that libunwind may read for one frame: call frame information is the target's word
	   only. */
	MAX_ACCESSES = 1 << 16,
};

/* Where libunwind sees a module's own_table: no user space address. */
static const uint64_t own_table_window = UINT64_C(0xf000000000000000);

struct native_unwinder {
	struct target *target;
	unw_addr_space_t space;
	struct native_modules modules;
	struct rules_window window; /* open during a step by rules */

	/* During a step: */
	struct user_regs_struct regs;
	bool exact;
	unsigned accesses;
	struct native_module *module; /* of the frame's pc, or NULL */
	bool has_info;		      /* the frame's pc is covered by call frame information */
};

static unsigned long long *register_of(struct user_regs_struct *regs, unw_regnum_t number)
{
	switch (number) {
	case UNW_X86_64_RAX:
		return &regs->rax;
	case UNW_X86_64_RDX:
		return &regs->rdx;
	case UNW_X86_64_RCX:
		return &regs->rcx;
	case UNW_X86_64_RBX:
		return &regs->rbx;
	case UNW_X86_64_RSI:
		return &regs->rsi;
	case UNW_X86_64_RDI:
		return &regs->rdi;
	case UNW_X86_64_RBP:
		return &regs->rbp;
	case UNW_X86_64_RSP:
		return &regs->rsp;
	case UNW_X86_64_R8:
		return &regs->r8;
	case UNW_X86_64_R9:
		return &regs->r9;
	case UNW_X86_64_R10:
		return &regs->r10;
	case UNW_X86_64_R11:
		return &regs->r11;
	case UNW_X86_64_R12:
		return &regs->r12;
	case UNW_X86_64_R13:
		return &regs->r13;
	case UNW_X86_64_R14:
		return &regs->r14;
	case UNW_X86_64_R15:
		return &regs->r15;
	case UNW_X86_64_RIP:
		return &regs->rip;
	default:
		return NULL;
	}
}

/* ---- What libunwind asks ---- */

/* The rules that are in the window. */
static int search_window(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *ret,
	int need_unwind_info, struct native_unwinder *unwinder)
{
	unw_dyn_info_t table = {
		.end_ip = UINT64_MAX,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti =
			{
				.segbase = unwinder->window.start,
				.table_len = 2 * sizeof(int32_t) / sizeof(unw_word_t),
				.table_data = unwinder->window.start,
			},
	};
	return UNW_OBJ(dwarf_search_unwind_table)(
		space, ip, &table, ret, need_unwind_info, unwinder);
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *ret,
	int need_unwind_info, void *context)
{
	struct native_unwinder *unwinder = context;
	if (unwinder->window.size)
		return search_window(space, ip, ret, need_unwind_info, unwinder);
	struct native_module *module =
		native_modules_find(&unwinder->modules, unwinder->target, ip);
	if (!module)
		return -UNW_ENOINFO;
	native_eh_index_ensure(module, unwinder->target);
	if (!module->table_count)
		return -UNW_ENOINFO;
	unw_dyn_info_t table = {
		.start_ip = module->start,
		.end_ip = module->end,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti =
			{
				.segbase = module->table_base,
				.table_len = module->table_count * 2 * sizeof(int32_t) /
					     sizeof(unw_word_t),
				.table_data = module->own_table ? own_table_window : module->table,
			},
	};
	int result = UNW_OBJ(dwarf_search_unwind_table)(
		space, ip, &table, ret, need_unwind_info, context);
	unwinder->has_info |= result >= 0;
	return result;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *context)
{
	(void)space, (void)info, (void)context;
}

static int get_dyn_info_list_addr(unw_addr_space_t space, unw_word_t *ret, void *context)
{
	(void)space, (void)ret, (void)context;
	return -UNW_ENOINFO;
}

static int access_mem(
	unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write, void *context)
{
	(void)space;
	struct native_unwinder *unwinder = context;
	if (write || ++unwinder->accesses > MAX_ACCESSES)
		return -UNW_EINVAL;
	if (rules_window_read(&unwinder->window, address, value))
		return 0;
	const struct native_module *module = unwinder->modules.last;
	if (address >= own_table_window && module && module->own_table) {
		struct bytes table = {(const uint8_t *)module->own_table,
			(size_t)module->table_count * 2 * sizeof(int32_t)};
		return bytes_copy(table, address - own_table_window, value, sizeof(*value))
			       ? 0
			       : -UNW_EINVAL;
	}
	struct error *err = target_read(unwinder->target, address, value, sizeof(*value));
	error_destroy(err);
	return err ? -UNW_EINVAL : 0;
}

static int access_reg(
	unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *context)
{
	(void)space;
	struct native_unwinder *unwinder = context;
	const unsigned long long *reg = register_of(&unwinder->regs, number);
	if (write || !reg)
		return -UNW_EBADREG;
	*value = *reg;
	/* A return address may be the first byte of the next function; the call is before it. */
	if (number == UNW_X86_64_RIP && !unwinder->exact)
		*value -= 1;
	return 0;
}

static int access_fpreg(
	unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *context)
{
	(void)space, (void)number, (void)value, (void)write, (void)context;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *context)
{
	(void)space, (void)cursor, (void)context;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t space, unw_word_t address, char *ret, size_t size,
	unw_word_t *ret_offset, void *context)
{
	(void)space, (void)address, (void)ret, (void)size, (void)ret_offset, (void)context;
	return -UNW_ENOINFO;
}

/* ---- Steps: each makes the caller's registers out of unwinder->regs, or fails ---- */

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

/* Where signal handlers return to: "mov $15, %rax; syscall" in one of two encodings. */
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

/* The interrupted registers, which the kernel saved at the stack pointer. */
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
		*register_of(ret, pairs[i].number) = (unsigned long long)saved[pairs[i].saved];
	return true;
}

static void take_registers(unw_cursor_t *cursor, struct user_regs_struct *ret)
{
	for (unw_regnum_t number = UNW_X86_64_RAX; number <= UNW_X86_64_RIP; number++) {
		unw_word_t value;
		/* What a call destroys is unknown, and stays what it was. */
		if (unw_get_reg(cursor, number, &value) == 0)
			*register_of(ret, number) = value;
	}
}

static bool step_by_table(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	unw_cursor_t cursor;
	unwinder->accesses = 0;
	unwinder->has_info = false;
	/* Ask first: left to itself, libunwind guesses where it has no table. */
	unw_proc_info_t info;
	uint64_t pc = unwinder->regs.rip - !unwinder->exact;
	if (find_proc_info(unwinder->space, pc, &info, 0, unwinder) < 0 ||
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

/* A call of something that is no code: the return address has just been pushed. */
static bool step_bad_call(struct native_unwinder *unwinder, struct user_regs_struct *ret)
{
	if (!read_words(unwinder, unwinder->regs.rsp, &ret->rip, sizeof(ret->rip)))
		return false;
	ret->rsp += 8;
	return true;
}

/* The caller's registers and the frame's kind; false at the end of what is known. */
static bool step(
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
		/* Where a table says that the stack ends, it ends. */
		if (!stepped && !unwinder->has_info)
			stepped = step_by_frame_pointer(unwinder, ret);
	}
	if (!stepped)
		return false;
	frame->cfa = ret->rsp;
	/* Only a signal may have come from another stack. */
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
	/* A Go program's symbols are many, and its Go code (without call frame information here) is
	 * named by others. */
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
		more = step(unwinder, &frame, &caller);
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
	/* 0 is a caller at address 0: the outermost frame, and found. */
	bool found =
		unw_init_remote(&cursor, unwinder->space, unwinder) == 0 && unw_step(&cursor) >= 0;
	if (found)
		take_registers(&cursor, ret);
	rules_window_close(&unwinder->window);
	return found;
}

/* ---- Life ---- */

struct error *native_unwinder_create(struct target *target, struct native_unwinder **ret)
{
	unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	struct native_unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return error_no_memory();
	unwinder->target = target;
	unwinder->space = unw_create_addr_space(&accessors, 0);
	if (!unwinder->space) {
		free(unwinder);
		return error_no_memory();
	}
	/* Steps are few, and what is cached would have to be dropped with the modules. */
	unw_set_caching_policy(unwinder->space, UNW_CACHE_NONE);
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
