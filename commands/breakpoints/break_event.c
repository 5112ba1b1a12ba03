/* Renders the events of breakpoints: see break_event.h. */
#include "commands/breakpoints/break_event.h"

#include <ctype.h>
#include <inttypes.h>
#include <time.h>

#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"
#include "dbg/go/stacks/function.h"

/* True for function names and similar text, which need no quotes. */
static bool is_plain(const struct break_field *field)
{
	size_t size = field->value.string.size;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)field->value.string.data[i];
		if (!isalnum(c) && !strchr("._/*()[]{}-:$@+<>", c) && c < 0x80)
			return false;
		if (!c)
			return false;
	}
	return size > 0;
}

/* Formats a string, without quotes if it is plain, with "…" after it if it was cut. */
static void describe_text(const struct break_field *field, char *ret, size_t size)
{
	const struct expr_value *value = &field->value;
	const char *quote = is_plain(field) ? "" : "\"";
	size_t used = 0;
	bool cut = value->cut;
	if (*quote)
		ret[used++] = '"';
	for (size_t i = 0; i < value->string.size; i++) {
		char c = value->string.data[i];
		if (used + sizeof("\\x00\"…") >= size) {
			cut = true;
			break;
		}
		if (c)
			ret[used++] = c;
		else
			used += (size_t)snprintf(ret + used, size - used, "\\x00");
	}
	snprintf(ret + used, size - used, "%s%s", quote, cut ? "…" : "");
}

const char *break_field_describe(const struct break_field *field, char *ret, size_t size)
{
	const struct expr_value *value = &field->value;
	switch (value->type) {
	case EXPR_BOOL:
		snprintf(ret, size, "%s", value->boolean ? "true" : "false");
		break;
	case EXPR_INT:
		if (field->is_address)
			snprintf(ret, size, "0x%" PRIx64, value->integer);
		else
			snprintf(ret, size, value->large ? "%" PRIu64 : "%" PRId64, value->integer);
		break;
	case EXPR_FLOAT:
		snprintf(ret, size, "%g", value->real);
		break;
	case EXPR_DURATION:
		format_duration(value->integer, ret, size);
		break;
	case EXPR_STRING:
		describe_text(field, ret, size);
		break;
	default:
		snprintf(ret, size, "?");
	}
	return ret;
}

/* Formats the local time with microseconds. */
static void format_time(int64_t time_ns, char *ret, size_t size)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm local;
	char text[16] = "?";
	if (localtime_r(&seconds, &local))
		strftime(text, sizeof(text), "%H:%M:%S", &local);
	snprintf(ret, size, "%s.%06d", text, (int)(time_ns % 1000000000 / 1000));
}

static void location_text(struct output *output, const struct code_location *location)
{
	if (!location->file) {
		output_printf(output, STYLE_ADDRESS, "0x%" PRIx64, location->pc);
		return;
	}
	output_text(output, STYLE_PLAIN, source_short_path(location->function, location->file));
	output_printf(output, STYLE_PLAIN, ":%d", location->line);
}

/* The location in the program's own code; NULL if the values include it (those of a go
 * statement). */
static const struct code_location *summary_location(const struct break_event *event)
{
	if (!event->of_runtime)
		return &event->location;
	return event->user.function ? &event->user : NULL;
}

/* True for a file whose line is the next field: both are printed as FILE:LINE. */
static bool is_file_with_line(const struct break_event *event, size_t index)
{
	if (index + 1 >= event->field_count)
		return false;
	const struct break_field *file = &event->fields[index], *line = file + 1;
	size_t size = strlen(file->name);
	return size >= 4 && !strcmp(file->name + size - 4, "file") && strlen(line->name) == size &&
	       !strncmp(line->name, file->name, size - 4) &&
	       !strcmp(line->name + size - 4, "line") && line->value.type == EXPR_INT &&
	       file->value.type == EXPR_STRING;
}

/* True for the field "calls", which follows the calling function and is printed if it differs. */
static bool is_calls(const struct break_field *field)
{
	return !field->key && !strcmp(field->name, "calls") && field->value.type == EXPR_STRING;
}

static bool same_text(const struct break_field *a, const struct break_field *b)
{
	return b->value.type == EXPR_STRING && a->value.string.size == b->value.string.size &&
	       !memcmp(a->value.string.data, b->value.string.data, a->value.string.size);
}

/* "fn=main.main.gowrap1 (calls main.handle)". */
static void calls_text(
	struct output *output, const struct break_field *before, const struct break_field *calls)
{
	char value[1024];
	if (same_text(calls, before))
		return;
	output_printf(output, STYLE_DIM, " (calls ");
	output_text(output, STYLE_PLAIN, break_field_describe(calls, value, sizeof(value)));
	output_printf(output, STYLE_DIM, ")");
}

static void fields_text(struct output *output, const struct break_event *event, const char *between)
{
	for (size_t i = 0; i < event->field_count; i++) {
		const struct break_field *field = &event->fields[i];
		char value[1024];
		if (i && event->of_runtime && is_calls(field)) {
			calls_text(output, field - 1, field);
			continue;
		}
		output_printf(output, STYLE_DIM, "%s%s", i ? between : "", field->name);
		if (field->key) {
			output_printf(output, STYLE_DIM, "[\"");
			output_text(output, STYLE_DIM, field->key);
			output_printf(output, STYLE_DIM, "\"]");
		}
		output_printf(output, STYLE_DIM, "=");
		break_field_describe(field, value, sizeof(value));
		bool line_follows = is_file_with_line(event, i);
		output_text(output, STYLE_PLAIN, line_follows ? base_name(value) : value);
		if (line_follows)
			output_printf(
				output, STYLE_PLAIN, ":%" PRId64, event->fields[++i].value.integer);
	}
	if (event->labels_cut || event->fields_cut)
		output_printf(output, STYLE_DIM, "%s…", between);
}

