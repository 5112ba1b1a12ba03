/*
 * Variables of frames, and global variables, as typed values.
 *
 * Their locations come from DWARF. A frame that has called another has its variables in memory, if
 * at all, because Go's compiler keeps nothing in registers across calls. Only the innermost frame
 * of a running thread has registers.
 */
#ifndef GCTXDBG_GO_VALUES_VARIABLES_H
#define GCTXDBG_GO_VALUES_VARIABLES_H

#include "dbg/go/stacks/stack.h"
#include "dbg/go/values/value.h"

struct variable {
	const char *name;	    /* as in the source; belongs to the program */
	const struct go_type *type; /* NULL: unknown */
	int line;		    /* of its declaration; 0 unknown */
	bool is_argument;	    /* a parameter or receiver */
	bool is_result;
	bool shadowed;	    /* an inner block declares another variable of this name */
	struct value value; /* type NULL if `missing` */
	/* Why there is no value, such as "optimized out"; else NULL. Belongs to the program. */
	const char *missing;
};

struct variables {
	struct variable *items; /* parameters and results first, then by line */
	size_t count;
};

/*
 * The variables of frame `index` of `stack`, without those declared after the frame's line.
 * `thread` is the thread that runs the goroutine; NULL if it is not running. ERROR_NOT_FOUND, with
 * the reason, if the function has no DWARF entry (no DWARF, C code). Free with variables_deinit().
 */
struct error *frame_variables(struct program *program, const struct stack *stack, size_t index,
	const struct thread *thread, struct variables *ret);
void variables_deinit(struct variables *variables);

/* The innermost variable of this name; NULL if there is none. */
const struct variable *variables_find(const struct variables *variables, const char *name);

/* The name of the global variable that contains `address`, from the symbol table; NULL if unknown.
 * Belongs to the program. */
const char *program_global_name(struct program *program, uint64_t address);

/*
 * The global variable called "main.counter", "http.DefaultClient" or "net/http.DefaultClient".
 * ERROR_NOT_FOUND if there is none; ERROR_USAGE, listing the candidates, if several packages with
 * that name have one. Free `ret` with value_deinit().
 */
struct error *program_global(struct program *program, const char *name, struct value *ret);

#endif
