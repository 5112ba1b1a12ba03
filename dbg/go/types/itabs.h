/*
 * Interface tables (itabs): which types the program has used as which interface.
 *
 * Every value of a non-empty interface starts with the address of one. The runtime keeps all of
 * them, including those made by the linker, in runtime.itabTable.
 *
 * Sources: runtime/iface.go (itabTable, itabAdd, itabsinit), internal/abi/iface.go (ITab; itab of
 * runtime/runtime2.go before 1.22), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_TYPES_ITABS_H
#define GCTXDBG_GO_TYPES_ITABS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

struct itab {
	uint64_t address;
	uint64_t interface, type; /* type descriptors */
};

/* All itabs, sorted by address, as a malloc'ed array. `*ret_partial`: some could not be read. */
struct error *program_itabs(
	struct program *program, struct itab **ret, size_t *ret_count, bool *ret_partial);
/* The itab at `address` among `itabs`, which are sorted by address; NULL if there is none. */
const struct itab *itabs_find(const struct itab *itabs, size_t count, uint64_t address);

#endif
