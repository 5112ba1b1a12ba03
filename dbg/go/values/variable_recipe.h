/*
 * Where the variables of a function are at one pc, worked out once so that they can be fetched
 * many times: from registers, the stack, or memory, without looking anything up.
 */
#ifndef GCTXDBG_GO_VALUES_VARIABLE_RECIPE_H
#define GCTXDBG_GO_VALUES_VARIABLE_RECIPE_H

#include "dbg/go/types/type.h"

enum recipe_part_kind {
	RECIPE_REGISTER, /* `value`: DWARF's number */
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
	const char *name; /* as the source has it; belongs to the program */
	const struct go_type *type;
	bool is_argument;
	bool moved; /* the parts are a pointer to the variable, which the compiler put on the heap
		     */
	struct recipe_part parts[RECIPE_MAX_PARTS];
	size_t count;
};

/*
 * The variables at run-time address `pc`, of the call of `inlined` there when that is not NULL;
 * those that are nowhere left out, inner blocks last. `*ret` is an array to free. ERROR_NOT_FOUND
 * when nothing describes the function.
 */
struct error *variable_recipes(struct program *program, uint64_t pc, const char *inlined,
	struct variable_recipe **ret, size_t *ret_count);

#endif
