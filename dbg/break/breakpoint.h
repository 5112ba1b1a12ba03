/*
 * Breakpoints: where (a location), when (a condition, in the language of --where), what then (stop,
 * or send an event and continue).
 *
 * dbg/break resolves locations, arms traps and evaluates hits. It uses dbg/expr, dbg/go and
 * dbg/target; its entry points are all in this header.
 *
 * A session has one set of breakpoints. The user's thread adds, changes and lists them while the
 * target is stopped, and arms them before it resumes the target. The tracer thread evaluates hits
 * with data prepared in advance: it parses nothing, allocates only once per new pc, and does not
 * access data of the user's thread (caches of memory, types, goroutines). So both threads can run
 * at the same time. Events go through a bounded queue; while it is full, threads that hit a
 * breakpoint wait. No event is ever dropped.
 *
 * Locations:
 *   newproc      a goroutine has been created (go statement, iter.Pull) and does not run yet
 *   goexit       a goroutine has ended: it returned, called runtime.Goexit, or a coroutine ended
 *   cancel       a context is canceled: once per context, also for those canceled with their parent
 *   park, ready  a goroutine starts to wait; is made runnable by another
 *   panic        panic, by the program or the runtime
 *   FUNC         a call of the function, with its arguments in place, including inlined calls:
 *                main.handle, http.(*Server).Serve, handle
 *   FILE:LINE    the first instruction of that line in each function and inlined call
 *   *ADDR        the instruction at that address
 */
#ifndef GCTXDBG_BREAK_BREAKPOINT_H
#define GCTXDBG_BREAK_BREAKPOINT_H

#include "dbg/expr/expr.h"
#include "dbg/go/goroutines/goroutine.h"

struct breakpoints;

enum breakpoint_kind {
	BREAKPOINT_STOP,
	BREAKPOINT_TEMPORARY, /* deleted after its first stop */
	BREAKPOINT_TRACE,     /* sends an event per hit; the target continues */
};

/* One instruction of a location. Texts belong to the program. */
struct breakpoint_location {
	struct code_location code; /* `pc` is the address of the trap */
	const char *inlined_into;  /* the function that it is inlined into; NULL: not inlined */
	/*
	 * The function starts with a loop, so every iteration is a hit (rare: only in short
	 * functions without calls).
	 */
	bool loop;
};

/* Texts and locations are valid until the breakpoint is changed or deleted. */
struct breakpoint {
	int number;
	enum breakpoint_kind kind;
	bool enabled;
	const char *what;      /* the location as given: "newproc", "main.handle" */
	const char *condition; /* NULL: none */
	const struct breakpoint_location *locations;
	size_t location_count;
	uint64_t hits;	      /* times a thread reached it, regardless of the condition */
	uint64_t times_false; /* hits with a false condition */
	uint64_t ignored;     /* hits with a true condition, skipped by breakpoints_ignore() */
	uint64_t ignore_left; /* how many more will be skipped */
	uint64_t failures;    /* hits whose condition could not be evaluated */
	const char *problem;  /* why the first of them failed; NULL */
	double evaluation_ns; /* mean time to evaluate a hit, without the trap; 0: no hits */
};

/* An empty set of breakpoints for `program`, which must outlive it. Destroying it removes all traps
 * if the target is still stopped. */
struct error *breakpoints_create(struct program *program, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *breakpoints); /* accepts NULL */

/*
 * These functions need a stopped target (else ERROR_USAGE), and take effect with breakpoints_arm().
 * `condition` may be NULL. ERROR_NOT_FOUND for an unknown location or number; ERROR_USAGE lists the
 * candidates for an ambiguous location, or points into the condition as expr_compile() does. There
 * can be at most 1000 breakpoints (ERROR_USAGE).
 */
struct error *breakpoints_add(struct breakpoints *breakpoints, enum breakpoint_kind kind,
	const char *location, const char *condition, int *ret_number);
struct error *breakpoints_delete(struct breakpoints *breakpoints, int number);
struct error *breakpoints_enable(struct breakpoints *breakpoints, int number, bool enable);
struct error *breakpoints_set_condition(
	struct breakpoints *breakpoints, int number, const char *condition);
