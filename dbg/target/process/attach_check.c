/* Gathering the reasons why a process cannot be traced, and explaining them. */
#include "dbg/target/process/attach_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "dwarf/base/fd.h"
#include "dwarf/base/proc_path.h"

enum {
	CAPABILITY_SYS_PTRACE = 19,
	ZOMBIE_CHECKS = 10,
	GUARDIAN_CHECKS = 500,
	GUARDIAN_CHECK_US = 10000,
};

static struct error *traced_already(const struct attach_facts *facts)
{
	pid_t tracer = facts->target.tracer;
	struct process_status status;
	if (proc_read_status(tracer, &status) == 0 && status.tgid)
		tracer = status.tgid;
	if (tracer == getpid())
		return error_create(
			ERROR_OTHER, "process %d is already traced by this debugger", facts->pid);
	return error_create(ERROR_OTHER,
		"process %d is already traced by %s (process %d), and a process can have "
		"only one tracer; detach or end that tracer first",
		facts->pid, facts->tracer_name[0] ? facts->tracer_name : "another debugger",
		tracer);
}

/* A process whose main thread has exited looks like a zombie, but lives as long as other threads
 * do. */
static bool has_living_thread(pid_t pid)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	if (proc_list_threads(pid, &tids, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (proc_is_alive(tids[i]))
			return true;
	return false;
}

/* Checks repeatedly: during an exec a process looks like a zombie for a moment. */
static bool is_zombie(pid_t pid)
{
	for (int i = 0; i < ZOMBIE_CHECKS; i++) {
		if (proc_is_alive(pid) || has_living_thread(pid))
			return false;
		usleep(2000);
	}
	return true;
}

struct error *attach_check_program(pid_t pid, pid_t tid)
{
	_cleanup_fd_ int fd = open(proc_path(tid, "exe").text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL; /* most likely not permitted; attach_refused() will explain why */
	Elf64_Ehdr header;   /* its first 20 bytes are the same in 32-bit files */
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return NULL;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return error_create(ERROR_OTHER,
			"process %d runs a 32-bit program; only amd64 programs can be debugged",
			pid);
	if (header.e_machine != EM_X86_64)
		return error_create(ERROR_OTHER,
			"process %d runs a program for another processor (ELF machine %u); only "
			"amd64 programs can be debugged",
			pid, header.e_machine);
	return NULL;
}

static struct error *no_such_process(pid_t pid)
{
	return error_create(ERROR_NOT_FOUND, "there is no process %d", pid);
}

/* The tracer is a thread; users know its process by name. */
static void read_tracer_name(struct attach_facts *facts)
{
	struct process_status tracer;
	pid_t tid = facts->target.tracer;
	bool known = proc_read_status(tid, &tracer) == 0 && tracer.tgid;
	proc_read_comm(known ? tracer.tgid : tid, facts->tracer_name);
}

/*
 * The guardian of a debugger that was killed traces the process for a moment, to undo its changes.
 */
static void await_guardian(pid_t pid, struct process_status *status)
{
	char name[16];
	for (int i = 0; i < GUARDIAN_CHECKS && status->tracer; i++) {
		proc_read_comm(status->tracer, name);
		if (strcmp(name, "gctxdbg-guard") != 0)
			return;
		usleep(GUARDIAN_CHECK_US);
		if (proc_read_status(pid, status) != 0)
			return;
	}
}

struct error *attach_check_proc(void)
{
	char self[32] = "";
	ssize_t size = readlink("/proc/self", self, sizeof(self) - 1);
	if (size > 0 && atoi(self) == getpid())
		return NULL;
	if (access("/proc/version", R_OK) != 0)
		return error_create(ERROR_SYSTEM, "cannot inspect processes: /proc is not mounted");
	return error_create(ERROR_OTHER,
		"/proc shows the processes of another PID namespace than the one that gctxdbg is "
		"in; mount its own (as root: mount -t proc proc /proc, in a mount namespace of its "
		"own: unshare --mount-proc), or start gctxdbg outside, in that other namespace");
}

struct error *attach_check(pid_t pid)
{
	if (pid <= 0)
		return error_create(ERROR_USAGE, "%d is not a process ID", pid);
	struct error *err = attach_check_proc();
	if (err)
		return err;
	struct attach_facts facts = {.pid = pid};
	int errnum = proc_read_status(pid, &facts.target);
	if (errnum == ENOENT || errnum == ESRCH)
		return no_such_process(pid);
	if (errnum)
		return error_system(errnum, "cannot read /proc/%d/status", pid);
	if (pid == getpid())
		return error_create(ERROR_USAGE, "process %d is this debugger itself", pid);
	if (facts.target.tgid && facts.target.tgid != pid)
		return error_create(ERROR_USAGE,
			"%d is a thread of process %d; attach to that process instead", pid,
			facts.target.tgid);
	if (proc_is_kernel_thread(pid))
		return error_create(ERROR_OTHER,
			"process %d is a kernel thread; it has no program to debug", pid);
	await_guardian(pid, &facts.target);
	if (facts.target.tracer) {
		read_tracer_name(&facts);
		return traced_already(&facts);
	}
	if (is_zombie(pid))
		return error_create(ERROR_OTHER,
			"process %d is a zombie: it has exited, and its parent has not collected "
			"its status yet",
			pid);
	return attach_check_program(pid, pid);
}

static int read_yama_scope(void)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	if (proc_read_file("/proc/sys/kernel/yama/ptrace_scope", &text, &size) != 0)
		return -1;
	return atoi(text);
}

static bool differ_in_namespace(pid_t tid)
{
	char own[64], other[64];
	/* Not permitted to read it: then there is another reason, which explains the refusal. */
	return proc_read_namespace(getpid(), "ns/user", own) &&
	       proc_read_namespace(tid, "ns/user", other) && strcmp(own, other) != 0;
}

static void find_user_name(uid_t uid, char *ret, size_t size)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(ret, size, "%s", found->pw_name);
}

