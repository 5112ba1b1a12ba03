/*
 * Struct layouts as data.
 *
 * Code that reads `g.goid` from a target never knows the offset: it asks a layout source once, by name, and keeps
 * the answer in a table of `struct field`. A source can be DWARF, a built-in table or the binary's runtime type
 * information; who reads a goroutine cannot tell which it was. A field that a Go release lacks is absent
 * (`size == 0`), not zero.
 */
#ifndef GCTXDBG_DWARF_DEBUG_LAYOUT_H
#define GCTXDBG_DWARF_DEBUG_LAYOUT_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct field {
	uint32_t offset; /* bytes from the start of the outermost struct */
	uint32_t size;	 /* bytes; 0: this release has no such field */
};

static inline bool field_present(struct field field)
{
	return field.size != 0;
}

/*
 * One question to a source. `path` NULL asks for the size of `type` itself (answered as `size`, offset 0); otherwise
 * it is a member path such as "sched.pc"; embedded structs are named by their type name as Go does. For an array
 * member the size is that of the whole array.
 */
struct field_query {
	const char *type; /* "runtime.g" */
	const char *path;
	struct field *ret;
};

/* The same for an integer constant, such as "runtime._Gwaiting". */
struct constant_query {
	const char *name;
	int64_t *ret;
	bool *ret_present;
};

/*
 * A source answers many questions in one go. What it does not know it answers as absent; an error means that
 * the source itself is broken.
 */
struct layout_source {
	struct error *(*fields)(void *context, const struct field_query *queries, size_t count);
	struct error *(*constants)(
		void *context, const struct constant_query *queries, size_t count);
	void *context;
	const char *description; /* for `info`: "DWARF", "built-in table go1.26" */
};

#endif
