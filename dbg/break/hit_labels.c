/*
 * Reads the pprof labels of the goroutine that hit. Sources: runtime/pprof/label.go (since 1.24 a
 * slice of pairs; before, a map[string]string with classic buckets), runtime/map.go. The map is
 * read without its type.
 */
#include "dbg/break/hit.h"
#include "dbg/go/program/program_state.h"

enum {
	MAX_LABELS = 1024,
	MAX_OVERFLOWS = 64,
	SLOTS = 8, /* of a bucket: tophash bytes, then keys, values, the overflow bucket */
	MIN_TOPHASH = 5,
	MAX_BITS = 10,
};

struct text {
	uint64_t data, size;
};

struct bucket {
	uint8_t top[SLOTS];
	struct text keys[SLOTS], values[SLOTS];
	uint64_t overflow;
};

/* An iteration over the labels. */
struct walk {
	struct hit *hit;
	const struct hit_labels *labels;
	bool done; /* the visitor wants no more */
};

static struct error *label_is_wanted(const struct walk *walk, struct text text, bool *ret)
{
	char found[256];
	const char *key = walk->labels->only;
	size_t size = key ? strlen(key) : 0;
	*ret = !key || text.size == size;
	struct error *err = NULL;
	for (size_t done = 0; key && *ret && !err && done < size; done += sizeof(found)) {
		size_t count = size - done < sizeof(found) ? size - done : sizeof(found);
		err = hit_read(walk->hit, text.data + done, found, count);
		*ret = !err && memcmp(found, key + done, count) == 0;
	}
	return err;
}

static struct error *visit_label(struct walk *walk, struct text key, struct text value)
{
	struct expr_value key_text = {0}, value_text = {0};
	bool wanted;
	struct error *err = label_is_wanted(walk, key, &wanted);
	if (err || !wanted)
		return err;
	if (!walk->labels->only)
		err = hit_text(walk->hit, key.data, key.size, &key_text);
	if (!err)
		err = hit_text(walk->hit, value.data, value.size, &value_text);
	if (!err)
		walk->done = !walk->labels->visit(walk->labels->context, &key_text, &value_text);
	return err;
}

static struct error *walk_list(struct walk *walk, uint64_t list)
{
	struct text slice, pair[2];
	struct error *err = hit_read(walk->hit, list, &slice, sizeof(slice));
	for (uint64_t i = 0; !err && !walk->done && i < slice.size && i < MAX_LABELS; i++) {
		err = hit_read(walk->hit, slice.data + i * sizeof(pair), pair, sizeof(pair));
		if (!err)
			err = visit_label(walk, pair[0], pair[1]);
	}
	return err;
}

static struct error *walk_buckets(struct walk *walk, uint64_t address)
{
	struct bucket bucket;
	for (int i = 0; address && !walk->done && i < MAX_OVERFLOWS; i++) {
		struct error *err = hit_read(walk->hit, address, &bucket, sizeof(bucket));
		for (size_t slot = 0; !err && !walk->done && slot < SLOTS; slot++) {
			if (bucket.top[slot] >= MIN_TOPHASH)
				err = visit_label(walk, bucket.keys[slot], bucket.values[slot]);
		}
		if (err)
			return err;
		address = bucket.overflow;
	}
	return NULL;
}

/* While a map grows, entries that are not yet evacuated are in its old buckets. */
static struct error *walk_map(struct walk *walk, uint64_t map)
{
	const struct runtime_layout *layout = &walk->hit->program->layout;
	uint8_t header[128];
	uint64_t address = 0;
	struct error *err = hit_read(walk->hit, map, &address, sizeof(address));
	if (err || !address)
		return err;
	err = hit_read(walk->hit, address, header, layout->hmap.oldbuckets.offset + 8);
	if (err)
		return err;
	uint64_t bits = object_field(header, sizeof(header), layout->hmap.b);
	const struct field tables[] = {layout->hmap.buckets, layout->hmap.oldbuckets};
	for (size_t i = 0; i < array_length(tables) && bits <= MAX_BITS; i++) {
		uint64_t buckets = object_field(header, sizeof(header), tables[i]);
		size_t count = (size_t)1 << (i && bits ? bits - 1 : bits);
		for (size_t j = 0; buckets && !err && !walk->done && j < count; j++)
			err = walk_buckets(walk, buckets + j * sizeof(struct bucket));
		if (err)
			return err;
	}
	return NULL;
}

struct error *hit_visit_labels(struct hit *hit, const struct hit_labels *labels)
{
	const struct runtime_layout *layout = &hit->program->layout;
	struct walk walk = {.hit = hit, .labels = labels};
	struct hit_goroutine *goroutine;
	struct error *err = hit_current(hit, &goroutine);
	if (err || !goroutine->address)
		return err;
	uint64_t address = hit_goroutine_field(goroutine, layout->g.labels);
	struct field list = layout->label_map.list;
	if (!address)
		return NULL;
	if (field_present(list))
		return walk_list(&walk, address + list.offset);
	if (layout->hmap.oldbuckets.offset > 120)
		return NULL;
	return walk_map(&walk, address);
}

static bool keep(void *context, const struct expr_value *key, const struct expr_value *value)
{
	(void)key;
	*(struct expr_value *)context = *value;
	return false;
}

struct error *hit_label(struct hit *hit, const char *key, struct expr_value *ret)
{
	const struct hit_labels labels = {keep, ret, key};
	expr_value_string(ret, NULL);
	return hit_visit_labels(hit, &labels);
}
