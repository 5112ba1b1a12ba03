/* `chan`: the contents of a channel and the goroutines that wait on it. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/data/value_view.h"
#include "dbg/go/waits/channel.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/stacks/function.h"

/* A waiter with what is printed for it. */
struct waiter_view {
	const struct channel_waiter *waiter;
	struct stack stack;
	struct value_node value; /* the value it sends; its type is NULL if it does not send */
};

struct channel_view {
	struct channel channel;
	struct value_node *buffered;
	size_t buffered_count;
	struct waiter_view *waiters; /* receivers, then senders */
	size_t waiter_count;
};

static void view_deinit(struct channel_view *view)
{
	for (size_t i = 0; i < view->buffered_count; i++)
		value_node_deinit(&view->buffered[i]);
	free(view->buffered);
	for (size_t i = 0; i < view->waiter_count; i++) {
		stack_deinit(&view->waiters[i].stack);
		value_node_deinit(&view->waiters[i].value);
	}
	free(view->waiters);
	channel_deinit(&view->channel);
}

static struct error *load_waiter(struct session *session, const struct channel *channel,
	const struct channel_waiter *waiter, bool sends, struct waiter_view *ret)
{
	struct value_limits limits = limits_from_settings(&session->settings);
	struct error *err = NULL;
	ret->waiter = waiter;
	if (waiter->goroutine)
		err = goroutine_stack(session->program, waiter->goroutine, &ret->stack);
	struct value value = {.type = channel->element, .address = waiter->element};
	if (!err && sends && waiter->element)
		err = value_describe(session->program, &value, &limits, &ret->value);
	return err;
}

static struct error *view_load(struct session *session, uint64_t address, struct channel_view *view)
{
	struct value_limits limits = limits_from_settings(&session->settings);
	struct channel *channel = &view->channel;
	struct error *err =
		channel_read(session->program, address, session->settings.print_length, channel);
	if (err)
		return err;
	size_t waiters = channel->receiver_count + channel->sender_count;
	view->buffered = calloc(channel->buffered_count + 1, sizeof(*view->buffered));
	view->waiters = calloc(waiters + 1, sizeof(*view->waiters));
	if (!view->buffered || !view->waiters)
		return error_no_memory();
	for (size_t i = 0; i < channel->buffered_count && !err; i++) {
		err = value_describe(session->program, &channel->buffered[i], &limits,
			&view->buffered[view->buffered_count]);
		if (!err)
			view->buffered_count++;
	}
	for (size_t i = 0; i < waiters && !err; i++) {
		bool sends = i >= channel->receiver_count;
		const struct channel_waiter *waiter =
			sends ? &channel->senders[i - channel->receiver_count]
			      : &channel->receivers[i];
		err = load_waiter(
			session, channel, waiter, sends, &view->waiters[view->waiter_count]);
		view->waiter_count++;
	}
	return err;
}

/* ---- Rendering ---- */

static void waiter_text(struct output *output, const struct waiter_view *view)
{
	const struct channel_waiter *waiter = view->waiter;
	if (!waiter->goroutine) {
		output_printf(output, STYLE_PLAIN, "  g 0x%" PRIx64 "\n", waiter->g);
		return;
	}
	output_printf(output, STYLE_PLAIN, "  goroutine %" PRIu64 "%s", waiter->goroutine->goid,
		waiter->is_select ? " (select)" : "");
	const struct frame *frame = stack_summary_frame(&view->stack);
	if (frame) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, STYLE_FUNCTION, frame->function);
		output_printf(output, STYLE_PLAIN, "  ");
		if (frame->file)
			output_text(
				output, STYLE_DIM, source_short_path(frame->function, frame->file));
		output_printf(output, STYLE_DIM, ":%d", frame->line);
	}
	if (view->value.type) {
		char text[96];
		output_printf(output, STYLE_PLAIN, "  sends ");
		output_text(output, STYLE_PLAIN, value_short(&view->value, text, sizeof(text)));
	}
	output_printf(output, STYLE_PLAIN, "\n");
}

static void waiters_text(
	struct output *output, const char *what, const struct waiter_view *waiters, size_t count)
{
	if (count)
		output_printf(output, STYLE_STRONG, "%zu %s%s", count, what, count > 1 ? "s" : "");
	else
		output_printf(output, STYLE_DIM, "no %s", what);
	output_printf(output, STYLE_PLAIN, "\n");
	for (size_t i = 0; i < count && !output_failed(output); i++)
		waiter_text(output, &waiters[i]);
}

