/*
 * threads: the commands that print threads and their registers. This header declares the names of
 * the general registers of amd64.
 */
#ifndef GCTXDBG_COMMANDS_THREADS_REGISTERS_H
#define GCTXDBG_COMMANDS_THREADS_REGISTERS_H

#include <sys/user.h>

#include "dwarf/base/memory.h"

struct register_name {
	const char *name;
	size_t offset; /* in struct user_regs_struct; each is 8 bytes */
};

/* The general registers in the order in which they are printed; ends with a NULL name. */
extern const struct register_name register_names[];

static inline uint64_t register_value(
	const struct user_regs_struct *regs, const struct register_name *name)
{
	uint64_t value;
	memcpy(&value, (const char *)regs + name->offset, sizeof(value));
	return value;
}

#endif
