/*
 * The cgroups that a process is in, of both versions, and what limits they set.
 */
#ifndef GCTXDBG_TARGET_PROCESS_CGROUP_H
#define GCTXDBG_TARGET_PROCESS_CGROUP_H

#include <sys/types.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum cgroup_version { CGROUP_V1, CGROUP_V2 };

/* Judges one cgroup by its folder; an error ends the visit. */
typedef struct error *cgroup_visitor(
	void *context, const char *folder, enum cgroup_version version);

/*
 * Visits the cgroup of `controller` ("memory") that process `pid` is in and all above it, as far as
 * they are mounted where they usually are. Returns what the visitor returned. What cannot be read
 * is passed over.
 */
struct error *cgroups_visit(
	pid_t pid, const char *controller, cgroup_visitor *visit, void *context);

/* The number in a file of one; UINT64_MAX for "max", for negative ones and where there is none. */
uint64_t cgroup_read_number(const char *folder, const char *name);

/* Whether we may only use so much CPU time, so that what we waste is missing elsewhere. */
bool cgroup_limits_own_cpu(void);

#endif
