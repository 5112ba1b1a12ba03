/*
 * What breakpoints are made of, for those who set them up (breakpoints.c, the user's thread) and
 * those who judge hits (judge.c, the tracer thread). Private to dbg/break.
 *
 * Everything that the tracer thread reads is made while the target is stopped, and left alone while
 * it runs. What the tracer thread writes is atomic or in the ring of events.
 */
#ifndef GCTXDBG_BREAK_BREAKPOINT_STATE_H
#define GCTXDBG_BREAK_BREAKPOINT_STATE_H

#include "dbg/break/break_events.h"
#include "dbg/break/values.h"

struct unwind_cache;

enum { PROBLEM_SIZE = 512 };

/* A value that a condition uses; `key` of labels["key"], else NULL, belongs to the condition. */
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
	int shown[BREAK_VALUES_MAX]; /* in events */
	size_t shown_count;
	bool shown_only;			  /* nothing else is */
	struct used_value used[BREAK_VALUES_MAX]; /* by the condition */
	size_t used_count;
	struct expr_name *names; /* by which all these are called, and conditions compiled */
	size_t name_count;

	/* Written by the tracer thread. */
	_Atomic uint64_t hits, times_false, ignored, ignore_left, failures, evaluation_ns;
	_Atomic bool spent; /* a temporary one that has stopped */
	_Atomic bool has_problem;
	char problem[PROBLEM_SIZE]; /* written once, before has_problem */
};

/* An instruction with a trap, and one breakpoint at it. */
struct armed_trap {
	uint64_t address;
	struct breakpoint_entry *entry; /* NULL: only births are noted */
	size_t item;			/* of the entry's place */
	int subject;			/* as in struct location */
	int64_t subject_offset;
};

struct breakpoints {
	struct program *program;
	struct breakpoint_entry **entries; /* by number */
	size_t count, capacity;
	int last_number;
	bool changed; /* since they were armed */
	struct break_events events;

	struct breakpoint_entry *asked; /* what breakpoints_schema() has answered from */
	struct expr_schema schema;

	/* Of the tracer thread while the target runs. */
	struct armed_trap *armed; /* by address */
	size_t armed_count;
	bool note_births;
	struct births births;
	struct unwind_cache *unwind;
	struct hit *hit; /* scratch */
};

/* ERROR_USAGE when the target runs, ERROR_GONE when it never will. */
struct error *breakpoints_check_stopped(const struct breakpoints *breakpoints);

/* The breakpoint with this number. ERROR_NOT_FOUND, or the errors of breakpoints_check_stopped(). */
struct error *breakpoints_find(
	struct breakpoints *breakpoints, int number, struct breakpoint_entry **ret);

/* NULL is fine. */
void breakpoint_entry_destroy(struct breakpoint_entry *entry);

/* The handler for target_set_traps(); `context` is the struct breakpoints. */
enum trap_answer breakpoints_hit(void *context, const struct trap_hit *trap);

#endif
