/* Why a core's program died: see crash_view.h. */
#include "commands/data/crash_view.h"

#include <inttypes.h>

#include "commands/goroutines/goroutine_view.h"

/* A line of Go's text; a tab, with which Go indents, becomes blanks. */
static void line_text(struct output *output, const char *line)
{
	for (; *line == '\t'; line++)
		output_blanks(output, 4);
	output_text(output, STYLE_FINDING, line);
}

static void place_text(struct output *output, const struct crash *crash)
{
	if (crash->goid)
		output_printf(output, STYLE_PLAIN, "goroutine %" PRIu64 ", ", crash->goid);
	output_printf(output, STYLE_PLAIN, "thread %d", (int)crash->tid);
	if (crash->where.function) {
		output_printf(output, STYLE_PLAIN, ", in ");
		output_text(output, STYLE_FUNCTION, crash->where.function);
		output_printf(output, STYLE_PLAIN, " ");
		output_text(output, STYLE_PLAIN,
			crash->where.file ? base_name(crash->where.file) : "?");
		output_printf(output, STYLE_PLAIN, ":%d", crash->where.line);
	}
	if (crash->sent_by_itself)
		output_printf(output, STYLE_PLAIN, "; it sent the signal to itself");
	else if (crash->signal.sender)
		output_printf(output, STYLE_PLAIN, "; process %d sent the signal",
			(int)crash->signal.sender);
	output_newline(output);
}

void crash_text(struct output *output, const struct crash *crash, const char *title, unsigned width)
{
	if (!crash->kind)
		return;
	_cleanup_free_ char *text = strdup(crash->text);
	char *rest = NULL;
	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
		line = strtok_r(NULL, "\n", &rest), title = "") {
		output_printf(output, STYLE_DIM, "%-*s", (int)width, title);
		line_text(output, line);
		output_newline(output);
	}
	output_printf(output, STYLE_DIM, "%-*s", (int)width, title);
	place_text(output, crash);
}

static void signal_json(struct json *json, const struct target_signal *signal)
{
	char address[32];
	if (!signal->number) {
		json_null(json, "signal");
		return;
	}
	json_object(json, "signal");
	json_int(json, "number", signal->number);
	json_int(json, "code", signal->code);
	/* A fault at address 0 is not an unknown one. */
	snprintf(address, sizeof(address), "0x%" PRIx64, signal->address);
	json_string(json, "address", signal->sender ? NULL : address);
	if (signal->sender)
		json_uint(json, "sender", (uint64_t)signal->sender);
	else
		json_null(json, "sender");
	json_end(json);
}

void crash_json(struct json *json, const struct crash *crash)
{
	if (!crash->kind) {
		json_null(json, "crash");
		return;
	}
	json_object(json, "crash");
	json_string(json, "kind", crash_kind_name(crash->kind));
	json_string(json, "text", crash->text);
	signal_json(json, &crash->signal);
	json_int(json, "thread", crash->tid);
	if (crash->goid)
		json_uint(json, "goid", crash->goid);
	else
		json_null(json, "goid");
	json_string(json, "func", crash->where.function);
	json_string(json, "file", crash->where.file);
	if (crash->where.function)
		json_int(json, "line", crash->where.line);
	else
		json_null(json, "line");
	json_end(json);
}