/* Skips the next `count` hits whose condition is true. */
struct error *breakpoints_ignore(struct breakpoints *breakpoints, int number, uint64_t count);

/*
 * Makes the events of a breakpoint contain exactly these values, instead of the default.
 * ERROR_USAGE for a name that is unknown or has no single value (stack, labels).
 */
struct error *breakpoints_show(
	struct breakpoints *breakpoints, int number, const char *const *names, size_t count);

/* Breakpoint number `index` in order of numbers; false past the end. Can be called while the target
 * runs. */
bool breakpoints_get(const struct breakpoints *breakpoints, size_t index, struct breakpoint *ret);

/*
 * Sets the target's traps to those of the enabled breakpoints. Call it before every continue; it is
 * cheap if nothing has changed. Errors as for target_set_traps().
 */
struct error *breakpoints_arm(struct breakpoints *breakpoints);

/*
 * True if there were too many goroutines to record all their creation times: `age` is then absent
 * at goexit for some. Can be called while the target runs.
 */
bool breakpoints_lost_births(const struct breakpoints *breakpoints);

/*
 * The names of the values at a location, for help and completion. `*ret` belongs to `breakpoints`
 * and is valid until the next call. Errors as for breakpoints_add().
 */
struct error *breakpoints_schema(
	struct breakpoints *breakpoints, const char *location, const struct expr_schema **ret);

/* ---- Events ---- */

/* A value captured at a hit. */
struct break_field {
	const char *name;	 /* as in expressions: "fn", "goid", "request", "labels" */
	const char *key;	 /* of labels["key"]; NULL otherwise */
	struct expr_value value; /* present; strings belong to the event and are NUL-terminated */
	bool is_address;	 /* an EXPR_INT to show as 0x… */
};

/* The maximum numbers of values and labels in an event. */
enum { BREAK_VALUES_MAX = 24, BREAK_LABELS_MAX = 16 };
enum { BREAK_FIELDS_MAX = BREAK_VALUES_MAX + BREAK_LABELS_MAX };

struct break_event {
	int number; /* of the breakpoint */
	enum breakpoint_kind kind;
	const char *what; /* location of the breakpoint, as given; belongs to the event */
	bool stops;	  /* the target is (being) stopped for it */
	uint64_t hit;	  /* number of the hit of this breakpoint, from 1 */
	pid_t tid;
	uint64_t goid;	  /* of the goroutine that hit it; 0: none (the scheduler itself) */
	uint64_t g;	  /* address of its g; 0: none */
	uint64_t address; /* of the trap */
	int64_t time_ns;  /* CLOCK_REALTIME */
	struct code_location location; /* texts belong to the program */
	bool of_runtime; /* newproc, park…: `location` is in the runtime and of no interest */
	/* If `of_runtime`: the code of the program that led there; `function` NULL: unknown. */
	struct code_location user;
	/*
	 * The values that the condition used, as it saw them; then the default values of the
	 * location and all labels of the goroutine. Or the values chosen with breakpoints_show().
	 */
	struct break_field fields[BREAK_FIELDS_MAX];
	size_t field_count;
	bool has_labels; /* the labels were read */
	bool fields_cut; /* there was no room for more values */
	bool labels_cut; /* there was no room for more labels */
	/*
	 * Why the condition could not be evaluated; NULL. Belongs to the event. `stops` is then
	 * true; reported once per breakpoint and condition.
	 */
	const char *problem;
	char *texts; /* memory of the strings */
};

/*
 * A descriptor that is readable while there are events; poll it together with the target's
 * event_fd.
 */
int breakpoints_event_fd(const struct breakpoints *breakpoints);

/*
 * Removes the oldest event from the queue; false if there is none. Free it with
 * break_event_deinit(). Call it only in the user's thread. A temporary breakpoint no longer exists
 * once its event has been taken and the target is stopped.
 */
bool breakpoints_next_event(struct breakpoints *breakpoints, struct break_event *ret);
void break_event_deinit(struct break_event *event);

#endif
