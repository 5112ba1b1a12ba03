/*
 * Converting the names of types in DWARF to what %T prints: DWARF has the full import path
 * ("*net/http.Request", "gopkg.in/yaml%2ev3.Node"), %T only the package's name. Type arguments have
 * full paths in both.
 *
 * Sources: cmd/internal/objabi/path.go (PathToPrefix), reflect's (*rtype).String.
 */
#include <ctype.h>
#include <stdio.h>

#include "dbg/go/program/program_debug.h"
#include "dbg/go/types/type_index.h"
#include "dbg/go/types/type_state.h"

/* Whether it can be part of an import path or identifier in the linker's names. */
static bool is_path(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) || (c && strchr("_./-~%+@:=$", c));
}

/* Copies `size` bytes, decoding %xx. */
static void unescape(const char *text, size_t size, char *ret)
{
	for (size_t i = 0; i < size; i++) {
		unsigned byte;
		if (text[i] == '%' && i + 2 < size && sscanf(text + i + 1, "%2x", &byte) == 1) {
			*ret++ = (char)byte;
			i += 2;
		} else {
			*ret++ = text[i];
		}
	}
	*ret = 0;
}

/* The length of the import path at the start of `text`, which is `size` bytes of path characters;
 * 0: none. */
static size_t path_length(const char *text, size_t size)
{
	size_t start = 0;
	for (size_t i = 0; i < size; i++)
		if (text[i] == '/')
			start = i + 1;
	const char *dot = memchr(text + start, '.', size - start);
	return dot ? (size_t)(dot - text) : 0;
}

/* The name of the package with this import path ("yaml" for "gopkg.in/yaml.v3"): from its
 * compilation unit or, if the package has no code, from the descriptor of one of its types. */
static struct error *package_name(struct program *program, const char *path, const char **ret)
{
	struct error *err = NULL;
	*ret = NULL;
	for (size_t i = 0; !err && (!*ret || !**ret) && i < program->module_count; i++) {
		struct debug_info *debug = program_debug(program, program->modules[i]);
		if (debug)
			err = debug_info_package_name(debug, path, ret);
	}
	if (!err && (!*ret || !**ret))
		err = type_index_package_name(program, path, ret);
	if (err || *ret)
		return err;
	const char *slash = strrchr(path, '/');
	*ret = slash ? slash + 1 : path;
	return NULL;
}

/* Writes an identifier with its package's name in place of the path. */
static struct error *write_identifier(
	struct program *program, const char *text, size_t size, FILE *out)
{
	char path[MAX_TYPE_NAME + 1];
	const char *name;
	size_t length = path_length(text, size);
	if (!length) {
		fprintf(out, "%.*s", (int)size, text);
		return NULL;
	}
	unescape(text, length, path);
	struct error *err = package_name(program, path, &name);
	if (!err)
		fprintf(out, "%s%.*s", name, (int)(size - length), text + length);
	return err;
}

/* The length of the bracketed text at `text`, brackets included. */
static size_t bracketed(const char *text)
{
	int depth = 0;
	for (size_t i = 0; text[i]; i++) {
		depth += text[i] == '[';
		depth -= text[i] == ']';
		if (depth == 0)
			return i + 1;
	}
	return strlen(text);
}

/* The length of a string literal (a field's tag), or of one character of punctuation. */
static size_t other_length(const char *text)
{
	size_t i = 1;
	if (text[0] != '"')
		return 1;
	for (; text[i] && text[i] != '"'; i++)
		if (text[i] == '\\' && text[i + 1])
			i++;
	return text[i] ? i + 1 : i;
}

/* The braces that are open at the current position. */
struct braces {
	uint64_t structs; /* a bit per brace, bit 0 for the innermost; 1: of a struct */
	bool at_start;	  /* at the start of a field or method */
};

static void update_braces(struct braces *braces, char c, const char *before, const char *start)
{
	if (c == '{')
		braces->structs = braces->structs << 1 |
				  (before - start >= 7 && memcmp(before - 7, "struct ", 7) == 0);
	if (c == '}')
		braces->structs >>= 1;
	if (c != ' ')
		braces->at_start = c == '{' || c == ';';
}

/* Whether the identifier that ends before `text` is a field's name: a type follows then. An
 * embedded field has only its type. */
static bool is_field_name(const struct braces *braces, const char *text)
{
	return braces->at_start && (braces->structs & 1) && text[0] == ' ' && text[1] != '}' &&
	       text[1] != '"';
}

/* The length of the package path in front of a field's name, which %T does not print. */
static size_t field_package(const char *text, size_t size)
{
	const char *dot = memrchr(text, '.', size);
	return dot ? (size_t)(dot - text) + 1 : 0;
}

static struct error *write_name(struct program *program, const char *name, FILE *out)
{
	struct braces braces = {0};
	for (const char *text = name; *text;) {
		size_t size = 0;
		if (strncmp(text, "...", 3) == 0) { /* a variadic parameter, not a path */
			fputs("...", out);
			text += 3;
			continue;
		}
		while (is_path(text[size]))
			size++;
		if (!size) {
			size = other_length(text);
			update_braces(&braces, *text, text, name);
			fprintf(out, "%.*s", (int)size, text);
			text += size;
			continue;
		}
		size_t skip = is_field_name(&braces, text + size) ? field_package(text, size) : 0;
		struct error *err = NULL;
		if (skip)
			fprintf(out, "%.*s", (int)(size - skip), text + skip);
		else
			err = write_identifier(program, text, size, out);
		if (err)
			return err;
		bool generic = text[size] == '[' && !(size == 3 && memcmp(text, "map", 3) == 0) &&
			       !(size == 4 && memcmp(text, "chan", 4) == 0);
		text += size;
		braces.at_start = false;
		if (generic) { /* type arguments, which %T prints unchanged */
			size = bracketed(text);
			fprintf(out, "%.*s", (int)size, text);
			text += size;
		}
	}
	return NULL;
}

/* Whether it is the name of a defined type, not a type literal. */
static bool is_defined(const char *name)
{
	static const char *const literals[] = {
		"map[", "chan ", "chan<- ", "func(", "struct {", "interface {", "noalg.", "chan ("};
	if (!is_path(name[0]))
		return false;
	for (size_t i = 0; i < array_length(literals); i++)
		if (strncmp(name, literals[i], strlen(literals[i])) == 0)
			return false;
	return true;
}

struct error *type_debug_name(struct program *program, const char *debug_name, struct go_type *type)
{
	_cleanup_free_ char *name = NULL;
	size_t size = strlen(debug_name);
	if (size > MAX_TYPE_NAME)
		return error_create(
			ERROR_BAD_DATA, "a type name in the DWARF is %zu bytes long", size);
	FILE *out = open_memstream(&name, &size);
	if (!out)
		return error_no_memory();
	struct error *err = write_name(program, debug_name, out);
	if (fclose(out) && !err)
		err = error_no_memory();
	if (!err)
		err = type_intern(program, name, &type->name);
	type->named = is_defined(debug_name);
	if (err || !type->named)
		return err;
	char path[MAX_TYPE_NAME + 1];
	size_t length = path_length(debug_name, strcspn(debug_name, "["));
	unescape(debug_name, length, path);
	return length ? type_intern(program, path, &type->package) : NULL;
}
