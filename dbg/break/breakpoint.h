/*
 * Breakpoints: where (a place), when (a condition, the language of --where), what then (stop, or
 * note an event and go on).
 *
 * A session has one set of them. The user's thread adds, changes and lists them while the target is
 * stopped, and arms them before it lets the target run. A hit is judged in the tracer thread by
 * programs that were made beforehand: nothing is parsed there, nothing allocated but once per new
 * pc, and nothing that the user's thread owns (caches of memory, types, goroutines) is touched; so
 * both threads may work at the same time. What a hit has to tell travels in a bounded queue of
 * events; while that is full, threads that hit wait. No event is ever dropped.
 *
 * Places:
 *   newproc      a goroutine has been made (go statement, iter.Pull), and does not run yet
 *   goexit       a goroutine has ended: returned, runtime.Goexit, or the end of a coroutine
 *   cancel       a context is canceled: once for each, also for those that end with their parent
 *   park, ready  a goroutine begins to wait; is made runnable again by somebody
 *   panic        panic, by the program or the runtime
 *   FUNC         its call, with its arguments in place: main.handle, http.(*Server).Serve, handle;
 *                where it was inlined too
 *   FILE:LINE    the first instruction of that line in each function and inlined call
 *   *ADDR        that instruction
 */
#ifndef GCTXDBG_BREAK_BREAKPOINT_H
#define GCTXDBG_BREAK_BREAKPOINT_H

#include "dbg/expr/expr.h"
#include "dbg/go/goroutines/goroutine.h"

struct breakpoints;

enum breakpoint_kind {
	BREAKPOINT_STOP,
	BREAKPOINT_TEMPORARY, /* deleted with its first stop */
	BREAKPOINT_TRACE,     /* an event each, the target runs on */
};

struct breakpoint_location {
	struct code_location code; /* `pc` is where the trap is; texts belong to the program */
	const char *inlined_into;  /* the function whose code it is inlined into; NULL: it is not */
	bool loop; /* of a function: a loop begins with its first instruction, so that every round
		      is a hit (rare: short functions that call nothing) */
};

/* Texts and places live until the breakpoint is changed or deleted. */
struct breakpoint {
	int number;
	enum breakpoint_kind kind;
	bool enabled;
	const char *what;      /* as it was given: "newproc", "main.handle" */
	const char *condition; /* NULL: none */
	const struct breakpoint_location *locations;
	size_t location_count;
	uint64_t hits;	      /* times a thread has come there, whatever the condition said */
	uint64_t times_false; /* of those: the condition did not hold */
	uint64_t ignored;     /* of those: it held, but was to be ignored */
	uint64_t ignore_left; /* how many more will be */
	uint64_t failures;    /* of the hits: the condition could not be evaluated */
	const char *problem;  /* why it failed the first time; NULL */
	double evaluation_ns; /* mean cost of judging a hit in this process, without getting there;
				 0 when there was none */
};

/* For `program`, which must outlive it. Destroying takes all traps out when the target is stopped
 * still. */
struct error *breakpoints_create(struct program *program, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *breakpoints); /* NULL is fine */

/*
 * All of these need a stopped target (ERROR_USAGE), and take effect with breakpoints_arm().
 * `condition` may be NULL. ERROR_NOT_FOUND names near places; ERROR_USAGE lists the candidates of
 * an ambiguous one, or points into the condition as expr_compile() does; an unknown number is
 * ERROR_NOT_FOUND. More than 1000 at a time are refused (ERROR_USAGE).
 */
struct error *breakpoints_add(struct breakpoints *breakpoints, enum breakpoint_kind kind,
	const char *location, const char *condition, int *ret_number);
struct error *breakpoints_delete(struct breakpoints *breakpoints, int number);
struct error *breakpoints_enable(struct breakpoints *breakpoints, int number, bool enable);
struct error *breakpoints_set_condition(
	struct breakpoints *breakpoints, int number, const char *condition);
