/*
 * Registers, signal mask and pending signals of one stopped tracee.
 *
 * All functions return false when ptrace fails, which means that the thread is being killed; its
 * end will be reported. The calling thread must be the tracer.
 */
#ifndef GCTXDBG_TARGET_TRACING_TRACEE_REGS_H
#define GCTXDBG_TARGET_TRACING_TRACEE_REGS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

bool tracee_get_regs(pid_t tid, struct user_regs_struct *ret);
bool tracee_set_regs(pid_t tid, const struct user_regs_struct *regs);

/* The low halves of XMM0 to XMM15. */
bool tracee_get_vectors(pid_t tid, uint64_t ret[16]);

bool tracee_get_rip(pid_t tid, uint64_t *ret);
bool tracee_set_rip(pid_t tid, uint64_t rip);

/* The signals that the thread blocks. Bit n-1 is signal n. */
bool tracee_get_mask(pid_t tid, uint64_t *ret);
bool tracee_set_mask(pid_t tid, uint64_t mask);

/* Whether a signal for which `matches` returns true is pending for the thread (not for the
 * process). */
bool tracee_has_pending(pid_t tid, bool (*matches)(const siginfo_t *info));

/* Whether the thread has executed an int3 or a single step but has not reported the SIGTRAP yet. */
bool tracee_has_pending_trap(pid_t tid);

#endif
