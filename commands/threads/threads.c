/* `threads`, `thread TID` and `regs`: the threads, what each runs, native stacks and registers. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/threads/registers.h"
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"
#include "commands/goroutines/selection.h"
#include "dbg/go/go_program.h"
#include "dbg/go/program/runtimes.h"

/* One thread with what is printed for it. */
struct thread_view {
	const struct thread *thread;
	const struct go_m *m;		   /* NULL: not a thread of the Go runtime */
	const struct goroutine *goroutine; /* the one it runs, or NULL */
	bool other;			   /* it runs code of another Go runtime */
	struct stack stack;
};

struct thread_views {
	struct thread_view *items;
	size_t count;
};

static void thread_views_deinit(struct thread_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		stack_deinit(&views->items[i].stack);
	free(views->items);
}

static struct error *threads_load(struct session *session, struct thread_views *ret)
{
	const struct thread *threads;
	size_t count;
	*ret = (struct thread_views){0};
	struct error *err = target_threads(session->target, &threads, &count);
	if (err)
		return err;
	ret->items = calloc(count ? count : 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0; !err && i < count; i++) {
		struct thread_view *view = &ret->items[ret->count++];
		view->thread = &threads[i];
		view->m = program_m_of_thread(session->program, threads[i].tid);
		if (view->m && view->m->current_g)
			view->goroutine =
				program_goroutine_at(session->program, view->m->current_g);
		err = thread_stack(session->program, &threads[i], &view->stack);
		for (size_t j = 0; !view->m && j < view->stack.count; j++)
			view->other |= program_is_other_runtime(
				session->program, view->stack.frames[j].pc);
	}
	if (err)
		thread_views_deinit(ret);
	return err;
}

/* The state of a thread that does not run a goroutine. */
static const char *occupation(const struct thread_view *view)
{
	if (!view->m)
		return view->other ? "of another Go runtime" : "not a Go thread";
	if (view->m->in_c)
		return "in C";
	if (view->m->spinning)
		return "looking for work";
	if (view->m->blocked || !view->goroutine)
		return "idle";
	return "";
}

/* `regs` is NULL if none are known. Unless `all` is set, only those that the scheduler saves are
 * valid. */
static void registers_json(struct json *json, const struct user_regs_struct *regs, bool all)
{
	json_object(json, "registers");
	for (const struct register_name *name = register_names; regs && name->name; name++) {
		char text[24];
		bool saved = name->offset == offsetof(struct user_regs_struct, rip) ||
			     name->offset == offsetof(struct user_regs_struct, rsp) ||
			     name->offset == offsetof(struct user_regs_struct, rbp);
		if (!all && !saved)
			continue;
		snprintf(text, sizeof(text), "0x%" PRIx64, register_value(regs, name));
		json_string(json, name->name, text);
	}
	json_end(json);
}

static struct error *threads_render_json(
	struct session *session, const struct thread_views *views, bool stacks)
{
	struct json *json = json_create(&session->out);
	json_array(json, "threads");
	for (size_t i = 0; i < views->count; i++) {
		const struct thread_view *view = &views->items[i];
		json_object(json, NULL);
		json_int(json, "tid", view->thread->tid);
		json_string(json, "name", view->thread->name[0] ? view->thread->name : NULL);
		json_address(json, "m", view->m ? view->m->address : 0);
		if (view->m)
			json_int(json, "m_id", view->m->id);
		json_string(json, "state",
			view->goroutine ? goroutine_state(session->program, view->goroutine)
					: occupation(view));
		if (view->goroutine)
			json_uint(json, "goid", view->goroutine->goid);
		else
			json_null(json, "goid");
		registers_json(json, view->thread->regs_valid ? &view->thread->regs : NULL, true);
		if (stacks)
			stack_json(json, &view->stack);
		json_end(json);
	}
	json_end(json);
	return json_finish(json);
}