void break_event_line(struct output *output, const struct break_event *event)
{
	const struct code_location *location = summary_location(event);
	char time[32];
	format_time(event->time_ns, time, sizeof(time));
	output_printf(output, STYLE_DIM, "%s  ", time);
	output_printf(output, STYLE_STRONG, "%d ", event->number);
	output_text(output, STYLE_FUNCTION, event->what);
	if (event->goid)
		output_printf(output, STYLE_PLAIN, "  g%" PRIu64 "  ", event->goid);
	else
		output_printf(output, STYLE_PLAIN, "  t%d  ", (int)event->tid);
	if (location) {
		location_text(output, location);
		output_printf(output, STYLE_PLAIN, "  ");
	}
	fields_text(output, event, " ");
	output_printf(output, STYLE_PLAIN, "\n");
}

void break_event_heading(struct output *output, const struct break_event *event)
{
	const struct code_location *location = summary_location(event);
	output_printf(output, STYLE_STRONG, "breakpoint %d, ", event->number);
	output_text(output, STYLE_FUNCTION, event->what);
	output_printf(output, STYLE_PLAIN, ", hit %" PRIu64 ": ", event->hit);
	if (event->goid)
		output_printf(output, STYLE_STRONG, "goroutine %" PRIu64 " on thread %d",
			event->goid, (int)event->tid);
	else
		output_printf(output, STYLE_STRONG, "thread %d", (int)event->tid);
	if (location) {
		output_printf(output, STYLE_PLAIN, " at ");
		location_text(output, location);
	}
	output_printf(output, STYLE_PLAIN, "\n");
	if (event->field_count) {
		output_printf(output, STYLE_PLAIN, "     ");
		fields_text(output, event, "  ");
		output_printf(output, STYLE_PLAIN, "\n");
	}
	if (event->problem) {
		output_printf(output, STYLE_WARNING, "     cannot evaluate its condition: ");
		output_text(output, STYLE_WARNING, event->problem);
		output_printf(output, STYLE_WARNING, "\n");
	}
}

static void field_json(struct json *json, const struct break_field *field)
{
	const struct expr_value *value = &field->value;
	const char *name = field->key ? field->key : field->name;
	switch (value->type) {
	case EXPR_BOOL:
		json_bool(json, name, value->boolean);
		break;
	case EXPR_INT:
		/* json_address() prints null for 0, which would mean absent. */
		if (field->is_address && !value->integer)
			json_string(json, name, "0x0");
		else if (field->is_address)
			json_address(json, name, (uint64_t)value->integer);
		else if (value->large)
			json_uint(json, name, (uint64_t)value->integer);
		else
			json_int(json, name, value->integer);
		break;
	case EXPR_FLOAT:
		json_double(json, name, value->real);
		break;
	case EXPR_DURATION:
		json_double(json, name, (double)value->integer / 1e9);
		break;
	case EXPR_STRING:
		json_string_n(json, name, value->string.data, value->string.size);
		break;
	default:
		json_null(json, name);
	}
}

static void fields_json(struct json *json, const struct break_event *event, bool labels)
{
	json_object(json, labels ? "labels" : "fields");
	for (size_t i = 0; i < event->field_count; i++) {
		if (!event->fields[i].key == !labels)
			field_json(json, &event->fields[i]);
	}
	json_end(json);
}

/* Prints the names of the values that were cut. */
static void cut_json(struct json *json, const struct break_event *event)
{
	bool labels = event->labels_cut, any = labels || event->fields_cut;
	for (size_t i = 0; i < event->field_count; i++)
		any = any || event->fields[i].value.cut;
	if (!any)
		return;
	json_array(json, "cut");
	for (size_t i = 0; i < event->field_count; i++) {
		const struct break_field *field = &event->fields[i];
		if (field->value.cut && field->key)
			labels = true;
		else if (field->value.cut)
			json_string(json, NULL, field->name);
	}
	if (labels)
		json_string(json, NULL, "labels");
	if (event->fields_cut)
		json_string(json, NULL, "fields");
	json_end(json);
}

static void user_json(struct json *json, const struct code_location *location)
{
	json_object(json, "user");
	json_string(json, "func", location->function);
	json_string(json, "file", location->file);
	json_int(json, "line", location->line);
	json_end(json);
}

struct error *break_event_json(
	struct output *output, const struct break_event *event, const struct stack *stack)
{
	struct json *json = json_create(output);
	if (!json)
		return error_no_memory();
	json_string(json, "event", event->stops ? "stop" : "trace");
	json_int(json, "breakpoint", event->number);
	json_string(json, "what", event->what);
	json_uint(json, "hit", event->hit);
	json_int(json, "time_unix_ns", event->time_ns);
	if (event->goid)
		json_uint(json, "goid", event->goid);
	else
		json_null(json, "goid");
	json_int(json, "thread", event->tid);
	json_address(json, "pc", event->address);
	json_string(json, "func", event->location.function);
	json_string(json, "file", event->location.file);
	json_int(json, "line", event->location.line);
	if (event->user.function)
		user_json(json, &event->user);
	fields_json(json, event, false);
	if (event->has_labels)
		fields_json(json, event, true);
	cut_json(json, event);
	if (event->problem)
		json_string(json, "problem", event->problem);
	if (stack) {
		json_array(json, "frames");
		for (size_t i = 0; i < stack->count; i++)
			frame_json(json, NULL, &stack->frames[i]);
		json_end(json);
	}
	json_finish(json);
	return NULL;
}
