/*
 * Is there room for a copy-on-write image of a process? The image costs its page tables at once,
 * and each page that the process writes while the image lives is kept twice, at worst all of them;
 * where there is no room the kernel kills somebody.
 */
#ifndef GCTXDBG_TARGET_SNAPSHOTS_MEMORY_ROOM_H
#define GCTXDBG_TARGET_SNAPSHOTS_MEMORY_ROOM_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

/*
 * ERROR_OTHER says what is short: the machine, or a cgroup that the process is in, or one above
 * that. A quarter of the process's own memory must be free, or all of it where running out kills a
 * whole cgroup (memory.oom.group): elsewhere the image goes first, see memory_room_offer(). What
 * cannot be found out is no obstacle.
 */
struct error *memory_room_check(pid_t pid);

/* Makes process `pid` the first that the kernel kills when memory runs out. */
void memory_room_offer(pid_t pid);

#endif
