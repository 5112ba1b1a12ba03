/*
 * Types as the program keeps them, and what the two sources of types have to answer. Private to
 * dbg/go/type*.c; everybody else sees type.h.
 */
#ifndef GCTXDBG_GO_TYPES_TYPE_STATE_H
#define GCTXDBG_GO_TYPES_TYPE_STATE_H

#include "dbg/go/types/type.h"
#include "dwarf/base/hash.h"

enum {
	MAX_TYPE_NAME = 4096,	    /* bytes; longer is damage */
	MAX_TYPE_FIELDS = 1 << 16,  /* also parameters of a function */
	MAX_TYPE_NESTING = 64,	    /* of types whose names are put together here */
	MAX_TYPE_MEMORY = 256 << 20 /* bytes that all decoded types may take */
};

enum type_part { TYPE_ELEMENT, TYPE_KEY, TYPE_GROUP, TYPE_PARTS };

struct type_node {
	struct go_type type;			 /* first: what everybody sees */
	const struct go_type *parts[TYPE_PARTS]; /* NULL: not asked for yet */
	const struct go_type *pointer, *slice;	 /* made by type_derive(); NULL */
	struct go_field *fields;
	size_t field_count;
	bool fields_known;
	bool lost; /* not among those by descriptor: no memory */
	UT_hash_handle by_descriptor;
	struct type_node *next; /* all nodes */
};

/* An entry of .debug_info and the type that it describes; typedefs lead to the same one. */
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
	struct type_index *index; /* NULL until something is looked for by name */
	uint64_t memory;	  /* bytes taken */
	unsigned nesting;	  /* of what is being decoded now */
};

/* The program's cache, made when first asked for. */
struct error *type_cache_get(struct program *program, struct type_cache **ret);
void type_cache_destroy(struct type_cache *cache);
/* ERROR_BAD_DATA when `size` more bytes are too many. */
struct error *type_cache_take(struct type_cache *cache, uint64_t size);
/* A new node, which belongs to the cache. */
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

/* A basic type that the program itself has no use for ("float64"); NULL when it is none. */
struct error *type_basic(struct program *program, const char *name, const struct go_type **ret);
/* A type that neither source describes: a pointer to or a slice of `element`. */
struct error *type_derive(struct program *program, enum go_kind kind, const struct go_type *element,
	const struct go_type **ret);

/* ---- Descriptors in the target's memory (type_descriptor.c); references are their addresses ----
 */

struct error *descriptor_decode(struct program *program, uint64_t address, struct go_type *ret);
struct error *descriptor_part(
	struct program *program, const struct go_type *type, enum type_part part, uint64_t *ret);
/* `*ret` is malloc'ed. */
struct error *descriptor_fields(struct program *program, const struct go_type *type,
	struct go_field **ret, size_t *ret_count);
/* The tag of the field with that index, malloc'ed; NULL: none. */
struct error *descriptor_tag(
	struct program *program, const struct go_type *type, size_t index, char **ret);
struct error *descriptor_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret);
/* Parameters, then results; `*ret` is malloc'ed. */
struct error *descriptor_signature(struct program *program, const struct go_type *type,
	uint64_t **ret, size_t *ret_in, size_t *ret_out, bool *ret_variadic);

/* ---- DWARF (type_debug.c); references are entries of .debug_info ---- */

/* `*ret_descriptor` is where DWARF says that the type's descriptor is; 0: the program has none. */
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

/* Fills in name, package and whether it has a name of its own, from its name in DWARF
 * (type_debug_name.c). */
struct error *type_debug_name(
	struct program *program, const char *debug_name, struct go_type *type);

/* The name of a type that has none of its own, as reflect makes it up, from what it consists of. */
struct error *type_synthesize_name(
	struct program *program, const struct go_type *type, const char **ret);

#endif
