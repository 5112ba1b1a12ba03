/*
 * Evaluates a thread's seccomp filters for a system call before it is made, because a filter may
 * kill the process for it.
 */
#ifndef GCTXDBG_TARGET_PROCESS_SECCOMP_CHECK_H
#define GCTXDBG_TARGET_PROCESS_SECCOMP_CHECK_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct seccomp_call {
	long number;
	const uint64_t *arguments; /* six */
	const char *name;
};

/*
 * NULL: thread `tid`, a stopped tracee, may make all of these calls. ERROR_OTHER: one is forbidden
 * (the message names it), or the filters cannot be read, which requires CAP_SYS_ADMIN. ERROR_GONE:
 * the thread has exited.
 */
struct error *seccomp_check(pid_t tid, const struct seccomp_call *calls, size_t count);

/*
 * Runs one classic BPF program, which the kernel has verified, and returns its action.
 * SECCOMP_RET_KILL_PROCESS for a program that the kernel would have rejected.
 */
uint32_t seccomp_evaluate(
	const struct sock_filter *filter, size_t count, const struct seccomp_data *data);

#endif
