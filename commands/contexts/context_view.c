/* Loading and printing one context: see context_view.h. */
#include "commands/contexts/context_view.h"

#include <inttypes.h>

#include "commands/session/arguments.h"
#include "commands/session/completions.h"
#include "commands/session/message.h"
#include "commands/render/json.h"
#include "commands/render/short_names.h"
#include "dbg/go/goroutines/goroutine.h"

struct error *contexts_load(
	struct session *session, unsigned flags, const struct context_forest **ret)
{
	struct error *err = program_contexts(session->program, flags, ret);
	if (!err && (*ret)->problem)
		session_warn(session, "%s", (*ret)->problem);
	return err;
}

struct error *context_argument(
	const struct context_forest *forest, const char *text, ptrdiff_t *ret)
{
	uint64_t address;
	struct error *err = argument_number(text, "context address", &address);
	if (err)
		return err;
	*ret = context_at(forest, address);
	return *ret != CONTEXT_NONE
		       ? NULL
		       : error_create(ERROR_NOT_FOUND,
				 "there is no context at 0x%" PRIx64
				 "; see \"ctx list\" (--garbage includes unreachable ones)",
				 address);
}

void complete_context(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	enum { MOST = 5000 };
	const struct context_forest *forest;
	if (word_index > 0 || !session->program)
		return;
	struct error *err = program_contexts(session->program, 0, &forest);
	for (size_t i = 0; !err && i < forest->count && i < MOST; i++) {
		char text[24];
		snprintf(text, sizeof(text), "0x%" PRIx64, forest->items[i].address);
		completions_add(candidates, word, text);
	}
	error_destroy(err);
}

/* Whether %#v prints a value of a type that the program defines without the type: "6". */
static bool is_bare(const struct value_node *node)
{
	bool basic = node->shape == VALUE_STRING ||
		     (node->shape == VALUE_SCALAR && node->type->kind <= GO_COMPLEX128);
	return basic && node->type->package && !node->note;
}

static struct error *text_within(struct program *program, const struct value *value,
	const struct value_limits *limits, bool typed, char **ret)
{
	*ret = NULL;
	if (!value->type)
		return NULL;
	struct value_node node;
	struct error *err = value_describe(program, value, limits, &node);
	if (err)
		return err;
	err = value_node_line(&node, ret);
	if (!err && typed && is_bare(&node)) {
		_cleanup_free_ char *bare = *ret;
		if (asprintf(ret, "%s(%s)", node.type->name, bare) < 0) {
			*ret = NULL;
			err = error_no_memory();
		}
	}
	value_node_deinit(&node);
	return err;
}

struct error *context_value_text(struct program *program, const struct value *value, char **ret)
{
	return text_within(program, value, &value_limits_short, false, ret);
}

/* A key is often a pointer to a struct that contains a name, so show one level more. It is usually
 * of a type of its own, which says more than its number. */
struct error *context_key_text(struct program *program, const struct value *value, char **ret)
{
	struct value_limits limits = value_limits_short;
	limits.depth++;
	return text_within(program, value, &limits, true, ret);
}

/* The message of an error if it is known, otherwise the error as any other value. */
static struct error *error_text(struct program *program, const struct value *value, char **ret)
{
	*ret = NULL;
	if (!value->type)
		return NULL;
	struct value_node node;
	struct error *err = value_describe(program, value, &value_limits_short, &node);
	if (err)
		return err;
	if (node.note)
		*ret = take_pointer(node.note);
	else
		err = value_node_line(&node, ret);
	value_node_deinit(&node);
	return err;
}

struct error *context_view_load(struct context_view *view)
{
	struct program *program = view->session->program;
	const struct context *context = view_context(view);
	if (view->loaded)
		return NULL;
	view->loaded = true;
	struct error *err = context_key_text(program, &context->key, &view->key);
	if (!err)
		err = context_value_text(program, &context->value, &view->value);
	short_names(view->key);
	short_names(view->value);
	const struct context *source = context_error_source(view->forest, view->number);
	if (!err)
		err = error_text(program, &source->err, &view->err);
	if (!err)
		err = error_text(program, &source->cause, &view->cause);
	return err;
}

