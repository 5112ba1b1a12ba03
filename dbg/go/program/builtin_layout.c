/* The built-in table of layouts as a source: see builtin_layout.h. */
#include "dbg/go/program/builtin_layout.h"

#include <stdio.h>

#include "dbg/go/program/go_version.h"

static const char *const releases[] = {
#define RELEASE(name) name,
#define FIELD(...)
#define CONSTANT(...)
#include "dbg/go/program/builtin_layouts.inc"
#undef RELEASE
#undef FIELD
#undef CONSTANT
};

enum { RELEASES = array_length(releases) };

struct field_row {
	const char *type;
	const char *path; /* NULL: the type's size */
	struct field fields[RELEASES];
};

struct constant_row {
	const char *name;
	int64_t values[RELEASES];
};

#define NONE INT64_MIN /* this release has no such constant */

static const struct field_row field_rows[] = {
#define RELEASE(name)
#define FIELD(type, path, ...) {type, path, {__VA_ARGS__}},
#define CONSTANT(...)
#include "dbg/go/program/builtin_layouts.inc"
#undef RELEASE
#undef FIELD
#undef CONSTANT
};

static const struct constant_row constant_rows[] = {
#define RELEASE(name)
#define FIELD(...)
#define CONSTANT(name, ...) {name, {__VA_ARGS__}},
#include "dbg/go/program/builtin_layouts.inc"
#undef RELEASE
#undef FIELD
#undef CONSTANT
};

/* The GOEXPERIMENT with which 1.24 and 1.25 use the maps from before Swiss tables. */
static const char classic_maps[] = "noswissmap";

const char *builtin_layout_release(size_t column)
{
	return column < RELEASES ? releases[column] : NULL;
}

/* The column of the same minor release, with the same kind of maps if there is one; RELEASES if
 * there is none. */
static size_t find_column(const struct go_version *version)
{
	size_t found = RELEASES;
	for (size_t i = 0; i < RELEASES; i++) {
		struct go_version column;
		if (!go_version_parse(releases[i], &column) ||
			go_version_compare_minor(&column, version) != 0)
			continue;
		bool same_maps = go_version_has_experiment(&column, classic_maps) ==
				 go_version_has_experiment(version, classic_maps);
		if (same_maps || found == RELEASES)
			found = i;
		if (same_maps)
			break;
	}
	return found;
}

/* The last column without experiments. */
static size_t newest_column(struct go_version *ret)
{
	for (size_t i = RELEASES; i-- > 0;)
		if (go_version_parse(releases[i], ret) && !ret->experiments[0])
			return i;
	return RELEASES;
}

static struct error *unknown_release(const char *version, size_t newest)
{
	return error_create(ERROR_NOT_FOUND,
		"the program has no DWARF, and the built-in table (%s to %s) does not have the "
		"struct layouts of %s: give the file with the program's DWARF with --debug-file",
		RELEASES ? releases[0] : "nothing",
		newest < RELEASES ? releases[newest] : "nothing", version);
}

struct error *builtin_layout_select(const char *version, struct builtin_layout *ret)
{
	struct go_version wanted, newest = {0};
	if (!go_version_parse(version, &wanted))
		return error_create(ERROR_NOT_FOUND,
			"the program has no DWARF, and \"%s\" is not a Go release known to the "
			"built-in table: give the file with the program's DWARF with --debug-file",
			version);
	*ret = (struct builtin_layout){
		.column = find_column(&wanted), .guessed = wanted.development};
	if (ret->column == RELEASES) {
		ret->column = newest_column(&newest);
		if (ret->column == RELEASES || go_version_compare_minor(&wanted, &newest) < 0)
			return unknown_release(version, ret->column);
		ret->guessed = true;
	}
	ret->release = releases[ret->column];
	snprintf(ret->description, sizeof(ret->description), "built-in table %s for %s",
		ret->release, version);
	return NULL;
}

static bool same_path(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct error *answer_fields(void *context, const struct field_query *queries, size_t count)
{
	const struct builtin_layout *layout = context;
	for (size_t i = 0; i < count; i++) {
		*queries[i].ret = (struct field){0, 0};
		for (size_t j = 0; j < array_length(field_rows); j++) {
			const struct field_row *row = &field_rows[j];
			if (strcmp(row->type, queries[i].type) == 0 &&
				same_path(row->path, queries[i].path))
				*queries[i].ret = row->fields[layout->column];
		}
	}
	return NULL;
}

static struct error *answer_constants(
	void *context, const struct constant_query *queries, size_t count)
{
	const struct builtin_layout *layout = context;
	for (size_t i = 0; i < count; i++) {
		*queries[i].ret_present = false;
		for (size_t j = 0; j < array_length(constant_rows); j++) {
			int64_t value = constant_rows[j].values[layout->column];
			if (strcmp(constant_rows[j].name, queries[i].name) != 0 || value == NONE)
				continue;
			*queries[i].ret = value;
			*queries[i].ret_present = true;
		}
	}
	return NULL;
}

struct layout_source builtin_layout_source(struct builtin_layout *layout)
{
	return (struct layout_source){answer_fields, answer_constants, layout, layout->description};
}
