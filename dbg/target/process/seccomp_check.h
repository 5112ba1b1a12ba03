/*
 * Whether a thread may make a system call, as its seccomp filters would judge: known before it is
 * made, because a filter may kill the process for it.
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
 * NULL: all of these calls are allowed to thread `tid`, a stopped tracee. ERROR_OTHER: which is
 * not, or that the filters cannot be read (that takes CAP_SYS_ADMIN), so that nobody knows.
 */
struct error *seccomp_check(pid_t tid, const struct seccomp_call *calls, size_t count);

/* Runs one classic BPF program, which the kernel has checked; SECCOMP_RET_KILL_PROCESS for one that
 * it would not have let pass. */
uint32_t seccomp_evaluate(
	const struct sock_filter *filter, size_t count, const struct seccomp_data *data);

#endif
