/*
 * The parts of types that layouts need, decoded from DWARF on first use and cached.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_TYPES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_TYPES_H

#include "dwarf/debug/libdwarf_compat.h"

enum debug_type_kind {
	DEBUG_TYPE_UNKNOWN,
	DEBUG_TYPE_SCALAR, /* numbers, pointers, functions, enumerations */
	DEBUG_TYPE_ALIAS,  /* typedef, const, volatile: of `target` */
	DEBUG_TYPE_ARRAY,
	DEBUG_TYPE_STRUCT, /* also unions and classes */
};

struct debug_member {
	const char *name; /* never NULL */
	uint64_t offset;  /* bytes from the start of the struct */
	uint64_t type;	  /* its type's entry in .debug_info */
};

struct debug_type {
	uint64_t entry; /* offset in .debug_info */
	enum debug_type_kind kind;
	const char *name; /* NULL if it has none */
	uint64_t size;	  /* bytes; 0 if unknown */
	uint64_t target;  /* of an alias: entry of the aliased type */
	struct debug_member *members;
	size_t member_count;
};

struct debug_types {
	Dwarf_Debug handle;
	void *tree; /* struct debug_type by entry */
};

void debug_types_init(struct debug_types *types, Dwarf_Debug handle);
void debug_types_deinit(struct debug_types *types);

/*
 * The type at `entry`, which belongs to `types`. A type that cannot be decoded is a
 * DEBUG_TYPE_UNKNOWN. NULL if allocation fails.
 */
const struct debug_type *debug_types_get(struct debug_types *types, uint64_t entry);

/* The same after following aliases; NULL also if the chain of aliases is too long. */
const struct debug_type *debug_types_resolve(struct debug_types *types, uint64_t entry);

/*
 * Finds the member at `path` ("sched.pc") of the type at `entry`: its size and its offset from the
 * start of the outermost struct, in bytes. A NULL `path` means the type itself. False if there is
 * no such member or its size is unknown.
 */
bool debug_types_find(struct debug_types *types, uint64_t entry, const char *path,
	uint64_t *ret_offset, uint64_t *ret_size);

#endif