static void chan_render_text(struct session *session, const struct channel_view *view)
{
	struct output *output = &session->out;
	const struct channel *channel = &view->channel;
	output_printf(output, STYLE_STRONG, "chan ");
	output_text(output, STYLE_STRONG, channel->element->name);
	output_printf(output, STYLE_ADDRESS, "  0x%" PRIx64, channel->address);
	if (channel->capacity)
		output_printf(output, STYLE_PLAIN, "  %" PRIu64 " of %" PRIu64 " buffered",
			channel->count, channel->capacity);
	else
		output_printf(output, STYLE_PLAIN, "  unbuffered");
	output_printf(output, STYLE_PLAIN, "%s\n", channel->closed ? ", closed" : "");
	for (size_t i = 0; i < view->buffered_count && !output_failed(output); i++) {
		char index[32];
		int size = snprintf(index, sizeof(index), "  %zu: ", i);
		output_printf(output, STYLE_DIM, "%s", index);
		value_text(output, &view->buffered[i], (unsigned)size, 2);
	}
	if (view->buffered_count < channel->count)
		output_printf(output, STYLE_DIM, "  … %" PRIu64 " more\n",
			channel->count - view->buffered_count);
	waiters_text(output, "receiver", view->waiters, channel->receiver_count);
	waiters_text(
		output, "sender", view->waiters + channel->receiver_count, channel->sender_count);
	if (channel->partial)
		output_printf(output, STYLE_WARNING, "some waiting goroutines could not be read\n");
}

static void waiters_json(
	struct json *json, const char *key, const struct waiter_view *waiters, size_t count)
{
	json_array(json, key);
	for (size_t i = 0; i < count; i++) {
		const struct channel_waiter *waiter = waiters[i].waiter;
		const struct frame *frame = stack_summary_frame(&waiters[i].stack);
		json_object(json, NULL);
		json_address(json, "g", waiter->g);
		if (waiter->goroutine)
			json_uint(json, "goid", waiter->goroutine->goid);
		else
			json_null(json, "goid");
		json_bool(json, "select", waiter->is_select);
		if (frame)
			frame_json(json, "frame", frame);
		if (waiters[i].value.type) {
			value_line_json(json, &waiters[i].value);
			value_json(json, "value", &waiters[i].value);
		}
		json_end(json);
	}
	json_end(json);
}

static struct error *chan_render_json(struct session *session, const struct channel_view *view)
{
	const struct channel *channel = &view->channel;
	struct json *json = json_create(&session->out);
	json_address(json, "addr", channel->address);
	json_string(json, "type", channel->element->name);
	json_uint(json, "length", channel->count);
	json_uint(json, "capacity", channel->capacity);
	json_bool(json, "closed", channel->closed);
	json_array(json, "buffered");
	for (size_t i = 0; i < view->buffered_count; i++) {
		json_object(json, NULL);
		value_line_json(json, &view->buffered[i]);
		value_json(json, "value", &view->buffered[i]);
		json_end(json);
	}
	json_end(json);
	waiters_json(json, "receivers", view->waiters, channel->receiver_count);
	waiters_json(
		json, "senders", view->waiters + channel->receiver_count, channel->sender_count);
	json_bool(json, "partial", channel->partial);
	return json_finish(json);
}

/* ---- The command ---- */

/* The address of the channel: `text` is a number or an expression of a channel type. */
static struct error *find_channel(struct session *session, const char *text, uint64_t *ret)
{
	struct frame_view view;
	struct value value;
	char *end;
	*ret = strtoull(text, &end, 0);
	if (end != text && !*end)
		return NULL;
	struct error *err = frame_view_load(session, &view);
	if (err)
		return err;
	err = frame_view_evaluate(session, &view, text, &value);
	if (!err) {
		if (value.type->kind != GO_CHAN)
			err = error_create(
				ERROR_USAGE, "%s is a %s, not a channel", text, value.type->name);
		else
			err = value_read(session->program, &value, ret);
		value_deinit(&value);
	}
	if (!err && !*ret)
		err = error_create(ERROR_NOT_FOUND,
			"%s is a nil channel: it has no buffer and no queues", text);
	frame_view_deinit(&view);
	return err;
}

static struct error *chan_run(struct session *session, const struct arguments *arguments)
{
	_cleanup_free_ char *text = join_words(arguments);
	uint64_t address;
	if (!text)
		return error_no_memory();
	struct error *err = find_channel(session, text, &address);
	if (err)
		return err;
	struct channel_view view = {0};
	err = view_load(session, address, &view);
	if (!err && argument_given(arguments, "json"))
		err = chan_render_json(session, &view);
	else if (!err)
		chan_render_text(session, &view);
	view_deinit(&view);
	return err;
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command chan_command = {
	.name = "chan",
	.group = GROUP_DATA,
	.usage = "chan ADDRESS | EXPR [--json]",
	.summary = "Shows a channel: buffered elements, whether it is closed, waiting "
		   "goroutines",
	.help = "ADDRESS is the one that \"goroutines\" shows. EXPR is as for \"print\" "
		"and must have a channel type. Buffered elements are listed in the order "
		"in which they will be received, goroutines in the order in which they "
		"will be served.",
	.example = "chan 0xc000012345",
	.options = options,
	.min_words = 1,
	.max_words = ARGUMENTS_MAX_WORDS,
	.needs_target = true,
	.expression = true,
	.run = chan_run,
};
REGISTER_COMMAND(chan_command);
