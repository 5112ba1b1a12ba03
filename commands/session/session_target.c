/* The shell's target: opening it, what happens to it meanwhile, leaving it. */
#include "commands/render/json.h"
#include "commands/session/session.h"
#include "commands/goroutines/goroutine_diff.h"

#include <signal.h>
#include <stdio.h>

#include "commands/breakpoints/break_session.h"
#include "commands/session/interrupt.h"
#include "commands/running/run.h"
#include "commands/running/snapshot.h"
#include "dbg/go/go_program.h"
#include "dbg/go/stacks/stack.h"
#include "dwarf/elf/elf_image.h"

static void warn(void *context, const char *message)
{
	session_warn(context, "%s", message);
}

static void progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	session_progress(context, what, done, total);
}

/* A live process that stands still must not be left so by Ctrl-Z. */
static void update_suspend(const struct session *session)
{
	interrupt_ignore_suspend(session->target && session->target->ops->cont &&
				 !session->target->is_snapshot &&
				 session->target->state == TARGET_STOPPED);
}

static void hex(struct bytes id, char ret[static 41])
{
	ret[0] = 0;
	for (size_t i = 0; i < id.size && i < 20; i++)
		sprintf(ret + 2 * i, "%02x", id.data[i]);
}

/* The Go build id, else GNU's, as text; empty when the file has none. */
static void build_id(const struct elf_image *image, char *ret, size_t size)
{
	char gnu[41];
	const char *go = elf_image_go_build_id(image);
	hex(elf_image_build_id(image), gnu);
	snprintf(ret, size, "%s", go && *go ? go : gnu);
}

/* Refuses a file that was built differently from what the target runs, as far as both can be read.
 */
static struct error *check_same_build(const struct target *target, const char *exe)
{
	_cleanup_(elf_image_cleanup) struct elf_image *given = NULL, *running = NULL;
	char given_id[128], running_id[128];
	struct error *err = elf_image_open(exe, &given);
	if (err)
		return err;
	err = target->exe_path ? elf_image_open(target->exe_path, &running) : NULL;
	if (err || !running) {
		error_destroy(err);
		return NULL;
	}
	build_id(given, given_id, sizeof(given_id));
	build_id(running, running_id, sizeof(running_id));
	if (strcmp(given_id, running_id) == 0)
		return NULL;
	return error_create(ERROR_USAGE,
		"%s is not what process %d runs: its build id is %s instead of %s; leave --exe out "
		"to use the "
		"running one",
		exe, (int)target->pid, given_id, running_id);
}

/* --exe: the file to read instead of the one that the target names. */
static struct error *use_exe(struct target *target, const char *exe)
{
	struct error *err = target->ops->cont ? check_same_build(target, exe) : NULL;
	if (err)
		return err;
	char *copy = strdup(exe);
	if (!copy)
		return error_no_memory();
	free(target->exe_path);
	target->exe_path = copy;
	return NULL;
}

void session_show_notice(struct session *session)
{
	struct target *target = session->target;
	if (target && target->notice)
		session_warn(session, "%s", target->notice);
	if (target)
		free(take_pointer(target->notice));
}

struct error *session_open(struct session *session, struct target *target)
{
	target->cancel = &session->cancel;
	struct program_options options = {
		.debug_file = session->debug_file,
		.warn = warn,
		.warn_context = session,
		.progress = progress,
		.progress_context = session,
	};
	struct program *program = NULL;
	struct error *err = session->exe ? use_exe(target, session->exe) : NULL;
	if (!err)
		err = program_open(target, &options, &program);
	if (err) {
		target_destroy(target);
		return err;
	}
	err = program_set_unwinder(program, session->settings.unwinder);
	if (err) {
		session_warn(session, "%s", err->message);
		error_destroy(err);
		session->settings.unwinder = UNWINDER_PCLNTAB;
	}
	session->target = target;
	session->program = program;
	session->selection = (struct selection){0};
	session->stop_told = true;
	update_suspend(session);
	session_show_notice(session);
	return NULL;
}

