/* Variables of the selected frame, and evaluating expressions in it: see value_view.h. */
#include "commands/data/value_view.h"

#include "commands/session/message.h"

struct error *frame_view_load(struct session *session, struct frame_view *ret)
{
	*ret = (struct frame_view){0};
	struct error *err = selected_load(session, 0, &ret->selected);
	if (!err)
		err = selected_frame(session, &ret->selected, &ret->frame);
	if (err)
		ret->frame = NULL;
	else
		err = frame_variables(session->program, ret->selected.stack,
			session->selection.frame, ret->selected.thread, &ret->variables);
	if (error_is_final(err)) {
		frame_view_deinit(ret);
		return err;
	}
	ret->problem = err;
	return NULL;
}

void frame_view_deinit(struct frame_view *view)
{
	selected_deinit(&view->selected);
	variables_deinit(&view->variables);
	error_destroy(view->problem);
	*view = (struct frame_view){0};
}

struct error *frame_view_evaluate(
	struct session *session, const struct frame_view *view, const char *text, struct value *ret)
{
	struct evaluation evaluation = {
		.program = session->program,
		.variables = &view->variables,
		.function = view->frame ? view->frame->function : NULL,
	};
	struct access access;
	struct error *err = access_parse(text, &access);
	if (!err)
		err = evaluate(&evaluation, &access, ret);
	bool plain = access.count == 1 && access.steps[0].kind == ACCESS_NAME;
	if (err && plain && view->problem && !error_is_final(err))
		session_warn(session, "%s", view->problem->message);
	access_deinit(&access);
	return err;
}

char *join_words(const struct arguments *arguments)
{
	size_t size = 1;
	for (size_t i = 0; i < arguments->word_count; i++)
		size += strlen(arguments->words[i]) + 1;
	char *text = malloc(size);
	if (!text)
		return NULL;
	text[0] = 0;
	for (size_t i = 0; i < arguments->word_count; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, arguments->words[i]);
	}
	return text;
}

struct value_limits limits_from_settings(const struct settings *settings)
{
	struct value_limits limits = value_limits_default;
	/* A longer print-length needs more nodes. */
	size_t wanted = (size_t)settings->print_length * 20;
	limits.depth = settings->print_depth;
	limits.elements = settings->print_length;
	limits.string = settings->print_string;
	if (limits.nodes < wanted)
		limits.nodes = wanted;
	return limits;
}
