/*
 * Four bytes of the target that may hold an instruction of ours for a while: executable, and never
 * executed by the program.
 */
#ifndef GCTXDBG_TARGET_TRACING_SYSCALL_STUB_H
#define GCTXDBG_TARGET_TRACING_SYSCALL_STUB_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum { SYSCALL_STUB_SIZE = 4, SYSCALL_STUB_BEHIND_SYSCALL = 2 };

/* syscall; jmp . */
extern const uint8_t syscall_stub_code[SYSCALL_STUB_SIZE];

/*
 * Finds the place: behind the text, in its last page, else the program's entry point, which has
 * been passed (or, when it has not, is passed when the stub is gone). ERROR_BAD_DATA: there is
 * none.
 */
struct error *syscall_stub_find(pid_t tid, uint64_t *ret);

/* The bytes that are there, through stopped tracee `tid`. */
struct error *syscall_stub_read(pid_t tid, uint64_t address, uint8_t ret[static SYSCALL_STUB_SIZE]);

/* Replaces them; like every write by ptrace this makes a private copy of the page, if need be. */
struct error *syscall_stub_write(
	pid_t tid, uint64_t address, const uint8_t bytes[static SYSCALL_STUB_SIZE]);

/* Is `pc` in the stub at `stub`, whether before or behind its system call? */
static inline bool syscall_stub_contains(uint64_t stub, uint64_t pc)
{
	return pc == stub || pc == stub + SYSCALL_STUB_BEHIND_SYSCALL;
}

#endif
