/*
 * The cache of types, and the interface of the two sources that decode them. Private to this
 * folder; the composition root and two files in dbg/go/values also use the cache.
 */
#ifndef GCTXDBG_GO_TYPES_TYPE_STATE_H
#define GCTXDBG_GO_TYPES_TYPE_STATE_H

#include "dbg/go/types/type.h"
#include "dwarf/base/hash.h"

enum {
	MAX_TYPE_NAME = 4096,	    /* bytes; longer means damage */
	MAX_TYPE_FIELDS = 1 << 16,  /* also parameters of a function */
	MAX_TYPE_NESTING = 64,	    /* of types whose names are synthesized */
	MAX_TYPE_MEMORY = 256 << 20 /* bytes for all decoded types */
};

enum type_part { TYPE_ELEMENT, TYPE_KEY, TYPE_GROUP, TYPE_PARTS };

struct type_node {
	struct go_type type;			 /* first: see type_node_of() */
	const struct go_type *parts[TYPE_PARTS]; /* NULL: not decoded yet */
	const struct go_type *pointer, *slice;	 /* made by type_derive(); NULL */
	struct go_field *fields;
	size_t field_count;
	bool fields_known;
	bool lost; /* not in the table by descriptor: no memory */
	UT_hash_handle by_descriptor;
	struct type_node *next; /* all nodes */
};

/* An entry of .debug_info and the type that it describes; a typedef has the node of its type. */
struct type_entry {
	uint64_t entry;
	struct type_node *node;
	bool lost; /* not in the table: no memory */
	UT_hash_handle hh;
};

struct type_index;

struct type_cache {
	struct type_node *by_descriptor, *all;
	struct type_entry *by_entry;
	const struct go_type *basics[GO_UNSAFE_POINTER]; /* made by type_basic(); NULL */
	struct type_index *index; /* NULL until a type is looked up by name */
	uint64_t memory;	  /* bytes used */
	unsigned nesting;	  /* of the type being decoded */
};

/* The program's cache, created on first use. */
struct error *type_cache_get(struct program *program, struct type_cache **ret);
void type_cache_destroy(struct type_cache *cache);
/* Accounts for `size` more bytes. ERROR_BAD_DATA if that exceeds the limit. */
struct error *type_cache_take(struct type_cache *cache, uint64_t size);
/* Adds a node, which belongs to the cache. */
struct error *type_cache_add(
	struct type_cache *cache, const struct go_type *type, struct type_node **ret);
/* The node that `type` is the first member of. */
static inline struct type_node *type_node_of(const struct go_type *type)
{
	union {
		const struct go_type *in;
		struct type_node *out;
	} unqualified = {type};
	return unqualified.out;
}

/* A copy of `text` that lives as long as the program. */
struct error *type_intern(struct program *program, const char *text, const char **ret);

/* ---- Types made here (type_derive.c) ---- */

/* The basic type `name` ("float64"), for programs that do not use it; NULL if it is not one. */
struct error *type_basic(struct program *program, const char *name, const struct go_type **ret);
/* A pointer to or a slice of `element`, for a type that neither source describes. */
struct error *type_derive(struct program *program, enum go_kind kind, const struct go_type *element,
	const struct go_type **ret);

/* ---- Descriptors in the target's memory (type_descriptor.c); types are given by address ---- */

struct error *descriptor_decode(struct program *program, uint64_t address, struct go_type *ret);
struct error *descriptor_part(
	struct program *program, const struct go_type *type, enum type_part part, uint64_t *ret);
/* `*ret` is malloc'ed. */
struct error *descriptor_fields(struct program *program, const struct go_type *type,
	struct go_field **ret, size_t *ret_count);
/* The tag of field number `index`, malloc'ed; NULL if it has none. */
struct error *descriptor_tag(
	struct program *program, const struct go_type *type, size_t index, char **ret);
struct error *descriptor_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret);
struct error *descriptor_interface_has(
	struct program *program, const struct go_type *type, const char *name, bool *ret);
/* Parameters, then results; `*ret` is malloc'ed. */
struct error *descriptor_signature(struct program *program, const struct go_type *type,
	uint64_t **ret, size_t *ret_in, size_t *ret_out, bool *ret_variadic);

/* ---- DWARF (type_debug.c); types are given by their entry in .debug_info ---- */

/* `*ret_descriptor`: the address of the type's descriptor according to DWARF; 0: it has none. */
struct error *debug_decode(
	struct program *program, uint64_t entry, uint64_t *ret_descriptor, struct go_type *ret);
struct error *debug_part(
	struct program *program, const struct go_type *type, enum type_part part, uint64_t *ret);
/* `*ret` is malloc'ed. */
struct error *debug_fields(struct program *program, const struct go_type *type,
	struct go_field **ret, size_t *ret_count);
struct error *debug_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret);

/* ---- Names ---- */

/* Sets `name`, `package` and `named` from the type's name in DWARF (type_debug_name.c). */
struct error *type_debug_name(
	struct program *program, const char *debug_name, struct go_type *type);

/* The name of an unnamed type as reflect spells it, composed from its parts (type_name.c). */
struct error *type_synthesize_name(
	struct program *program, const struct go_type *type, const char **ret);

#endif
