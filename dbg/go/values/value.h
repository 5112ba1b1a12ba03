/*
 * Typed Go values: where they lie, what they consist of, and how they read.
 *
 * A `struct value` is a type and a place: target memory, or bytes that were gathered here (a
 * variable in registers). Looking into it is lazy; value_describe() decodes one to a tree of
 * `struct value_node` within limits, which a renderer prints as text or JSON.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_H
#define GCTXDBG_GO_VALUES_VALUE_H

#include "dbg/go/types/type.h"

struct value {
	const struct go_type *type;
	uint64_t address; /* 0: not in memory, see `bytes` */
	uint8_t *bytes;	  /* malloc'ed, type->size; NULL when it is in memory */
};

void value_deinit(struct value *value);
/* Copies type->size bytes. */
struct error *value_read(struct program *program, const struct value *value, void *ret);

/* `*p`, `v.field` (through pointers and embedded structs, as Go does it), `a[i]`, `m[key]`; an
 * interface is replaced by what it holds. Free each result. ERROR_USAGE when the type has no such
 * thing; ERROR_NOT_FOUND: no such field or key; nil pointers and bounds are sentences too. */
struct error *value_dereference(
	struct program *program, const struct value *value, struct value *ret);
struct error *value_field(
	struct program *program, const struct value *value, const char *name, struct value *ret);
struct error *value_index(
	struct program *program, const struct value *value, int64_t index, struct value *ret);

/* A map's key as an expression writes it. */
struct value_key {
	enum { KEY_INTEGER, KEY_STRING, KEY_BOOL } kind;
	int64_t integer; /* 0 or 1 of a bool */
	const char *string;
	size_t string_size;
};
/* `m[key]`; integers are keys of all kinds of integers. */
struct error *value_map_entry(struct program *program, const struct value *value,
	const struct value_key *key, struct value *ret);
/* `v[low:high]` of a slice, array, string, or pointer to an array; -1: left out. */
struct error *value_slice(struct program *program, const struct value *value, int64_t low,
	int64_t high, struct value *ret);

/* What the interface value holds; type NULL: nil. */
struct error *value_dynamic(struct program *program, const struct value *value, struct value *ret);
/* The same for two words of an interface that were read elsewhere. `empty`: the first is a type
 * (any), else an itab. */
struct error *interface_dynamic(
	struct program *program, bool empty, const uint64_t words[2], struct value *ret);

enum value_shape {
	VALUE_SCALAR,	 /* numbers, bools, func names, nil, chan and other addresses: `text` */
	VALUE_STRING,	 /* `text`, of `text_size` bytes; `length` is the whole one's */
	VALUE_POINTER,	 /* `address`; children[0] is what it points to, when depth allows */
	VALUE_STRUCT,	 /* children with names */
	VALUE_LIST,	 /* arrays and slices: children; `length` in all */
	VALUE_MAP,	 /* children in pairs: key, value; `length` in all; sorted by key */
	VALUE_INTERFACE, /* children[0] is what it holds; none: nil */
	VALUE_CHAN,	 /* `address`; `length` buffered, `capacity`, `closed` */
	VALUE_MISSING,	 /* `text` says why: unreadable, optimized out, too deep */
};

struct value_node {
	enum value_shape shape;
	const struct go_type *type;
	const char *name; /* of the struct field; NULL */
	uint64_t address; /* of a pointer: its value; of a channel, map, func: the object's */
	bool is_nil;
	char *text; /* malloc'ed */
	char *note; /* malloc'ed or NULL: what people read instead of or beside the fields:
		       "2026-11-21 08:00:00 UTC", "1m30s", an error's message */
	size_t text_size;
	uint64_t length, capacity;
	bool closed;
	bool partial; /* limits, or something that could not be read, cut the children or the text
		       */
	struct value_node *children;
	size_t count;
};

struct value_limits {
	size_t depth;	 /* of pointers and nested aggregates */
	size_t elements; /* of a list or map */
	size_t string;	 /* bytes */
	size_t nodes;	 /* in all */
};
extern const struct value_limits value_limits_default; /* people: shallow */
extern const struct value_limits value_limits_short;   /* one line in a table */

/* Decodes within limits; never fails on what the target holds (that becomes VALUE_MISSING). Free
 * with value_node_deinit(). */
struct error *value_describe(struct program *program, const struct value *value,
	const struct value_limits *limits, struct value_node *ret);
void value_node_deinit(struct value_node *node);
/* Forgets all notes and names of functions: value_node_line() then writes exactly what %#v does. */
void value_node_drop_notes(struct value_node *node);

/* One line in Go's own syntax, as %#v prints it where that is defined, with notes for times,
 * durations and errors. malloc'ed. */
struct error *value_node_line(const struct value_node *node, char **ret);

#endif
