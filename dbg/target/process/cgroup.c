/* Finding a process's cgroups: see cgroup.h. */
#include "dbg/target/process/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"

static const char mount_point[] = "/sys/fs/cgroup";

uint64_t cgroup_read_number(const char *folder, const char *name)
{
	char path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	size_t size;
	uint64_t value;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
		proc_read_file(path, &text, &size) != 0 || *text == '-' ||
		sscanf(text, "%" SCNu64, &value) != 1)
		return UINT64_MAX;
	return value;
}

/* The cgroup at `path` below `root` and all above it. */
static struct error *visit_upwards(const char *root, const char *path, cgroup_visitor *visit,
	enum cgroup_version version, void *context)
{
	char folder[PATH_MAX];
	size_t top = strlen(root);
	if (strstr(path, "..") ||
		snprintf(folder, sizeof(folder), "%s%s", root, path) >= (int)sizeof(folder))
		return NULL;
	for (;;) {
		struct error *err = visit(context, folder, version);
		char *slash = strrchr(folder + top, '/');
		if (err || !slash)
			return err;
		*slash = 0;
	}
}

/* Whether the list "cpu,cpuacct", which ends at ':', has `controller`. */
static bool lists(const char *list, const char *controller)
{
	size_t length = strlen(controller);
	for (;;) {
		size_t part = strcspn(list, ",:");
		if (part == length && strncmp(list, controller, length) == 0)
			return true;
		if (list[part] != ',')
			return false;
		list += part + 1;
	}
}

struct error *cgroups_visit(pid_t pid, const char *controller, cgroup_visitor *visit, void *context)
{
	char path[64], root[128];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	snprintf(root, sizeof(root), "%s/%s", mount_point, controller);
	if (proc_read_file(path, &text, &size) != 0)
		return NULL;
	char *rest = text;
	struct error *err = NULL;
	for (char *line; !err && (line = strsep(&rest, "\n"));) {
		/* "4:memory:/path" of version 1, "0::/path" of version 2 */
		char *list = strchr(line, ':'), *location = list ? strchr(list + 1, ':') : NULL;
		if (!location)
			continue;
		if (strncmp(line, "0::", 3) == 0)
			err = visit_upwards(mount_point, location + 1, visit, CGROUP_V2, context);
		else if (lists(list + 1, controller))
			err = visit_upwards(root, location + 1, visit, CGROUP_V1, context);
	}
	return err;
}

static struct error *look_for_quota(void *context, const char *folder, enum cgroup_version version)
{
	bool *limited = context;
	const char *name = version == CGROUP_V1 ? "cpu.cfs_quota_us" : "cpu.max";
	*limited |= cgroup_read_number(folder, name) != UINT64_MAX;
	return NULL;
}

bool cgroup_limits_own_cpu(void)
{
	bool limited = false;
	error_destroy(cgroups_visit(getpid(), "cpu", look_for_quota, &limited));
	return limited;
}
