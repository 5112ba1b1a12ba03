/*
 * Reads classic maps (runtime/map.go up to 1.23, map_noswiss.go in 1.24 and 1.25 by GOEXPERIMENT):
 * an array of buckets, each the head of a chain; two arrays while the map grows.
 */
#include "dbg/go/values/map_tables.h"
#include "dbg/go/program/program_state.h"

enum {
	EVACUATED_MIN = 2, /* tophash[0] of a bucket that was moved to the new array */
	EVACUATED_MAX = 4,
	MIN_TOP_HASH = 5,   /* smaller values mark empty slots */
	SAME_SIZE_GROW = 8, /* flag of an hmap */
	MAX_LOG_BUCKETS = 30,
	MAX_OVERFLOW = 1 << 16, /* buckets in one chain */
	PREFETCH = 1 << 20,	/* bytes */
};

/*
 * Offsets in a bucket: a hash byte per slot, then keys, values, and the next bucket of the chain.
 */
struct bucket_layout {
	uint64_t keys, key_size, values, value_size, overflow, size;
};

static struct bucket_layout bucket_layout(uint64_t key_size, uint64_t value_size)
{
	struct bucket_layout layout = {.keys = MAP_SLOTS};
	layout.key_size = key_size > MAP_MAX_INLINE ? 8 : key_size;
	layout.value_size = value_size > MAP_MAX_INLINE ? 8 : value_size;
	layout.values = layout.keys + MAP_SLOTS * layout.key_size;
	layout.overflow = layout.values + MAP_SLOTS * layout.value_size;
	layout.size = layout.overflow + 8;
	return layout;
}

static struct error *walk_chain(
	struct map_walk *walk, const struct bucket_layout *layout, uint64_t bucket, bool old)
{
	for (size_t length = 0; bucket; length++) {
		if (length >= MAX_OVERFLOW)
			return error_create(ERROR_BAD_DATA, "a map's bucket chain does not end");
		uint8_t top[MAP_SLOTS];
		struct error *err = target_read(walk->program->target, bucket, top, sizeof(top));
		if (err)
			return err;
		if (old && length == 0 && top[0] >= EVACUATED_MIN && top[0] <= EVACUATED_MAX)
			return NULL;
		for (size_t i = 0; i < MAP_SLOTS; i++) {
			if (top[i] < MIN_TOP_HASH)
				continue;
			err = map_walk_slot(walk, bucket + layout->keys + i * layout->key_size,
				bucket + layout->values + i * layout->value_size);
			if (err)
				return err;
		}
		err = target_read_u64(walk->program->target, bucket + layout->overflow, &bucket);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *walk_buckets(struct map_walk *walk, const struct bucket_layout *layout,
	uint64_t buckets, uint64_t log_count, bool old)
{
	struct target *target = walk->program->target;
	uint64_t count = 1ull << log_count, chunk = PREFETCH / layout->size;
	for (uint64_t i = 0; i < count; i++) {
		struct error *err = target_check(target);
		if (!err && i % chunk == 0) {
			uint64_t left = count - i < chunk ? count - i : chunk;
			struct range range = {buckets + i * layout->size, left * layout->size};
			err = target_prefetch(target, &range, 1);
		}
		if (!err)
			err = walk_chain(walk, layout, buckets + i * layout->size, old);
		if (err)
			return err;
	}
	return NULL;
}

struct error *map_walk_classic(
	struct map_walk *walk, uint64_t map, uint64_t key_size, uint64_t value_size)
{
	struct program *program = walk->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t log_count, buckets, old, flags;
	struct error *err = program_read_field(program, map, layout->hmap.b, &log_count);
	if (!err)
		err = program_read_field(program, map, layout->hmap.buckets, &buckets);
	if (!err)
		err = program_read_field(program, map, layout->hmap.oldbuckets, &old);
	if (!err)
		err = program_read_field(program, map, layout->hmap.flags, &flags);
	if (err)
		return err;
	if (log_count > MAX_LOG_BUCKETS)
		return error_create(ERROR_BAD_DATA, "implausible number of map buckets: 2^%llu",
			(unsigned long long)log_count);
	struct bucket_layout bucket = bucket_layout(key_size, value_size);
	if (old) {
		bool same = (flags & SAME_SIZE_GROW) || !log_count;
		err = walk_buckets(walk, &bucket, old, same ? log_count : log_count - 1, true);
	}
	return err ? err : walk_buckets(walk, &bucket, buckets, log_count, false);
}
