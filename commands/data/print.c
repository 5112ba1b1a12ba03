/* `print` and `whatis`: values and types of expressions. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/data/value_view.h"
#include "dbg/go/waits/lock_waiters.h"

/* ---- print ---- */

/* The goroutines that wait for a lock. */
struct lock {
	bool is_lock; /* the value is one, or points to one */
	uint64_t *waiters;
	size_t count;
};

static struct error *lock_load(struct session *session, const struct value *value,
	const struct value_node *node, struct lock *ret)
{
	uint64_t address = value->address;
	*ret = (struct lock){.is_lock = false};
	if (node->shape == VALUE_POINTER && node->count) {
		address = node->address;
		node = &node->children[0];
	}
	if (!node->type || !node->note || !address || !go_type_is_lock(node->type))
		return NULL;
	ret->is_lock = true;
	return lock_waiters(
		session->program, address, node->type->size, &ret->waiters, &ret->count);
}

static void lock_text(struct output *output, const struct lock *lock)
{
	enum { SHOWN = 20 };
	for (size_t i = 0; i < lock->count && i < SHOWN; i++)
		output_printf(output, STYLE_PLAIN, "%s%" PRIu64, i ? ", " : "waiting: goroutines ",
			lock->waiters[i]);
	if (lock->count > SHOWN)
		output_printf(output, STYLE_DIM, " … and %zu more", lock->count - SHOWN);
	if (lock->count)
		output_printf(output, STYLE_PLAIN, "\n");
}

static struct error *print_json(struct session *session, const char *text,
	const struct value *value, const struct value_node *node, const struct lock *lock)
{
	struct json *json = json_create(&session->out);
	json_string(json, "expr", text);
	json_string(json, "type", value->type->name);
	json_address(json, "addr", value->address);
	value_line_json(json, node);
	value_json(json, "value", node);
	if (lock->is_lock) {
		json_array(json, "waiters");
		for (size_t i = 0; i < lock->count; i++)
			json_uint(json, NULL, lock->waiters[i]);
		json_end(json);
	}
	return json_finish(json);
}

static struct error *print_line(struct session *session, const struct value_node *node)
{
	char *line;
	struct error *err = value_node_line(node, &line);
	if (err)
		return err;
	output_text(&session->out, STYLE_PLAIN, line);
	output_printf(&session->out, STYLE_PLAIN, "\n");
	free(line);
	return NULL;
}

static struct error *print_value(struct session *session, const struct arguments *arguments,
	const char *text, const struct value *value)
{
	struct value_limits limits = limits_from_settings(&session->settings);
	struct value_node node;
	struct lock lock;
	struct error *err = value_describe(session->program, value, &limits, &node);
	if (err)
		return err;
	err = lock_load(session, value, &node, &lock);
	if (err) {
		value_node_deinit(&node);
		return err;
	}
	if (node.shape == VALUE_MISSING)
		err = error_create(ERROR_FAULT, "%s: %s", text, node.text);
	else if (argument_given(arguments, "json"))
		err = print_json(session, text, value, &node, &lock);
	else if (argument_given(arguments, "line"))
		err = print_line(session, &node);
	else {
		value_text(&session->out, &node, 0, 0);
		lock_text(&session->out, &lock);
	}
	free(lock.waiters);
	value_node_deinit(&node);
	return err;
}

static struct error *run_print(struct session *session, const struct arguments *arguments)
{
	_cleanup_free_ char *text = join_words(arguments);
	struct frame_view view;
	struct value value;
	if (!text)
		return error_no_memory();
	struct error *err = frame_view_load(session, &view);
	if (err)
		return err;
	err = frame_view_evaluate(session, &view, text, &value);
	if (!err) {
		err = print_value(session, arguments, text, &value);
		value_deinit(&value);
	}
	frame_view_deinit(&view);
	return err;
}

static void complete_variable(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	struct frame_view view;
	if (word_index || !session->program)
		return;
	struct error *err = frame_view_load(session, &view);
	if (!err) {
		/* Keep operators in front of the name. */
		size_t prefix = strspn(word, "*&(");
		for (size_t i = 0; i < view.variables.count; i++) {
			char text[256];
			snprintf(text, sizeof(text), "%.*s%s", (int)prefix, word,
				view.variables.items[i].name);
			completions_add(candidates, word, text);
		}
		frame_view_deinit(&view);
	}
	error_destroy(err);
}

/* What print and whatis have in common. */
#define EXPRESSION_COMMAND                                                                         \
	.group = GROUP_DATA, .min_words = 1, .max_words = ARGUMENTS_MAX_WORDS,                     \
	.needs_target = true, .expression = true, .complete = complete_variable

