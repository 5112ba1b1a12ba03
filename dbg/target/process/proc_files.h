/*
 * Readers for the files in /proc that describe a process.
 *
 * This folder answers questions about a process from the outside, without tracing it: its files in
 * /proc (here), whether and why it cannot be traced (attach_check.h), its seccomp filters
 * (seccomp_check.h), its cgroups (cgroup.h).
 *
 * A pid may be given wherever a tid is expected: the kernel answers /proc/TID for every thread.
 * Functions that return an int return 0 or an errno value: that a process has just exited is a
 * normal answer here and needs no message.
 */
#ifndef GCTXDBG_TARGET_PROCESS_PROC_FILES_H
#define GCTXDBG_TARGET_PROCESS_PROC_FILES_H

#include <stdint.h>
#include <sys/types.h>

#include "dbg/target/target.h"

/* The parts of /proc/TID/status that matter to a tracer. */
struct process_status {
	char state;    /* R, S, D, T, t, Z, X … */
	pid_t tgid;    /* the process it belongs to */
	pid_t tracer;  /* tid of the tracing thread; 0: none, or one outside our pid namespace */
	uid_t uids[3]; /* real, effective, saved */
	gid_t gids[3];
	uint64_t permitted, effective; /* capability sets */
	int seccomp;		       /* 0 none, 1 strict, 2 filter */
	size_t threads;		       /* of its process, including an exited main thread */
};

/* The parts of /proc/TID/stat that we use; numbered as in proc(5). */
struct process_stat {
	pid_t parent;	 /* field 4 */
	unsigned flags;	 /* 9: PF_… of the kernel */
	uint64_t start;	 /* 22: in clock ticks since boot */
	int exit_signal; /* 38 */
	int processor;	 /* 39: the CPU that it ran on last */
};

/*
 * Reads a whole file of at most 256 MiB; `*ret` is malloc'ed and has a NUL after `*ret_size` bytes.
 */
int proc_read_file(const char *path, char **ret, size_t *ret_size);

int proc_read_status(pid_t tid, struct process_status *ret);
int proc_read_stat(pid_t tid, struct process_stat *ret);

/* True if the thread exists and is not a zombie. */
bool proc_is_alive(pid_t tid);

/* A kernel thread has no program and cannot be traced. */
bool proc_is_kernel_thread(pid_t tid);

/* The thread's name; empty if it has exited. */
void proc_read_comm(pid_t tid, char ret[static 16]);

/* The thread's id in its own, innermost pid namespace; `tid` itself if that is unknown. */
pid_t proc_namespace_tid(pid_t tid);

/* The identity of one of its namespaces ("ns/pid"), to be compared; false if it cannot be read. */
bool proc_read_namespace(pid_t tid, const char *name, char ret[static 64]);

/*
 * The kernel function that the thread waits in; empty if unknown (most kernels require privileges).
 */
void proc_read_wchan(pid_t tid, char *ret, size_t size);

/* Opens its memory with O_RDONLY or O_RDWR; -1 and errno if that is refused. */
int proc_open_memory(pid_t tid, int flags);

/*
 * Whether the program whose memory `fd` refers to still runs: reading at `address` fails once it
 * has exited or executed another program. `address` must have been readable. Also true if it cannot
 * be decided: fd -1 or address 0.
 */
bool proc_memory_lives(int fd, uint64_t address);

/* The threads of `pid`; `*ret` is malloc'ed. ENOENT or ESRCH: no such process. */
int proc_list_threads(pid_t pid, pid_t **ret, size_t *ret_count);

/*
 * The memory map, sorted by address as the kernel prints it. Paths are as the kernel writes them
 * (relative to the target's root directory; " (deleted)" is kept, so that no other file of that
 * name is opened), with newlines decoded. Free with mappings_free().
 */
struct error *proc_read_maps(pid_t tid, struct mapping **ret, size_t *ret_count);

/* Parses the text of a maps file, which it modifies; a malformed line is an error. For
 * proc_read_maps() and tests. */
struct error *parse_maps(char *text, struct mapping **ret, size_t *ret_count);

void mappings_free(struct mapping *mappings, size_t count);

/* The value of `type` (AT_ENTRY, …) in the auxiliary vector `auxv`; 0 if it has none. */
uint64_t auxv_value(const char *auxv, size_t size, uint64_t type);

#endif
