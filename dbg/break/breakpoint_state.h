/*
 * The data of breakpoints, shared by the code that sets them up (breakpoints.c, in the user's
 * thread) and the code that evaluates hits (evaluate_hit.c, in the tracer thread). Private to
 * dbg/break.
 *
 * All data that the tracer thread reads is prepared while the target is stopped and not changed
 * while it runs. The tracer thread writes only atomics and the ring of events.
 */
#ifndef GCTXDBG_BREAK_BREAKPOINT_STATE_H
#define GCTXDBG_BREAK_BREAKPOINT_STATE_H

#include "dbg/break/break_events.h"
#include "dbg/break/values.h"

struct unwind_cache;

enum { PROBLEM_SIZE = 512 };

/*
 * A value that a condition uses. `key` of labels["key"] belongs to the condition; NULL for others.
 */
struct used_value {
	int id;
	const char *key;
};

struct breakpoint_entry {
	int number;
	enum breakpoint_kind kind;
	bool enabled;
	char *what, *condition;
	struct location location;
	struct location_variables variables;
	struct value_source source;
	struct expr *expr;	     /* NULL: no condition */
	int shown[BREAK_VALUES_MAX]; /* ids of the values in events */
	size_t shown_count;
	bool shown_only;			  /* events contain no other values */
	struct used_value used[BREAK_VALUES_MAX]; /* values that the condition uses */
	size_t used_count;
	struct expr_name *names; /* the values at the location; conditions are compiled with them */
	size_t name_count;

	/* Written by the tracer thread. */
	_Atomic uint64_t hits, times_false, ignored, ignore_left, failures, evaluation_ns;
	_Atomic bool spent; /* deleted, or temporary and has stopped */
	_Atomic bool has_problem;
	char problem[PROBLEM_SIZE]; /* written once, before has_problem */
};

/* One breakpoint at an instruction with a trap. */
struct armed_trap {
	uint64_t address;
	struct breakpoint_entry *entry; /* NULL: only records creation times */
	size_t item;			/* index in the items of its location */
	int subject;			/* as in struct location */
	int64_t subject_offset;
};

struct breakpoints {
	struct program *program;
	struct breakpoint_entry **entries; /* in order of number */
	size_t count, capacity;
	int last_number;
	bool changed; /* since breakpoints_arm() */
	struct break_events events;

	struct breakpoint_entry *schema_source; /* owns the names in `schema` */
	struct expr_schema schema;

	/* Used by the tracer thread while the target runs. */
	struct armed_trap *armed; /* in order of address */
	size_t armed_count;
	bool note_births;
	struct births births;
	struct unwind_cache *unwind;
	struct hit *hit; /* scratch */
};

/* ERROR_USAGE if the target is running, ERROR_GONE if it cannot run (a core). */
struct error *breakpoints_check_stopped(const struct breakpoints *breakpoints);

/* The breakpoint with this number. ERROR_NOT_FOUND, or errors as above. */
struct error *breakpoints_find(
	struct breakpoints *breakpoints, int number, struct breakpoint_entry **ret);

/* Accepts NULL. */
void breakpoint_entry_destroy(struct breakpoint_entry *entry);

/* The handler for target_set_traps(); `context` is the struct breakpoints. */
enum trap_answer breakpoints_hit(void *context, const struct trap_hit *trap);

#endif
