/*
 * The first words of a call's arguments where DWARF does not describe them: in stripped programs
 * and in assembly functions. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_ARGUMENT_WORDS_H
#define GCTXDBG_BREAK_ARGUMENT_WORDS_H

#include "dbg/break/location.h"
#include "dbg/go/values/variable_recipe.h"

enum { ARGUMENT_WORDS = 9 };

/*
 * The recipes of the words at a location where a call begins: ARGUMENT_WORDS recipes of 8 bytes
 * each, in an array that the caller frees; or none (`*ret_count` 0) if the words are unknown.
 *
 * Compiled Go code takes integers and pointers in registers, in the order of Go's ABI (floats are
 * elsewhere). In an inlined call, those registers belong to the surrounding function. Assembly
 * takes arguments on the stack, in the layout of its Go declaration, except for some in the
 * runtime. `described` means that DWARF describes the function; Go code then has no further
 * arguments.
 */
struct error *argument_words(struct program *program, const struct breakpoint_location *location,
	bool described, struct variable_recipe **ret, size_t *ret_count);

#endif
