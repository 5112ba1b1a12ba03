/*
 * Types by name, as people write them: with the import path or just the package's name; pointers
 * and other compound types by their parts.
 */
#include <ctype.h>
#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_index.h"
#include "dbg/go/types/type_state.h"

enum { MAX_SHOWN = 8, MAX_NESTING = 32 };

/* Types that may be meant, each once. */
struct candidates {
	const struct go_type **items;
	size_t count, capacity;
	const struct go_type *element, *key; /* what they must consist of; NULL: anything */
	struct program *program;
};

static void candidates_deinit(struct candidates *candidates)
{
	free(candidates->items);
}

static struct error *type_find_add(void *context, const struct go_type *type)
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
		if (candidates->items[i] == type)
			return NULL;
	if (!array_reserve(&candidates->items, &candidates->capacity, candidates->count + 1))
		return error_no_memory();
	candidates->items[candidates->count++] = type;
	return NULL;
}

/*
 * The type that DWARF calls `debug_name`, if any, and people `name`. The end of a longer name can
 * look like an entry of its own: what it leads to is called otherwise then.
 */
static struct error *add_from_debug(
	struct candidates *candidates, const char *debug_name, const char *name)
{
	struct program *program = candidates->program;
	const struct go_type *type = NULL;
	struct debug_go_type found;
	uint64_t entry;
	struct error *err = debug_info_find_type(program->debug, debug_name, &entry);
	if (err || !entry)
		return err;
	err = debug_info_go_type(program->debug, entry, &found);
	if (!err && strcmp(found.name, debug_name) == 0)
		err = program_type_of_entry(program, entry, &type);
	if (err && err->code == ERROR_BAD_DATA) {
		error_destroy(err); /* of C, or made up by the linker */
		return NULL;
	}
	if (err || !type || !type_has_name(type, name))
		return err;
	for (size_t i = 0; i < candidates->count; i++)
		if (!type->descriptor && strcmp(candidates->items[i]->name, type->name) == 0 &&
			type_has_name(candidates->items[i], name))
			return NULL;
	return type_find_add(candidates, type);
}

/* `rest`, ".Request", with the package's path: as it is, and as the linker may have escaped it. */
static struct error *add_from_package(
	struct candidates *candidates, const char *path, const char *rest)
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
	struct error *err = add_from_debug(candidates, plain, plain);
	if (!err && strcmp(plain, escaped) != 0)
		err = add_from_debug(candidates, escaped, plain);
	return err;
}

/* What follows `start` in `text`, if that is ".Name". */
static const char *rest_after(const char *text, const char *start)
{
	size_t size = strlen(start);
	return strncmp(text, start, size) == 0 && text[size] == '.' ? text + size : NULL;
}

/* "http.Request" is "net/http.Request" in DWARF, and maybe another package's too. */
static struct error *search_debug(struct candidates *candidates, const char *name)
{
	const struct debug_package *packages;
	size_t count;
	if (!isalpha((unsigned char)name[0]) && name[0] != '_' && !(name[0] & 0x80))
		return NULL; /* no name, though what looks like an entry could have it */
	if (!strchr(name, '.'))
		return add_from_debug(candidates, name, name);
	struct error *err = debug_info_packages(candidates->program->debug, &packages, &count);
	for (size_t i = 0; !err && i < count; i++) {
		const char *rest = rest_after(name, packages[i].path);
		if (!rest)
			rest = rest_after(name, packages[i].name);
		if (rest && (!i || strcmp(packages[i].path, packages[i - 1].path) != 0))
			err = add_from_package(candidates, packages[i].path, rest);
	}
	return err;
}

/* The sentence that lists the candidates. */
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
		ERROR_USAGE, "%zu types are called %s: %s", candidates->count, name, list);
}

/* "sync.Mutex" is that of package sync before internal/sync's, which %T calls the same: the one
 * whose whole import path was written, if it is one. NULL: none or several. */
static const struct go_type *with_whole_path(const struct candidates *candidates, const char *name)
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

/* What `candidates` came to. `derive`: a pointer or slice that the program has no type for. */
static struct error *choose(const struct candidates *candidates, const char *name,
	enum go_kind derive, const struct go_type **ret)
{
	if (candidates->count) {
		*ret = candidates->count == 1 ? candidates->items[0]
					      : with_whole_path(candidates, name);
		return *ret ? NULL : ambiguous(candidates, name);
	}
	if (derive)
		return type_derive(candidates->program, derive, candidates->element, ret);
	struct error *err = type_basic(candidates->program, name, ret);
	if (err || *ret)
		return err;
	return error_create(
		ERROR_NOT_FOUND, "no type %s in %s", name, candidates->program->target->exe_name);
}

