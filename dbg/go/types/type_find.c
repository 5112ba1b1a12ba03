/*
 * Finding types by name as users write it, with the import path or only the package's name.
 * Pointers and other compound types are found through their parts.
 */
#include <ctype.h>
#include <stdio.h>

#include "dbg/go/program/program_debug.h"
#include "dbg/go/types/type_index.h"
#include "dbg/go/types/type_state.h"

enum { MAX_SHOWN = 8, MAX_NESTING = 32 };

/* The types that match, without duplicates. */
struct candidates {
	const struct go_type **items;
	size_t count, capacity;
	const struct go_type *element, *key; /* their parts must be these; NULL: any */
	struct program *program;
};

static void candidates_deinit(struct candidates *candidates)
{
	free(candidates->items);
}

/* Whether `type` is the descriptor that a further module has of a type of an earlier one. */
static bool is_copy(
	const struct program *program, const struct go_type *first, const struct go_type *type)
{
	const char *package = type->package ? type->package : "";
	return type->descriptor && first->descriptor && type->size == first->size &&
	       strcmp(type->name, first->name) == 0 &&
	       strcmp(package, first->package ? first->package : "") == 0 &&
	       program_module_of_type(program, type->descriptor) !=
		       program_module_of_type(program, first->descriptor);
}

static struct error *add_candidate(void *context, const struct go_type *type)
{
	struct candidates *candidates = context;
	const struct go_type *element = NULL, *key = NULL;
	struct error *err = NULL;
	if (candidates->element)
		err = go_type_element(candidates->program, type, &element);
	if (!err && candidates->key)
		err = go_type_key(candidates->program, type, &key);
	if (err || element != candidates->element || key != candidates->key)
		return err;
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->items[i] == type ||
			is_copy(candidates->program, candidates->items[i], type))
			return NULL;
	if (!array_reserve(&candidates->items, &candidates->capacity, candidates->count + 1))
		return error_no_memory();
	candidates->items[candidates->count++] = type;
	return NULL;
}

/*
 * Adds the type with the DWARF name `debug_name`, if there is one and users call it `name`. The
 * lookup may return a wrong entry if the name is the end of a longer one, so the name of the entry
 * is compared.
 */
static struct error *add_from_debug(struct candidates *candidates, struct module *module,
	const char *debug_name, const char *name)
{
	struct program *program = candidates->program;
	const struct go_type *type = NULL;
	struct debug_go_type found;
	uint64_t entry;
	struct error *err = debug_info_find_type(module->debug, debug_name, &entry);
	entry = program_entry(module, entry);
	if (err || !entry)
		return err;
	err = program_debug_type(program, entry, &found);
	if (!err && strcmp(found.name, debug_name) == 0)
		err = program_type_of_entry(program, entry, &type);
	if (err && err->code == ERROR_BAD_DATA) {
		error_destroy(err); /* a C type, or one synthesized by the linker */
		return NULL;
	}
	if (err || !type || !type_has_name(type, name))
		return err;
	for (size_t i = 0; i < candidates->count; i++)
		if (!type->descriptor && strcmp(candidates->items[i]->name, type->name) == 0 &&
			type_has_name(candidates->items[i], name))
			return NULL;
	return add_candidate(candidates, type);
}

/* Adds the type `path` + `rest` (".Request"): with the path as it is, and as the linker escapes
 * it. */
static struct error *add_from_package(
	struct candidates *candidates, struct module *module, const char *path, const char *rest)
{
	_cleanup_free_ char *plain = NULL, *escaped = malloc(3 * strlen(path) + strlen(rest) + 1);
	if (!escaped || asprintf(&plain, "%s%s", path, rest) < 0)
		return error_no_memory();
	const char *last = strrchr(path, '/');
	char *end = escaped;
	for (; *path; path++) { /* PathToPrefix in cmd/internal/objabi/path.go */
		unsigned char c = (unsigned char)*path;
		bool dot = c == '.' && (!last || path > last);
		if (dot || c <= ' ' || c == '%' || c == '"' || c >= 0x7f)
			end += sprintf(end, "%%%02x", c);
		else
			*end++ = *path;
	}
	strcpy(end, rest);
	struct error *err = add_from_debug(candidates, module, plain, plain);
	if (!err && strcmp(plain, escaped) != 0)
		err = add_from_debug(candidates, module, escaped, plain);
	return err;
}

