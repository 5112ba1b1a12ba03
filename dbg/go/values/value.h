/*
 * Typed Go values: their parts, their decoding and their text.
 *
 * This folder reads typed values of the target: variables of frames and globals (variables.h), maps
 * (map.h), access expressions (evaluate.h). It uses types, stacks, the program and DWARF, and
 * prints nothing. Entry points: frame_variables(), program_global(), evaluate(), value_describe().
 *
 * A `struct value` is a type with a location: target memory, or bytes in the debugger (a variable
 * in registers). Parts of it are read on demand. value_describe() decodes a value within limits to
 * a tree of `struct value_node`, which a renderer prints as text or JSON.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_H
#define GCTXDBG_GO_VALUES_VALUE_H

#include "dbg/go/types/type.h"

struct value {
	const struct go_type *type;
	uint64_t address; /* in the target; 0: not in memory, see `bytes` */
	uint8_t *bytes;	  /* malloc'ed, type->size bytes; NULL if in memory */
};

void value_deinit(struct value *value);
/* Reads the whole value, type->size bytes. */
struct error *value_read(struct program *program, const struct value *value, void *ret);

/*
 * `*p`, `v.field` (through pointers and embedded structs, as in Go), `a[i]`, `m[key]`. For an
 * interface, the value in it is used. Free each result with value_deinit(). ERROR_USAGE if the type
 * does not support the operation; ERROR_NOT_FOUND for a missing field or key, a nil pointer or an
 * index out of range.
 */
struct error *value_dereference(
	struct program *program, const struct value *value, struct value *ret);
struct error *value_field(
	struct program *program, const struct value *value, const char *name, struct value *ret);
struct error *value_index(
	struct program *program, const struct value *value, int64_t index, struct value *ret);

/* A map key in an expression. */
struct value_key {
	enum { KEY_INTEGER, KEY_STRING, KEY_BOOL } kind;
	int64_t integer; /* 0 or 1 for a bool */
	const char *string;
	size_t string_size;
};
/* `m[key]`; an integer matches keys of any integer type. */
struct error *value_map_entry(struct program *program, const struct value *value,
	const struct value_key *key, struct value *ret);
/* `v[low:high]` of a slice, array, string, or pointer to an array; -1: omitted. */
struct error *value_slice(struct program *program, const struct value *value, int64_t low,
	int64_t high, struct value *ret);

/* `len(v)` or `cap(v)`, as in Go, also of what a pointer or an interface leads to. */
struct error *value_length(
	struct program *program, const struct value *value, bool capacity, uint64_t *ret);

/* The value in an interface; type NULL if it is nil. */
struct error *value_dynamic(struct program *program, const struct value *value, struct value *ret);

enum value_shape {
	VALUE_SCALAR,	 /* numbers, bools, func names, nil, addresses: `text` */
	VALUE_STRING,	 /* `text` of `text_size` bytes; `length` is that of the whole string */
	VALUE_POINTER,	 /* `address`; children[0] is the pointed-to value, if depth allows */
	VALUE_STRUCT,	 /* children with names */
	VALUE_LIST,	 /* arrays and slices: children; `length` in total */
	VALUE_MAP,	 /* children in pairs of key and value, sorted by key; `length` entries */
	VALUE_INTERFACE, /* children[0] is the value in it; no children: nil */
	VALUE_CHAN,	 /* `address`; `length` buffered, `capacity`, `closed` */
	VALUE_MISSING,	 /* `text` is the reason: unreadable, optimized out, too deep */
};

struct value_node {
	enum value_shape shape;
	const struct go_type *type;
	const char *name; /* of a struct field; else NULL */
	uint64_t address; /* the value of a pointer; the object of a channel, map or func */
	bool is_nil;
	char *text; /* malloc'ed */
	/* Readable form, printed with or instead of the fields: "2026-11-21 08:00:00 UTC", "1m30s",
	 * the message of an error. malloc'ed, or NULL. */
	char *note;
	size_t text_size;
	uint64_t length, capacity;
	bool closed;
	bool partial; /* children or text are incomplete: limits, or unreadable memory */
	struct value_node *children;
	size_t count;
	/* What an atomic or a sync.Map contains, printed instead of its fields, or what a func has
	 * captured; else NULL. A node without a type is a VALUE_MAP or, of a func, a VALUE_STRUCT. */
	struct value_node *content;
};

struct value_limits {
	size_t depth;	 /* of pointers and nested aggregates */
	size_t elements; /* of each list or map */
	size_t string;	 /* bytes of each string */
	size_t nodes;	 /* in total */
};
extern const struct value_limits value_limits_default; /* for reading: shallow */
extern const struct value_limits value_limits_short;   /* one line in a table */

/* Decodes a value within limits. Bad data in the target is not an error: it becomes a node of shape
 * VALUE_MISSING. Free with value_node_deinit(). */
struct error *value_describe(struct program *program, const struct value *value,
	const struct value_limits *limits, struct value_node *ret);
void value_node_deinit(struct value_node *node);
/* Removes notes and function names, so that value_node_line() writes exactly what %#v prints. */
void value_node_drop_notes(struct value_node *node);

/* Whether it is one of the locks of package sync, whose note is printed instead of its fields. */
bool go_type_is_lock(const struct go_type *type);

/*
 * One line in Go syntax, as %#v prints it where that is defined, with notes for times, durations
 * and errors. `*ret` is malloc'ed.
 */
struct error *value_node_line(const struct value_node *node, char **ret);

#endif
