/*
 * Four bytes of the target that may hold an instruction of ours for a while: executable, and never
 * executed by the program.
 */
#ifndef GCTXDBG_TARGET_GADGET_H
#define GCTXDBG_TARGET_GADGET_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum { GADGET_SIZE = 4, GADGET_BEHIND_SYSCALL = 2 };

/* syscall; jmp . */
extern const uint8_t gadget_code[GADGET_SIZE];

/*
 * Finds the place: behind the text, in its last page, else the program's entry point, which has
 * been passed (or, when it has not, is passed when the gadget is gone). ERROR_BAD_DATA: there is
 * none.
 */
struct error *gadget_find(pid_t tid, uint64_t *ret);

/* The bytes that are there, through stopped tracee `tid`. */
struct error *gadget_read(pid_t tid, uint64_t address, uint8_t ret[static GADGET_SIZE]);

/* Replaces them; like every write by ptrace this makes a private copy of the page, if need be. */
struct error *gadget_write(pid_t tid, uint64_t address, const uint8_t bytes[static GADGET_SIZE]);

/* Is `pc` in the gadget at `gadget`, whether before or behind its system call? */
static inline bool gadget_contains(uint64_t gadget, uint64_t pc)
{
	return pc == gadget || pc == gadget + GADGET_BEHIND_SYSCALL;
}

#endif
