/* `goroutine ID`: prints one goroutine in detail and selects it. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"
#include "commands/goroutines/selection.h"

static void field(struct output *output, const char *name, const char *value)
{
	output_printf(output, STYLE_DIM, "  %-12s", name);
	output_text(output, STYLE_PLAIN, value);
	output_printf(output, STYLE_PLAIN, "\n");
}

/* The contexts held by its live variables. */
static void contexts_text(struct session *session, uint64_t goid)
{
	const struct context_forest *forest;
	const char *title = "holds";
	struct error *err = program_contexts(session->program, CONTEXTS_HOLDERS, &forest);
	for (size_t i = 0; !err && i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		const struct context *context = &forest->items[holder->context];
		char text[512];
		if (holder->kind != HOLDER_GOROUTINE || holder->goid != goid ||
			context->kind == CONTEXT_BACKGROUND)
			continue;
		const char *function = program_function_name(session->program, holder->function);
		snprintf(text, sizeof(text), "%s 0x%" PRIx64 " %s, in %s%s", context->type->name,
			context->address, context_state_name(context->state),
			function ? function : "?", holder->mapped ? "" : " (not certain)");
		field(&session->out, title, text);
		title = "";
	}
	error_destroy(err);
}

static struct error *holds_json(struct json *json, struct session *session, uint64_t goid)
{
	const struct context_forest *forest;
	struct error *err = program_contexts(session->program, CONTEXTS_HOLDERS, &forest);
	json_array(json, "holds");
	for (size_t i = 0; !err && i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		const struct context *context = &forest->items[holder->context];
		if (holder->kind != HOLDER_GOROUTINE || holder->goid != goid)
			continue;
		json_object(json, NULL);
		json_address(json, "ctx", context->address);
		json_string(json, "type", context->type->name);
		json_string(json, "state", context_state_name(context->state));
		json_string(
			json, "func", program_function_name(session->program, holder->function));
		json_bool(json, "exact", holder->mapped);
		json_end(json);
	}
	json_end(json);
	return error_ignore_unreadable(err);
}

static struct error *details_json(struct session *session, struct selected *selected, bool contexts)
{
	struct json *json = json_create(&session->out);
	struct error *err = json ? NULL : error_no_memory();
	json_array(json, "goroutines");
	goroutine_json(json, &selected->view, true);
	json_end(json);
	if (!err && contexts)
		err = holds_json(json, session, selected->view.goroutine->goid);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static void details_text(struct session *session, struct selected *selected, bool contexts)
{
	struct output *output = &session->out;
	struct goroutine_view *view = &selected->view;
	const struct goroutine *goroutine = view->goroutine;
	char text[512];
	goroutine_heading(output, view);
	const char *entry = program_function_name(session->program, goroutine->start_pc);
	field(output, "entry", entry ? entry : "?");
	snprintf(text, sizeof(text), "%s%s%s", goroutine_status(session->program, goroutine),
		goroutine->system ? ", runtime goroutine" : "",
		goroutine->scan ? ", stack being scanned by the garbage collector" : "");
	field(output, "status", text);
	for (size_t i = 0; i < view->wait_count; i++)
		field(output, i ? "" : "waits on",
			goroutine_describe_wait(view, &view->waits[i], text, sizeof(text)));
	snprintf(text, sizeof(text),
		"g 0x%" PRIx64 ", stack 0x%" PRIx64 "-0x%" PRIx64 " (%" PRIu64 " KiB)",
		goroutine->address, goroutine->stack_low, goroutine->stack_high,
		(goroutine->stack_high - goroutine->stack_low) / 1024);
	field(output, "memory", text);
	if (contexts)
		contexts_text(session, goroutine->goid);
	output_printf(output, STYLE_PLAIN, "\n");
	stack_text(output, selected->stack, session->settings.runtime_frames,
		session->selection.frame);
	creator_text(output, session->program, goroutine, true);
}

static struct error *goroutine_run(struct session *session, const struct arguments *arguments)
{
	struct selection before = session->selection;
	if (arguments->word_count) {
		uint64_t goid;
		const struct goroutine *goroutine;
		struct error *err = argument_number(arguments->words[0], "goroutine ID", &goid);
		if (!err)
			err = program_goroutine(session->program, goid, &goroutine);
		if (err)
			return err;
		select_goroutine(session, goid);
	}
	struct selected selected;
	const struct frame *frame;
	unsigned contexts = argument_given(arguments, "ctx") ? VIEW_CONTEXTS : 0u;
	struct error *err = selected_load(session, VIEW_ALL | contexts, &selected);
	if (err) {
		if (arguments->word_count)
			session->selection = before;
		return err;
	}
	if (!selected.view.goroutine)
		err = error_create(
			ERROR_USAGE, "a thread is selected, not a goroutine: use \"goroutine ID\"");
	/* Resolves the selected frame; an empty stack is not an error here. */
	error_destroy(selected_frame(session, &selected, &frame));
	if (!err && argument_given(arguments, "json"))
		err = details_json(session, &selected, contexts);
	else if (!err)
		details_text(session, &selected, contexts);
	selected_deinit(&selected);
	return err;
}

static const struct command_option options[] = {
	{"ctx", 'c', NULL, "show the contexts it waits on and holds (searches the heap)", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"gr", NULL};

static const struct command goroutine_command = {
	.name = "goroutine",
	.aliases = aliases,
	.group = GROUP_GOROUTINES,
	.usage = "goroutine [ID] [--ctx] [--json]",
	.summary = "Shows one goroutine in detail and selects it",
	.help = "bt, frame, up, down, regs and list apply to the selected goroutine. Without ID, "
		"shows the selected goroutine. Initially that is the goroutine running on the "
		"first thread (in a core: the one that crashed).",
	.example = "goroutine 18",
	.options = options,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_goroutine,
	.run = goroutine_run,
};
REGISTER_COMMAND(goroutine_command);
