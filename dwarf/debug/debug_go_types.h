/*
 * Go types in DWARF. Go's linker describes them with ordinary entries plus attributes that give the
 * Go kind (a slice is a struct, a map a typedef of a pointer).
 *
 * Sources: cmd/link/internal/ld/dwarf.go, cmd/internal/dwarf/dwarf.go; releases 1.19 to
 * 1.27.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_GO_TYPES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_GO_TYPES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct Dwarf_Debug_s; /* of libdwarf; declared here so that users need not include libdwarf.h */

struct debug_go_type {
	uint64_t entry;	     /* offset in .debug_info of its entry, after following typedefs */
	unsigned kind;	     /* reflect.Kind */
	const char *name;    /* with full import paths: "*net/http.Request"; never NULL */
	uint64_t size;	     /* bytes */
	uint64_t length;     /* of an array: number of elements */
	uint64_t element;    /* entry of the element or pointed-to type; 0: none */
	uint64_t key;	     /* of a map: entry of the key type; 0: none */
	uint64_t inside;     /* of maps, channels and interfaces: entry of the runtime's own type */
	uint64_t descriptor; /* DW_AT_go_runtime_type: offset from moduledata.types; 0: none */
};

struct debug_go_field {
	const char *name; /* never NULL */
	uint64_t offset;  /* bytes from the start of the struct */
	uint64_t type;	  /* entry of its type */
	bool embedded;
};

/* Decodes the type at `entry`; false if that is not a Go type. Strings belong to the image. */
bool debug_go_type_read(struct Dwarf_Debug_s *handle, uint64_t entry, struct debug_go_type *ret);

/*
 * The fields of the struct at `entry`, in order, as an array that the caller frees. False if
 * allocation fails or a field cannot be decoded.
 */
bool debug_go_fields_read(struct Dwarf_Debug_s *handle, uint64_t entry, struct debug_go_field **ret,
	size_t *ret_count);

#endif