static bool same_ids(const unsigned *ids, unsigned id)
{
	return ids[0] == id && ids[1] == id && ids[2] == id;
}

static struct error *other_user(const struct attach_facts *facts)
{
	if (facts->self.uids[1] == 0)
		return error_create(ERROR_OTHER,
			"process %d belongs to %s (uid %u), and root lacks CAP_SYS_PTRACE here; "
			"start the container with --cap-add SYS_PTRACE",
			facts->pid, facts->owner_name[0] ? facts->owner_name : "another user",
			facts->target.uids[0]);
	return error_create(ERROR_OTHER,
		"process %d belongs to %s (uid %u), not to you (uid %u); use sudo", facts->pid,
		facts->owner_name[0] ? facts->owner_name : "another user", facts->target.uids[0],
		facts->self.uids[0]);
}

static struct error *setuid_program(const struct attach_facts *facts)
{
	const uid_t *uids = facts->target.uids;
	return error_create(ERROR_OTHER,
		"process %d is yours, but has the rights of another user (uid %u): its program is "
		"setuid or has changed its user ID; use sudo",
		facts->pid, uids[1] != uids[0] ? uids[1] : uids[2]);
}

static struct error *refused_by_yama(const struct attach_facts *facts)
{
	switch (facts->yama_scope) {
	case 1:
		return error_create(ERROR_OTHER,
			"cannot attach to process %d: kernel.yama.ptrace_scope = 1 allows "
			"attaching only to child processes; use sudo, or run `sysctl "
			"kernel.yama.ptrace_scope=0` as root",
			facts->pid);
	case 2:
		return error_create(ERROR_OTHER,
			"cannot attach to process %d: kernel.yama.ptrace_scope = 2 requires "
			"CAP_SYS_PTRACE; use sudo",
			facts->pid);
	default:
		return error_create(ERROR_OTHER,
			"cannot attach to process %d: kernel.yama.ptrace_scope = 3 forbids "
			"attaching until the next boot; use a core dump instead",
			facts->pid);
	}
}

