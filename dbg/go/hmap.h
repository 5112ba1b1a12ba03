/*
 * Go maps of the classic kind (runtime/map.go until 1.23, map_noswiss.go in 1.24 and 1.25 by
 * GOEXPERIMENT).
 */
#ifndef GCTXDBG_GO_HMAP_H
#define GCTXDBG_GO_HMAP_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

/*
 * Calls `visit` with the target addresses of each key and element of the map whose header is at
 * `map`, until it returns an error, which is passed on. Sizes are in bytes, of what the buckets
 * hold. A map that is being grown is read from both of its tables. Damaged ones give ERROR_BAD_DATA
 * or ERROR_FAULT after what could be visited.
 */
struct error *hmap_visit(struct program *program, uint64_t map, size_t key_size,
	size_t element_size, struct error *(*visit)(void *context, uint64_t key, uint64_t element),
	void *context);

#endif
