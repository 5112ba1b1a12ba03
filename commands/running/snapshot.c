/* The command `snapshot`, which makes a frozen copy of a live process: see snapshot.h. */
#include "commands/running/snapshot.h"

#include <inttypes.h>

#include "commands/breakpoints/break_session.h"
#include "commands/goroutines/goroutine_diff.h"
#include "commands/render/json.h"
#include "commands/session/message.h"
#include "commands/session/registry.h"
#include "commands/session/session_events.h"
#include "commands/session/session_target.h"
#include "dwarf/base/clock.h"

int64_t snapshot_age_ns(const struct target *target)
{
	return monotonic_now() - target->stop_monotonic_ns;
}

/* True for memory that others may change: not for a file that is only read, such as a database. */
static bool is_shared_with_others(const struct mapping *mapping)
{
	static const char *const memory[] = {
		"/dev/", "/memfd:", "/SYSV", NULL}; /* files without a disk */
	bool file = mapping->path && mapping->path[0] == '/';
	for (size_t i = 0; file && memory[i]; i++)
		file = strncmp(mapping->path, memory[i], strlen(memory[i])) != 0;
	return mapping->shared && (mapping->writable || !file);
}

uint64_t snapshot_shared_size(struct target *target)
{
	const struct mapping *mappings;
	size_t count;
	uint64_t size = 0;
	struct error *err = target_mappings(target, &mappings, &count);
	for (size_t i = 0; !err && i < count; i++)
		size += is_shared_with_others(&mappings[i]) ? mappings[i].end - mappings[i].start
							    : 0;
	error_destroy(err);
	return size;
}

struct error *snapshot_again(struct session *session)
{
	/* The process would hit them while it is not traced. */
	if (break_session_is_armed(session))
		return error_create(ERROR_USAGE,
			"cannot take a snapshot while breakpoints are enabled: use \"disable\" "
			"or \"delete\" first");
	/* Removes the traps of disabled breakpoints; a running process has none. */
	bool running = session->target->state == TARGET_RUNNING;
	struct error *err = running ? NULL : break_session_arm(session);
	if (err)
		return err;
	pid_t pid = session->target->pid;
	err = target_snapshot(session->target);
	session_handle_events(session);
	if (err)
		return err;
	/* SIGTERM, or the end of the process, closes the target. */
	if (!session->program)
		return session_target_lost(pid);
	session_refresh(session);
	session_set_stop_reason(session, "no snapshot"); /* if it is stopped */
	return NULL;
}

static struct error *render_json(struct session *session)
{
	const struct target *target = session->target;
	struct json *json = json_create(&session->out);
	json_int(json, "pid", target->pid);
	json_bool(json, "snapshot", target->is_snapshot);
	json_int(json, "taken_unix_ms", target->stop_realtime_ns / 1000000);
	if (target->is_snapshot)
		json_int(json, "stall_ns", target->stall_ns);
	else
		json_null(json, "stall_ns");
	return json_finish(json);
}

static struct error *run_snapshot(struct session *session, const struct arguments *arguments)
{
	struct sightings *diff = NULL;
	struct error *err = NULL;
	bool seen = session->target->state == TARGET_STOPPED;
	if (seen)
		err = goroutine_diff_take(session, &diff);
	if (err && err->code == ERROR_CANCELLED)
		return err;
	if (err)
		goroutine_diff_warn(session, err);
	err = snapshot_again(session);
	if (err) {
		sightings_destroy(diff);
		return err;
	}
	if (seen)
		goroutine_diff_keep(session, diff);
	if (!argument_given(arguments, "json")) {
		/* If the process was running, the event has reported it. */
		if (seen)
			session_report_snapshot(session);
		return NULL;
	}
	session_show_notice(session);
	return render_json(session);
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command snapshot_command = {
	.name = "snapshot",
	.group = GROUP_RUNNING,
	.usage = "snapshot [--json]",
	.summary = "Takes a frozen copy of the process for the following commands",
	.help = "Stops all threads, lets the kernel make a copy-on-write copy of the "
		"process, and resumes the threads. The process is stopped for about 1 "
		"ms, plus 20 ms for each GB that it uses. The following commands show "
		"the process as of this moment; the selected goroutine and frame are kept. If no "
		"copy can be made (seccomp, limits "
		"on processes or memory), the process is stopped instead, with a warning "
		"that gives the reason. With --pause=fork, the default of attach and "
		"dump, the first snapshot is taken immediately. Memory that the process "
		"shares with others is not frozen; memory marked MADV_DONTFORK is "
		"missing. \"goroutines --since\" compares with the previous snapshot.",
	.example = "snapshot",
	.options = options,
	.needs_target = true,
	.run = run_snapshot,
};
REGISTER_COMMAND(snapshot_command);
