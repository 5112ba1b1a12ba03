/* libunwind's callbacks: see native_space.h. */
#include "dbg/target/native/native_space.h"

#include "dbg/target/native/native_eh_index.h"

/* Not in libunwind.h, but exported for remote unwinders. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
	unw_dyn_info_t *table, unw_proc_info_t *ret, int need_unwind_info, void *arg);

/* Words that libunwind may read per frame: call frame information comes from the target and may be
 * hostile. */
enum { MAX_ACCESSES = 1 << 16 };

/* The address at which libunwind sees a module's own_table: outside user space. */
static const uint64_t own_table_window = UINT64_C(0xf000000000000000);

unsigned long long *native_register(struct user_regs_struct *regs, unw_regnum_t number)
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

/* Searches the table in the window. */
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
	const unsigned long long *reg = native_register(&unwinder->regs, number);
	if (write || !reg)
		return -UNW_EBADREG;
	*value = *reg;
	/* A return address may be the first byte of the next function; the call instruction
	 * precedes it. */
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

bool native_space_covers(struct native_unwinder *unwinder, uint64_t ip)
{
	unw_proc_info_t info;
	return find_proc_info(unwinder->space, ip, &info, 0, unwinder) >= 0;
}

unw_addr_space_t native_space_create(void)
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
	unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
	/* Steps are few, and a cache would have to be flushed whenever the modules change. */
	if (space)
		unw_set_caching_policy(space, UNW_CACHE_NONE);
	return space;
}
