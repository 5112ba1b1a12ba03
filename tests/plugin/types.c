/*
 * A test plug-in: prints types, by address or name, as dbg/go/types/type.h decodes them, and maps
 * as dbg/go/values/map.h decodes them, as JSON.
 */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/plugin.h"
#include "commands/session/session.h"
#include "dbg/go/values/map.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_index.h"
#include "dbg/go/types/type_state.h"
#include "dbg/target/target.h"

enum { MANY_ENTRIES = 1000, MAX_TEXT = 4096 };

static void print_fields(struct json *json, struct program *program, const struct go_type *type)
{
	const struct go_field *fields;
	size_t count = 0;
	json_array(json, "fields");
	struct error *err = go_type_fields(program, type, &fields, &count);
	for (size_t i = 0; !err && i < count; i++) {
		json_object(json, NULL);
		json_string(json, "name", fields[i].name);
		json_uint(json, "offset", fields[i].offset);
		json_string(json, "type", fields[i].type->name);
		json_bool(json, "embedded", fields[i].embedded);
		json_end(json);
	}
	json_end(json);
	if (err && err->code != ERROR_USAGE)
		json_string(json, "message", err->message);
	error_destroy(err);
}

/* The name of a component type; "" when the type has none of this kind. */
static void print_part(struct json *json, const char *key, struct program *program,
	const struct go_type *type,
	struct error *(*get)(struct program *, const struct go_type *, const struct go_type **))
{
	const struct go_type *part;
	struct error *err = get(program, type, &part);
	json_string(json, key, !err ? part->name : err->code == ERROR_USAGE ? "" : err->message);
	error_destroy(err);
}

static void print_type(struct json *json, struct program *program, const struct go_type *type)
{
	bool empty = false;
	char address[32];
	snprintf(address, sizeof(address), "0x%" PRIx64, type->descriptor);
	error_destroy(go_type_is_empty_interface(program, type, &empty));
	json_string(json, "addr", address);
	json_uint(json, "entry", type->entry);
	json_string(json, "name", type->name);
	json_string(json, "package", type->package ? type->package : "");
	json_int(json, "kind", type->kind);
	json_uint(json, "size", type->size);
	json_uint(json, "length", type->length);
	json_int(json, "direction", type->direction);
	json_bool(json, "named", type->named);
	json_bool(json, "direct", type->direct);
	print_part(json, "element", program, type, go_type_element);
	print_part(json, "key", program, type, go_type_key);
	json_bool(json, "empty", empty);
	print_fields(json, program, type);
}

/* Finds a type by "0x…", its address, "@…", its entry in .debug_info, or its name. */
static struct error *find(struct program *program, const char *word, const struct go_type **ret)
{
	uint64_t number;
	if (word[0] != '@' && strncmp(word, "0x", 2) != 0)
		return program_type_named(program, word, ret);
	struct error *err = argument_number(word + (word[0] == '@'), "the type", &number);
	if (err)
		return err;
	return word[0] == '@' ? program_type_of_entry(program, number, ret)
			      : program_type_at(program, number, ret);
}

static struct error *run_types(struct session *session, const struct arguments *arguments)
{
	struct json *json = json_create(&session->out);
	json_array(json, "types");
	for (size_t i = 0; i < arguments->word_count; i++) {
		const struct go_type *type;
		struct error *err = find(session->program, arguments->words[i], &type);
		json_object(json, NULL);
		if (err)
			json_string(json, "message", err->message);
		else
			print_type(json, session->program, type);
		json_end(json);
		error_destroy(err);
	}
	json_end(json);
	json_finish(json);
	return NULL;
}

/* The same, but without descriptors; only the names of packages are read from them. */
static struct error *run_debug(struct session *session, const struct arguments *arguments)
{
	struct program *program = session->program;
	struct type_cache *cache = take_pointer(program->type_cache);
	const char *name;
	struct module *module = program->modules[0];
	uint64_t end = module->etypes;
	struct error *err = type_index_package_name(program, "main", &name); /* loads the names */
	module->etypes = module->types;
	if (!err)
		err = run_types(session, arguments);
	type_cache_destroy(program->type_cache);
	program->type_cache = cache;
	module->etypes = end;
	return err;
}

/* TYPE FIELD...: prints where each field is, as Go resolves it. */
static struct error *run_fields(struct session *session, const struct arguments *arguments)
{
	const struct go_type *type;
	struct error *err = find(session->program, arguments->words[0], &type);
	if (err)
		return err;
	struct json *json = json_create(&session->out);
	json_array(json, "fields");
	for (size_t i = 1; i < arguments->word_count; i++) {
		struct go_field field;
		err = go_type_field(session->program, type, arguments->words[i], &field);
		json_int(json, NULL, err ? -1 : (int64_t)field.offset);
		error_destroy(err);
	}
	json_end(json);
	json_finish(json);
	return NULL;
}

