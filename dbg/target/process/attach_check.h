/*
 * Explains why a process cannot be traced, and what to do about it.
 *
 * The kernel answers most refusals with a bare EPERM. The facts that decide are collected first and
 * evaluated by a function without side effects, so that tests can cover each refusal without having
 * to provoke it.
 */
#ifndef GCTXDBG_TARGET_PROCESS_ATTACH_CHECK_H
#define GCTXDBG_TARGET_PROCESS_ATTACH_CHECK_H

#include "dbg/target/process/proc_files.h"

struct attach_facts {
	pid_t pid;
	struct process_status target;
	struct process_status self;
	char tracer_name[16]; /* of target.tracer */
	char owner_name[64];  /* user name of the target's real uid; empty if unknown */
	int yama_scope;	      /* 0-3; -1 if the kernel has no Yama */
	bool not_dumpable;    /* it gave up its dumpable flag: /proc/PID belongs to root */
	bool other_user_namespace;
};

/*
 * Checks before attaching that `pid` is an amd64 process, and not a zombie, a kernel thread, a
 * thread other than the main one, already traced, or this debugger. NULL: no obstacle so far.
 * ERROR_NOT_FOUND: no such process.
 */
struct error *attach_check(pid_t pid);

/*
 * Checks that /proc shows the PID namespace that gctxdbg is in: a process or thread would have
 * another ID in the other, which ptrace does not know.
 */
struct error *attach_check_proc(void);

/* Checks that `tid` runs an amd64 program. NULL also if its executable cannot be read. */
struct error *attach_check_program(pid_t pid, pid_t tid);

/* The error for a ptrace call that failed with `errnum` on thread `tid` of `pid`. */
struct error *attach_refused(pid_t pid, pid_t tid, int errnum);

/* The part of attach_refused() that evaluates the facts; `errnum` is what ptrace returned. */
struct error *attach_explain(const struct attach_facts *facts, int errnum);

#endif
