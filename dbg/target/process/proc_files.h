/*
 * Readers for the files in /proc that describe a process: status, task, comm, maps, auxv.
 *
 * A pid may be given wherever a tid is: the kernel answers /proc/TID for every thread. Functions
 * that return an int return 0 or an errno value, because "gone meanwhile" is an everyday answer
 * here and no error message.
 */
#ifndef GCTXDBG_TARGET_PROCESS_PROC_FILES_H
#define GCTXDBG_TARGET_PROCESS_PROC_FILES_H

#include <stdint.h>
#include <sys/types.h>

#include "dbg/target/target.h"

/* What /proc/TID/status says, as far as it matters to a tracer. */
struct process_status {
	char state;    /* R, S, D, T, t, Z, X … */
	pid_t tgid;    /* the process it belongs to */
	pid_t tracer;  /* tid of the tracing thread; 0: none, or one outside our pid namespace */
	uid_t uids[3]; /* real, effective, saved */
	gid_t gids[3];
	uint64_t permitted, effective; /* capability sets */
	int seccomp;		       /* 0 none, 1 strict, 2 filter */
	size_t threads;		       /* of its process, a main thread that has exited included */
};

/* Reads a whole file of at most 256 MiB; `*ret` is malloc'ed and has a NUL after `*ret_size` bytes.
 */
int proc_read_file(const char *path, char **ret, size_t *ret_size);

int proc_read_status(pid_t tid, struct process_status *ret);

/* True when the thread still exists and is not a zombie. */
bool proc_is_alive(pid_t tid);

/* A kernel thread has no program and cannot be traced. */
bool proc_is_kernel_thread(pid_t tid);

/* The thread's name; empty when it is gone. */
void proc_read_comm(pid_t tid, char ret[static 16]);

/* The thread's id in its own, innermost pid namespace; `tid` itself where that is unknown. */
pid_t proc_namespace_tid(pid_t tid);

/* Kernel function the thread waits in; empty when unknown (needs privileges on most kernels). */
void proc_read_wchan(pid_t tid, char *ret, size_t size);

/* Opens its memory, with O_RDONLY or O_RDWR; -1 and errno when that is refused. */
int proc_open_memory(pid_t tid, int flags);

/*
 * Whether the program is still there whose memory `fd` has been opened: that of one that has exited
 * or executed another is at its end. `address` can be read in it. True also where that cannot be
 * told: fd -1 or address 0.
 */
bool proc_memory_lives(int fd, uint64_t address);

/* The threads of `pid`; `*ret` is malloc'ed. ENOENT or ESRCH: no such process. */
int proc_list_threads(pid_t pid, pid_t **ret, size_t *ret_count);

/*
 * The memory map, sorted by address as the kernel prints it. Paths are as the kernel writes them
 * (seen from the target's root directory; " (deleted)" is kept, so that nobody opens another file
 * of that name), with newlines decoded. Free with mappings_free().
 */
struct error *proc_read_maps(pid_t tid, struct mapping **ret, size_t *ret_count);

/* Parses the text of a maps file; lines that make no sense are an error. For proc_read_maps() and
 * tests. */
struct error *parse_maps(char *text, struct mapping **ret, size_t *ret_count);

void mappings_free(struct mapping *mappings, size_t count);

/* The auxiliary vector's value of `type` (AT_ENTRY, …) in `auxv`; 0 when it has none. */
uint64_t auxv_value(const char *auxv, size_t size, uint64_t type);

#endif