void context_view_deinit(struct context_view *view)
{
	free(view->key);
	free(view->value);
	free(view->err);
	free(view->cause);
	*view = (struct context_view){0};
}

/* ---- Text ---- */

const char *context_type_text(const struct context *context, char *ret, size_t size)
{
	snprintf(ret, size, "%s", context->type->name);
	return short_names(ret);
}

/* A context that was canceled before its deadline has nothing more to do with it. */
static bool deadline_counts(const struct context_forest *forest, ptrdiff_t number)
{
	const struct context *context = &forest->items[number];
	const struct go_type *type = context_error_source(forest, number)->err.type;
	if (!context->has_deadline || context->state != CONTEXT_CANCELED)
		return context->has_deadline;
	return type && go_type_is(type, "context", "deadlineExceededError");
}

const char *context_deadline_text(struct program *program, const struct context_forest *forest,
	ptrdiff_t number, char *ret, size_t size)
{
	const struct context *context = &forest->items[number];
	char duration[32];
	ret[0] = 0;
	if (!deadline_counts(forest, number))
		return ret;
	if (!context->has_remaining) {
		snprintf(ret, size, "has a deadline");
		return ret;
	}
	int64_t left = context->remaining_ns;
	format_duration(
		left < 0 ? -(left + (left == INT64_MIN)) : left, duration, sizeof(duration));
	const char *bound = program_clock_is_exact(program) ? "" : left < 0 ? "≥" : "≤";
	if (left < 0)
		snprintf(ret, size, "deadline passed %s%s ago", bound, duration);
	else
		snprintf(ret, size, "deadline in %s%s", bound, duration);
	return ret;
}

const char *context_state_text(struct context_view *view, char *ret, size_t size)
{
	const struct context *context = view_context(view);
	const char *state = context_state_name(context->state);
	error_destroy(context_view_load(view));
	if (view->cause && view->err && strcmp(view->cause, view->err) != 0)
		snprintf(ret, size, "%s: %s (%s)", state, view->cause, view->err);
	else if (view->err && strcmp(view->err, "context canceled") != 0)
		snprintf(ret, size, "%s: %s", state, view->err);
	else
		snprintf(ret, size, "%s", state);
	return ret;
}

/* ---- JSON ---- */

static void text_json(
	struct json *json, const char *key, const struct value *value, const char *text)
{
	if (!value->type) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_string(json, "type", value->type->name);
	json_string(json, "text", text);
	json_end(json);
}

/* The value as Go's %#v prints it. */
static struct error *context_value_json(
	struct json *json, struct program *program, const char *key, const struct value *value)
{
	_cleanup_free_ char *text = NULL;
	struct value_node node;
	struct error *err = NULL;
	if (value->type) {
		err = value_describe(program, value, &value_limits_default, &node);
		if (err)
			return err;
		value_node_drop_notes(&node);
		err = value_node_line(&node, &text);
		value_node_deinit(&node);
	}
	if (!err)
		text_json(json, key, value, text);
	return err;
}

static void numbers_json(struct json *json, const struct context_view *view)
{
	const struct context *context = view_context(view);
	json_array(json, "children");
	for (size_t i = 0; i < context->child_count; i++)
		json_address(json, NULL, view->forest->items[context->children[i]].address);
	json_end(json);
	if (context->unknown_children)
		json_uint(json, "unknown_children", context->unknown_children);
	json_array(json, "waiters");
	for (size_t i = 0; i < context->waiter_count; i++)
		json_uint(json, NULL, context->waiters[i]);
	json_end(json);
}