/* The rest of `text` after `start`, if it is of the form ".Name"; else NULL. */
static const char *rest_after(const char *text, const char *start)
{
	size_t size = strlen(start);
	return strncmp(text, start, size) == 0 && text[size] == '.' ? text + size : NULL;
}

/* Searches DWARF, where "http.Request" is "net/http.Request" and perhaps also in other packages. */
static struct error *search_debug(
	struct candidates *candidates, struct module *module, const char *name)
{
	const struct debug_package *packages;
	size_t count;
	if (!isalpha((unsigned char)name[0]) && name[0] != '_' && !(name[0] & 0x80))
		return NULL; /* not a name, although the lookup might return something */
	if (!strchr(name, '.'))
		return add_from_debug(candidates, module, name, name);
	struct error *err = debug_info_packages(module->debug, &packages, &count);
	for (size_t i = 0; !err && i < count; i++) {
		const char *rest = rest_after(name, packages[i].path);
		if (!rest)
			rest = rest_after(name, packages[i].name);
		if (rest && (!i || strcmp(packages[i].path, packages[i - 1].path) != 0))
			err = add_from_package(candidates, module, packages[i].path, rest);
	}
	return err;
}

/* The error that lists the candidates. */
static struct error *ambiguous(const struct candidates *candidates, const char *name)
{
	_cleanup_free_ char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);
	if (!out)
		return error_no_memory();
	for (size_t i = 0; i < candidates->count && i < MAX_SHOWN; i++) {
		const struct go_type *type = candidates->items[i];
		const char *dot = strchr(type->name, '.');
		fprintf(out, "%s%s%s", i ? ", " : "",
			type->package && dot ? type->package : type->name,
			type->package && dot ? dot : "");
	}
	if (candidates->count > MAX_SHOWN)
		fputs(", ...", out);
	if (fclose(out))
		return error_no_memory();
	return error_create(
		ERROR_USAGE, "%zu types are named %s: %s", candidates->count, name, list);
}

/* The candidate whose full import path the user wrote: "sync.Mutex" is the one in package sync, not
 * the one in internal/sync, for which %T prints the same name. NULL if there is none or several. */
static const struct go_type *with_full_path(const struct candidates *candidates, const char *name)
{
	const struct go_type *found = NULL;
	for (size_t i = 0; i < candidates->count; i++) {
		const struct go_type *type = candidates->items[i];
		if (!type->package || !rest_after(name, type->package))
			continue;
		if (found)
			return NULL;
		found = type;
	}
	return found;
}

/* Selects the result from `candidates`. If there are none and `derive` is set, makes that kind of
 * type from the element. */
static struct error *choose(const struct candidates *candidates, const char *name,
	enum go_kind derive, const struct go_type **ret)
{
	if (candidates->count) {
		*ret = candidates->count == 1 ? candidates->items[0]
					      : with_full_path(candidates, name);
		return *ret ? NULL : ambiguous(candidates, name);
	}
	if (derive)
		return type_derive(candidates->program, derive, candidates->element, ret);
	struct error *err = type_basic(candidates->program, name, ret);
	if (err || *ret)
		return err;
	return error_create(ERROR_NOT_FOUND, "there is no type %s in %s", name,
		program_name(candidates->program));
}

static struct error *find_type(
	struct program *program, const char *name, int nesting, const struct go_type **ret);

/* Finds the compound type `name` (as %T prints it) whose parts are `key` and `element`. */
static struct error *find_compound(struct program *program, const char *name, enum go_kind derive,
	const struct go_type *key, const struct go_type *element, const struct go_type **ret)
{
	_cleanup_(candidates_deinit) struct candidates candidates = {
		.program = program, .key = key, .element = element};
	struct error *err = type_index_find(program, name, add_candidate, &candidates);
	return err ? err : choose(&candidates, name, derive, ret);
}

