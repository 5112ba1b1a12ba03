/*
 * The variables of a function as values of expressions: job, job.id, name, err, items.len.
 *
 * Worked out when a breakpoint is made, from DWARF. Numbers, bools, strings and durations are
 * themselves, pointers and the like addresses, interfaces the name of the type they hold, slices
 * their length (s.len); structs and what pointers lead to have their fields, some levels deep.
 * Without DWARF the integer registers of Go's ABI (arg1 is RAX) are the first words of the
 * arguments. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_ARGUMENTS_H
#define GCTXDBG_BREAK_ARGUMENTS_H

#include "dbg/break/hit.h"
#include "dbg/go/variable_recipe.h"

enum argument_form {
	ARGUMENT_SIGNED,
	ARGUMENT_UNSIGNED,
	ARGUMENT_BOOL,
	ARGUMENT_FLOAT,
	ARGUMENT_STRING,
	ARGUMENT_ADDRESS,
	ARGUMENT_DURATION,
	ARGUMENT_INTERFACE, /* its itab or type, and data */
	ARGUMENT_ANY,
};

enum { ARGUMENT_MAX_STEPS = 4 };

/* One value: bytes of a variable, or of what pointers in it lead to. */
struct argument {
	char *name;
	enum argument_form form;
	enum expr_type type;
	size_t variable; /* index in struct arguments_place's recipes */
	uint64_t offsets[ARGUMENT_MAX_STEPS]; /* in the variable; then behind each pointer */
	size_t steps;			      /* at least 1 */
	size_t size;			      /* bytes of a number */
	bool whole;			      /* the variable itself: events show it */
};

/* The variables of one instruction of a place. */
struct arguments_place {
	struct variable_recipe *recipes;
	size_t count;
};

/* What the instructions of a place have in common: the names of the first one, by name and type in
 * the others. */
struct arguments {
	struct argument *items;
	size_t count, capacity;
	struct arguments_place *places; /* parallel to the place's items */
	size_t place_count;
	bool registers; /* arg1 … */
};

enum { ARGUMENT_REGISTERS = 9 };

struct error *arguments_find(
	struct program *program, const struct place *place, struct arguments *ret);
void arguments_deinit(struct arguments *arguments);

/* The value of number `index` at the place's item number `place`; absent when it is nowhere there,
 * or behind a nil pointer. `*ret_cut`: a string's beginning only. */
struct error *argument_value(struct hit *hit, const struct arguments *arguments, size_t place,
	size_t index, struct expr_value *ret, bool *ret_cut);

#endif
