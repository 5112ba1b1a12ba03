/*
 * The syscall stub: four executable bytes of the target that the program itself never executes,
 * which hold `syscall; jmp .` during an injected call.
 */
#ifndef GCTXDBG_TARGET_TRACING_SYSCALL_STUB_H
#define GCTXDBG_TARGET_TRACING_SYSCALL_STUB_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum { SYSCALL_STUB_SIZE = 4, SYSCALL_STUB_AFTER_SYSCALL = 2 };

/* syscall; jmp . */
extern const uint8_t syscall_stub_code[SYSCALL_STUB_SIZE];

/*
 * Finds the location: after the text in its last page, else the program's entry point, which has
 * been executed already (or will be when the stub is gone). ERROR_BAD_DATA: there is none.
 */
struct error *syscall_stub_find(pid_t tid, uint64_t *ret);

/* Reads the bytes there, through stopped tracee `tid`. */
struct error *syscall_stub_read(pid_t tid, uint64_t address, uint8_t ret[static SYSCALL_STUB_SIZE]);

/* Replaces them. Like every write by ptrace this makes a private copy of the page if necessary. */
struct error *syscall_stub_write(
	pid_t tid, uint64_t address, const uint8_t bytes[static SYSCALL_STUB_SIZE]);

/* Whether `pc` is in the stub at `stub`, before or after its system call. */
static inline bool syscall_stub_contains(uint64_t stub, uint64_t pc)
{
	return pc == stub || pc == stub + SYSCALL_STUB_AFTER_SYSCALL;
}

#endif