/* The next `count` hits for which the condition holds do nothing. */
struct error *breakpoints_ignore(struct breakpoints *breakpoints, int number, uint64_t count);

/* Its events shall carry exactly these values, instead of all others. ERROR_USAGE for
 * a name that is not there, or that has no single value (stack, labels). */
struct error *breakpoints_show(
	struct breakpoints *breakpoints, int number, const char *const *names, size_t count);

/* In order of their numbers; may be asked while the target runs too. False past the end. */
bool breakpoints_get(const struct breakpoints *breakpoints, size_t index, struct breakpoint *ret);

/*
 * Makes the target's traps those of the enabled breakpoints; call it before every continue (cheap
 * when nothing has changed). Errors as target_set_traps().
 */
struct error *breakpoints_arm(struct breakpoints *breakpoints);

/* True when there were so many goroutines that not all births could be noted: their `age` is absent
 * at goexit. May be asked while the target runs too. */
bool breakpoints_lost_births(const struct breakpoints *breakpoints);

/* What expressions and events call the values there are at this place, for help and completion;
 * belongs to `breakpoints`, valid until the next call. Errors as breakpoints_add(). */
struct error *breakpoints_schema(
	struct breakpoints *breakpoints, const char *location, const struct expr_schema **ret);

/* ---- Events ---- */

/* A value that a hit has captured. */
struct break_field {
	const char *name;	 /* as in expressions: "fn", "goid", "request", "labels" */
	const char *key;	 /* of labels["key"]; NULL otherwise */
	struct expr_value value; /* absent ones are left out of events; strings belong to the event
				    and end with a NUL besides */
	bool is_address;	 /* an EXPR_INT that people read as 0x… */
};

/* The values that an event tells; labels come on top of them. */
enum { BREAK_VALUES_MAX = 24, BREAK_LABELS_MAX = 16 };
enum { BREAK_FIELDS_MAX = BREAK_VALUES_MAX + BREAK_LABELS_MAX };

struct break_event {
	int number; /* of the breakpoint */
	enum breakpoint_kind kind;
	const char *what; /* of the breakpoint; belongs to the event */
	bool stops;	  /* the target is stopped (or being stopped) for it */
	uint64_t hit;	  /* which hit of the breakpoint it is, from 1 */
	pid_t tid;
	uint64_t goid;	  /* of the goroutine that hit it; 0: none (the scheduler itself) */
	uint64_t g;	  /* address of its g; 0 */
	uint64_t address; /* of the trap */
	int64_t time_ns;  /* CLOCK_REALTIME */
	struct code_location location; /* texts belong to the program */
	bool of_runtime; /* newproc, park…: where that is in the runtime tells nobody anything */
	struct code_location user; /* then, where it is known: the code of the program that it comes
				   from; `function` NULL: unknown */
	/* What the condition used, as it was judged; then what is usual at the place, and all
	 * labels of the goroutine, unless other values were asked for (breakpoints_show()). */
	struct break_field fields[BREAK_FIELDS_MAX];
	size_t field_count;
	bool has_labels;     /* they were looked for, and could be read */
	bool fields_cut;     /* there are more values than found room */
	bool labels_cut;     /* there are more of them */
	const char *problem; /* the condition could not be evaluated, and why; NULL. Belongs to the
				event. `stops` is set; told once per breakpoint and condition */
	char *texts;	     /* what the strings point into */
};

/* Readable while there are events (poll it beside the target's event_fd). */
int breakpoints_event_fd(const struct breakpoints *breakpoints);

/* Takes the oldest event; false when there is none. Free it with break_event_deinit(). For the
 * user's thread only; a temporary breakpoint is gone when its event has been taken and the target
 * is stopped. */
bool breakpoints_next_event(struct breakpoints *breakpoints, struct break_event *ret);
void break_event_deinit(struct break_event *event);

#endif
