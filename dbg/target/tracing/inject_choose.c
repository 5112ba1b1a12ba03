/* Choosing the thread for an injected system call: see inject.h. */
#include "dbg/target/tracing/inject.h"
#include "dbg/target/tracing/tracee_table.h"

/* The number of the system call that a stopped thread is in. Negative: none */
static int64_t current_call(pid_t tid)
{
	struct user_regs_struct regs;
	return tracee_get_regs(tid, &regs) ? (int64_t)regs.orig_rax : -1;
}

pid_t inject_choose(const struct tracees *tracees)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state == TRACEE_STOPPED && !tracee->group_stop &&
			current_call(tracee->tid) >= 0)
			return tracee->tid;
	}
	return tracees_any_stopped(tracees);
}

struct error *inject_choose_allowed(
	const struct tracees *tracees, const struct seccomp_call *calls, size_t count, pid_t *ret)
{
	*ret = inject_choose(tracees);
	struct error *err =
		*ret ? seccomp_check(*ret, calls, count)
		     : error_create(ERROR_GONE, "process %d has no stopped thread", tracees->pid);
	struct tracee *tracee, *next;
	/* Each thread may have its own filters. */
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (!err)
			break;
		struct error *other = tracee->state == TRACEE_STOPPED
					      ? seccomp_check(tracee->tid, calls, count)
					      : NULL;
		if (!other && tracee->state == TRACEE_STOPPED) {
			*ret = tracee->tid;
			error_destroy(take_pointer(err));
		}
		error_destroy(other);
	}
	return err;
}
