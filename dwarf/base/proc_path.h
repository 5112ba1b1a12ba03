/* Paths of files below /proc/PID. */
#ifndef GCTXDBG_DWARF_BASE_PROC_PATH_H
#define GCTXDBG_DWARF_BASE_PROC_PATH_H

#include <sys/types.h>

enum { PROC_PATH_SIZE = 64 };

struct proc_path {
	char text[PROC_PATH_SIZE];
};

/*
 * "/proc/TID/NAME". Also works with the id of a thread, even after the main thread has exited.
 * `name` is a constant such as "maps" or "ns/pid"; "" gives the directory itself.
 */
struct proc_path proc_path(pid_t tid, const char *name);

#endif