/* The IDs of the goroutines that hold it, each once. */
static void holders_json(struct json *json, const struct context_view *view)
{
	size_t count;
	const struct context_holder *holders = context_holders(view->forest, view->number, &count);
	uint64_t last = 0;
	json_array(json, "holders");
	for (size_t i = 0; i < count; i++) {
		if (holders[i].kind == HOLDER_GOROUTINE && holders[i].goid != last)
			json_uint(json, NULL, last = holders[i].goid);
	}
	json_end(json);
}

struct error *context_json(struct json *json, struct context_view *view, int64_t depth)
{
	const struct context *context = view_context(view);
	struct error *err = context_view_load(view);
	if (err)
		return err;
	json_object(json, NULL);
	json_address(json, "addr", context->address);
	json_string(json, "type", context->type->name);
	if (depth != NOT_IN_TREE)
		json_int(json, "depth", depth);
	json_address(json, "parent", context->parent_address);
	if (context->parent != CONTEXT_NONE)
		json_string(json, "parent_type", view->forest->items[context->parent].type->name);
	json_string(json, "state", context_state_name(context->state));
	const struct context *source = context_error_source(view->forest, view->number);
	text_json(json, "err", &source->err, view->err);
	text_json(json, "cause", &source->cause, view->cause);
	if (context->has_deadline)
		json_int(json, "deadline_unix_ms", context->deadline_unix_ms);
	else
		json_null(json, "deadline_unix_ms");
	if (context->has_remaining)
		json_double(json, "deadline_seconds_left", (double)context->remaining_ns / 1e9);
	struct program *program = view->session->program;
	err = context_value_json(json, program, "key", &context->key);
	if (!err)
		err = context_value_json(json, program, "value", &context->value);
	json_address(json, "done", context->done);
	if (context->done_source != CONTEXT_NONE)
		json_address(json, "governor", view->forest->items[context->done_source].address);
	numbers_json(json, view);
	if (view->forest->with_holders)
		holders_json(json, view);
	if (context->after_func)
		json_string(json, "after_func",
			program_function_name(view->session->program, context->after_func));
	if (view->verdict)
		json_string(json, "verdict", view->verdict);
	if (context->garbage)
		json_bool(json, "garbage", true);
	if (context->partial)
		json_bool(json, "partial", true);
	json_end(json);
	return err;
}

void context_line(struct session *session, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &session->out;
	struct context_view view = {.session = session, .forest = forest, .number = number};
	const struct context *context = view_context(&view);
	char state[256], deadline[64];
	context_type_text(context, state, sizeof(state));
	output_text(output, STYLE_FUNCTION, state);
	output_printf(output, STYLE_ADDRESS, " 0x%" PRIx64, context->address);
	if (context->kind != CONTEXT_BACKGROUND) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, context->state == CONTEXT_CANCELED ? STYLE_STRONG : STYLE_PLAIN,
			context_state_text(&view, state, sizeof(state)));
	}
	context_deadline_text(session->program, forest, number, deadline, sizeof(deadline));
	if (deadline[0] && context->state != CONTEXT_CANCELED)
		output_printf(output, STYLE_PLAIN, ", %s", deadline);
	error_destroy(context_view_load(&view));
	if (view.key) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, STYLE_PLAIN, view.key);
		output_printf(output, STYLE_PLAIN, " = ");
		output_text(output, STYLE_PLAIN, view.value ? view.value : "nil");
	}
	output_printf(output, STYLE_PLAIN, "\n");
	context_view_deinit(&view);
}

struct error *load_context_argument(struct session *session, const struct arguments *arguments,
	const struct context_forest **ret, ptrdiff_t *ret_number)
{
	unsigned flags = CONTEXTS_HOLDERS;
	for (const struct command_option *option = arguments->command->options; option->name;
		option++) {
		if (strcmp(option->name, "garbage") == 0 && argument_given(arguments, "garbage"))
			flags |= CONTEXTS_GARBAGE;
	}
	struct error *err = contexts_load(session, flags, ret);
	return err ? err : context_argument(*ret, arguments->words[0], ret_number);
}
