/*
 * Recipes: the locations of a function's variables at one pc, computed once so that the variables
 * can be fetched many times from registers, the stack or memory without using DWARF again.
 */
#ifndef GCTXDBG_GO_VALUES_VARIABLE_RECIPE_H
#define GCTXDBG_GO_VALUES_VARIABLE_RECIPE_H

#include "dbg/go/types/type.h"

enum recipe_part_kind {
	RECIPE_REGISTER, /* in the register with DWARF number `value` */
	RECIPE_STACK,	 /* at the stack pointer + `value` */
	RECIPE_MEMORY,	 /* at run-time address `value` */
	RECIPE_CONSTANT, /* `value` itself */
};

struct recipe_part {
	enum recipe_part_kind kind;
	uint64_t value;
	uint32_t offset, size; /* bytes of the variable */
};

enum { RECIPE_MAX_PARTS = 16 };

struct variable_recipe {
	const char *name; /* as in the source; belongs to the program */
	const struct go_type *type;
	bool is_argument;
	bool moved; /* the parts are a pointer to the variable, which escaped to the heap */
	struct recipe_part parts[RECIPE_MAX_PARTS];
	size_t count;
};

/*
 * The variables at run-time address `pc`; if `inlined` is not NULL, those of the inlined call of
 * that function. Variables without a location are left out; inner blocks come last. Free the array
 * `*ret`. ERROR_NOT_FOUND if the function has no DWARF entry.
 */
struct error *variable_recipes(struct program *program, uint64_t pc, const char *inlined,
	struct variable_recipe **ret, size_t *ret_count);

#endif
