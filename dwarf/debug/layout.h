/*
 * Struct layouts as data.
 *
 * Code that reads `g.goid` from a target has no offset built in: it looks the field up by name,
 * once per target, in a layout source, and keeps the result in a table of `struct field`. The
 * source can be DWARF, a built-in table or the binary's runtime type information; code that reads a
 * goroutine cannot tell which. A field that a Go release lacks is absent (`size == 0`), not zero.
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
 * One query to a source. `path` is a member path such as "sched.pc"; an embedded struct has the
 * name of its type, as in Go. A NULL `path` asks for the size of `type` itself, with offset 0. The
 * size of an array member is that of the whole array.
 */
struct field_query {
	const char *type; /* "runtime.g" */
	const char *path;
	struct field *ret;
};

/* A query for an integer constant such as "runtime._Gwaiting". */
struct constant_query {
	const char *name;
	int64_t *ret;
	bool *ret_present;
};

/*
 * A source answers many queries in one call. Unknown fields and constants are absent in the result;
 * an error means that the source itself cannot be read.
 */
struct layout_source {
	struct error *(*fields)(void *context, const struct field_query *queries, size_t count);
	struct error *(*constants)(
		void *context, const struct constant_query *queries, size_t count);
	void *context;
	const char *description; /* for `info`: "DWARF", "built-in table go1.26" */
};

#endif
