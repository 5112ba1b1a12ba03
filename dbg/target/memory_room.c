/* Room for a copy-on-write image: the machine's memory and the limits of cgroups, of both versions.
 */
#include "dbg/target/memory_room.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/fd.h"
#include "dbg/target/proc_files.h"

static const char first_to_go[] = "1000";

/* The number in a file of one; UINT64_MAX for "max" and where there is none. */
static uint64_t read_number(const char *folder, const char *name)
{
	char path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	size_t size;
	uint64_t value;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
		proc_read_file(path, &text, &size) != 0 || sscanf(text, "%" SCNu64, &value) != 1)
		return UINT64_MAX;
	return value;
}

/* The number behind `key` at the start of a line of a file; 0 when there is none. */
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

/* What the process has of its own, and what mapping it takes. */
static void read_size(pid_t pid, uint64_t *ret_own, uint64_t *ret_tables)
{
	char folder[64];
	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	*ret_own = read_keyed(folder, "status", "RssAnon:") * 1024;
	*ret_tables = read_keyed(folder, "status", "VmPTE:") * 1024;
}

static struct error *too_little(pid_t pid, const char *where, uint64_t free, uint64_t needed)
{
	return error_create(ERROR_OTHER,
		"%s has %" PRIu64
		" MiB left, which may not be enough for a copy of process %d while it "
		"writes to its memory (%" PRIu64 " MiB wanted)",
		where, free >> 20, pid, needed >> 20);
}

/* The names of what the two versions keep in a cgroup's folder. */
struct version {
	const char *limit, *usage, *stat_inactive, *stat_active;
};

static const struct version versions[] = {
	{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ",
		"total_active_file "},
	{"memory.max", "memory.current", "inactive_file ", "active_file "},
};

/* One cgroup. Cached files are given up before anybody is killed. */
static struct error *check_folder(
	pid_t pid, const char *folder, const struct version *version, uint64_t own, uint64_t tables)
{
	uint64_t limit = read_number(folder, version->limit);
	uint64_t usage = read_number(folder, version->usage);
	if (limit == UINT64_MAX || usage == UINT64_MAX || limit > INT64_MAX / 2)
		return NULL;
	uint64_t cached = read_keyed(folder, "memory.stat", version->stat_inactive) +
			  read_keyed(folder, "memory.stat", version->stat_active);
	uint64_t used = usage > cached ? usage - cached : 0;
	uint64_t room = limit > used ? limit - used : 0;
	bool together = read_number(folder, "memory.oom.group") == 1;
	uint64_t needed = tables + (together ? own : own / 4);
	return room < needed ? too_little(pid, "its cgroup", room, needed) : NULL;
}

/* The cgroup at `path` below `root` and all above it. */
static struct error *check_upwards(pid_t pid, const char *root, const char *path,
	const struct version *version, uint64_t own, uint64_t tables)
{
	char folder[PATH_MAX];
	size_t top = strlen(root);
	if (strstr(path, "..") ||
		snprintf(folder, sizeof(folder), "%s%s", root, path) >= (int)sizeof(folder))
		return NULL;
	for (;;) {
		struct error *err = check_folder(pid, folder, version, own, tables);
		char *slash = strrchr(folder + top, '/');
		if (err || !slash)
			return err;
		*slash = 0;
	}
}

static struct error *check_cgroups(pid_t pid, uint64_t own, uint64_t tables)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (proc_read_file(path, &text, &size) != 0)
		return NULL;
	char *rest = text;
	struct error *err = NULL;
	for (char *line; !err && (line = strsep(&rest, "\n"));) {
		/* "4:memory:/path" of version 1, "0::/path" of version 2 */
		char *controllers = strchr(line, ':'),
		     *place = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!place)
			continue;
		if (strncmp(controllers, ":memory:", 8) == 0)
			err = check_upwards(
				pid, "/sys/fs/cgroup/memory", place + 1, &versions[0], own, tables);
		else if (strncmp(line, "0::", 3) == 0)
			err = check_upwards(
				pid, "/sys/fs/cgroup", place + 1, &versions[1], own, tables);
	}
	return err;
}

struct error *memory_room_check(pid_t pid)
{
	uint64_t own, tables;
	read_size(pid, &own, &tables);
	uint64_t room = read_keyed("/proc", "meminfo", "MemAvailable:") * 1024;
	if (room && room < tables + own / 4)
		return too_little(pid, "the machine", room, tables + own / 4);
	return check_cgroups(pid, own, tables);
}

void memory_room_offer(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, first_to_go, strlen(first_to_go)) < 0)
		return; /* then it is killed in its turn */
}
