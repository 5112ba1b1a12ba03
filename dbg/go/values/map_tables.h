/*
 * Walks the two representations of Go maps. Private to map.c and to code that knows the sizes of a
 * map's keys and values without its type.
 */
#ifndef GCTXDBG_GO_VALUES_MAP_TABLES_H
#define GCTXDBG_GO_VALUES_MAP_TABLES_H

#include "dbg/go/values/map.h"

enum {
	MAP_SLOTS = 8,	      /* of a bucket or a group: runtime/map.go, internal/abi/map.go */
	MAP_MAX_INLINE = 128, /* bytes; larger keys and values are stored behind a pointer */
};

/* A walk over a map, and the callback for its entries. */
struct map_walk {
	struct program *program;
	struct error *(*visit)(void *context, uint64_t key, uint64_t value);
	void *context;
	bool indirect_key, indirect_value; /* a slot holds only the address */
	uint64_t claimed, visited;	   /* numbers of entries */
};

/* Visits the entry whose slots are at `key` and `value`. ERROR_BAD_DATA if there are more entries
 * than the map claims to have. */
struct error *map_walk_slot(struct map_walk *walk, uint64_t key, uint64_t value);

/*
 * Walks the hmap at `map` (runtime/map.go up to 1.23; runtime/map_noswiss.go in 1.24 and 1.25). The
 * sizes, in bytes, are those of the keys and values themselves.
 */
struct error *map_walk_classic(
	struct map_walk *walk, uint64_t map, uint64_t key_size, uint64_t value_size);

/* The offsets of keys and values in a group of slots, which starts with its control bytes. */
struct map_group {
	uint64_t size;
	uint64_t key, key_stride, value, value_stride;
};

/* Walks the Swiss tables of the map at `map` (internal/runtime/maps, 1.24 and later). */
struct error *map_walk_swiss(struct map_walk *walk, uint64_t map, const struct map_group *group);

#endif
