/*
 * Go maps of both kinds: Swiss tables (internal/runtime/maps, the default since 1.24) and hmap with
 * buckets (runtime/map.go until 1.23; map_noswiss.go in 1.24 and 1.25 by GOEXPERIMENT).
 *
 * Where keys and values lie inside a bucket or a group is taken from the map type's own group type,
 * so that a release that packs them in another way is read as well.
 */
#ifndef GCTXDBG_GO_VALUES_MAP_H
#define GCTXDBG_GO_VALUES_MAP_H

#include "dbg/go/types/type.h"

/* The number of entries that the map at `map` (the pointer that the variable holds) claims; 0 for
 * nil. */
struct error *map_length(struct program *program, uint64_t map, uint64_t *ret);

/*
 * Calls `visit` with the target addresses of each key and value (behind the pointer where the map
 * keeps large ones elsewhere), until it returns an error, which is passed on. A map that is being
 * grown is read from both of its tables, no entry twice. A damaged or torn one gives ERROR_BAD_DATA
 * or ERROR_FAULT after what could be visited. `type` has GO_MAP.
 */
struct error *map_visit(struct program *program, const struct go_type *type, uint64_t map,
	struct error *(*visit)(void *context, uint64_t key, uint64_t value), void *context);

#endif
