/* `bt`, `frame`, `up`, `down`: the stack of the selected goroutine or thread. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"
#include "commands/goroutines/selection.h"
#include "commands/render/source_lines.h"

/* ---- bt ---- */

/* What to print of a stack. */
struct backtrace {
	struct stack stack; /* without the frames beyond the limit */
	size_t left_out;    /* frames beyond the limit that would be printed */
	bool all;
};

/* Cuts the stack after `limit` printed frames; 0: no limit. */
static void backtrace_init(
	struct backtrace *backtrace, const struct stack *whole, bool all, size_t limit)
{
	*backtrace = (struct backtrace){.stack = *whole, .all = all};
	size_t printed = 0;
	for (size_t i = 0; limit && i < whole->count; i++) {
		if (!stack_prints_frame(whole, i, all))
			continue;
		if (printed++ == limit)
			backtrace->stack.count = i;
		backtrace->left_out += printed > limit;
	}
}

static void backtrace_text(
	struct session *session, struct selected *selected, const struct backtrace *backtrace)
{
	if (selected->view.goroutine)
		goroutine_heading(&session->out, &selected->view);
	else
		output_printf(&session->out, STYLE_STRONG, "thread %d\n", selected->thread->tid);
	stack_text(&session->out, &backtrace->stack, backtrace->all, session->selection.frame);
	if (backtrace->left_out)
		output_printf(&session->out, STYLE_DIM, "       … %zu more frames\n",
			backtrace->left_out);
	else if (selected->view.goroutine)
		creator_text(&session->out, session->program, selected->view.goroutine, true);
}

static struct error *backtrace_json(
	struct session *session, struct selected *selected, const struct backtrace *backtrace)
{
	struct json *json = json_create(&session->out);
	if (selected->view.goroutine) {
		selected->view.stack.count = backtrace->stack.count;
		json_array(json, "goroutines");
		goroutine_json(json, &selected->view, true);
		json_end(json);
	} else {
		json_int(json, "thread", selected->thread->tid);
		stack_json(json, &backtrace->stack);
	}
	if (backtrace->left_out)
		json_uint(json, "more_frames", backtrace->left_out);
	return json_finish(json);
}

/* The number of frames, as `bt N` or `bt --limit N`; 0: all. */
static struct error *backtrace_limit(const struct arguments *arguments, uint64_t *ret)
{
	const char *option = argument_value(arguments, "limit");
	if (option && arguments->word_count)
		return error_create(ERROR_USAGE, "bt takes the number of frames once");
	if (arguments->word_count)
		return argument_number(arguments->words[0], "the number of frames", ret);
	return option ? argument_number(option, "--limit", ret) : NULL;
}

static struct error *run_bt(struct session *session, const struct arguments *arguments)
{
	uint64_t limit = 0, goid;
	const char *other = argument_value(arguments, "goroutine");
	struct error *err = backtrace_limit(arguments, &limit);
	struct selection before = session->selection;
	if (!err && other) {
		err = argument_number(other, "--goroutine", &goid);
		if (!err)
			select_goroutine(session, goid); /* restored below */
	}
	struct selected selected;
	const struct frame *frame;
	if (!err)
		err = selected_load(session, VIEW_ALL, &selected);
	if (!err) {
		error_destroy(selected_frame(session, &selected, &frame));
		bool all =
			argument_given(arguments, "all-frames") || session->settings.runtime_frames;
		struct backtrace backtrace;
		backtrace_init(&backtrace, selected.stack, all, (size_t)limit);
		if (argument_given(arguments, "json"))
			err = backtrace_json(session, &selected, &backtrace);
		else
			backtrace_text(session, &selected, &backtrace);
		selected_deinit(&selected);
	}
	if (other)
		session->selection = before;
	return err;
}

