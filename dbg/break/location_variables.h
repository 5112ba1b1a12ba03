/*
 * The variables of a function as values for expressions: job, job.id, name, err, items.len.
 *
 * They are found in DWARF when a breakpoint is created. The values are:
 *   numbers, bools, strings, durations  themselves
 *   pointers, channels, maps, functions their address
 *   interfaces                          the name of their dynamic type
 *   slices                              their address, and the length as s.len
 *   strings, slices, arrays, maps, channels  len(s), cap(s)
 *   structs, pointers to structs        their fields, some levels deep
 * Where DWARF does not describe the arguments, their first words are available (arg1 …): see
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
	VARIABLE_INTERFACE, /* with methods: two words, itab and data */
	VARIABLE_ANY,	    /* two words, type and data */
	VARIABLE_LENGTH,    /* a count in a map or channel; 0 if that is nil */
	VARIABLE_CONSTANT,  /* the length of an array */
};

enum { VARIABLE_MAX_STEPS = 4 };

/* One value: bytes of a variable, or of memory that pointers in it lead to. */
struct location_variable {
	char *name;
	enum variable_form form;
	enum expr_type type;
	size_t recipe;			      /* index in struct located_variables */
	uint64_t offsets[VARIABLE_MAX_STEPS]; /* in the variable; then after each pointer */
	size_t steps;			      /* at least 1 */
	size_t size;			      /* bytes of a number */
	uint64_t constant;
	bool whole; /* the variable itself, which events show */
};

/* The variables at one instruction of a location. */
struct located_variables {
	struct variable_recipe *recipes;
	size_t count;
};

/* The variables of a location. They are those of its first instruction; the other instructions are
 * matched by name and type. */
struct location_variables {
	struct location_variable *items;
	size_t count, capacity;
	struct located_variables *locations; /* parallel to the items of the location */
	size_t location_count;
	bool words; /* the variables are arg1 … */
};

/*
 * Finds the variables at `location`. Free `ret` with location_variables_deinit(), also after an
 * error.
 */
struct error *location_variables_find(
	struct program *program, const struct location *location, struct location_variables *ret);
void location_variables_deinit(struct location_variables *variables);

/* The value of variable number `index` at item number `item` of the location; absent if it has no
 * location there or is reached through a nil pointer. */
struct error *location_variable_value(struct hit *hit, const struct location_variables *variables,
	size_t item, size_t index, struct expr_value *ret);

#endif
