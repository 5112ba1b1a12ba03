/*
 * The program's type descriptors, by name. Private to this folder.
 *
 * No list has all of them: moduledata.typelinks (until 1.26) and the first part of the type data
 * (1.27) list only those that reflect must find, and a struct type that is only used by value is
 * referenced only from code. But all are in the type data, which is therefore searched for
 * everything that looks like a descriptor: sizes, alignments, flags, name and elements must be
 * plausible.
 */
#ifndef GCTXDBG_GO_TYPES_TYPE_INDEX_H
#define GCTXDBG_GO_TYPES_TYPE_INDEX_H

#include "dbg/go/types/type.h"

struct type_index;

/* Reads all of the program's type data. */
struct error *type_index_create(struct program *program, struct type_index **ret);
void type_index_destroy(struct type_index *index);

/*
 * Calls `visit` for each type with that name, as %T prints it or with the full import path. Stops
 * at the first error of `visit` and returns it.
 */
struct error *type_index_find(struct program *program, const char *name,
	struct error *(*visit)(void *context, const struct go_type *type), void *context);

/* The name (in source code) of the package with this import path, from one of its types; NULL if
 * none of those has a descriptor. Belongs to the program. */
struct error *type_index_package_name(
	struct program *program, const char *import_path, const char **ret);

/* Whether the type has this name, with or without the import path. */
bool type_has_name(const struct go_type *type, const char *name);

#endif
