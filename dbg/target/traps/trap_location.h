/* Where the traps' area can be mapped in the target's memory. */
#ifndef GCTXDBG_TARGET_TRAPS_TRAP_LOCATION_H
#define GCTXDBG_TARGET_TRAPS_TRAP_LOCATION_H

#include "dbg/target/target.h"

enum { TRAP_AREA_LOWEST = 0x10000 };

/*
 * Finds `size` free bytes within reach of [low, high), the addresses of the traps: the nearest
 * below, else the nearest above. 0: there are none. Mappings are in ascending order.
 */
uint64_t trap_location_find(
	const struct mapping *mappings, size_t count, uint64_t size, uint64_t low, uint64_t high);

#endif
