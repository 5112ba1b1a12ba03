/*
 * Access expressions: name a value of a program in Go's notation.
 *
 *   request.Header["Accept"][0]   main.counter   net/http.DefaultClient.Timeout   *p   &x.mu
 *   jobs[2:5]   (*main.Job)(0xc000012345).id   err.(*net.OpError).Op   len(jobs)   cap(c)
 *
 * The parser produces a list of steps in evaluation order. The evaluator (dbg/go/values/evaluate.h)
 * gives names and types their meaning. Map keys and indices are literals.
 */
#ifndef GCTXDBG_EXPR_ACCESS_H
#define GCTXDBG_EXPR_ACCESS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum access_kind {
	ACCESS_NAME,	    /* starts with the variable `name`, which may be "import/path.name" */
	ACCESS_NUMBER,	    /* starts with the number `low` */
	ACCESS_FIELD,	    /* .name */
	ACCESS_INDEX,	    /* [low] */
	ACCESS_KEY,	    /* ["name"]; the key has `name_size` bytes */
	ACCESS_BOOL,	    /* [true], [false]: `low` is 1 or 0 */
	ACCESS_SLICE,	    /* [low:high]; -1: omitted */
	ACCESS_DEREFERENCE, /* prefix * */
	ACCESS_ADDRESS,	    /* prefix & */
	ACCESS_CAST,	    /* (name)(…): reinterprets the bits as the type `name` */
	ACCESS_ASSERT,	    /* .(name) */
	ACCESS_LENGTH,	    /* len(…) */
	ACCESS_CAPACITY,    /* cap(…) */
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
 * Parses `text`. On a syntax error, and for long texts and deep nesting, ERROR_USAGE with column
 * and caret as from expr_diagnose(). Free `ret` with access_deinit(), also after an error.
 */
struct error *access_parse(const char *text, struct access *ret);
void access_deinit(struct access *access);

#endif
