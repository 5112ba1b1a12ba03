/* Printing values as text: see value_view.h. */
#include <inttypes.h>

#include "commands/render/utf8.h"
#include "commands/data/value_view.h"
#include "dbg/go/values/go_text.h"

enum { DEFAULT_WIDTH = 100, INDENT = 2 };

static void write_one(FILE *stream, const struct value_node *node, bool typed);

static const char *type_name(const struct value_node *node)
{
	return node->type ? node->type->name : "?";
}

static bool is_lock(const struct value_node *node)
{
	return node->note && node->shape == VALUE_STRUCT && go_type_is_lock(node->type);
}

/* True if the note replaces the value: a time is not printed with its fields. */
static bool note_is_enough(const struct value_node *node)
{
	return node->note && (go_type_is(node->type, "time", "Duration") ||
				     go_type_is(node->type, "time", "Time") ||
				     go_type_is(node->type, "net", "IP"));
}

static bool is_aggregate(const struct value_node *node)
{
	return node->shape == VALUE_STRUCT || node->shape == VALUE_LIST || node->shape == VALUE_MAP;
}

/* The text before the braces: "main.Job", "[]int(3 of 500)" if not all elements are printed. */
static void write_head(FILE *stream, const struct value_node *node, bool typed)
{
	if (typed)
		fputs(type_name(node), stream);
	if (node->shape != VALUE_STRUCT && node->partial && node->count) {
		size_t shown = node->shape == VALUE_MAP ? node->count / 2 : node->count;
		fprintf(stream, "(%zu of %" PRIu64 ")", shown, node->length);
	}
}

/* An aggregate without its parts, because it is too deep or empty. */
static void write_closed(FILE *stream, const struct value_node *node)
{
	if (node->partial && node->shape != VALUE_STRUCT)
		fprintf(stream, "{… %" PRIu64 "}", node->length);
	else
		fputs(node->partial ? "{…}" : "{}", stream);
}

static void write_parts(FILE *stream, const struct value_node *node)
{
	fputc('{', stream);
	for (size_t i = 0; i < node->count; i++) {
		const struct value_node *child = &node->children[i];
		bool is_value = node->shape == VALUE_MAP && i % 2;
		fputs(is_value ? ": " : i ? ", " : "", stream);
		if (node->shape == VALUE_STRUCT)
			fprintf(stream, "%s: ", child->name);
		write_one(stream, child, false);
	}
	fputs(node->partial && node->count ? ", …}" : "}", stream);
}

static void write_aggregate(FILE *stream, const struct value_node *node, bool typed)
{
	if (node->is_nil) {
		fprintf(stream, typed ? "%s(nil)" : "nil", type_name(node));
		return;
	}
	if (node->shape == VALUE_LIST && node->note) {
		fprintf(stream, "%s%s%s", typed ? "[]byte(" : "", node->note, typed ? ")" : "");
		return;
	}
	write_head(stream, node, typed);
	if (node->count)
		write_parts(stream, node);
	else
		write_closed(stream, node);
}

/* The words or the value that replace the fields of a struct: atomic.Int64(5), sync.Map{…}. */
static void write_content(FILE *stream, const struct value_node *node, bool typed)
{
	if (typed)
		fputs(type_name(node), stream);
	if (node->content && node->content->shape == VALUE_MAP && !node->content->type) {
		write_aggregate(stream, node->content, false);
		return;
	}
	fputs(typed ? "(" : "", stream);
	if (node->content)
		write_one(stream, node->content, false);
	else
		fputs(node->note, stream);
	fputs(typed ? ")" : "", stream);
}

static bool is_replaced(const struct value_node *node)
{
	return is_lock(node) || (node->content && node->shape == VALUE_STRUCT);
}

static void write_pointer(FILE *stream, const struct value_node *node, bool typed)
{
	if (node->is_nil)
		fprintf(stream, typed ? "(%s)(nil)" : "nil", type_name(node));
	else if (node->count && is_aggregate(&node->children[0]) &&
		 !is_replaced(&node->children[0])) {
		fputc('&', stream);
		write_aggregate(stream, &node->children[0], true);
	} else {
		fprintf(stream, "(%s)(0x%" PRIx64 ")", type_name(node), node->address);
		const struct value_node *child = node->count ? &node->children[0] : NULL;
		if (child && child->shape != VALUE_MISSING) {
			fputs(" → ", stream);
			write_one(stream, child, false);
		} else if (child && child->text) {
			/* "cannot read memory at 0x…" without the advice */
			fprintf(stream, " (%.*s)", (int)strcspn(child->text, ":"), child->text);
		}
	}
}

static void write_error(FILE *stream, const struct value_node *node)
{
	go_write_quoted(stream, node->note, strlen(node->note));
	fprintf(stream, " (%s)", node->count ? type_name(&node->children[0]) : type_name(node));
}

static void write_channel(FILE *stream, const struct value_node *node)
{
	if (node->is_nil) {
		fprintf(stream, "(%s)(nil)", type_name(node));
		return;
	}
	fprintf(stream, "(%s)(0x%" PRIx64 ")", type_name(node), node->address);
	if (node->capacity)
		fprintf(stream, " %" PRIu64 "/%" PRIu64, node->length, node->capacity);
	if (node->closed)
		fputs(" closed", stream);
}

