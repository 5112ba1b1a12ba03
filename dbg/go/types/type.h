/*
 * Go types, whichever source describes them.
 *
 * A type comes from the descriptors that the binary itself carries (every type that can reach an
 * interface, in any release, stripped or not), or from DWARF (all others). Where DWARF names a
 * descriptor, that is used: the same type has one `struct go_type`, and readers cannot tell which
 * source it was. Types are decoded when first asked for, one level at a time, and kept until the
 * program is closed.
 *
 * Sources: internal/abi/type.go (1.21 and later), runtime/type.go (1.19), reflect/type.go;
 * cmd/compile/internal/dwarfgen and cmd/internal/dwarf for DWARF. Releases 1.19 and 1.21 to 1.27.
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
	const char *package; /* import path of a named type ("net/http"); NULL: none, or unknown */
	uint64_t size;	     /* bytes */
	uint64_t length;     /* of an array */
	int direction;	     /* of a channel */
	bool named;	     /* has a name of its own, so that it can have methods */
	bool direct; /* an interface holds the value itself (pointer-shaped), not its address; of
			a type without a descriptor, which no interface holds, a guess */
	uint64_t descriptor; /* run-time address of its runtime._type; 0: known from DWARF only */
	uint64_t entry;	     /* offset in .debug_info; 0: known from its descriptor only */
};

struct go_field {
	const char *name;
	uint64_t offset; /* bytes from the start of the struct */
	const struct go_type *type;
	bool embedded;
};

/*
 * All types belong to the program. A damaged description gives ERROR_BAD_DATA or ERROR_FAULT with
 * a sentence that names the type's address; what is asked of the wrong kind gives ERROR_USAGE.
 */

/* The type whose runtime descriptor is at `descriptor`, also one that reflect made on the heap. */
struct error *program_type_at(
	struct program *program, uint64_t descriptor, const struct go_type **ret);
/* The type that the DWARF entry describes. */
struct error *program_type_of_entry(
	struct program *program, uint64_t entry, const struct go_type **ret);
/*
 * By name, with or without the whole import path ("http.Request", "net/http.Request"), pointers,
 * slices and basic types included ("*http.Request", "[]string"). ERROR_NOT_FOUND, or ERROR_USAGE
 * that lists the candidates when several packages have one.
 */
struct error *program_type_named(
	struct program *program, const char *name, const struct go_type **ret);

/* What a pointer, slice, array, channel or map (its values) consists of. */
struct error *go_type_element(
	struct program *program, const struct go_type *type, const struct go_type **ret);
struct error *go_type_key(
	struct program *program, const struct go_type *type, const struct go_type **ret);
/* Of a map: the struct that its table is made of (a bucket, or a group of slots). */
struct error *go_type_group(
	struct program *program, const struct go_type *type, const struct go_type **ret);
/* A struct's fields, in order; the array belongs to the program. */
struct error *go_type_fields(struct program *program, const struct go_type *type,
	const struct go_field **ret, size_t *ret_count);
/* The field with this name, embedded structs' fields included as Go finds them (`offset` is then
 * from the start of `type`; only embedded by value). ERROR_NOT_FOUND. */
struct error *go_type_field(struct program *program, const struct go_type *type, const char *name,
	struct go_field *ret);
/* True for an interface type without methods (any): its first word is a type, not an itab. */
struct error *go_type_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret);
/* True for the type of this import path and name ("time", "Time"). */
bool go_type_is(const struct go_type *type, const char *package, const char *name);

#endif
