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

_Static_assert((int)RELEASES <= (int)BUILTIN_MAX_CANDIDATES, "a column may have no place");

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

/* The GOEXPERIMENTs that change layouts: the maps from before Swiss tables in 1.24 and 1.25, and
 * runtime.mutex with a rank. The first decides more. */
static const char *const layout_experiments[] = {"noswissmap", "staticlockranking"};

/* How well a column's experiments are those of a program. */
static unsigned experiments_in_common(
	const struct go_version *column, const struct go_version *version)
{
	unsigned common = 0;
	for (size_t i = 0; i < array_length(layout_experiments); i++) {
		const char *name = layout_experiments[i];
		common = 2 * common + (go_version_has_experiment(column, name) ==
					      go_version_has_experiment(version, name));
	}
	return common;
}

const char *builtin_layout_release(size_t column)
{
	return column < RELEASES ? releases[column] : NULL;
}

static unsigned minor_distance(const struct go_version *a, const struct go_version *b)
{
	return a->minor > b->minor ? a->minor - b->minor : b->minor - a->minor;
}

/*
 * Whether column `a` is likelier than `b` to fit a program built by `wanted`: the nearest minor
 * release, the older one of two; the most experiments in common; the newest patch release that is
 * not newer.
 */
static bool is_likelier(
	const struct go_version *a, const struct go_version *b, const struct go_version *wanted)
{
	unsigned distance_a = minor_distance(a, wanted), distance_b = minor_distance(b, wanted);
	if (distance_a != distance_b)
		return distance_a < distance_b;
	if (a->minor != b->minor)
		return a->minor < b->minor;
	unsigned common_a = experiments_in_common(a, wanted);
	unsigned common_b = experiments_in_common(b, wanted);
	if (common_a != common_b)
		return common_a > common_b;
	bool newer_a = a->patch > wanted->patch, newer_b = b->patch > wanted->patch;
	if (newer_a != newer_b)
		return newer_b;
	return newer_a ? a->patch < b->patch : a->patch > b->patch;
}

/* Fills `ret` with the columns of the same minor release and of those next to it, likeliest first;
 * returns their number. */
static size_t rank_columns(const struct go_version *wanted, size_t ret[RELEASES])
{
	struct go_version ranked[RELEASES];
	size_t count = 0;
	for (size_t i = 0; i < RELEASES; i++) {
		struct go_version column;
		if (!go_version_parse(releases[i], &column) || column.major != wanted->major ||
			minor_distance(&column, wanted) > 1)
			continue;
		size_t at = count++;
		for (; at && is_likelier(&column, &ranked[at - 1], wanted); at--) {
			ranked[at] = ranked[at - 1];
			ret[at] = ret[at - 1];
		}
		ranked[at] = column;
		ret[at] = i;
	}
	return count;
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

void builtin_layout_use(struct builtin_layout *layout, size_t candidate)
{
	layout->column = layout->candidates[candidate];
	layout->release = releases[layout->column];
	snprintf(layout->description, sizeof(layout->description), "built-in table %s for %s",
		layout->release, layout->version);
}

struct error *builtin_layout_select(const char *version, struct builtin_layout *ret)
{
	struct go_version wanted, newest = {0};
	if (!go_version_parse(version, &wanted))
		return error_create(ERROR_NOT_FOUND,
			"the program has no DWARF, and \"%s\" is not a Go release known to the "
			"built-in table: give the file with the program's DWARF with --debug-file",
			version);
	*ret = (struct builtin_layout){.guessed = wanted.development, .version = version};
	size_t column = newest_column(&newest);
	bool newer = column < RELEASES && go_version_compare_minor(&wanted, &newest) > 0;
	if (newer) {
		wanted = newest;
		ret->guessed = ret->newer = true;
	}
	ret->candidate_count = rank_columns(&wanted, ret->candidates);
	struct go_version likeliest;
	if (!ret->candidate_count || !go_version_parse(releases[ret->candidates[0]], &likeliest) ||
		go_version_compare_minor(&likeliest, &wanted) != 0)
		return unknown_release(version, column);
	builtin_layout_use(ret, 0);
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
