/*
 * Access expressions: which value of a program is meant, in Go's own notation.
 *
 *   request.Header["Accept"][0]   main.counter   net/http.DefaultClient.Timeout   *p   &x.mu
 *   jobs[2:5]   (*main.Job)(0xc000012345).id   err.(*net.OpError).Op
 *
 * What is parsed is a list of steps, in the order in which they are to be done; what names and
 * types mean is the business of whoever does them (dbg/go/values/evaluate.h). Map keys and indices are
 * literals.
 */
#ifndef GCTXDBG_EXPR_ACCESS_H
#define GCTXDBG_EXPR_ACCESS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum access_kind {
	ACCESS_NAME,	    /* begins with the variable `name`; with a slash it has its package's
			       import path and a dot */
	ACCESS_NUMBER,	    /* begins with the number `low` */
	ACCESS_FIELD,	    /* .name */
	ACCESS_INDEX,	    /* [low] */
	ACCESS_KEY,	    /* ["name"], of `name_size` bytes */
	ACCESS_BOOL,	    /* [true], [false]: `low` is 1 or 0 */
	ACCESS_SLICE,	    /* [low:high]; -1 left out */
	ACCESS_DEREFERENCE, /* * before it */
	ACCESS_ADDRESS,	    /* & before it */
	ACCESS_CAST,	    /* (name)(…): the same bits with the type of that name */
	ACCESS_ASSERT,	    /* .(name) */
};

struct access_step {
	enum access_kind kind;
	size_t offset;	  /* in the text, for messages */
	const char *name; /* NUL-terminated */
	size_t name_size;
	int64_t low, high;
};

struct access {
	char *text;
	struct access_step *steps;
	size_t count, capacity;
	char *pool; /* names */
	size_t pool_used;
};

/*
 * Parses `text`. ERROR_USAGE with column and caret, as expr_diagnose() makes it. Long texts and
 * deep nesting are refused. Free with access_deinit(), after an error too.
 */
struct error *access_parse(const char *text, struct access *ret);
void access_deinit(struct access *access);

#endif
