/*
 * Go maps of both kinds: Swiss tables (internal/runtime/maps, the default since 1.24) and hmap with
 * buckets (runtime/map.go up to 1.23; map_noswiss.go in 1.24 and 1.25 by GOEXPERIMENT).
 *
 * The layout of a group of slots is taken from the map type's own group type, so that a release
 * which packs keys and values differently is read correctly too.
 */
#ifndef GCTXDBG_GO_VALUES_MAP_H
#define GCTXDBG_GO_VALUES_MAP_H

#include "dbg/go/types/type.h"

/* The number of entries that the map at `map` (the pointer in the variable) claims to have; 0 for a
 * nil map. */
struct error *map_length(struct program *program, uint64_t map, uint64_t *ret);

/*
 * Calls `visit` with the target addresses of each key and value; for a key or value that the map
 * stores behind a pointer, with the address that it points to. An error from `visit` ends the
 * iteration and is returned, except that error_stop becomes success. A map that is growing is read
 * from both of its tables, without visiting an entry twice. For a damaged map, or one that was
 * being modified, returns ERROR_BAD_DATA or ERROR_FAULT after the entries that could be visited.
 * `type` has kind GO_MAP.
 */
struct error *map_visit(struct program *program, const struct go_type *type, uint64_t map,
	struct error *(*visit)(void *context, uint64_t key, uint64_t value), void *context);

#endif
