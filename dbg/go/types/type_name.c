/*
 * Composing the names of types whose name is not in the type data: those that reflect makes at run
 * time, spelled as reflect does (SliceOf, ArrayOf, ChanOf, MapOf, FuncOf, StructOf and PointerTo in
 * reflect/type.go).
 */
#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_state.h"

static struct error *part_name(
	struct program *program, const struct go_type *type, enum type_part part, const char **ret)
{
	uint64_t address;
	const struct go_type *found;
	struct error *err = descriptor_part(program, type, part, &address);
	if (!err)
		err = program_type_at(program, address, &found);
	if (!err)
		*ret = found->name;
	return err;
}

static struct error *write_chan(struct program *program, const struct go_type *type, FILE *out)
{
	const char *element;
	struct error *err = part_name(program, type, TYPE_ELEMENT, &element);
	if (err)
		return err;
	if (type->direction == GO_CHAN_RECV)
		fprintf(out, "<-chan %s", element);
	else if (type->direction == GO_CHAN_SEND)
		fprintf(out, "chan<- %s", element);
	else
		fprintf(out, element[0] == '<' ? "chan (%s)" : "chan %s", element);
	return NULL;
}

static struct error *write_map(struct program *program, const struct go_type *type, FILE *out)
{
	const char *key, *element;
	struct error *err = part_name(program, type, TYPE_KEY, &key);
	if (!err)
		err = part_name(program, type, TYPE_ELEMENT, &element);
	if (!err)
		fprintf(out, "map[%s]%s", key, element);
	return err;
}

/* Writes parameters `first` to `end` - 1. */
static struct error *write_list(struct program *program, const uint64_t *types, size_t first,
	size_t end, bool variadic, FILE *out)
{
	for (size_t i = first; i < end && ftell(out) <= MAX_TYPE_NAME; i++) {
		const struct go_type *type;
		struct error *err = program_type_at(program, types[i], &type);
		if (err)
			return err;
		bool dots = variadic && i + 1 == end && strncmp(type->name, "[]", 2) == 0;
		fprintf(out, "%s%s%s", i > first ? ", " : "", dots ? "..." : "",
			type->name + (dots ? 2 : 0));
	}
	return NULL;
}

static struct error *write_func(struct program *program, const struct go_type *type, FILE *out)
{
	_cleanup_free_ uint64_t *types = NULL;
	size_t in, results;
	bool variadic;
	struct error *err = descriptor_signature(program, type, &types, &in, &results, &variadic);
	if (err)
		return err;
	fputs("func(", out);
	err = write_list(program, types, 0, in, variadic, out);
	if (err)
		return err;
	fputs(results > 1 ? ") (" : results ? ") " : ")", out);
	err = write_list(program, types, in, in + results, false, out);
	if (!err && results > 1)
		fputc(')', out);
	return err;
}

/* Quotes the text of a field's tag like strconv.Quote. */
static void write_quoted(const char *text, FILE *out)
{
	static const char letters[] = "abtnvfr"; /* \a is 7 */
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c >= 7 && c <= 13)
			fprintf(out, "\\%c", letters[c - 7]);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static struct error *write_struct(struct program *program, const struct go_type *type, FILE *out)
{
	_cleanup_free_ struct go_field *fields = NULL;
	size_t count;
	struct error *err = descriptor_fields(program, type, &fields, &count);
	if (err)
		return err;
	fputs("struct {", out);
	for (size_t i = 0; i < count && ftell(out) <= MAX_TYPE_NAME; i++) {
		_cleanup_free_ char *tag = NULL;
		err = descriptor_tag(program, type, i, &tag);
		if (err)
			return err;
		if (!fields[i].embedded)
			fprintf(out, " %s", fields[i].name);
		fprintf(out, " %s", fields[i].type->name);
		if (tag) {
			fputc(' ', out);
			write_quoted(tag, out);
		}
		if (i + 1 < count)
			fputc(';', out);
	}
	fputs(count ? " }" : "}", out);
	return NULL;
}

static struct error *write_name(struct program *program, const struct go_type *type, FILE *out)
{
	const char *element;
	struct error *err = NULL;
	switch (type->kind) {
	case GO_POINTER:
	case GO_SLICE:
	case GO_ARRAY:
		err = part_name(program, type, TYPE_ELEMENT, &element);
		if (err)
			return err;
		if (type->kind == GO_ARRAY)
			fprintf(out, "[%" PRIu64 "]%s", type->length, element);
		else
			fprintf(out, "%s%s", type->kind == GO_POINTER ? "*" : "[]", element);
		return NULL;
	case GO_CHAN:
		return write_chan(program, type, out);
	case GO_MAP:
		return write_map(program, type, out);
	case GO_FUNC:
		return write_func(program, type, out);
	case GO_STRUCT:
		return write_struct(program, type, out);
	default: /* reflect makes no others */
		return error_create(
			ERROR_BAD_DATA, "the descriptor is outside the program's type data");
	}
}

struct error *type_synthesize_name(
	struct program *program, const struct go_type *type, const char **ret)
{
	_cleanup_free_ char *name = NULL;
	size_t size;
	FILE *out = open_memstream(&name, &size);
	if (!out)
		return error_no_memory();
	struct error *err = type->named ? error_create(ERROR_BAD_DATA,
						  "a named type outside the program's type data")
					: write_name(program, type, out);
	if (fclose(out) && !err)
		err = error_no_memory();
	if (err)
		return err;
	if (size > MAX_TYPE_NAME)
		return error_create(
			ERROR_BAD_DATA, "its name has more than %d bytes", MAX_TYPE_NAME);
	return type_intern(program, name, ret);
}
