/*
 * The first words of a call's arguments, where nothing describes them: stripped programs, and
 * functions in assembly. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_ARGUMENT_WORDS_H
#define GCTXDBG_BREAK_ARGUMENT_WORDS_H

#include "dbg/break/location.h"
#include "dbg/go/values/variable_recipe.h"

enum { ARGUMENT_WORDS = 9 };

/*
 * Where they are at the place, which begins a call: ARGUMENT_WORDS recipes of 8 bytes each, an
 * array to free; or none when that is not known. Compiled Go code has them in registers, in the
 * order of Go's ABI (integers and pointers; numbers with a fraction are elsewhere), unless the
 * call is inlined: then those registers belong to another function. Assembly has them on the
 * stack, as laid out for its Go declaration; some of that of the runtime does as it likes.
 * `described`: DWARF tells of the function, so that it has no arguments if it is Go code.
 */
struct error *argument_words(struct program *program, const struct breakpoint_location *location,
	bool described, struct variable_recipe **ret, size_t *ret_count);

#endif
