/* Interpreting a goroutine's fields: its state, its wait and its creator. */
#include "dbg/go/goroutines/goroutine.h"

#include <stdio.h>

#include "dbg/go/program/strings.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

bool goroutine_is_waiting(const struct program *program, const struct goroutine *goroutine)
{
	return goroutine->status == program->layout.status.waiting ||
	       goroutine->status == program->layout.status.leaked;
}

bool goroutine_is_running(const struct program *program, const struct goroutine *goroutine)
{
	return goroutine->status == program->layout.status.running;
}

bool goroutine_in_syscall(const struct program *program, const struct goroutine *goroutine)
{
	return goroutine->status == program->layout.status.syscall;
}

const char *goroutine_status(struct program *program, const struct goroutine *goroutine)
{
	size_t index = goroutine->status;
	if (index < program->status_name_count && program->status_names[index] &&
		program->status_names[index][0])
		return program->status_names[index];
	return "???"; /* as the runtime prints it */
}

/*
 * Reasons of waits in a synctest bubble, and as goroutineheader prints them: those in
 * isIdleInSynctest (runtime/runtime2.go) whose text does not say "(durable)" yet. Releases before
 * 1.25 do not print that.
 */
static const char *const idle[][2] = {
	{"chan receive (nil chan)", "chan receive (nil chan) (durable)"},
	{"chan send (nil chan)", "chan send (nil chan) (durable)"},
	{"select (no cases)", "select (no cases) (durable)"},
	{"sleep", "sleep (durable)"},
	{"sync.Cond.Wait", "sync.Cond.Wait (durable)"},
	{"coroutine", "coroutine (durable)"},
	{"synctest.Run", "synctest.Run (durable)"},
	{"synctest.Wait", "synctest.Wait (durable)"},
};

static const char *durable_reason(const struct program *program, const char *reason)
{
	for (size_t i = 0; field_present(program->layout.bubble.id) && i < array_length(idle);
		i++) {
		if (strcmp(reason, idle[i][0]) == 0)
			return idle[i][1];
	}
	return reason;
}

const char *goroutine_wait_reason(struct program *program, const struct goroutine *goroutine)
{
	if (!goroutine_is_waiting(program, goroutine) || goroutine->wait_reason == 0)
		return NULL;
	if (goroutine->wait_reason >= program->wait_reason_count ||
		!program->wait_reasons[goroutine->wait_reason])
		return "unknown wait reason";
	const char *reason = program->wait_reasons[goroutine->wait_reason];
	return goroutine->bubble ? durable_reason(program, reason) : reason;
}

static size_t add_texts(
	char *const *texts, size_t count, bool bubbles, const char **list, size_t used)
{
	for (size_t i = 0; i < count; i++) {
		if (texts[i] && texts[i][0])
			list[used++] = texts[i];
	}
	for (size_t i = 0; bubbles && i < array_length(idle); i++)
		list[used++] = idle[i][1];
	return used;
}

struct error *goroutine_state_texts(
	struct program *program, bool statuses, bool reasons, const char ***ret)
{
	size_t status_count = statuses ? program->status_name_count : 0, used = 0;
	size_t reason_count = reasons ? program->wait_reason_count : 0;
	*ret = NULL;
	if ((statuses && !status_count) || (reasons && !reason_count))
		return NULL;
	const char **list =
		calloc(status_count + reason_count + array_length(idle) + 2, sizeof(*list));
	if (!list)
		return error_no_memory();
	if (statuses)
		used = add_texts(program->status_names, status_count, false, list, used);
	if (reasons)
		used = add_texts(program->wait_reasons, reason_count,
			field_present(program->layout.bubble.id), list, used);
	*ret = list;
	return NULL;
}

const char *goroutine_state(struct program *program, const struct goroutine *goroutine)
{
	const char *reason = goroutine_wait_reason(program, goroutine);
	if (reason && goroutine->status == program->layout.status.leaked) {
		char text[128];
		snprintf(text, sizeof(text), "%s (leaked)", reason);
		const char *interned = string_pool_intern(program->strings, text);
		return interned ? interned : reason;
	}
	return reason ? reason : goroutine_status(program, goroutine);
}

int64_t goroutine_wait_ns(struct program *program, const struct goroutine *goroutine)
{
	bool waits = goroutine_is_waiting(program, goroutine) ||
		     goroutine_in_syscall(program, goroutine);
	if (goroutine->wait_since <= 0 || !waits)
		return -1;
	int64_t now = program_now_ns(program);
	return now > goroutine->wait_since ? now - goroutine->wait_since : 0;
}

struct error *goroutine_thread(
	struct program *program, const struct goroutine *goroutine, const struct thread **ret)
{
	const struct thread *threads;
	size_t count;
	*ret = NULL;
	if (!goroutine->tid)
		return NULL;
	struct error *err = target_threads(program->target, &threads, &count);
	for (size_t i = 0; !err && !*ret && i < count; i++) {
		if (threads[i].tid == goroutine->tid)
			*ret = &threads[i];
	}
	return err;
}

bool goroutine_creator(
	struct program *program, const struct goroutine *goroutine, struct code_location *ret)
{
	if (goroutine->goid == 1 || !goroutine->go_pc)
		return false;
	/* runtime/traceback.go printcreatedby1: the physical function, at the CALL instruction. */
	const struct unwind_info *info = unwind_info_at(program, goroutine->go_pc, false);
	if (!info || !info->line_count)
		return false;
	const struct unwind_line *line = &info->lines[0];
	const struct unwind_line *physical = &info->lines[info->line_count - 1];
	*ret = (struct code_location){physical->function, line->file, line->line, goroutine->go_pc};
	return true;
}
