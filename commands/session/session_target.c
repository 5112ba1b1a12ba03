/* Opening, resuming, stopping and closing the session's target: see session_target.h. */
#include "commands/session/session_target.h"

#include <stdarg.h>
#include <stdio.h>

#include "commands/session/ctrl_c.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"
#include "dbg/go/go_program.h"
#include "dbg/go/program/runtimes.h"
#include "dbg/go/stacks/function.h"
#include "dbg/go/stacks/stack.h"
#include "dbg/target/exe_contents.h"
#include "dwarf/elf/elf_image.h"
#include "dwarf/pclntab/find_pclntab.h"

static void warn(void *context, const char *message)
{
	session_warn(context, "%s", message);
}

static void progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	session_progress(context, what, done, total);
}

void session_update_suspend(const struct session *session)
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

/* Formats the Go build ID, else the GNU build ID; "" when the file has neither. */
static void build_id(const struct elf_image *image, char *ret, size_t size)
{
	char gnu[41];
	const char *go = elf_image_go_build_id(image);
	hex(elf_image_build_id(image), gnu);
	snprintf(ret, size, "%s", go && *go ? go : gnu);
}

/* A program packed with UPX has no build ID of its own, and what runs is only in memory. */
static struct error *check_unpacked(struct target *target, struct elf_image *given)
{
	bool same;
	struct error *err = exe_contents_match(target, given, &same);
	if (err || same)
		return err;
	return error_create(ERROR_USAGE,
		"%s is not what process %d unpacked into its memory: give the result of upx -d on "
		"the same program (a position-independent one cannot be verified)",
		elf_image_path(given), (int)target->pid);
}

/* Rejects a file whose build ID differs from that of the running executable, if both are
 * readable. */
static struct error *check_same_build(struct target *target, const char *exe)
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
	if (is_upx_packed(running))
		return check_unpacked(target, given);
	build_id(given, given_id, sizeof(given_id));
	build_id(running, running_id, sizeof(running_id));
	if (strcmp(given_id, running_id) == 0)
		return NULL;
	return error_create(ERROR_USAGE,
		"%s is not the executable of process %d: its build ID is %s instead of %s; "
		"omit --exe to use the running one",
		exe, (int)target->pid, given_id, running_id);
}

/* --exe: reads this file instead of the one that the target names. */
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

static struct error *open_program(
	struct session *session, struct target *target, const char *runtime, struct program **ret)
{
	struct program_options options = {
		.debug_file = session->debug_file,
		.runtime = runtime,
		.before = session->program,
		.warn = warn,
		.warn_context = session,
		.progress = progress,
		.progress_context = session,
	};
	struct error *err = program_open(target, &options, ret);
	if (err)
		return err;
	err = program_set_unwinder(*ret, session->settings.unwinder);
	if (err) {
		session_warn(session, "%s", err->message);
		error_destroy(err);
		session->settings.unwinder = UNWINDER_PCLNTAB;
	}
	target_stop_at(target, program_breakpoint(*ret));
	return NULL;
}

struct error *session_switch_runtime(struct session *session, const char *runtime)
{
	struct program *program;
	size_t now, wanted;
	struct error *err = target_check(session->target);
	if (!err)
		err = program_find_runtime(session->program, runtime, &now, &wanted);
	if (err || now == wanted)
		return err;
	err = session_check_replaceable(session);
	if (!err)
		err = open_program(session, session->target, runtime, &program);
	if (err)
		return err;
	session_close_observers(session);
	program_close(session->program);
	session->program = program;
	session->selection = (struct selection){0};
	return NULL;
}

struct error *session_open(struct session *session, struct target *target)
{
	target->cancel = &session->cancel;
	struct program *program = NULL;
	struct error *err = session->exe ? use_exe(target, session->exe) : NULL;
	if (!err)
		err = open_program(session, target, session->settings.runtime, &program);
	if (err) {
		target_destroy(target);
		return err;
	}
	session->target = target;
	session->program = program;
	session->selection = (struct selection){0};
	session->stop_reported = true;
	session_set_stop_reason(session, "%s", target->notice ? "no snapshot" : "");
	session_update_suspend(session);
	session_show_notice(session);
	return NULL;
}

void session_close_target(struct session *session)
{
	session_close_observers(session);
	if (session->program)
		program_close(session->program);
	/* target_destroy() detaches too, but only target_detach() notes what it could not undo. */
	if (session->target && session->target->ops->detach &&
		session->target->state != TARGET_GONE)
		error_destroy(target_detach(session->target));
	session_show_notice(session);
	target_destroy(session->target);
	session->program = NULL;
	session->target = NULL;
	session->selection = (struct selection){0};
	session->continue_requested = false;
	session_update_suspend(session);
}

void session_set_stop_reason(struct session *session, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(session->stop_reason, sizeof(session->stop_reason), format, args);
	va_end(args);
}

void session_refresh(struct session *session)
{
	program_refresh(session->program);
	session->selection.ran = true;
}

bool session_can_read_target(const struct session *session)
{
	return session->target && session->target->state != TARGET_RUNNING;
}

struct error *session_stop(struct session *session)
{
	/* The Ctrl-C that asks for the stop must not cancel it; a script still has to see it. */
	bool cancelled = atomic_exchange(&session->cancel, false);
	/* A snapshot would remove the traps, and the process would run without its breakpoints. */
	if (session->target->trap_count)
		session->target->pause = PAUSE_STOP;
	struct error *err = target_interrupt(session->target);
	if (cancelled)
		session->cancel = true;
	session_handle_events(session);
	if (!err && session->program)
		session_refresh(session);
	return err;
}

struct error *session_resume(struct session *session)
{
	session->stop_reported = false;
	session->resumes++;
	struct error *err = target_continue(session->target);
	if (err)
		session->stop_reported = true;
	return err;
}

struct error *session_target_lost(pid_t pid)
{
	return error_create(ERROR_GONE,
		"process %d is no longer available: it has exited or was detached", (int)pid);
}

void session_report_snapshot(struct session *session)
{
	const struct target *target = session->target;
	session_show_notice(session);
	if (!target || !target->is_snapshot)
		return;
	session_tell(session,
		"snapshot of process %d: it was stopped for %.1f ms and is running again",
		(int)target->pid, (double)target->stall_ns / 1e6);
}