/* Finds a type whose name is a prefix and its element: "*T", "[]T", "[4]T", "chan T". */
static struct error *find_prefixed(struct program *program, const char *name, size_t prefix,
	int nesting, const struct go_type **ret)
{
	const struct go_type *element;
	enum go_kind derive = name[0] == '*' ? GO_POINTER : prefix == 2 ? GO_SLICE : GO_INVALID;
	struct error *err = find_type(program, name + prefix, nesting, &element);
	if (err)
		return err;
	_cleanup_free_ char *text = NULL;
	if (asprintf(&text, "%.*s%s", (int)prefix, name, element->name) < 0) {
		text = NULL;
		return error_no_memory();
	}
	return find_compound(program, text, derive, NULL, element, ret);
}

/* Finds "map[K]V"; `end` is the index of the ']'. */
static struct error *find_map(struct program *program, const char *name, size_t end, int nesting,
	const struct go_type **ret)
{
	const struct go_type *key = NULL, *element = NULL;
	_cleanup_free_ char *key_name = strndup(name + 4, end - 4), *text = NULL;
	if (!key_name)
		return error_no_memory();
	struct error *err = find_type(program, key_name, nesting, &key);
	if (!err)
		err = find_type(program, name + end + 1, nesting, &element);
	if (err)
		return err;
	if (asprintf(&text, "map[%s]%s", key->name, element->name) < 0) {
		text = NULL;
		return error_no_memory();
	}
	return find_compound(program, text, GO_INVALID, key, element, ret);
}

/* The index of the bracket that closes the one at `open`; 0: none. */
static size_t closing_bracket(const char *name, size_t open)
{
	int depth = 0;
	for (size_t i = open; name[i]; i++) {
		depth += name[i] == '[';
		depth -= name[i] == ']';
		if (!depth)
			return i;
	}
	return 0;
}

/* The length of the prefix of `name` that makes it a type of one element; 0: none. */
static size_t prefix_length(const char *name)
{
	static const char *const prefixes[] = {"*", "chan<- ", "<-chan ", "chan "};
	for (size_t i = 0; i < array_length(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return strlen(prefixes[i]);
	size_t end = name[0] == '[' ? closing_bracket(name, 0) : 0;
	return end && strspn(name + 1, "0123456789") == end - 1 ? end + 1 : 0;
}

/* Finds a type by its exact name, in both sources. */
static struct error *find_plain(
	struct program *program, const char *name, const struct go_type **ret)
{
	static const char *const aliases[][2] = {{"byte", "uint8"}, {"rune", "int32"},
		{"any", "interface {}"}, {"interface{}", "interface {}"},
		{"struct{}", "struct {}"}};
	for (size_t i = 0; i < array_length(aliases); i++)
		if (strcmp(name, aliases[i][0]) == 0)
			name = aliases[i][1];
	_cleanup_(candidates_deinit) struct candidates candidates = {.program = program};
	struct error *err = type_index_find(program, name, add_candidate, &candidates);
	for (size_t i = 0; !err && i < program->module_count; i++) {
		if (program_debug(program, program->modules[i]))
			err = search_debug(&candidates, program->modules[i], name);
	}
	return err ? err : choose(&candidates, name, GO_INVALID, ret);
}

static struct error *find_type(
	struct program *program, const char *name, int nesting, const struct go_type **ret)
{
	size_t size = strlen(name), prefix = prefix_length(name);
	if (nesting >= MAX_NESTING || size > MAX_TYPE_NAME)
		return error_create(ERROR_USAGE, "the type name %.40s... is too long", name);
	if (prefix)
		return find_prefixed(program, name, prefix, nesting + 1, ret);
	size_t end = strncmp(name, "map[", 4) == 0 ? closing_bracket(name, 3) : 0;
	if (end)
		return find_map(program, name, end, nesting + 1, ret);
	if (name[0] != '(' || name[size - 1] != ')')
		return find_plain(program, name, ret);
	_cleanup_free_ char *inner = strndup(name + 1, size - 2);
	return inner ? find_type(program, inner, nesting + 1, ret) : error_no_memory();
}

struct error *program_type_named(
	struct program *program, const char *name, const struct go_type **ret)
{
	return name[0] ? find_type(program, name, 0, ret)
		       : error_create(ERROR_USAGE, "missing type name");
}
