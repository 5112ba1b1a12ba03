/*
 * One pprof label of the goroutine that hit (runtime/pprof/label.go): a slice of pairs since 1.24,
 * before that a map[string]string with classic buckets (runtime/map.go), read without knowledge of
 * its type.
 */
#include "dbg/break/hit.h"
#include "dbg/go/program_state.h"

enum {
	MAX_LABELS = 1024,
	MAX_OVERFLOWS = 64,
	SLOTS = 8, /* of a bucket: tophash bytes, then keys, values, the next bucket */
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

static struct error *is_key(struct hit *hit, struct text text, const char *key, bool *ret)
{
	char found[256];
	size_t size = strlen(key);
	*ret = false;
	if (text.size != size || size > sizeof(found))
		return NULL;
	struct error *err = hit_read(hit, text.data, found, size);
	*ret = !err && memcmp(found, key, size) == 0;
	return err;
}

static struct error *take(
	struct hit *hit, struct text key_text, struct text value, const char *key, const char **ret)
{
	bool same, cut;
	struct error *err = is_key(hit, key_text, key, &same);
	return err || !same ? err : hit_text(hit, value.data, value.size, ret, &cut);
}

static struct error *find_in_list(struct hit *hit, uint64_t list, const char *key, const char **ret)
{
	struct text slice, pair[2];
	struct error *err = hit_read(hit, list, &slice, sizeof(slice));
	for (uint64_t i = 0; !err && !*ret && i < slice.size && i < MAX_LABELS; i++) {
		err = hit_read(hit, slice.data + i * sizeof(pair), pair, sizeof(pair));
		if (!err)
			err = take(hit, pair[0], pair[1], key, ret);
	}
	return err;
}

static struct error *find_in_buckets(
	struct hit *hit, uint64_t address, const char *key, const char **ret)
{
	struct bucket bucket;
	for (int i = 0; address && i < MAX_OVERFLOWS; i++) {
		struct error *err = hit_read(hit, address, &bucket, sizeof(bucket));
		for (size_t slot = 0; !err && !*ret && slot < SLOTS; slot++) {
			if (bucket.top[slot] >= MIN_TOPHASH)
				err = take(hit, bucket.keys[slot], bucket.values[slot], key, ret);
		}
		if (err || *ret)
			return err;
		address = bucket.overflow;
	}
	return NULL;
}

/* While a map grows, what has not been moved yet is in its old buckets. */
static struct error *find_in_map(struct hit *hit, uint64_t map, const char *key, const char **ret)
{
	const struct runtime_layout *layout = &hit->program->layout;
	uint8_t header[128];
	uint64_t address = 0;
	struct error *err = hit_read(hit, map, &address, sizeof(address));
	if (err || !address)
		return err;
	err = hit_read(hit, address, header, layout->hmap.oldbuckets.offset + 8);
	if (err)
		return err;
	uint64_t bits = object_field(header, sizeof(header), layout->hmap.b);
	const struct field tables[] = {layout->hmap.buckets, layout->hmap.oldbuckets};
	for (size_t i = 0; i < array_length(tables) && !*ret && bits <= MAX_BITS; i++) {
		uint64_t buckets = object_field(header, sizeof(header), tables[i]);
		size_t count = (size_t)1 << (i && bits ? bits - 1 : bits);
		for (size_t j = 0; buckets && !err && !*ret && j < count; j++)
			err = find_in_buckets(hit, buckets + j * sizeof(struct bucket), key, ret);
		if (err)
			return err;
	}
	return NULL;
}

struct error *hit_label(struct hit *hit, const char *key, const char **ret)
{
	const struct runtime_layout *layout = &hit->program->layout;
	struct hit_goroutine *goroutine;
	*ret = NULL;
	struct error *err = hit_current(hit, &goroutine);
	if (err || !goroutine->address)
		return err;
	uint64_t labels = hit_goroutine_field(goroutine, layout->g.labels);
	struct field list = layout->label_map.list;
	if (!labels)
		return NULL;
	if (field_present(list))
		return find_in_list(hit, labels + list.offset, key, ret);
	if (layout->hmap.oldbuckets.offset > 120)
		return NULL;
	return find_in_map(hit, labels, key, ret);
}
