/*
 * Whether there is enough memory for a copy-on-write image of a process. The image costs its page
 * tables immediately, and one page for each page that the process writes while the image exists, in
 * the worst case all of them. Without enough memory the kernel's OOM killer runs.
 */
#ifndef GCTXDBG_TARGET_SNAPSHOTS_MEMORY_ROOM_H
#define GCTXDBG_TARGET_SNAPSHOTS_MEMORY_ROOM_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

/*
 * ERROR_OTHER says what lacks memory: the machine, or one of the process's cgroups. A quarter of
 * the process's anonymous memory must be free; all of it if the OOM killer kills the whole cgroup
 * (memory.oom.group), since otherwise the image is killed first, see memory_room_offer(). Limits
 * that cannot be read are ignored.
 */
struct error *memory_room_check(pid_t pid);

/* Makes process `pid` the OOM killer's first choice. */
void memory_room_offer(pid_t pid);

#endif
