/*
 * Variables of a frame, and global variables, as typed values.
 *
 * DWARF says where they are. A frame that has called another has its variables in memory or
 * nowhere: Go's compiler keeps nothing in registers across calls. Only the innermost frame of a
 * running thread has registers.
 */
#ifndef GCTXDBG_GO_VALUES_VARIABLES_H
#define GCTXDBG_GO_VALUES_VARIABLES_H

#include "dbg/go/stacks/stack.h"
#include "dbg/go/values/value.h"

struct variable {
	const char *name;	    /* as the source has it; belongs to the program */
	const struct go_type *type; /* NULL when even that is not known */
	int line;		    /* where it is declared; 0 unknown */
	bool is_argument;	    /* a parameter or receiver */
	bool is_result;
	bool shadowed;	     /* an inner block declares another one of this name */
	struct value value;  /* type NULL when it is missing */
	const char *missing; /* why, a few words such as "optimized out"; NULL: it is there. Belongs
				to the program */
};

struct variables {
	struct variable *items; /* parameters and results first, then by line */
	size_t count;
};

/*
 * The variables of frame `index` of `stack`, those declared further down in the function left out.
 * `thread` is the one that runs the stack, NULL when it does not run. ERROR_NOT_FOUND with a
 * sentence when nothing describes the function (no DWARF, C code). Free with variables_deinit().
 */
struct error *frame_variables(struct program *program, const struct stack *stack, size_t index,
	const struct thread *thread, struct variables *ret);
void variables_deinit(struct variables *variables);

/* The innermost of this name; NULL when there is none. */
const struct variable *variables_find(const struct variables *variables, const char *name);

/* The name of the variable outside of functions that `address` lies in, from the symbol table; NULL
 * unknown. Belongs to the program. */
const char *program_global_name(struct program *program, uint64_t address);

/*
 * The variable outside of functions called "main.counter", "http.DefaultClient" or
 * "net/http.DefaultClient". ERROR_NOT_FOUND; ERROR_USAGE that lists the candidates when packages
 * share a name. Free `ret` with value_deinit().
 */
struct error *program_global(struct program *program, const char *name, struct value *ret);

#endif
