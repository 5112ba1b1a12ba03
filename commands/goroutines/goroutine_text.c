/* Goroutines and stacks as text: see goroutine_view.h. */
#include <inttypes.h>

#include "commands/goroutines/goroutine_view.h"
#include "commands/render/utf8.h"
#include "dbg/go/stacks/function.h"

const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path;
}

const char *format_wait_time(const struct wait_time *time, char *ret, size_t size)
{
	char least[32], most[32];
	bool has_least = time->waits && time->min_ns > 0, has_most = time->waits && time->bounded;
	format_duration(time->min_ns, least, sizeof(least));
	format_duration(time->max_ns, most, sizeof(most));
	if (has_least && has_most && strcmp(least, most) != 0)
		snprintf(ret, size, "%s–%s", least, most);
	else if (has_most)
		snprintf(ret, size, "%s%s", has_least ? "" : "≤", most);
	else if (has_least)
		snprintf(ret, size, "≥%s", least);
	else
		snprintf(ret, size, "-");
	return ret;
}

/* "for 3.2s more", or "due 3.2s ago" if the time has passed. */
static void describe_sleep(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size)
{
	int64_t now = program_now_ns(view->program);
	char duration[32];
	if (wait->until_ns <= 0 || now <= 0) {
		snprintf(ret, size, "timer");
		return;
	}
	int64_t left = wait->until_ns - now;
	format_duration(left < 0 ? -left : left, duration, sizeof(duration));
	const char *at_most = program_clock_is_exact(view->program) ? "" : "at most ";
	if (left < 0)
		snprintf(ret, size, "due %s ago", duration);
	else
		snprintf(ret, size, "for %s%s more", at_most, duration);
}

/* The channel, and for that of a timer when it fires. */
static void describe_channel(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size)
{
	int64_t now = program_now_ns(view->program), left = wait->until_ns - now;
	char duration[32], timer[80] = "";
	const char *at_most = program_clock_is_exact(view->program) ? "" : "at most ";
	format_duration(left < 0 ? -left : left, duration, sizeof(duration));
	if (wait->timer && wait->until_ns <= 0)
		snprintf(timer, sizeof(timer), " (its timer is stopped)");
	else if (wait->timer && now > 0 && left < 0)
		snprintf(timer, sizeof(timer), " (its timer was due %s ago)", duration);
	else if (wait->timer && now > 0)
		snprintf(timer, sizeof(timer), " (fires in %s%s)", at_most, duration);
	snprintf(ret, size, "%s chan %s 0x%" PRIx64 "%s", wait->op ? wait->op : "",
		wait->type ? wait->type : "?", wait->address, timer);
}

static void describe_coroutine(const struct wait *wait, char *ret, size_t size)
{
	char address[32] = "";
	if (wait->address)
		snprintf(address, sizeof(address), " 0x%" PRIx64, wait->address);
	if (wait->goid)
		snprintf(ret, size, "coroutine%s, until goroutine %" PRIu64 " yields", address,
			wait->goid);
	else
		snprintf(ret, size, "coroutine%s, until %s", address,
			wait->op && wait->op[0] == 'y' ? "next or stop is called"
						       : "its iterator yields");
}

static void context_wait(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size)
{
	const struct context *context = goroutine_view_context(view, (size_t)(wait - view->waits));
	snprintf(ret, size, "Done of %s 0x%" PRIx64, context->type->name, context->address);
}

const char *goroutine_describe_wait(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size)
{
	switch (wait->kind) {
	case WAIT_CHANNEL:
		if (!wait->address)
			snprintf(ret, size, "nil chan");
		else if (goroutine_view_context(view, (size_t)(wait - view->waits)))
			context_wait(view, wait, ret, size);
		else
			describe_channel(view, wait, ret, size);
		break;
	case WAIT_COROUTINE:
		describe_coroutine(wait, ret, size);
		break;
	case WAIT_TIMER:
		describe_sleep(view, wait, ret, size);
		break;
	case WAIT_NETWORK:
		if (wait->fd >= 0)
			snprintf(ret, size, "%s fd %" PRId64, wait->op ? wait->op : "", wait->fd);
		else
			snprintf(ret, size, "network");
		break;
	case WAIT_SYSCALL:
		snprintf(ret, size, "%s", wait->name ? wait->name : "system call");
		break;
	default:
		if (wait->address)
			snprintf(ret, size, "%s 0x%" PRIx64, wait_kind_name(wait->kind),
				wait->address);
		else
			snprintf(ret, size, "%s", wait_kind_name(wait->kind));
	}
	return ret;
}

const char *labels_describe(const struct label *labels, size_t count, char *ret, size_t size)
{
	static const char more[] = "…";
	size_t used = 0;
	ret[0] = 0;
	for (size_t i = 0; i < count; i++) {
		const char *between = i ? ", " : "";
		size_t needed = strlen(between) + strlen(labels[i].key) + strlen(labels[i].value) +
				sizeof(": ");
		if (used + needed + sizeof(more) > size) {
			snprintf(ret + used, size - used, "%s", more);
			break;
		}
		used += (size_t)snprintf(ret + used, size - used, "%s%s: %s", between,
			labels[i].key, labels[i].value);
	}
	return ret;
}

