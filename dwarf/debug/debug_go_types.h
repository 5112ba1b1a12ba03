/*
 * Types as Go's linker describes them in DWARF: ordinary entries with attributes that say what they
 * are in Go (a slice is a struct, a map a typedef of a pointer).
 *
 * Sources: cmd/link/internal/ld/dwarf.go, cmd/internal/dwarf/dwarf.go; releases 1.19 and 1.21 to
 * 1.27.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_GO_TYPES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_GO_TYPES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct Dwarf_Debug_s; /* libdwarf's; who includes this need not have its headers */

struct debug_go_type {
	uint64_t entry; /* offset in .debug_info of the entry that says it all; typedefs lead there
			 */
	unsigned kind;	/* the number of reflect.Kind */
	const char *name; /* with whole import paths: "*net/http.Request"; never NULL */
	uint64_t size;	  /* bytes */
	uint64_t length;  /* of an array */
	uint64_t element; /* entries of what it consists of; 0: none */
	uint64_t key;
	uint64_t inside;     /* of maps, channels and interfaces: what the runtime makes them of */
	uint64_t descriptor; /* DW_AT_go_runtime_type: offset from moduledata.types; 0: the program
				has none */
};

struct debug_go_field {
	const char *name; /* never NULL */
	uint64_t offset;  /* bytes from the start of the struct */
	uint64_t type;	  /* entry */
	bool embedded;
};

/* False when the entry is no type, or not one of Go's. */
bool debug_go_type_read(struct Dwarf_Debug_s *handle, uint64_t entry, struct debug_go_type *ret);

/*
 * The fields of the struct at `entry`, in order; `*ret` is malloc'ed. False without memory, or when
 * one of them cannot be decoded.
 */
bool debug_go_fields_read(struct Dwarf_Debug_s *handle, uint64_t entry, struct debug_go_field **ret,
	size_t *ret_count);

#endif
