/* Registers, signal mask and pending signals of one stopped tracee: see tracee_regs.h. */
#include "dbg/target/tracing/tracee_regs.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum { PEEK_COUNT = 16 };

bool tracee_get_regs(pid_t tid, struct user_regs_struct *ret)
{
	struct iovec part = {ret, sizeof(*ret)};
	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) == 0 && // NOLINT
	       part.iov_len == sizeof(*ret);
}

bool tracee_set_regs(pid_t tid, const struct user_regs_struct *regs)
{
	struct user_regs_struct copy = *regs;
	struct iovec part = {&copy, sizeof(copy)};
	return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &part) == 0; // NOLINT
}

bool tracee_get_vectors(pid_t tid, uint64_t ret[16])
{
	enum { COUNT = 16, WORDS = 4 }; /* xmm_space has 32-bit words */
	struct user_fpregs_struct registers;
	if (ptrace(PTRACE_GETFPREGS, tid, NULL, &registers) != 0)
		return false;
	for (size_t i = 0; i < COUNT; i++)
		memcpy(&ret[i], &registers.xmm_space[WORDS * i], sizeof(ret[i]));
	return true;
}

bool tracee_get_rip(pid_t tid, uint64_t *ret)
{
	errno = 0;
	long rip = ptrace(
		PTRACE_PEEKUSER, tid, (void *)offsetof(struct user, regs.rip), NULL); // NOLINT
	*ret = (uint64_t)rip;
	return errno == 0;
}

bool tracee_set_rip(pid_t tid, uint64_t rip)
{
	return ptrace(PTRACE_POKEUSER, tid, (void *)offsetof(struct user, regs.rip), // NOLINT
		       (void *)rip) == 0;					     // NOLINT
}

bool tracee_get_mask(pid_t tid, uint64_t *ret)
{
	return ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof(*ret), ret) == 0; // NOLINT
}

bool tracee_set_mask(pid_t tid, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask) == 0; // NOLINT
}

bool tracee_has_pending(pid_t tid, bool (*matches)(const siginfo_t *info))
{
	siginfo_t infos[PEEK_COUNT];
	struct __ptrace_peeksiginfo_args arguments = {.off = 0, .flags = 0, .nr = PEEK_COUNT};
	long count;
	while ((count = ptrace(PTRACE_PEEKSIGINFO, tid, &arguments, infos)) > 0) {
		for (long i = 0; i < count; i++) {
			if (matches(&infos[i]))
				return true;
		}
		arguments.off += (uint64_t)count;
	}
	return false;
}

static bool is_trap_of_kernel(const siginfo_t *info)
{
	return info->si_signo == SIGTRAP && info->si_code > 0;
}

bool tracee_has_pending_trap(pid_t tid)
{
	return tracee_has_pending(tid, is_trap_of_kernel);
}
