/* Walking the buckets of a classic Go map: see hmap.h. */
#include "dbg/go/hmap.h"

#include "dbg/go/program_state.h"

enum {
	BUCKET_SLOTS = 8,  /* runtime/map.go bucketCnt */
	EVACUATED_MIN = 2, /* tophash[0] of a bucket that has been moved to the new table */
	EVACUATED_MAX = 4,
	MIN_TOP_HASH = 5, /* smaller ones mark empty slots */
	MAX_LOG_BUCKETS = 32,
	MAX_OVERFLOW = 1 << 16, /* buckets in one chain */
};

struct walk {
	struct program *program;
	size_t key_size, element_size;
	struct error *(*visit)(void *context, uint64_t key, uint64_t element);
	void *context;
};

static struct error *visit_chain(const struct walk *walk, uint64_t bucket, bool old)
{
	uint64_t overflow_offset = BUCKET_SLOTS * (1 + walk->key_size + walk->element_size);
	for (size_t length = 0; bucket; length++) {
		if (length >= MAX_OVERFLOW)
			return error_create(ERROR_BAD_DATA, "a map's bucket chain does not end");
		uint8_t top[BUCKET_SLOTS];
		struct error *err = target_read(walk->program->target, bucket, top, sizeof(top));
		if (err)
			return err;
		if (old && top[0] >= EVACUATED_MIN && top[0] <= EVACUATED_MAX)
			return NULL;
		for (size_t i = 0; i < BUCKET_SLOTS; i++) {
			if (top[i] < MIN_TOP_HASH)
				continue;
			uint64_t key = bucket + BUCKET_SLOTS + i * walk->key_size;
			uint64_t element = bucket + BUCKET_SLOTS + BUCKET_SLOTS * walk->key_size +
					   i * walk->element_size;
			err = walk->visit(walk->context, key, element);
			if (err)
				return err;
		}
		err = target_read_u64(walk->program->target, bucket + overflow_offset, &bucket);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *visit_table(
	const struct walk *walk, uint64_t buckets, uint64_t log_count, bool old)
{
	uint64_t size = BUCKET_SLOTS * (1 + walk->key_size + walk->element_size) + 8;
	for (uint64_t i = 0; i < 1ull << log_count; i++) {
		struct error *err = target_check(walk->program->target);
		if (!err)
			err = visit_chain(walk, buckets + i * size, old);
		if (err)
			return err;
	}
	return NULL;
}

struct error *hmap_visit(struct program *program, uint64_t map, size_t key_size,
	size_t element_size, struct error *(*visit)(void *context, uint64_t key, uint64_t element),
	void *context)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t count, log_count, buckets, old, flags;
	struct error *err = program_read_field(program, map, layout->hmap.count, &count);
	if (!err)
		err = program_read_field(program, map, layout->hmap.b, &log_count);
	if (!err)
		err = program_read_field(program, map, layout->hmap.buckets, &buckets);
	if (!err)
		err = program_read_field(program, map, layout->hmap.oldbuckets, &old);
	if (!err)
		err = program_read_field(program, map, layout->hmap.flags, &flags);
	if (err || count == 0)
		return err;
	if (log_count > MAX_LOG_BUCKETS || count >> log_count > BUCKET_SLOTS * 2)
		return error_create(ERROR_BAD_DATA, "a map claims %llu elements in 2^%llu buckets",
			(unsigned long long)count, (unsigned long long)log_count);
	struct walk walk = {program, key_size, element_size, visit, context};
	enum { SAME_SIZE_GROW = 8 }; /* runtime/map.go */
	if (old) {
		uint64_t old_log =
			(flags & SAME_SIZE_GROW) || !log_count ? log_count : log_count - 1;
		err = visit_table(&walk, old, old_log, true);
	}
	return err ? err : visit_table(&walk, buckets, log_count, false);
}
