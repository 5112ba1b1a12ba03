/*
 * The variables of a function as values of expressions: job, job.id, name, err, items.len.
 *
 * Worked out when a breakpoint is made, from DWARF. Numbers, bools, strings and durations are
 * themselves, pointers and the like addresses, interfaces the name of the type they hold, slices
 * their length (s.len); structs and what pointers lead to have their fields, some levels deep.
 * Where nothing describes a function's arguments there are their first words (arg1 …), see
 * argument_words.h. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_LOCATION_VARIABLES_H
#define GCTXDBG_BREAK_LOCATION_VARIABLES_H

#include "dbg/break/hit.h"
#include "dbg/go/values/variable_recipe.h"

enum variable_form {
	VARIABLE_SIGNED,
	VARIABLE_UNSIGNED,
	VARIABLE_BOOL,
	VARIABLE_FLOAT,
	VARIABLE_STRING,
	VARIABLE_ADDRESS,
	VARIABLE_DURATION,
	VARIABLE_INTERFACE, /* its itab or type, and data */
	VARIABLE_ANY,
};

enum { VARIABLE_MAX_STEPS = 4 };

/* One value: bytes of a variable, or of what pointers in it lead to. */
struct location_variable {
	char *name;
	enum variable_form form;
	enum expr_type type;
	size_t recipe;			      /* index in struct located_variables */
	uint64_t offsets[VARIABLE_MAX_STEPS]; /* in the variable; then behind each pointer */
	size_t steps;			      /* at least 1 */
	size_t size;			      /* bytes of a number */
	bool whole;			      /* the variable itself: events show it */
};

/* The variables of one instruction of a place. */
struct located_variables {
	struct variable_recipe *recipes;
	size_t count;
};

/* What the instructions of a place have in common: the names of the first one, by name and type in
 * the others. */
struct location_variables {
	struct location_variable *items;
	size_t count, capacity;
	struct located_variables *locations; /* parallel to the place's items */
	size_t location_count;
	bool words; /* arg1 … */
};

struct error *location_variables_find(
	struct program *program, const struct location *location, struct location_variables *ret);
void location_variables_deinit(struct location_variables *variables);

/* The value of number `index` at the place's item number `place`; absent when it is nowhere there,
 * or behind a nil pointer. */
struct error *location_variable_value(struct hit *hit, const struct location_variables *variables,
	size_t location, size_t index, struct expr_value *ret);

#endif