static struct error *list_text(struct session *session, const struct thread_views *views)
{
	static const char *const headings[] = {
		">TID", "NAME", ">M", ">GOID", "STATE", "PC", "AT", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	for (size_t i = 0; i < views->count; i++) {
		const struct thread_view *view = &views->items[i];
		const struct frame *frame = view->stack.count ? &view->stack.frames[0] : NULL;
		table_cell(table, STYLE_STRONG, "%d", view->thread->tid);
		table_cell(table, STYLE_PLAIN, "%s", view->thread->name);
		if (view->m)
			table_cell(table, STYLE_PLAIN, "%" PRId64, view->m->id);
		else
			table_cell(table, STYLE_PLAIN, "-");
		if (view->goroutine)
			table_cell(table, STYLE_STRONG, "%" PRIu64, view->goroutine->goid);
		else
			table_cell(table, STYLE_PLAIN, "-");
		table_cell(table, STYLE_PLAIN, "%s",
			view->goroutine ? goroutine_state(session->program, view->goroutine)
					: occupation(view));
		table_cell(
			table, STYLE_ADDRESS, "0x%llx", (unsigned long long)view->thread->regs.rip);
		table_cell(table, STYLE_FUNCTION, "%s", frame ? frame->function : "?");
	}
	table_print(table, &session->out);
	return NULL;
}

static void registers_text(struct output *output, const struct user_regs_struct *regs)
{
	int column = 0;
	for (const struct register_name *name = register_names; name->name; name++) {
		output_printf(output, STYLE_DIM, "  %-8s", name->name);
		output_printf(output, STYLE_ADDRESS, " 0x%016" PRIx64, register_value(regs, name));
		if (++column % 3 == 0)
			output_printf(output, STYLE_PLAIN, "\n");
	}
	if (column % 3)
		output_printf(output, STYLE_PLAIN, "\n");
}

static void thread_text(struct session *session, const struct thread_view *view, bool registers)
{
	struct output *output = &session->out;
	output_printf(output, STYLE_STRONG, "thread %d", view->thread->tid);
	if (*view->thread->name) {
		output_printf(output, STYLE_PLAIN, " ");
		output_text(output, STYLE_PLAIN, view->thread->name);
	}
	if (view->goroutine)
		output_printf(output, STYLE_PLAIN, ", goroutine %" PRIu64 " [%s]",
			view->goroutine->goid, goroutine_state(session->program, view->goroutine));
	else
		output_printf(output, STYLE_PLAIN, ", %s", occupation(view));
	output_printf(output, STYLE_PLAIN, "\n");
	if (registers && view->thread->regs_valid)
		registers_text(output, &view->thread->regs);
	stack_text(output, &view->stack, true, SIZE_MAX);
	output_printf(output, STYLE_PLAIN, "\n");
}

static struct error *run_threads(struct session *session, const struct arguments *arguments)
{
	struct thread_views views;
	struct error *err = threads_load(session, &views);
	if (err)
		return err;
	bool stacks = argument_given(arguments, "stacks"),
	     registers = argument_given(arguments, "regs");
	if (argument_given(arguments, "json"))
		err = threads_render_json(session, &views, stacks);
	else if (stacks || registers)
		for (size_t i = 0; i < views.count && !output_failed(&session->out); i++)
			thread_text(session, &views.items[i], registers);
	else
		err = list_text(session, &views);
	thread_views_deinit(&views);
	return err;
}

static const struct command_option threads_options[] = {
	{"stacks", 's', NULL, "print the native stack of each thread", NULL},
	{"regs", 'r', NULL, "print the registers and native stack of each thread", NULL},
	{"json", 0, NULL,
		"print one JSON document, with registers, and with frames if --stacks is "
		"given",
		NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command threads_command = {
	.name = "threads",
	.group = GROUP_THREADS,
	.usage = "threads [--stacks] [--regs] [--json]",
	.summary = "Lists threads: what each runs, its registers, its native stack",
	.help = "A thread's native stack starts at its registers. It includes C code, the "
		"scheduler's stack and signal handlers, followed by the goroutine's own frames.",
	.example = "threads --stacks",
	.options = threads_options,
	.needs_target = true,
	.run = run_threads,
};
REGISTER_COMMAND(threads_command);

static struct error *run_thread(struct session *session, const struct arguments *arguments)
{
	uint64_t tid;
	struct error *err = argument_number(arguments->words[0], "thread ID", &tid);
	struct thread_views views = {0};
	if (!err)
		err = threads_load(session, &views);
	if (err)
		return err;
	err = error_create(ERROR_NOT_FOUND, "there is no thread %" PRIu64 "; see \"threads\"", tid);
	for (size_t i = 0; i < views.count; i++) {
		if ((uint64_t)views.items[i].thread->tid != tid)
			continue;
		error_destroy(err);
		err = NULL;
		select_thread(session, views.items[i].thread->tid);
		struct thread_views one = {&views.items[i], 1};
		if (argument_given(arguments, "json"))
			err = threads_render_json(session, &one, true);
		else
			thread_text(session, &views.items[i], false);
	}
	thread_views_deinit(&views);
	return err;
}

static const struct command_option thread_options[] = {
	{"json", 0, NULL, "print one JSON document, like threads --stacks --json", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command thread_command = {
	.name = "thread",
	.group = GROUP_THREADS,
	.usage = "thread TID [--json]",
	.options = thread_options,
	.summary = "Shows one thread and selects it for bt, frame and regs",
	.example = "thread 4711",
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_thread,
	.run = run_thread,
};
REGISTER_COMMAND(thread_command);

/* ---- regs ---- */

static struct error *run_regs(struct session *session, const struct arguments *arguments)
{
	struct selected selected;
	struct error *err = selected_load(session, 0, &selected);
	if (err)
		return err;
	const struct goroutine *goroutine = selected.view.goroutine;
	struct user_regs_struct saved = {0};
	const struct user_regs_struct *regs = NULL;
	if (selected.thread && selected.thread->regs_valid) {
		regs = &selected.thread->regs;
	} else if (goroutine) {
		saved.rip = goroutine->sched_pc;
		saved.rsp = goroutine->sched_sp;
		saved.rbp = goroutine->sched_bp;
	}
	if (argument_given(arguments, "json")) {
		struct json *json = json_create(&session->out);
		registers_json(json, regs ? regs : &saved, regs != NULL);
		err = json_finish(json);
	} else if (regs) {
		output_printf(&session->out, STYLE_PLAIN, "thread %d\n", selected.thread->tid);
		registers_text(&session->out, regs);
	} else {
		output_printf(&session->out, STYLE_PLAIN,
			"goroutine %" PRIu64
			" is not running on a thread; registers saved by the scheduler:\n"
			"  rip 0x%llx\n"
			"  rsp 0x%llx\n"
			"  rbp 0x%llx\n",
			goroutine->goid, saved.rip, saved.rsp, saved.rbp);
	}
	selected_deinit(&selected);
	return err;
}

static const struct command_option regs_options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const regs_aliases[] = {"registers", NULL};

static const struct command regs_command = {
	.name = "regs",
	.aliases = regs_aliases,
	.group = GROUP_THREADS,
	.usage = "regs [--json]",
	.summary = "Prints the registers of the selected thread, or of the one running the "
		   "selected goroutine",
	.help = "For a goroutine that is not running, only the program counter, stack pointer "
		"and frame pointer saved by the scheduler are known.",
	.example = "regs",
	.options = regs_options,
	.needs_target = true,
	.run = run_regs,
};
REGISTER_COMMAND(regs_command);
