/* Comparing a process's size with the machine's free memory and the limits of its cgroups. */
#include "dbg/target/snapshots/memory_room.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/process/cgroup.h"
#include "dwarf/base/fd.h"
#include "dwarf/base/proc_path.h"
#include "dbg/target/process/proc_files.h"

static const char max_oom_score[] = "1000";

/* The number after `key` at the start of a line of a file; 0 if there is none. */
static uint64_t read_keyed(const char *folder, const char *name, const char *key)
{
	char path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	size_t size, length = strlen(key);
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
		proc_read_file(path, &text, &size) != 0)
		return 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0)
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

/* The size of the process's anonymous memory and of its page tables. */
static void read_size(pid_t pid, uint64_t *ret_own, uint64_t *ret_tables)
{
	struct proc_path folder = proc_path(pid, "");
	*ret_own = read_keyed(folder.text, "status", "RssAnon:") * 1024;
	*ret_tables = read_keyed(folder.text, "status", "VmPTE:") * 1024;
}

static struct error *too_little_memory(pid_t pid, const char *where, uint64_t free, uint64_t needed)
{
	return error_create(ERROR_OTHER,
		"%s has %" PRIu64
		" MiB of free memory, which may not be enough for a frozen copy of process %d "
		"while the process writes to its memory (up to %" PRIu64 " MiB needed)",
		where, free >> 20, pid, needed >> 20);
}

/* The names of files and keys in the two cgroup versions. */
struct version {
	const char *limit, *usage, *stat_inactive, *stat_active;
};

static const struct version versions[] = {
	[CGROUP_V1] = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ",
		"total_active_file "},
	[CGROUP_V2] = {"memory.max", "memory.current", "inactive_file ", "active_file "},
};

struct wanted {
	pid_t pid;
	uint64_t own, tables;
};

/*
 * Checks one cgroup. Cached files count as free: the kernel drops them before it kills a process.
 */
static struct error *check_folder(void *context, const char *folder, enum cgroup_version number)
{
	const struct wanted *wanted = context;
	const struct version *version = &versions[number];
	uint64_t limit = cgroup_read_number(folder, version->limit);
	uint64_t usage = cgroup_read_number(folder, version->usage);
	if (limit == UINT64_MAX || usage == UINT64_MAX || limit > INT64_MAX / 2)
		return NULL;
	uint64_t cached = read_keyed(folder, "memory.stat", version->stat_inactive) +
			  read_keyed(folder, "memory.stat", version->stat_active);
	uint64_t used = usage > cached ? usage - cached : 0;
	uint64_t room = limit > used ? limit - used : 0;
	bool together = cgroup_read_number(folder, "memory.oom.group") == 1;
	uint64_t needed = wanted->tables + (together ? wanted->own : wanted->own / 4);
	return room < needed ? too_little_memory(wanted->pid, "its cgroup", room, needed) : NULL;
}

struct error *memory_room_check(pid_t pid)
{
	struct wanted wanted = {.pid = pid};
	read_size(pid, &wanted.own, &wanted.tables);
	uint64_t room = read_keyed("/proc", "meminfo", "MemAvailable:") * 1024;
	uint64_t needed = wanted.tables + wanted.own / 4;
	if (room && room < needed)
		return too_little_memory(pid, "the machine", room, needed);
	return cgroups_visit(pid, "memory", check_folder, &wanted);
}

void memory_room_offer(pid_t pid)
{
	_cleanup_fd_ int fd = open(proc_path(pid, "oom_score_adj").text, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, max_oom_score, strlen(max_oom_score)) < 0)
		return; /* not fatal: it is then killed according to its size */
}