static const struct command_option print_options[] = {
	{"line", 0, NULL, "on one line in Go syntax, as printed by %#v", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const print_aliases[] = {"p", NULL};

static const struct command print_command = {
	.name = "print",
	.aliases = print_aliases,
	EXPRESSION_COMMAND,
	.usage = "print EXPR [--line] [--json]",
	.summary = "Prints the value of an expression with local variables and globals",
	.help = "EXPR is in Go syntax: request.Header[\"Accept\"][0], *p, &x.mu, jobs[2:5], "
		"main.counter, http.DefaultClient.Timeout, err.(*net.OpError).Op, "
		"len(jobs), cap(queue), (*main.Job)(0xc000012345).id. The last form uses no "
		"variables, so it also works for programs without DWARF. Names are first looked up in the selected frame "
		"(\"frame N\", \"up\", \"down\"). Globals of the frame's own package need no "
		"package name. \"set print-depth N\", \"set print-length N\" and \"set "
		"print-string N\" limit how much is printed.",
	.example = "print request.Header[\"Accept\"]",
	.options = print_options,
	.run = run_print,
};
REGISTER_COMMAND(print_command);

/* ---- whatis ---- */

static void type_text(struct session *session, const struct go_type *type,
	const struct go_field *fields, size_t count)
{
	struct output *output = &session->out;
	output_text(output, STYLE_STRONG, type->name);
	output_printf(output, STYLE_DIM, "  %" PRIu64 " bytes%s", type->size,
		count ? ", fields with their offsets:" : "");
	output_printf(output, STYLE_PLAIN, "\n");
	for (size_t i = 0; i < count; i++) {
		output_printf(output, STYLE_DIM, "%6" PRIu64 "  ", fields[i].offset);
		output_text(output, STYLE_PLAIN, fields[i].embedded ? "" : fields[i].name);
		output_printf(output, STYLE_PLAIN, "%s", fields[i].embedded ? "" : " ");
		output_text(output, STYLE_PLAIN, fields[i].type->name);
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

static struct error *type_json(struct session *session, const char *text, uint64_t address,
	const struct go_type *type, const struct go_field *fields, size_t count)
{
	struct json *json = json_create(&session->out);
	json_string(json, "expr", text);
	json_string(json, "type", type->name);
	json_string(json, "package", type->package);
	json_uint(json, "size", type->size);
	json_address(json, "addr", address);
	json_address(json, "descriptor", type->descriptor);
	json_array(json, "fields");
	for (size_t i = 0; i < count; i++) {
		json_object(json, NULL);
		json_string(json, "name", fields[i].name);
		json_string(json, "type", fields[i].type->name);
		json_uint(json, "offset", fields[i].offset);
		json_bool(json, "embedded", fields[i].embedded);
		json_end(json);
	}
	json_end(json);
	return json_finish(json);
}

static struct error *show_type(struct session *session, const struct arguments *arguments,
	const char *text, uint64_t address, const struct go_type *type)
{
	const struct go_field *fields = NULL;
	size_t count = 0;
	struct error *err = NULL;
	if (type->kind == GO_STRUCT)
		err = go_type_fields(session->program, type, &fields, &count);
	if (err)
		return err;
	if (argument_given(arguments, "json"))
		return type_json(session, text, address, type, fields, count);
	type_text(session, type, fields, count);
	return NULL;
}

static struct error *run_whatis(struct session *session, const struct arguments *arguments)
{
	_cleanup_free_ char *text = join_words(arguments);
	struct frame_view view;
	struct value value;
	const struct go_type *type;
	if (!text)
		return error_no_memory();
	struct error *err = frame_view_load(session, &view);
	if (err)
		return err;
	err = frame_view_evaluate(session, &view, text, &value);
	if (!err) {
		err = show_type(session, arguments, text, value.address, value.type);
		value_deinit(&value);
	} else {
		/* It may be the name of a type. */
		struct error *other = program_type_named(session->program, text, &type);
		if (!other) {
			error_destroy(err);
			err = show_type(session, arguments, text, 0, type);
		}
		error_destroy(other);
	}
	frame_view_deinit(&view);
	return err;
}

static const struct command_option whatis_options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command whatis_command = {
	.name = "whatis",
	EXPRESSION_COMMAND,
	.usage = "whatis EXPR | TYPE [--json]",
	.summary = "Shows the type of an expression, and the fields of a struct type",
	.help = "EXPR is as for \"print\". The fields of a struct are shown with their offsets "
		"in bytes.",
	.example = "whatis http.Request",
	.options = whatis_options,
	.run = run_whatis,
};
REGISTER_COMMAND(whatis_command);