struct error *attach_explain(const struct attach_facts *facts, int errnum)
{
	bool capable = facts->self.effective >> CAPABILITY_SYS_PTRACE & 1;
	bool own = same_ids(facts->target.uids, facts->self.uids[0]) &&
		   same_ids(facts->target.gids, facts->self.gids[0]);
	if (facts->target.tracer)
		return traced_already(facts);
	if (errnum != EPERM && errnum != EACCES && errnum != ENOSYS)
		return error_system(errnum, "cannot trace process %d", facts->pid);
	if (facts->yama_scope == 3)
		return refused_by_yama(facts);
	if (errnum == ENOSYS)
		return error_create(ERROR_OTHER,
			"cannot trace process %d: the system call ptrace is blocked here (seccomp "
			"or an emulated kernel); start the container with --security-opt "
			"seccomp=unconfined",
			facts->pid);
	if (!capable && facts->target.uids[0] == facts->self.uids[0] &&
		!same_ids(facts->target.uids, facts->self.uids[0]) && facts->self.uids[1])
		return setuid_program(facts);
	if (!capable && facts->other_user_namespace)
		return error_create(ERROR_OTHER,
			"process %d is in another user namespace (a container) where you have no "
			"rights; attach as root on the host, or from inside that container",
			facts->pid);
	if (!capable && !same_ids(facts->target.uids, facts->self.uids[0]))
		return other_user(facts);
	if (!capable && !own)
		return error_create(ERROR_OTHER,
			"process %d runs with group ID %u, but yours is %u; use sudo", facts->pid,
			facts->target.gids[1], facts->self.gids[0]);
	if (!capable && facts->target.permitted & ~facts->self.permitted)
		return error_create(ERROR_OTHER,
			"process %d has capabilities that you lack, "
			"so attaching requires CAP_SYS_PTRACE; use sudo, "
			"or start the container with --cap-add SYS_PTRACE",
			facts->pid);
	if (!capable && facts->not_dumpable)
		return error_create(ERROR_OTHER,
			"process %d is protected from being read (it is not dumpable: you cannot "
			"read its executable, or it has changed its user ID); use sudo",
			facts->pid);
	if (!capable && facts->yama_scope > 0)
		return refused_by_yama(facts);
	if (facts->self.seccomp)
		return error_create(ERROR_OTHER,
			"a seccomp filter on this shell or container forbids ptrace, "
			"so process %d cannot be traced; start the container with --cap-add "
			"SYS_PTRACE or --security-opt seccomp=unconfined",
			facts->pid);
	return error_create(ERROR_OTHER,
		"the kernel does not allow gctxdbg to trace process %d, although the user and "
		"capabilities match; the reason may be a security module (SELinux, AppArmor) or a "
		"tracer outside this container: see the kernel log",
		facts->pid);
}

struct error *attach_refused(pid_t pid, pid_t tid, int errnum)
{
	struct attach_facts facts = {.pid = pid, .yama_scope = read_yama_scope()};
	if (proc_read_status(tid, &facts.target) != 0)
		return no_such_process(pid);
	if (proc_read_status(getpid(), &facts.self) != 0)
		return error_system(errnum, "cannot trace process %d", pid);
	if (facts.target.tracer)
		read_tracer_name(&facts);
	find_user_name(facts.target.uids[0], facts.owner_name, sizeof(facts.owner_name));
	facts.other_user_namespace = differ_in_namespace(tid);
	struct stat file;
	facts.not_dumpable =
		stat(proc_path(tid, "mem").text, &file) == 0 && file.st_uid != facts.target.uids[1];
	return attach_explain(&facts, errnum);
}
