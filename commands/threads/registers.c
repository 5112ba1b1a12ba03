/* The names of the general registers: see registers.h. */
#include "commands/threads/registers.h"

const struct register_name register_names[] = {
#define REGISTER(name)                                                                             \
	{                                                                                          \
#name, offsetof(struct user_regs_struct, name)                                     \
	}
	REGISTER(rip),
	REGISTER(rsp),
	REGISTER(rbp),
	REGISTER(rax),
	REGISTER(rbx),
	REGISTER(rcx),
	REGISTER(rdx),
	REGISTER(rsi),
	REGISTER(rdi),
	REGISTER(r8),
	REGISTER(r9),
	REGISTER(r10),
	REGISTER(r11),
	REGISTER(r12),
	REGISTER(r13),
	REGISTER(r14),
	REGISTER(r15),
	REGISTER(eflags),
	REGISTER(orig_rax),
	REGISTER(cs),
	REGISTER(ss),
	REGISTER(fs_base),
	REGISTER(gs_base),
#undef REGISTER
	{NULL, 0},
};
