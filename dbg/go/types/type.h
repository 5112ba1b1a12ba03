/*
 * Go types, from two sources.
 *
 * This folder decodes types and finds them by address, by DWARF entry and by name. It uses
 * dbg/go/program and dwarf/debug, and reads no values.
 *
 * A type comes from its descriptor in the binary (every type that can be stored in an interface has
 * one, in any release, stripped or not), or from DWARF (all others). If DWARF names a descriptor,
 * the descriptor is used: there is one `struct go_type` per type, whatever the source. Types are
 * decoded on first use, one level at a time, and kept until the program is closed.
 *
 * Sources: internal/abi/type.go (1.21 and later), runtime/type.go (1.19), reflect/type.go;
 * cmd/compile/internal/dwarfgen and cmd/internal/dwarf for DWARF. Releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_TYPES_TYPE_H
#define GCTXDBG_GO_TYPES_TYPE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

/* The numbers of reflect.Kind. */
enum go_kind {
	GO_INVALID,
	GO_BOOL,
	GO_INT,
	GO_INT8,
	GO_INT16,
	GO_INT32,
	GO_INT64,
	GO_UINT,
	GO_UINT8,
	GO_UINT16,
	GO_UINT32,
	GO_UINT64,
	GO_UINTPTR,
	GO_FLOAT32,
	GO_FLOAT64,
	GO_COMPLEX64,
	GO_COMPLEX128,
	GO_ARRAY,
	GO_CHAN,
	GO_FUNC,
	GO_INTERFACE,
	GO_MAP,
	GO_POINTER,
	GO_SLICE,
	GO_STRING,
	GO_STRUCT,
	GO_UNSAFE_POINTER,
};

/* Directions of a channel type, as reflect.ChanDir. */
enum { GO_CHAN_RECV = 1, GO_CHAN_SEND = 2 };

struct go_type {
	enum go_kind kind;
	const char *name;    /* as %T prints it: "main.Job", "*http.Request", "[]int"; never NULL */
	const char *package; /* import path of a named type ("net/http"); NULL: none or unknown */
	uint64_t size;	     /* bytes */
	uint64_t length;     /* of an array */
	int direction;	     /* of a channel */
	bool named;	     /* a defined type, which can have methods */
	bool direct; /* an interface holds the value itself (pointer-shaped), not its address. Only
			a guess for a type without a descriptor, which no interface holds */
	uint64_t descriptor; /* run-time address of its runtime._type; 0: only in DWARF */
	uint64_t entry;	     /* offset in .debug_info; 0: not (yet) looked up there */
};

struct go_field {
	const char *name;
	uint64_t offset; /* bytes from the start of the struct */
	const struct go_type *type;
	bool embedded;
};

/*
 * All types belong to the program. A damaged description is ERROR_BAD_DATA or ERROR_FAULT with the
 * type's address; a request that does not suit the type's kind is ERROR_USAGE.
 */

/* The type whose descriptor is at `descriptor`, including one that reflect made on the heap. */
struct error *program_type_at(
	struct program *program, uint64_t descriptor, const struct go_type **ret);
/* The type that the DWARF entry describes. */
struct error *program_type_of_entry(
	struct program *program, uint64_t entry, const struct go_type **ret);
/*
 * Finds a type by name, with or without the full import path ("http.Request", "net/http.Request"),
 * including pointers, slices and basic types ("*http.Request", "[]string"). ERROR_NOT_FOUND;
 * ERROR_USAGE, listing the candidates, if several packages have one.
 */
struct error *program_type_named(
	struct program *program, const char *name, const struct go_type **ret);

/* The element type of a pointer, slice, array, channel or map (of its values). */
struct error *go_type_element(
	struct program *program, const struct go_type *type, const struct go_type **ret);
struct error *go_type_key(
	struct program *program, const struct go_type *type, const struct go_type **ret);
/* The struct that a map's table consists of: a bucket, or a group of slots. */
struct error *go_type_group(
	struct program *program, const struct go_type *type, const struct go_type **ret);
/* A struct's fields, in order; the array belongs to the program. */
struct error *go_type_fields(struct program *program, const struct go_type *type,
	const struct go_field **ret, size_t *ret_count);
/* The field with this name, searched for in embedded structs as Go selectors do, but only in those
 * embedded by value; `offset` is from the start of `type`. ERROR_NOT_FOUND. */
struct error *go_type_field(struct program *program, const struct go_type *type, const char *name,
	struct go_field *ret);
/* Whether it is an interface type without methods (any), whose first word is a type, not an
 * itab. */
struct error *go_type_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret);
/* Whether the interface type, which has a descriptor, has the method `name`. */
struct error *go_type_interface_has(
	struct program *program, const struct go_type *type, const char *name, bool *ret);
/* Whether it is the type with this import path and name ("time", "Time"). */
bool go_type_is(const struct go_type *type, const char *package, const char *name);

#endif
