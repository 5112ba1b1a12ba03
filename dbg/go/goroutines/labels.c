/* The pprof labels of a goroutine (runtime/pprof/label.go): a map up to 1.23, a slice of pairs
 * since 1.24. */
#include <stdio.h>

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/values/map_tables.h"

enum { MAX_LABELS = 4096, MAX_TEXT = 4096, STRING_SIZE = 16 };

struct labels {
	struct program *program;
	struct label *items;
	size_t count, capacity;
};

void labels_free(struct label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(labels[i].key);
		free(labels[i].value);
	}
	free(labels);
}

/* Reads a Go string as a C string: NUL bytes become \x00, and one that is too long ends in "…". */
static struct error *read_text(struct program *program, uint64_t address, char **ret)
{
	uint64_t header[2];
	struct error *err = target_read(program->target, address, header, sizeof(header));
	if (err)
		return err;
	size_t size = header[1] < MAX_TEXT ? (size_t)header[1] : MAX_TEXT, used = 0;
	_cleanup_free_ char *bytes = malloc(size + 1);
	char *text = malloc(4 * size + sizeof("…"));
	if (!bytes || !text) {
		free(text);
		return error_no_memory();
	}
	err = target_read(program->target, header[0], bytes, size);
	if (err) {
		free(text);
		return err;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			text[used++] = bytes[i];
		else
			used += (size_t)sprintf(text + used, "\\x00");
	}
	strcpy(text + used, header[1] > size ? "…" : "");
	*ret = text;
	return NULL;
}

static struct error *labels_add(void *context, uint64_t key, uint64_t value)
{
	struct labels *labels = context;
	if (labels->count >= MAX_LABELS)
		return error_create(
			ERROR_BAD_DATA, "a goroutine has more than %d labels", MAX_LABELS);
	if (!array_reserve(&labels->items, &labels->capacity, labels->count + 1))
		return error_no_memory();
	struct label *label = &labels->items[labels->count];
	struct error *err = read_text(labels->program, key, &label->key);
	if (err)
		return err;
	err = read_text(labels->program, value, &label->value);
	if (err)
		free(label->key);
	else
		labels->count++;
	return err;
}

static struct error *read_slice(struct labels *labels, uint64_t address)
{
	uint64_t slice[2];
	struct error *err = target_read(labels->program->target, address, slice, sizeof(slice));
	for (uint64_t i = 0; !err && i < slice[1]; i++) {
		uint64_t pair = slice[0] + i * 2 * STRING_SIZE;
		err = labels_add(labels, pair, pair + STRING_SIZE);
	}
	return err;
}

/* Reads a map[string]string, without its type descriptor; nil if empty. */
static struct error *read_map(struct labels *labels, uint64_t address)
{
	struct map_walk walk = {.program = labels->program, .visit = labels_add, .context = labels};
	uint64_t map = 0;
	struct error *err = target_read_u64(labels->program->target, address, &map);
	if (!err)
		err = map_length(labels->program, map, &walk.claimed);
	if (err || !walk.claimed)
		return err;
	return map_walk_classic(&walk, map, STRING_SIZE, STRING_SIZE);
}

/* A map has no order of its own. */
static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

struct error *goroutine_labels(struct program *program, const struct goroutine *goroutine,
	struct label **ret, size_t *ret_count, bool *ret_partial)
{
	*ret = NULL;
	*ret_count = 0;
	*ret_partial = false;
	if (!goroutine->labels)
		return NULL;
	struct labels labels = {.program = program};
	struct field list = program->layout.label_map.list;
	struct error *err;
	if (field_present(list)) {
		err = read_slice(&labels, goroutine->labels + list.offset);
	} else {
		err = read_map(&labels, goroutine->labels);
	}
	*ret_partial = err != NULL;
	err = error_ignore_fault(err);
	if (err) {
		labels_free(labels.items, labels.count);
		return err;
	}
	if (labels.count)
		qsort(labels.items, labels.count, sizeof(*labels.items), compare_labels);
	*ret = labels.items;
	*ret_count = labels.count;
	return NULL;
}