static const struct command_option bt_options[] = {
	{"goroutine", 'g', "ID", "of goroutine ID, without selecting it", NULL},
	{"all-frames", 'a', NULL, "include runtime internals and generated wrappers", NULL},
	{"limit", 'n', "N", "the same as bt N", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const bt_aliases[] = {"backtrace", "stack", "where", NULL};

static const struct command bt_command = {
	.name = "bt",
	.aliases = bt_aliases,
	.group = GROUP_GOROUTINES,
	.usage = "bt [N] [--goroutine ID] [--all-frames] [--limit N] [--json]",
	.summary = "Prints the stack of the selected goroutine or thread",
	.help = "Prints the N innermost frames, or all that a Go traceback would show, including "
		"inlined calls. Frames of runtime internals and of generated wrappers are left "
		"out, without renumbering the others; --all-frames shows them.",
	.example = "bt 5 --goroutine 18",
	.options = bt_options,
	.max_words = 1,
	.needs_target = true,
	.complete_value = complete_goroutine_value,
	.run = run_bt,
};
REGISTER_COMMAND(bt_command);

/* ---- frame, up, down ---- */

static struct error *show_frame_json(struct session *session, const struct frame *frame)
{
	struct json *json = json_create(&session->out);
	json_uint(json, "index", session->selection.frame);
	frame_json(json, "frame", frame);
	return json_finish(json);
}

/* Prints the selected frame, and its source line if the source is on this machine. */
static struct error *show_frame(
	struct session *session, const struct arguments *arguments, struct selected *selected)
{
	const struct frame *frame;
	struct error *err = selected_frame(session, selected, &frame);
	if (err)
		return err;
	if (argument_given(arguments, "json"))
		return show_frame_json(session, frame);
	struct stack one = {
		.frames = &selected->stack->frames[session->selection.frame], .count = 1};
	output_printf(&session->out, STYLE_STRONG, "frame %zu of %zu: ", session->selection.frame,
		selected->stack->count);
	output_text(&session->out, STYLE_FUNCTION, one.frames->function);
	output_printf(&session->out, STYLE_PLAIN, "\n  at ");
	output_text(&session->out, STYLE_PLAIN, frame->file ? frame->file : "?");
	output_printf(&session->out, STYLE_PLAIN, ":%d%s\n", frame->line,
		frame->inlined ? "  (inlined)" : "");
	output_printf(&session->out, STYLE_DIM,
		"  pc 0x%" PRIx64 "  sp 0x%" PRIx64 "  fp 0x%" PRIx64 "\n", frame->pc, frame->sp,
		frame->fp);
	struct source_lines lines;
	err = frame->file && frame->line > 0 ? source_lines_read(session->settings.source_path,
						       frame->file, frame->line, 0, &lines)
					     : NULL;
	if (!err && frame->file && frame->line > 0) {
		lines.marked = frame->line;
		source_lines_text(&session->out, &lines);
		source_lines_deinit(&lines);
	}
	error_destroy(err); /* the source need not be on this machine */
	return NULL;
}

/* Moves `*at` by one printed frame; false if there is none on that side. */
static bool move_one(
	const struct session *session, const struct stack *stack, int direction, size_t *at)
{
	for (size_t i = *at; direction > 0 ? i + 1 < stack->count : i > 0;) {
		i = direction > 0 ? i + 1 : i - 1;
		if (stack_prints_frame(stack, i, session->settings.runtime_frames)) {
			*at = i;
			return true;
		}
	}
	return false;
}

/* The error of a move by `steps` from frame `at`, which has only `possible` frames on that side. */
static struct error *too_far(int direction, uint64_t steps, size_t at, size_t possible)
{
	const char *way = direction > 0 ? "up" : "down";
	const char *side = direction > 0 ? "above" : "below";
	if (!possible)
		return error_create(ERROR_NOT_FOUND,
			"cannot go %s %" PRIu64 ": frame %zu has no frames %s it", way, steps, at,
			side);
	return error_create(ERROR_NOT_FOUND,
		"cannot go %s %" PRIu64 ": frame %zu has only %zu frame%s %s it", way, steps, at,
		possible, possible == 1 ? "" : "s", side);
}

static struct error *move(struct session *session, const struct arguments *arguments, int direction)
{
	uint64_t steps = 1;
	struct error *err = NULL;
	if (arguments->word_count)
		err = argument_number(arguments->words[0], "number of frames", &steps);
	struct selected selected;
	if (!err)
		err = selected_load(session, 0, &selected);
	if (err)
		return err;
	const struct frame *frame;
	err = selected_frame(session, &selected, &frame);
	size_t at = session->selection.frame, possible = 0;
	while (!err && possible < steps && move_one(session, selected.stack, direction, &at))
		possible++;
	if (!err && steps > possible)
		err = too_far(direction, steps, session->selection.frame, possible);
	if (!err) {
		session->selection.frame = at;
		err = show_frame(session, arguments, &selected);
	}
	selected_deinit(&selected);
	return err;
}

static struct error *run_up(struct session *session, const struct arguments *arguments)
{
	return move(session, arguments, 1);
}

static struct error *run_down(struct session *session, const struct arguments *arguments)
{
	return move(session, arguments, -1);
}

static struct error *run_frame(struct session *session, const struct arguments *arguments)
{
	struct selected selected;
	struct error *err = selected_load(session, 0, &selected);
	if (err)
		return err;
	uint64_t number;
	if (arguments->word_count) {
		err = argument_number(arguments->words[0], "frame number", &number);
		if (!err && number >= selected.stack->count)
			err = error_create(ERROR_NOT_FOUND,
				"there is no frame %" PRIu64 ": the stack has frames 0 to %zu",
				number, selected.stack->count ? selected.stack->count - 1 : 0);
		if (!err)
			select_frame(session, (size_t)number);
	}
	if (!err)
		err = show_frame(session, arguments, &selected);
	selected_deinit(&selected);
	return err;
}

static const struct command_option frame_options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command frame_command = {
	.name = "frame",
	.group = GROUP_GOROUTINES,
	.usage = "frame [N] [--json]",
	.options = frame_options,
	.summary = "Selects frame N, as numbered by bt, and shows it",
	.example = "frame 3",
	.max_words = 1,
	.needs_target = true,
	.run = run_frame,
};
REGISTER_COMMAND(frame_command);

static const struct command up_command = {
	.name = "up",
	.group = GROUP_GOROUTINES,
	.usage = "up [N] [--json]",
	.options = frame_options,
	.summary = "Selects the caller's frame, or the frame N levels further out",
	.example = "up 2",
	.max_words = 1,
	.needs_target = true,
	.run = run_up,
};
REGISTER_COMMAND(up_command);

static const struct command down_command = {
	.name = "down",
	.group = GROUP_GOROUTINES,
	.usage = "down [N] [--json]",
	.options = frame_options,
	.summary = "Selects the callee's frame, or the frame N levels further in",
	.example = "down",
	.max_words = 1,
	.needs_target = true,
	.run = run_down,
};
REGISTER_COMMAND(down_command);