/* Writes one line, with the type if `typed` is set because it is not clear from the context. */
static void write_one(FILE *stream, const struct value_node *node, bool typed)
{
	if (note_is_enough(node)) {
		fputs(node->note, stream);
		return;
	}
	bool error = node->note && (node->shape == VALUE_INTERFACE || node->shape == VALUE_POINTER);
	if (error && !node->is_nil) {
		write_error(stream, node);
		return;
	}
	if (is_replaced(node)) {
		write_content(stream, node, typed);
		return;
	}
	switch (node->shape) {
	case VALUE_SCALAR:
		fputs(node->text, stream);
		if (node->note)
			fprintf(stream, " (%s)", node->note);
		if (node->content) /* what a func has captured */
			write_aggregate(stream, node->content, false);
		break;
	case VALUE_STRING:
		go_write_quoted(stream, node->text, node->text_size);
		if (node->partial)
			fprintf(stream, "… (%" PRIu64 " bytes)", node->length);
		break;
	case VALUE_POINTER:
		write_pointer(stream, node, typed);
		break;
	case VALUE_STRUCT:
	case VALUE_LIST:
	case VALUE_MAP:
		write_aggregate(stream, node, typed);
		break;
	case VALUE_INTERFACE:
		if (node->count)
			write_one(stream, &node->children[0], true);
		else
			fputs(node->is_nil ? "nil" : "…", stream);
		break;
	case VALUE_CHAN:
		write_channel(stream, node);
		break;
	case VALUE_MISSING:
		fprintf(stream, "(%s)", node->text);
		break;
	}
}

/* Replaces bytes that are not valid UTF-8 by '?': names from the target may contain any byte. */
static void make_valid(char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t character;
		size_t length = utf8_decode(text + at, size - at, &character);
		if (!length)
			text[at++] = '?';
		at += length;
	}
}

/* malloc'ed; NULL without memory. */
static char *one_line(const struct value_node *node, bool typed)
{
	size_t size;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	write_one(stream, node, typed);
	if (fclose(stream)) {
		free(text);
		return NULL;
	}
	make_valid(text, size);
	return text;
}

const char *value_short(const struct value_node *node, char *ret, size_t size)
{
	_cleanup_free_ char *line = one_line(node, true);
	size_t length = line ? strlen(line) : 0;
	if (length < size) {
		snprintf(ret, size, "%s", line ? line : "");
		return ret;
	}
	size_t end = size - sizeof("…");
	while (end > 0 && ((unsigned char)line[end] & 0xc0) == 0x80)
		end--;
	snprintf(ret, size, "%.*s…", (int)end, line);
	return ret;
}

/* The aggregate whose parts can be printed on lines of their own: `node` or what it points to or
 * holds. NULL: the node must stay on one line. */
static const struct value_node *parts_of(const struct value_node *node, bool *ret_pointer)
{
	*ret_pointer = false;
	for (int i = 0; i < 8; i++) {
		if (node->content && node->shape == VALUE_STRUCT)
			node = node->content;
		if (note_is_enough(node) || is_lock(node) || !node->count ||
			(node->note && node->shape != VALUE_STRUCT))
			return NULL;
		if (is_aggregate(node))
			return node;
		if (node->shape == VALUE_POINTER)
			*ret_pointer = true;
		else if (node->shape != VALUE_INTERFACE)
			return NULL;
		node = &node->children[0];
	}
	return NULL;
}

static void node_text(struct output *output, const struct value_node *node, unsigned column,
	unsigned indent, bool typed)
{
	unsigned width = output->width ? output->width : DEFAULT_WIDTH;
	_cleanup_free_ char *line = one_line(node, typed);
	bool pointer;
	const struct value_node *parts = parts_of(node, &pointer);
	if (!line || !parts || column + utf8_columns(line, strlen(line)) <= width) {
		output_text(output, STYLE_PLAIN, line ? line : "(out of memory)");
		output_printf(output, STYLE_PLAIN, "\n");
		return;
	}
	output_printf(output, STYLE_PLAIN, "%s", pointer ? "&" : "");
	output_text(output, STYLE_PLAIN, parts->type ? type_name(parts) : "sync.Map");
	if (parts->shape != VALUE_STRUCT)
		output_printf(output, STYLE_DIM, " (%" PRIu64 ")", parts->length);
	output_printf(output, STYLE_PLAIN, " {\n");
	for (size_t i = 0; i < parts->count && !output_failed(output); i++) {
		const struct value_node *child = &parts->children[i];
		char key[128];
		bool is_map = parts->shape == VALUE_MAP;
		output_printf(output, STYLE_PLAIN, "%*s", (int)(indent + INDENT), "");
		if (is_map)
			value_short(child, key, sizeof(key));
		else if (parts->shape == VALUE_STRUCT)
			snprintf(key, sizeof(key), "%s", child->name);
		else
			snprintf(key, sizeof(key), "%zu", i);
		output_text(output, STYLE_DIM, key);
		output_printf(output, STYLE_DIM, ": ");
		make_valid(key, strlen(key));
		unsigned used = indent + INDENT + (unsigned)utf8_columns(key, strlen(key)) + 2;
		node_text(output, is_map ? &parts->children[++i] : child, used, indent + INDENT,
			false);
	}
	if (parts->partial)
		output_printf(output, STYLE_DIM, "%*s…\n", (int)(indent + INDENT), "");
	output_printf(output, STYLE_PLAIN, "%*s}\n", (int)indent, "");
}

void value_text(
	struct output *output, const struct value_node *node, unsigned column, unsigned indent)
{
	node_text(output, node, column, indent, true);
}
