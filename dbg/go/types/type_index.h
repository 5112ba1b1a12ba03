/*
 * All type descriptors of the program by name. Private to dbg/go/type*.c.
 *
 * There is no list of them: moduledata.typelinks (until 1.26) and the first part of the type data
 * (1.27) have only those that reflect must find, and a struct type that is used by value alone is
 * reached from code only. But all lie in the type data, so that is searched for what looks like a
 * descriptor in every respect: sizes, alignments, flags, name and elements.
 */
#ifndef GCTXDBG_GO_TYPES_TYPE_INDEX_H
#define GCTXDBG_GO_TYPES_TYPE_INDEX_H

#include "dbg/go/types/type.h"

struct type_index;

/* Reads the program's whole type data once. */
struct error *type_index_create(struct program *program, struct type_index **ret);
void type_index_destroy(struct type_index *index);

/*
 * Calls `visit` for each type with that name, as %T prints it or with the whole import path, until
 * it returns an error, which is passed on.
 */
struct error *type_index_find(struct program *program, const char *name,
	struct error *(*visit)(void *context, const struct go_type *type), void *context);

/* The name that source code has for the package with this import path, by one of its types; NULL:
 * none of them has a descriptor. Belongs to the program. */
struct error *type_index_package_name(
	struct program *program, const char *import_path, const char **ret);

/* Whether it is called so, with the import path or without. */
bool type_has_name(const struct go_type *type, const char *name);

#endif