static struct error *type_find_first(
	struct program *program, const char *name, int nesting, const struct go_type **ret);

/* A type of which `name` (as %T prints it) tells the parts, which are found already. */
static struct error *find_compound(struct program *program, const char *name, enum go_kind derive,
	const struct go_type *key, const struct go_type *element, const struct go_type **ret)
{
	_cleanup_(candidates_deinit) struct candidates candidates = {
		.program = program, .key = key, .element = element};
	struct error *err = type_index_find(program, name, type_find_add, &candidates);
	return err ? err : choose(&candidates, name, derive, ret);
}

/* `prefix` and what follows it: "*T", "[]T", "[4]T", "chan T". */
static struct error *find_prefixed(struct program *program, const char *name, size_t prefix,
	int nesting, const struct go_type **ret)
{
	const struct go_type *element;
	enum go_kind derive = name[0] == '*' ? GO_POINTER : prefix == 2 ? GO_SLICE : GO_INVALID;
	struct error *err = type_find_first(program, name + prefix, nesting, &element);
	if (err)
		return err;
	_cleanup_free_ char *text = NULL;
	if (asprintf(&text, "%.*s%s", (int)prefix, name, element->name) < 0) {
		text = NULL;
		return error_no_memory();
	}
	return find_compound(program, text, derive, NULL, element, ret);
}

/* "map[K]V"; `end` is where the ']' stands. */
static struct error *find_map(struct program *program, const char *name, size_t end, int nesting,
	const struct go_type **ret)
{
	const struct go_type *key = NULL, *element = NULL;
	_cleanup_free_ char *key_name = strndup(name + 4, end - 4), *text = NULL;
	if (!key_name)
		return error_no_memory();
	struct error *err = type_find_first(program, key_name, nesting, &key);
	if (!err)
		err = type_find_first(program, name + end + 1, nesting, &element);
	if (err)
		return err;
	if (asprintf(&text, "map[%s]%s", key->name, element->name) < 0) {
		text = NULL;
		return error_no_memory();
	}
	return find_compound(program, text, GO_INVALID, key, element, ret);
}

/* Where the bracket that opens at `open` closes; 0: nowhere. */
static size_t closing(const char *name, size_t open)
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

/* How many characters of `name` say that it is made of one other type; 0: none. */
static size_t prefix_length(const char *name)
{
	static const char *const prefixes[] = {"*", "chan<- ", "<-chan ", "chan "};
	for (size_t i = 0; i < array_length(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return strlen(prefixes[i]);
	size_t end = name[0] == '[' ? closing(name, 0) : 0;
	return end && strspn(name + 1, "0123456789") == end - 1 ? end + 1 : 0;
}

/* The exact name, in both sources. */
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
	struct error *err = type_index_find(program, name, type_find_add, &candidates);
	if (!err && program->debug)
		err = search_debug(&candidates, name);
	return err ? err : choose(&candidates, name, GO_INVALID, ret);
}

static struct error *type_find_first(
	struct program *program, const char *name, int nesting, const struct go_type **ret)
{
	size_t size = strlen(name), prefix = prefix_length(name);
	if (nesting >= MAX_NESTING || size > MAX_TYPE_NAME)
		return error_create(ERROR_USAGE, "%.40s... is too long a name for a type", name);
	if (prefix)
		return find_prefixed(program, name, prefix, nesting + 1, ret);
	size_t end = strncmp(name, "map[", 4) == 0 ? closing(name, 3) : 0;
	if (end)
		return find_map(program, name, end, nesting + 1, ret);
	if (name[0] != '(' || name[size - 1] != ')')
		return find_plain(program, name, ret);
	_cleanup_free_ char *inner = strndup(name + 1, size - 2);
	return inner ? type_find_first(program, inner, nesting + 1, ret) : error_no_memory();
}

struct error *program_type_named(
	struct program *program, const char *name, const struct go_type **ret)
{
	return name[0] ? type_find_first(program, name, 0, ret)
		       : error_create(ERROR_USAGE, "the name of a type is missing");
}
