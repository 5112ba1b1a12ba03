/*
 * Why a process cannot be traced, in words: what is in the way, and what to do about it.
 *
 * The kernel answers most refusals with a bare EPERM. The facts that decide are gathered first and
 * judged by a function without side effects, so that tests can try each refusal without arranging
 * it.
 */
#ifndef GCTXDBG_TARGET_PROCESS_ATTACH_CHECK_H
#define GCTXDBG_TARGET_PROCESS_ATTACH_CHECK_H

#include "dbg/target/process/proc_files.h"

struct attach_facts {
	pid_t pid;
	struct process_status target;
	struct process_status self;
	char tracer_name[16]; /* of target.tracer */
	char owner_name[64];  /* user name of the target's real uid; empty when unknown */
	int yama_scope;	      /* 0-3; -1 when the kernel has no Yama */
	bool not_dumpable;    /* it gave up its dumpable flag: /proc/PID belongs to root */
	bool other_user_namespace;
};

/*
 * Before attaching: does `pid` exist, is it a 64-bit x86 process, not a zombie, a kernel thread, a
 * mere thread, traced already or this debugger itself? NULL: nothing against it so far.
 */
struct error *attach_check(pid_t pid);

/* Is the program that runs in `tid` a 64-bit x86 one? NULL also when it cannot be looked at. */
struct error *attach_check_program(pid_t pid, pid_t tid);

/* The error for ptrace having failed with `errnum` on thread `tid` of `pid`. */
struct error *attach_refused(pid_t pid, pid_t tid, int errnum);

/* The part of attach_refused() that judges; `errnum` is what ptrace said. */
struct error *attach_explain(const struct attach_facts *facts, int errnum);

#endif
