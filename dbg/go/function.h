/*
 * Go functions by name.
 */
#ifndef GCTXDBG_GO_FUNCTION_H
#define GCTXDBG_GO_FUNCTION_H

#include "dbg/go/goroutine.h"

/* Where the function called `name` starts; `ret->pc` is its entry. ERROR_NOT_FOUND with a sentence.
 */
struct error *program_find_function(
	struct program *program, const char *name, struct code_place *ret);

/* Calls `visit` with every function's name until it returns false. */
void program_visit_functions(
	struct program *program, bool (*visit)(void *context, const char *name), void *context);

/*
 * The folder of the standard library's sources as the binary names it, with a final slash
 * ("/usr/lib/go/src/"); empty when the binary was built with -trimpath. The length is that of the
 * text; both are known after the first call.
 */
const char *program_source_root(struct program *program);
size_t program_source_root_length(struct program *program);

#endif
