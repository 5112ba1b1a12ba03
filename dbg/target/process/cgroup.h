/*
 * The cgroups that a process is in, version 1 and 2, and their limits.
 */
#ifndef GCTXDBG_TARGET_PROCESS_CGROUP_H
#define GCTXDBG_TARGET_PROCESS_CGROUP_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum cgroup_version { CGROUP_V1, CGROUP_V2 };

/* Called with the directory of one cgroup; an error ends the visit. */
typedef struct error *cgroup_visitor(
	void *context, const char *folder, enum cgroup_version version);

/*
 * Visits the cgroup of `controller` ("memory") that process `pid` is in and all of its ancestors,
 * if they are mounted at /sys/fs/cgroup. Returns what the visitor returned. Files that cannot be
 * read are skipped.
 */
struct error *cgroups_visit(
	pid_t pid, const char *controller, cgroup_visitor *visit, void *context);

/* The number in a cgroup's file; UINT64_MAX for "max", for a negative number and if the file is
 * missing. */
uint64_t cgroup_read_number(const char *folder, const char *name);

/* Whether the debugger's own CPU time is limited, so that busy waiting would slow down its real
 * work. */
bool cgroup_limits_own_cpu(void);

#endif
