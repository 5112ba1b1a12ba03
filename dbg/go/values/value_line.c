/* Writes a value in one line of Go syntax, as fmt's %#v does (fmt/print.go, printValue). */
#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/values/go_text.h"
#include "dbg/go/values/value_note.h"

static void write_node(FILE *stream, const struct value_node *node, unsigned depth);

static const char *node_type_name(const struct value_node *node)
{
	return node->type ? node->type->name : "?";
}

/* "(chan int)(0xc000012345)" */
static void write_address(FILE *stream, const struct value_node *node)
{
	if (node->is_nil)
		fprintf(stream, "(%s)(nil)", node_type_name(node));
	else
		fprintf(stream, "(%s)(0x%" PRIx64 ")", node_type_name(node), node->address);
}

/* Writes a note as a comment. A note cannot end the comment. */
static void write_comment(FILE *stream, const char *note, size_t size)
{
	fputs(" /* ", stream);
	for (size_t i = 0; i < size; i++) {
		if (note[i] == '*' && i + 1 < size && note[i + 1] == '/')
			fputs("* ", stream);
		else if ((unsigned char)note[i] < ' ')
			fputc(note[i] == '\n' ? ';' : ' ', stream);
		else
			fputc(note[i], stream);
	}
	fputs(" */", stream);
}

static void write_scalar(FILE *stream, const struct value_node *node)
{
	enum go_kind kind = node->type->kind;
	if (kind >= GO_UINT && kind < GO_UINTPTR)
		fprintf(stream, "0x%llx", strtoull(node->text, NULL, 10));
	else if (kind == GO_FUNC || kind == GO_UNSAFE_POINTER)
		write_address(stream, node);
	else
		fputs(node->text, stream);
	if (kind == GO_FUNC && !node->is_nil && node->text_size)
		write_comment(stream, node->text, node->text_size);
}

static void write_pointer(FILE *stream, const struct value_node *node, unsigned depth)
{
	enum value_shape shape = node->count ? node->children[0].shape : VALUE_MISSING;
	bool expanded =
		depth == 0 && (shape == VALUE_STRUCT || shape == VALUE_LIST || shape == VALUE_MAP);
	if (expanded) {
		fputc('&', stream);
		write_node(stream, &node->children[0], depth + 1);
	} else {
		write_address(stream, node);
	}
	/* Do not repeat the message of a struct that consists of it. */
	bool obvious = expanded && shape == VALUE_STRUCT && node->children[0].count == 1;
	if (node->note && !obvious)
		write_comment(stream, node->note, strlen(node->note));
}

/* Closes a list of children, with an ellipsis if there are more. */
static void write_end(FILE *stream, const struct value_node *node)
{
	if (node->partial)
		fputs(node->count ? ", ..." : "...", stream);
	fputc('}', stream);
}

static void write_struct(FILE *stream, const struct value_node *node, unsigned depth)
{
	fprintf(stream, "%s{", node_type_name(node));
	for (size_t i = 0; i < node->count; i++) {
		fprintf(stream, "%s%s:", i ? ", " : "", node->children[i].name);
		write_node(stream, &node->children[i], depth + 1);
	}
	write_end(stream, node);
}

static void write_list(FILE *stream, const struct value_node *node, unsigned depth)
{
	const char *name = node_type_name(node);
	if (strcmp(name, "[]uint8") == 0 && (depth == 0 || node->note))
		name = "[]byte";
	if (node->is_nil) {
		fprintf(stream, "%s(nil)", name);
		return;
	}
	if (node->note) {
		fprintf(stream, "%s(%s)", name, node->note);
		return;
	}
	fprintf(stream, "%s{", name);
	for (size_t i = 0; i < node->count; i++) {
		fputs(i ? ", " : "", stream);
		write_node(stream, &node->children[i], depth + 1);
	}
	write_end(stream, node);
}

static void write_map(FILE *stream, const struct value_node *node, unsigned depth)
{
	if (node->is_nil) {
		fprintf(stream, "%s(nil)", node_type_name(node));
		return;
	}
	fprintf(stream, "%s{", node_type_name(node));
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		fputs(i ? ", " : "", stream);
		write_node(stream, &node->children[i], depth + 1);
		fputc(':', stream);
		write_node(stream, &node->children[i + 1], depth + 1);
	}
	write_end(stream, node);
}

static void write_interface(FILE *stream, const struct value_node *node, unsigned depth)
{
	if (node->is_nil || !node->count) {
		if (!node->is_nil)
			fprintf(stream, "%s(...)", node_type_name(node));
		else if (depth == 0)
			fputs("<nil>", stream);
		else
			fprintf(stream, "%s(nil)", node_type_name(node));
		return;
	}
	const struct value_node *inner = &node->children[0];
	write_node(stream, inner, depth ? depth + 1 : 0);
	bool obvious = depth == 0 && inner->shape == VALUE_POINTER && inner->count &&
		       inner->children[0].shape == VALUE_STRUCT && inner->children[0].count == 1;
	if (node->note && !inner->note && !obvious)
		write_comment(stream, node->note, strlen(node->note));
}

static void write_node(FILE *stream, const struct value_node *node, unsigned depth)
{
	if (value_note_replaces(node)) {
		fputs(node->note, stream);
		return;
	}
	switch (node->shape) {
	case VALUE_SCALAR:
		write_scalar(stream, node);
		if (node->note)
			write_comment(stream, node->note, strlen(node->note));
		break;
	case VALUE_STRING:
		go_write_quoted(stream, node->text, node->text_size);
		if (node->partial)
			fputs("...", stream);
		break;
	case VALUE_POINTER:
		write_pointer(stream, node, depth);
		break;
	case VALUE_STRUCT:
		write_struct(stream, node, depth);
		break;
	case VALUE_LIST:
		write_list(stream, node, depth);
		break;
	case VALUE_MAP:
		write_map(stream, node, depth);
		break;
	case VALUE_INTERFACE:
		write_interface(stream, node, depth);
		break;
	case VALUE_CHAN:
		write_address(stream, node);
		break;
	case VALUE_MISSING:
		fprintf(stream, "(%s)", node->text);
		break;
	}
}

struct error *value_node_line(const struct value_node *node, char **ret)
{
	size_t size;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return error_no_memory();
	write_node(stream, node, 0);
	if (fclose(stream)) {
		free(text);
		return error_no_memory();
	}
	*ret = text;
	return NULL;
}
