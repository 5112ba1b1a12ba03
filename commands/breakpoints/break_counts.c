/* A hash table from values to hit counts: see break_counts.h. */
#include "commands/breakpoints/break_counts.h"

#include <stdio.h>

#include "commands/breakpoints/break_event.h"
#include "commands/session/nearest.h"
#include "dbg/go/stacks/function.h"
#include "dwarf/base/hash.h"

struct entry {
	size_t index; /* in `all` */
	bool lost;    /* not in the table: out of memory */
	UT_hash_handle hh;
	char value[];
};

struct break_counts {
	char *fields;
	char *names[BREAK_COUNTS_MAX_FIELDS];
	char *name_text; /* what `names` point into */
	size_t name_count;
	struct entry *table;
	struct break_count *all;
	size_t count, capacity;
};

/* Checks that the schema has the name; ERROR_USAGE lists the known ones. */
static struct error *check_name(const char *name, const struct expr_schema *schema)
{
	char list[512] = "";
	const char *wanted = strcmp(name, BREAK_COUNTS_GO) ? name : "creator_line";
	for (size_t i = 0; i < schema->count; i++) {
		const struct expr_name *known = &schema->names[i];
		if (known->type == EXPR_MAP || known->type == EXPR_STRINGS)
			continue;
		if (!strcmp(known->name, wanted))
			return NULL;
		nearest_list_add(list, sizeof(list), known->name);
	}
	return error_create(ERROR_USAGE, "unknown field \"%s\"; known here: %s", name, list);
}

static struct error *take_names(struct break_counts *counts, const struct expr_schema *schema)
{
	char *rest = NULL;
	for (char *name = strtok_r(counts->name_text, ", ", &rest); name;
		name = strtok_r(NULL, ", ", &rest)) {
		if (counts->name_count == BREAK_COUNTS_MAX_FIELDS)
			return error_create(ERROR_USAGE, "--count-by takes at most %d fields",
				BREAK_COUNTS_MAX_FIELDS);
		struct error *err = check_name(name, schema);
		if (err)
			return err;
		counts->names[counts->name_count++] = name;
	}
	if (!counts->name_count)
		return error_create(ERROR_USAGE, "--count-by needs a field, such as creator");
	return NULL;
}

struct error *break_counts_create(
	const char *fields, const struct expr_schema *schema, struct break_counts **ret)
{
	struct break_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return error_no_memory();
	counts->fields = strdup(fields);
	counts->name_text = strdup(fields);
	struct error *err = counts->fields && counts->name_text ? take_names(counts, schema)
								: error_no_memory();
	if (err)
		break_counts_destroy(counts);
	else
		*ret = counts;
	return err;
}

void break_counts_destroy(struct break_counts *counts)
{
	if (!counts)
		return;
	struct entry *entry, *next;
	HASH_ITER (hh, counts->table, entry, next) {
		HASH_DEL(counts->table, entry);
		free(entry);
	}
	free(counts->all);
	free(counts->fields);
	free(counts->name_text);
	free(counts);
}

const char *break_counts_fields(const struct break_counts *counts)
{
	return counts->fields;
}

size_t break_counts_needs(const struct break_counts *counts, const char **ret)
{
	static const char *const of_go[] = {"creator", "creator_file", "creator_line"};
	size_t count = 0;
	for (size_t i = 0; i < counts->name_count; i++) {
		if (strcmp(counts->names[i], BREAK_COUNTS_GO) != 0)
			ret[count++] = counts->names[i];
		for (size_t k = 0; k < 3 && !strcmp(counts->names[i], BREAK_COUNTS_GO); k++)
			ret[count++] = of_go[k];
	}
	return count;
}

static const struct break_field *find_field(const struct break_event *event, const char *name)
{
	for (size_t i = 0; i < event->field_count; i++)
		if (!event->fields[i].key && !strcmp(event->fields[i].name, name))
			return &event->fields[i];
	return NULL;
}

void break_counts_describe_go(const struct code_location *location, char *ret, size_t size)
{
	snprintf(ret, size, "%s  %s:%d", location->function,
		location->file ? source_short_path(location->function, location->file) : "?",
		location->line);
}

/* The go statement that created the goroutine of the event. */
static void describe_go(const struct break_event *event, char *ret, size_t size)
{
	const struct break_field *function = find_field(event, "creator"),
				 *file = find_field(event, "creator_file"),
				 *line = find_field(event, "creator_line");
	/* Strings in events end with a NUL. */
	struct code_location location = {
		.function = function ? function->value.string.data : NULL,
		.file = file ? file->value.string.data : NULL,
		.line = line ? (int)line->value.integer : 0,
	};
	if (location.function)
		break_counts_describe_go(&location, ret, size);
}

/* Formats the values of the fields: "main.serve, main.handle". */
static void describe_values(
	const struct break_counts *counts, const struct break_event *event, char *ret, size_t size)
{
	*ret = 0;
	for (size_t i = 0; i < counts->name_count; i++) {
		char value[512] = "(none)";
		const struct break_field *field = find_field(event, counts->names[i]);
		if (field)
			break_field_describe(field, value, sizeof(value));
		else if (!strcmp(counts->names[i], BREAK_COUNTS_GO))
			describe_go(event, value, sizeof(value));
		size_t used = strlen(ret);
		snprintf(ret + used, size - used, "%s%s", i ? ", " : "", value);
	}
}

static struct entry *find_entry(const struct break_counts *counts, const char *value)
{
	struct entry *entry;
	HASH_FIND(hh, counts->table, value, strlen(value), entry);
	return entry;
}

static struct entry *new_entry(struct break_counts *counts, const char *value)
{
	size_t size = strlen(value);
	struct entry *entry = malloc(sizeof(*entry) + size + 1);
	if (!entry || !array_reserve(&counts->all, &counts->capacity, counts->count + 1)) {
		free(entry);
		return NULL;
	}
	memcpy(entry->value, value, size + 1);
	entry->index = counts->count;
	entry->lost = false;
	HASH_ADD_KEYPTR(hh, counts->table, entry->value, size, entry);
	if (entry->lost) {
		free(entry);
		return NULL;
	}
	counts->all[counts->count++] = (struct break_count){.value = entry->value};
	return entry;
}

bool break_counts_add(struct break_counts *counts, const struct break_event *event)
{
	char value[2048];
	describe_values(counts, event, value, sizeof(value));
	struct entry *entry = find_entry(counts, value);
	if (!entry) {
		bool full = counts->count >= BREAK_COUNTS_MAX_VALUES;
		const char *name = full ? "(others)" : value;
		entry = full ? find_entry(counts, name) : NULL;
		if (!entry)
			entry = new_entry(counts, name);
	}
	if (!entry)
		return false;
	counts->all[entry->index].hits++;
	return true;
}

const struct break_count *break_counts_all(const struct break_counts *counts, size_t *ret_count)
{
	*ret_count = counts->count;
	return counts->all;
}
