/* Finding a process's cgroups and reading their files. */
#include "dbg/target/process/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"
#include "dwarf/base/proc_path.h"

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

/* Visits the cgroup at `path` below `root` and its ancestors. */
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

/* Whether a list such as "cpu,cpuacct", which ends at ':', contains `controller`. */
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
	char root[128];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(root, sizeof(root), "%s/%s", mount_point, controller);
	if (proc_read_file(proc_path(pid, "cgroup").text, &text, &size) != 0)
		return NULL;
	char *rest = text;
	struct error *err = NULL;
	for (char *line; !err && (line = strsep(&rest, "\n"));) {
		/* Version 1: "4:memory:/path". Version 2: "0::/path". */
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
		if (!path)
			continue;
		if (strncmp(line, "0::", 3) == 0)
			err = visit_upwards(mount_point, path + 1, visit, CGROUP_V2, context);
		else if (lists(list + 1, controller))
			err = visit_upwards(root, path + 1, visit, CGROUP_V1, context);
	}
	return err;
}

static struct error *find_quota(void *context, const char *folder, enum cgroup_version version)
{
	bool *limited = context;
	const char *name = version == CGROUP_V1 ? "cpu.cfs_quota_us" : "cpu.max";
	*limited |= cgroup_read_number(folder, name) != UINT64_MAX;
	return NULL;
}

bool cgroup_limits_own_cpu(void)
{
	bool limited = false;
	error_destroy(cgroups_visit(getpid(), "cpu", find_quota, &limited));
	return limited;
}