void session_close_target(struct session *session)
{
	/* The breakpoints can go once nobody can meet them any more. */
	if (session->breaks && session->target->state == TARGET_RUNNING)
		error_destroy(target_detach(session->target));
	/* A list of commands that failed while nobody waited. */
	if (session->breaks)
		session_settle(session, take_pointer(session->breaks->failed));
	break_session_destroy(take_pointer(session->breaks));
	if (session->program)
		program_close(session->program);
	/* Not only destroyed: what could not be undone is told. */
	if (session->target && session->target->ops->detach &&
		session->target->state != TARGET_GONE)
		error_destroy(target_detach(session->target));
	session_show_notice(session);
	target_destroy(session->target);
	goroutine_diff_destroy(take_pointer(session->diff));
	session->program = NULL;
	session->target = NULL;
	session->selection = (struct selection){0};
	update_suspend(session);
}

/* What --json tells of it besides the hits of breakpoints: a line. */
static void event_json(struct session *session, const struct target_event *event)
{
	static const char *const names[] = {
		[TARGET_EVENT_EXITED] = "exited",
		[TARGET_EVENT_KILLED] = "killed",
		[TARGET_EVENT_EXEC] = "exec",
		[TARGET_EVENT_WATCHDOG] = "watchdog",
		[TARGET_EVENT_SNAPSHOT] = "snapshot",
		[TARGET_EVENT_STOPPED] = "stopped",
		[TARGET_EVENT_LEAVE] = "leave",
	};
	static const char *const values[array_length(names)] = {
		[TARGET_EVENT_EXITED] = "status",
		[TARGET_EVENT_KILLED] = "signal",
		[TARGET_EVENT_STOPPED] = "signal",
		[TARGET_EVENT_LEAVE] = "signal",
	};
	if ((size_t)event->kind >= array_length(names) || !names[event->kind])
		return;
	struct json *json = json_create(&session->out);
	if (!json)
		return;
	json_string(json, "event", names[event->kind]);
	if (values[event->kind])
		json_int(json, values[event->kind], event->value);
	json_finish(json);
	fflush(session->out.stream);
}

/* A command has let the process run for its own purpose, and it is stopped again as it was before.
 */
static bool is_own_stop(const struct session *session, const struct target_event *event)
{
	return session->run && session->run->passing && event->kind == TARGET_EVENT_STOPPED &&
	       !event->value;
}

/* Tells of one event; true when the target is gone with it. */
static bool handle_event(struct session *session, const struct target_event *event)
{
	int pid = (int)session->target->pid;
	switch (event->kind) {
	case TARGET_EVENT_EXITED:
		if (event->value < 0)
			session_tell(session, "process %d has exited", pid);
		else
			session_tell(
				session, "process %d exited with status %d", pid, event->value);
		return true;
	case TARGET_EVENT_KILLED:
		session_tell(session, "process %d was killed by signal %d (%s)", pid, event->value,
			strsignal(event->value));
		return true;
	case TARGET_EVENT_EXEC:
		session_tell(session,
			"process %d runs another program now (exec); it has been left "
			"running: attach again to look at it",
			pid);
		return true;
	case TARGET_EVENT_WATCHDOG:
		/* Told even with -q: answers are missing because of it. */
		session_warn(session,
			"process %d stood still for longer than --max-stop allows; it has "
			"been resumed and left",
			pid);
		return true;
	case TARGET_EVENT_SNAPSHOT:
		snapshot_tell(session);
		program_refresh(session->program);
		session->selection.frame = 0;
		return false;
	case TARGET_EVENT_STOPPED:
		if (event->value)
			session_tell(session, "process %d stopped with signal %d (%s)", pid,
				event->value, strsignal(event->value));
		else if (!is_own_stop(session, event))
			session_tell(session, "process %d is stopped", pid);
		session->stop_told = session->target->state == TARGET_STOPPED;
		program_refresh(session->program);
		session->selection.frame = 0;
		return false;
	case TARGET_EVENT_TRAP:
		session->stop_told = session->target->state == TARGET_STOPPED;
		/* Why, the breakpoints' own events tell. */
		program_refresh(session->program);
		session->selection.frame = 0;
		return false;
	case TARGET_EVENT_LEAVE:
		session->leave_signal = event->value;
		session->quit = true;
		return true;
	}
	return false;
}

void session_handle_events(struct session *session)
{
	struct target_event event;
	break_session_take(session);
	while (session->target && target_next_event(session->target, &event)) {
		/* Hits from before it ended. */
		break_session_take(session);
		if (session->json_events && !is_own_stop(session, &event))
			event_json(session, &event);
		if (handle_event(session, &event))
			session_close_target(session);
	}
	break_session_settle(session);
	update_suspend(session);
}