struct collection {
	struct program *program;
	struct json *json;
	const struct go_type *key, *value;
	uint64_t count, sum;
	bool print;
};

/* Prints the text of a string, the bytes of any other value. */
static struct error *spell(
	struct program *program, const struct go_type *type, uint64_t address, FILE *out)
{
	if (type->kind == GO_STRING) {
		_cleanup_free_ char *text = NULL;
		struct error *err = program_read_string(program, address, MAX_TEXT, &text);
		if (!err)
			fputs(text, out);
		return err;
	}
	_cleanup_free_ uint8_t *bytes = malloc(type->size + 1);
	struct error *err = target_read(program->target, address, bytes, type->size);
	for (size_t i = 0; !err && i < type->size; i++)
		fprintf(out, "%02x", bytes[i]);
	return err;
}

static struct error *collect(void *context, uint64_t key, uint64_t value)
{
	struct collection *collection = context;
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct error *err = spell(collection->program, collection->key, key, out);
	fputc('=', out);
	if (!err)
		err = spell(collection->program, collection->value, value, out);
	fclose(out);
	if (err)
		return err;
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3;
	collection->count++;
	collection->sum += hash;
	if (collection->print)
		json_string(collection->json, NULL, text);
	return NULL;
}

static struct error *print_map(
	struct json *json, struct program *program, uint64_t descriptor, uint64_t map)
{
	struct collection collection = {.program = program, .json = json};
	const struct go_type *type;
	uint64_t length = 0;
	char sum[32];
	struct error *err = program_type_at(program, descriptor, &type);
	if (!err)
		err = go_type_key(program, type, &collection.key);
	if (!err)
		err = go_type_element(program, type, &collection.value);
	if (!err)
		err = map_length(program, map, &length);
	if (err)
		return err;
	collection.print = length < MANY_ENTRIES;
	json_array(json, "pairs");
	err = map_visit(program, type, map, collect, &collection);
	json_end(json);
	snprintf(sum, sizeof(sum), "%" PRIu64, collection.sum);
	json_uint(json, "length", length);
	json_uint(json, "count", collection.count);
	json_string(json, "sum", sum);
	return err;
}

static struct error *run_maps(struct session *session, const struct arguments *arguments)
{
	struct json *json = json_create(&session->out);
	json_array(json, "maps");
	for (size_t i = 0; i + 1 < arguments->word_count; i += 2) {
		uint64_t type = 0, map = 0;
		json_object(json, NULL);
		struct error *err = argument_number(arguments->words[i], "the type", &type);
		if (!err)
			err = argument_number(arguments->words[i + 1], "the map", &map);
		if (!err)
			err = print_map(json, session->program, type, map);
		if (err)
			json_string(json, "message", err->message);
		json_end(json);
		error_destroy(err);
	}
	json_end(json);
	json_finish(json);
	return NULL;
}

enum { MAX_WORDS = 4096 };

static const struct command dump_types = {
	.name = "dump-types",
	.group = GROUP_PLUGIN,
	.usage = "dump-types ADDRESS|@ENTRY|NAME...",
	.summary = "Prints what is known of types",
	.max_words = MAX_WORDS,
	.needs_target = true,
	.run = run_types,
};

static const struct command dump_debug = {
	.name = "dump-debug",
	.group = GROUP_PLUGIN,
	.usage = "dump-debug @ENTRY...",
	.summary = "Prints what DWARF says of types",
	.max_words = MAX_WORDS,
	.needs_target = true,
	.run = run_debug,
};

static const struct command find_fields = {
	.name = "find-fields",
	.group = GROUP_PLUGIN,
	.usage = "find-fields TYPE FIELD...",
	.summary = "Prints where fields are",
	.min_words = 2,
	.max_words = MAX_WORDS,
	.needs_target = true,
	.run = run_fields,
};

static const struct command dump_maps = {
	.name = "dump-maps",
	.group = GROUP_PLUGIN,
	.usage = "dump-maps TYPE MAP...",
	.summary = "Prints what maps hold",
	.max_words = MAX_WORDS,
	.needs_target = true,
	.run = run_maps,
};

static const struct command *const commands[] = {
	&dump_types, &dump_debug, &find_fields, &dump_maps};

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI,
	.name = "types",
	.commands = commands,
	.command_count = array_length(commands),
};