void goroutine_heading(struct output *output, struct goroutine_view *view)
{
	const struct goroutine *goroutine = view->goroutine;
	char text[256];
	output_printf(output, STYLE_STRONG, "goroutine %" PRIu64, goroutine->goid);
	output_printf(output, STYLE_PLAIN, " [");
	output_text(output, STYLE_PLAIN, goroutine_state(view->program, goroutine));
	struct wait_time time = goroutine_wait_time(view->program, goroutine);
	if (wait_time_is_known(&time))
		output_printf(
			output, STYLE_PLAIN, ", %s", format_wait_time(&time, text, sizeof(text)));
	if (goroutine->locked_m != 0)
		output_printf(output, STYLE_PLAIN, ", locked to thread");
	if (goroutine->bubble_id)
		output_printf(
			output, STYLE_PLAIN, ", synctest bubble %" PRIu64, goroutine->bubble_id);
	output_printf(output, STYLE_PLAIN, "]");
	if (goroutine->tid)
		output_printf(output, STYLE_PLAIN, " on thread %d", goroutine->tid);
	enum { SHOWN = 4 };
	for (size_t i = 0; i < view->wait_count && i < SHOWN; i++)
		output_printf(output, STYLE_PLAIN, "%s%s", i ? " | " : "  ",
			goroutine_describe_wait(view, &view->waits[i], text, sizeof(text)));
	if (view->waits_partial)
		output_printf(output, STYLE_WARNING, "  (some of what it waits on cannot be read)");
	if (view->wait_count > SHOWN)
		output_printf(output, STYLE_PLAIN, " | %zu more", view->wait_count - SHOWN);
	for (size_t i = 0; i < view->label_count; i++) {
		output_text(output, STYLE_DIM, i ? ", " : "  {");
		output_text(output, STYLE_DIM, view->labels[i].key);
		output_text(output, STYLE_DIM, ": ");
		output_text(output, STYLE_DIM, view->labels[i].value);
	}
	output_printf(output, STYLE_DIM, "%s%s\n", view->label_count ? "}" : "",
		view->labels_partial ? "  (some labels cannot be read)" : "");
}

bool stack_prints_frame(const struct stack *stack, size_t index, bool all)
{
	size_t user = (size_t)(stack_user_frame(stack) - stack->frames);
	return all || !stack_hides_frame(stack, index) || stack_hides_frame(stack, user);
}

/* Prints "/src/main.go:41", or the library that C code is in. */
static void frame_location_text(struct output *output, const struct frame *frame)
{
	if (frame->stack == FRAME_C) {
		output_text(output, STYLE_DIM, frame->file ? base_name(frame->file) : "");
		return;
	}
	output_text(output, STYLE_PLAIN,
		frame->file ? source_short_path(frame->function, frame->file) : "?");
	output_printf(output, STYLE_PLAIN, ":%d", frame->line);
}

/* Where a frame can be selected by number, explains why the numbers do not start at 0. */
static void hidden_start_text(
	struct output *output, const struct stack *stack, bool all, size_t marked)
{
	size_t hidden = 0;
	while (hidden < stack->count && !stack_prints_frame(stack, hidden, all))
		hidden++;
	if (hidden && marked != SIZE_MAX)
		output_printf(output, STYLE_DIM, "       … %zu hidden frame%s: bt --all-frames\n",
			hidden, hidden == 1 ? "" : "s");
}

void stack_text(struct output *output, const struct stack *stack, bool all, size_t marked)
{
	enum { WIDEST = 48 };
	static const char *const notes[] = {[FRAME_GOROUTINE] = "",
		[FRAME_SYSTEM] = "  (system stack)",
		[FRAME_SIGNAL] = "  (signal handler)",
		[FRAME_C] = "  (C)"};
	int width = 0;
	for (size_t i = 0; i < stack->count; i++) {
		const char *function = stack->frames[i].function;
		size_t columns = utf8_columns(function, strlen(function));
		int length = columns < WIDEST ? (int)columns : WIDEST;
		if (stack_prints_frame(stack, i, all) && length > width)
			width = length;
	}
	hidden_start_text(output, stack, all, marked);
	for (size_t i = 0; i < stack->count && !output_failed(output); i++) {
		const struct frame *frame = &stack->frames[i];
		if (!stack_prints_frame(stack, i, all))
			continue;
		output_printf(output, i == marked ? STYLE_STRONG : STYLE_PLAIN, "%s%3zu  ",
			i == marked ? "=>" : "  ", i);
		bool own = frame->kind == FUNCTION_OWN && frame->stack == FRAME_GOROUTINE;
		output_text(output, own ? STYLE_FUNCTION : STYLE_DIM, frame->function);
		int pad = width - (int)utf8_columns(frame->function, strlen(frame->function));
		output_blanks(output, 2 + (size_t)(pad > 0 ? pad : 0));
		frame_location_text(output, frame);
		output_text(output, STYLE_DIM, notes[frame->stack]);
		output_text(output, STYLE_DIM, frame->inlined ? "  (inlined)" : "");
		output_newline(output);
	}
	if (stack->problem) {
		output_printf(output, STYLE_WARNING, "       … ");
		output_text(output, STYLE_WARNING, stack->problem);
		output_printf(output, STYLE_WARNING, "\n");
	}
}

void creator_text(struct output *output, struct program *program, const struct goroutine *goroutine,
	bool parent)
{
	struct code_location location;
	if (!goroutine_creator(program, goroutine, &location))
		return;
	output_printf(output, STYLE_DIM, "       created by %s", location.function);
	if (parent && goroutine->parent_goid)
		output_printf(output, STYLE_DIM, " in goroutine %" PRIu64, goroutine->parent_goid);
	output_printf(output, STYLE_DIM, "  %s:%d\n",
		source_short_path(location.function, location.file), location.line);
}
