/* The words of a frame's arguments as text and JSON: see argument_words.h. */
#include "commands/data/argument_words.h"

#include <inttypes.h>

void argument_words_deinit(struct argument_words *words)
{
	free(words->words.text);
	free(words->receiver_type);
	value_node_deinit(&words->receiver);
	*words = (struct argument_words){0};
}

static struct error *receiver_load(struct session *session, struct argument_words *words)
{
	struct value_limits limits = limits_from_settings(&session->settings);
	struct value value = {.bytes = (uint8_t *)&words->words.first};
	struct error *err = program_type_named(session->program, words->receiver_type, &value.type);
	if (!err && value.type->size == sizeof(words->words.first)) {
		err = value_describe(session->program, &value, &limits, &words->receiver);
		words->has_receiver = !err;
	}
	if (error_is_final(err))
		return err;
	error_destroy(err);
	return NULL;
}

struct error *argument_words_load(
	struct session *session, const struct frame_view *view, struct argument_words *ret)
{
	*ret = (struct argument_words){0};
	struct error *err = frame_arguments_read(session->program, view->selected.stack,
		session->selection.frame, view->selected.thread, &ret->words);
	if (!err && ret->words.first_known)
		err = function_receiver(view->frame->function, &ret->receiver_type);
	if (!err && ret->receiver_type)
		err = receiver_load(session, ret);
	return err;
}

void argument_words_text(
	struct output *output, const struct frame *frame, const struct argument_words *words)
{
	static const char label[] = "receiver = ";
	output_text(output, STYLE_FUNCTION, frame->function);
	output_printf(output, STYLE_PLAIN, "(%s)\n", words->words.text);
	if (!words->receiver_type)
		return;
	output_printf(output, STYLE_PLAIN, "%s", label);
	if (words->has_receiver) {
		value_text(output, &words->receiver, sizeof(label) - 1, 0);
		return;
	}
	output_printf(output, STYLE_PLAIN, "(");
	output_text(output, STYLE_PLAIN, words->receiver_type);
	output_printf(output, STYLE_PLAIN, ")(0x%" PRIx64 ")\n", words->words.first);
}

void argument_words_json(struct json *json, const struct argument_words *words)
{
	if (words->words.recorded)
		json_string(json, "words", words->words.text);
	if (!words->receiver_type)
		return;
	json_object(json, "receiver");
	json_string(json, "type", words->receiver_type);
	json_address(json, "addr", words->words.first);
	if (words->has_receiver)
		value_json(json, "value", &words->receiver);
	json_end(json);
}
