/* `args` and `locals`: the variables of the selected frame. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/render/utf8.h"
#include "commands/session/registry.h"
#include "commands/data/argument_words.h"
#include "commands/data/value_view.h"

/* A variable with its value, decoded. */
struct shown {
	const struct variable *variable;
	struct value_node node; /* empty if the variable is missing */
};

struct shown_list {
	struct shown *items;
	size_t count;
};

static void shown_list_deinit(struct shown_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		value_node_deinit(&list->items[i].node);
	free(list->items);
}

static bool is_selected(const struct variable *variable, bool arguments)
{
	return arguments == (variable->is_argument || variable->is_result);
}

static struct error *locals_load(struct session *session, const struct variables *variables,
	bool arguments, struct shown_list *ret)
{
	struct value_limits limits = limits_from_settings(&session->settings);
	*ret = (struct shown_list){.items = calloc(variables->count + 1, sizeof(*ret->items))};
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->items[i];
		if (!is_selected(variable, arguments))
			continue;
		struct shown *shown = &ret->items[ret->count];
		shown->variable = variable;
		struct error *err = variable->missing
					    ? NULL
					    : value_describe(session->program, &variable->value,
						      &limits, &shown->node);
		if (err)
			return err;
		ret->count++;
	}
	return NULL;
}

static void locals_render_text(
	struct session *session, const struct shown_list *list, bool arguments)
{
	struct output *output = &session->out;
	if (!list->count)
		output_printf(output, STYLE_DIM, "%s\n",
			arguments ? "no parameters, and no results that are set yet"
				  : "no local variables at this location");
	for (size_t i = 0; i < list->count && !output_failed(output); i++) {
		const struct variable *variable = list->items[i].variable;
		const char *suffix = variable->shadowed ? " (shadowed)" : "";
		output_text(output, STYLE_STRONG, variable->name);
		output_printf(output, STYLE_PLAIN, "%s = ", suffix);
		unsigned column = (unsigned)(utf8_columns(variable->name, strlen(variable->name)) +
					     strlen(suffix) + 3);
		if (!variable->missing) {
			value_text(output, &list->items[i].node, column, 0);
			continue;
		}
		output_printf(output, STYLE_DIM, "(");
		output_text(output, STYLE_DIM, variable->missing);
		output_printf(output, STYLE_DIM, ")");
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

static struct error *locals_render_json(struct session *session, const struct frame_view *view,
	const struct shown_list *list, const struct argument_words *words)
{
	struct json *json = json_create(&session->out);
	json_uint(json, "index", session->selection.frame);
	json_string(json, "func", view->frame->function);
	json_array(json, "variables");
	for (size_t i = 0; i < list->count; i++) {
		const struct variable *variable = list->items[i].variable;
		json_object(json, NULL);
		json_string(json, "name", variable->name);
		json_string(json, "type", variable->type ? variable->type->name : NULL);
		json_int(json, "line", variable->line);
		json_bool(json, "argument", variable->is_argument);
		json_bool(json, "result", variable->is_result);
		json_bool(json, "shadowed", variable->shadowed);
		json_address(json, "addr", variable->value.address);
		json_string(json, "missing", variable->missing);
		if (!variable->missing) {
			value_line_json(json, &list->items[i].node);
			value_json(json, "value", &list->items[i].node);
		}
		json_end(json);
	}
	json_end(json);
	argument_words_json(json, words);
	return json_finish(json);
}

/* Loads what needs no DWARF. `*ret_err` is why there are no variables; it is dropped if there is
 * something to show instead. */
static struct error *words_instead(struct session *session, const struct frame_view *view,
	struct argument_words *words, struct error **ret_err)
{
	struct error *err = view->frame ? argument_words_load(session, view, words) : NULL;
	if (error_is_final(err))
		return err;
	if (!err && words->words.recorded)
		error_destroy(take_pointer(*ret_err));
	error_destroy(err);
	return take_pointer(*ret_err);
}

static struct error *show(
	struct session *session, const struct arguments *arguments, bool only_arguments)
{
	struct frame_view view;
	struct shown_list list = {0};
	struct argument_words words = {0};
	struct error *err = frame_view_load(session, &view);
	if (err)
		return err;
	bool described = !view.problem;
	err = only_arguments ? words_instead(session, &view, &words, &view.problem)
			     : take_pointer(view.problem);
	if (!err)
		err = locals_load(session, &view.variables, only_arguments, &list);
	if (!err && argument_given(arguments, "json"))
		err = locals_render_json(session, &view, &list, &words);
	else if (!err && described)
		locals_render_text(session, &list, only_arguments);
	else if (!err)
		argument_words_text(&session->out, view.frame, &words);
	shown_list_deinit(&list);
	argument_words_deinit(&words);
	frame_view_deinit(&view);
	return err;
}

static struct error *run_args(struct session *session, const struct arguments *arguments)
{
	return show(session, arguments, true);
}

static struct error *run_locals(struct session *session, const struct arguments *arguments)
{
	return show(session, arguments, false);
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char args_help[] =
	"In a frame that has called another function, a variable can be read only if it is in "
	"memory; one that is not used after the call is shown as \"optimized out\". Without DWARF, "
	"the words of the parameters are shown as Go's tracebacks print them: {…} is a struct, a "
	"string or the like, ? marks a word that may have changed since the call, _ one that is "
	"not known; and the receiver, with its type. \"frame N\", \"up\" and \"down\" select the "
	"frame, \"goroutine ID\" selects the goroutine.";

static const char help[] =
	"In a frame that has called another function, a variable can be read only if it is in "
	"memory; one that is not used after the call is shown as \"optimized out\". \"frame N\", "
	"\"up\" and \"down\" select the frame, \"goroutine ID\" selects the goroutine.";

static const struct command args_command = {
	.name = "args",
	.group = GROUP_DATA,
	.usage = "args [--json]",
	.summary = "Shows the parameters of the selected frame, and results that are already set",
	.help = args_help,
	.example = "args",
	.options = options,
	.needs_target = true,
	.run = run_args,
};
REGISTER_COMMAND(args_command);

static const struct command locals_command = {
	.name = "locals",
	.group = GROUP_DATA,
	.usage = "locals [--json]",
	.summary = "Shows the local variables of the selected frame",
	.help = help,
	.example = "locals",
	.options = options,
	.needs_target = true,
	.run = run_locals,
};
REGISTER_COMMAND(locals_command);
