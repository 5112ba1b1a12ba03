/* Finding a field by name, also in embedded structs, by the rules of Go selectors: the shallowest
 * one wins; two at the same depth are ambiguous. */
#include "dbg/go/types/type.h"

enum { MAX_DEPTH = 32, MAX_EMBEDDED = 1024 /* structs at one depth */ };

struct level {
	struct {
		const struct go_type *type;
		uint64_t offset;
	} items[MAX_EMBEDDED];
	size_t count;
};

/* Adds the embedded structs in `fields` to the next level. A type that is embedded twice is added
 * twice, since its fields are ambiguous. */
static void add_embedded(
	struct level *level, const struct go_field *fields, size_t count, uint64_t offset)
{
	for (size_t i = 0; i < count && level->count < MAX_EMBEDDED; i++) {
		if (!fields[i].embedded || fields[i].type->kind != GO_STRUCT)
			continue;
		level->items[level->count].type = fields[i].type;
		level->items[level->count++].offset = offset + fields[i].offset;
	}
}

/* Searches all structs of `level`; fills `next` with the structs that they embed. */
static struct error *search_level(struct program *program, const struct level *level,
	const char *name, struct level *next, struct go_field *ret, size_t *ret_found)
{
	*ret_found = 0;
	next->count = 0;
	for (size_t i = 0; i < level->count; i++) {
		const struct go_field *fields;
		size_t count;
		struct error *err = go_type_fields(program, level->items[i].type, &fields, &count);
		if (err)
			return err;
		for (size_t j = 0; j < count; j++) {
			if (strcmp(fields[j].name, name) != 0 || (*ret_found)++)
				continue;
			*ret = fields[j];
			ret->offset += level->items[i].offset;
		}
		add_embedded(next, fields, count, level->items[i].offset);
	}
	return NULL;
}

struct error *go_type_field(
	struct program *program, const struct go_type *type, const char *name, struct go_field *ret)
{
	if (type->kind != GO_STRUCT)
		return error_create(
			ERROR_USAGE, "%s is not a struct: it has no field %s", type->name, name);
	_cleanup_free_ struct level *levels = calloc(2, sizeof(*levels));
	if (!levels)
		return error_no_memory();
	levels[0].items[0].type = type;
	levels[0].count = 1;
	for (size_t depth = 0; depth < MAX_DEPTH && levels[depth % 2].count; depth++) {
		size_t found;
		struct error *err = search_level(
			program, &levels[depth % 2], name, &levels[(depth + 1) % 2], ret, &found);
		if (err)
			return err;
		if (found == 1)
			return NULL;
		if (found)
			return error_create(ERROR_NOT_FOUND, "%s has several embedded fields %s",
				type->name, name);
	}
	return error_create(ERROR_NOT_FOUND, "%s has no field %s", type->name, name);
}
