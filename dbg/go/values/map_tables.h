/*
 * The two ways in which Go keeps a map's entries. Private to map.c, and to who knows a map's key
 * and value without its type.
 */
#ifndef GCTXDBG_GO_VALUES_MAP_TABLES_H
#define GCTXDBG_GO_VALUES_MAP_TABLES_H

#include "dbg/go/values/map.h"

enum {
	MAP_SLOTS = 8,	      /* of a bucket or a group: runtime/map.go, internal/abi/map.go */
	MAP_MAX_INLINE = 128, /* bytes; larger keys and values are kept elsewhere */
};

/* What is walked, and who is told. */
struct map_walk {
	struct program *program;
	struct error *(*visit)(void *context, uint64_t key, uint64_t value);
	void *context;
	bool indirect_key, indirect_value; /* a slot holds just the address */
	uint64_t claimed, visited;	   /* entries */
};

/* Tells of the entry whose slots are at `key` and `value`. ERROR_BAD_DATA when there are more than
 * the map claims to have. */
struct error *map_walk_slot(struct map_walk *walk, uint64_t key, uint64_t value);

/*
 * Walks the hmap at `map` (runtime/map.go until 1.23; runtime/map_noswiss.go in 1.24 and 1.25).
 * Sizes are in bytes, of keys and values themselves.
 */
struct error *map_walk_classic(
	struct map_walk *walk, uint64_t map, uint64_t key_size, uint64_t value_size);

/* Where keys and values lie in a group of slots, which starts with its control bytes. */
struct map_group {
	uint64_t size;
	uint64_t key, key_stride, value, value_stride;
};

/* Walks the Swiss tables of the map at `map` (internal/runtime/maps, 1.24 and later). */
struct error *map_walk_swiss(struct map_walk *walk, uint64_t map, const struct map_group *group);

#endif
