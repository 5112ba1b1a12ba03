/*
 * The expression language of `--where` filters and breakpoint conditions.
 *
 * dbg/expr parses, checks and runs expressions. It uses only dwarf/base, and knows no target. Its
 * entry points are here and, for the expressions of `print`, in access.h.
 *
 * Text is compiled once to a small program: a flat array of instructions that runs without names,
 * allocation or parsing. The caller defines the names: a `struct expr_schema` maps each to a number
 * and a type, and at run time a callback supplies the value for a number. So the parser knows
 * nothing of goroutines, and the same program could run on another mechanism.
 *
 *   status == "waiting" && wait > 5m && (entry =~ "^main\\." || labels["job"] == "x") && !system
 *
 * Literals:
 *   strings    "…" with Go escapes, or raw in back quotes
 *   integers   decimal, 0x…, 0b…, 0o…, with _ between digits
 *   floats     1.5, 2e9
 *   durations  5m, 1h30m, 250ms
 *   booleans   true, false
 *
 * Operators, loosest first:
 *   ||
 *   &&
 *   == != < <= > >= =~ !~
 *   + -
 *   * / %
 *   ! - (unary)
 * and parentheses. Names: name, part.of.a.name, name["key"]. len(name) is the number of bytes of a
 * string or of elements of a list; for other kinds of values, the caller defines names such as
 * "len(jobs)" and "cap(jobs)".
 *
 * && and || do not evaluate their right side unless needed. =~ takes a regular expression literal
 * (PCRE2, compiled once, with match limits so that no pattern can hang).
 *
 * Comparing different types is a compile-time error with its column. An integer combined with a
 * float becomes a float. A duration literal needs a unit, except for 0. Durations can be added and
 * subtracted, multiplied and divided by integers, and divided by each other (giving a float).
 * Division by zero and integer overflow are errors.
 *
 * A value may be absent: a goroutine that is not waiting has no `wait`. Any comparison with an
 * absent value is false, including != and !~, and an absent condition is false. But !(x == y) is
 * then true.
 *
 * A duration may be uncertain: only bounds are known (how long a goroutine has waited). A comparison
 * that the bounds do not decide is unknown, and so is what follows from it: !unknown is unknown,
 * unknown && false is false, unknown || true is true.
 *
 * If a string was cut, a comparison or match is decided by the part that is present; it is an error
 * if the missing rest could change the result.
 *
 * A comparison with a list (EXPR_STRINGS) is true if it is true for one element. But != and !~ are
 * true if no element is equal or matches, and so also for an empty list.
 */
#ifndef GCTXDBG_EXPR_EXPR_H
#define GCTXDBG_EXPR_EXPR_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum expr_type {
	EXPR_BOOL,
	EXPR_INT, /* also addresses; -2^63 to 2^64-1 */
	EXPR_FLOAT,
	EXPR_STRING,
	EXPR_DURATION, /* nanoseconds */
	EXPR_STRINGS,  /* a list of strings (a stack): a comparison is true if it is for one */
	EXPR_MAP,      /* string to string: only name["key"] */
};

/* The result of a condition. */
enum expr_outcome {
	EXPR_FAILS,
	EXPR_HOLDS,
	EXPR_UNKNOWN, /* depends on an uncertain value, or on the missing part of a cut string */
};

struct expr_value {
	bool present;
	bool uncertain; /* an EXPR_DURATION from `integer` to `most`; any other type: unknown */
	bool large;	/* an EXPR_INT of 2^63 or more: `integer` is its bits */
	bool cut;	/* an EXPR_STRING of which only the start is present */
	enum expr_type type;
	union {
		bool boolean;
		struct {
			int64_t integer; /* also durations */
			int64_t most;	 /* if `uncertain` */
		};
		double real;
		struct {
			/* Not NUL-terminated; owned by the callback until the evaluation ends. */
			const char *data;
			size_t size;
		} string;
	};
};

/* Functions that fill in a value. A NULL text is an absent string. */
static inline void expr_value_string(struct expr_value *ret, const char *text)
{
	ret->type = EXPR_STRING;
	ret->uncertain = false;
	ret->cut = false;
	ret->present = text != NULL;
	ret->string.data = text;
	ret->string.size = text ? strlen(text) : 0;
}

/* `type` is EXPR_INT or EXPR_DURATION. */
static inline void expr_value_integer(
	struct expr_value *ret, enum expr_type type, bool present, int64_t value)
{
	ret->type = type;
	ret->present = present;
	ret->uncertain = false;
	ret->large = false;
	ret->integer = value;
}

/* A duration of which only bounds are known, in ns; INT64_MAX: no upper bound. */
static inline void expr_value_bounds(struct expr_value *ret, int64_t least, int64_t most)
{
	expr_value_integer(ret, EXPR_DURATION, true, least);
	ret->uncertain = least != most;
	ret->most = most;
}

/* An EXPR_INT of up to 2^64-1. */
static inline void expr_value_unsigned(struct expr_value *ret, uint64_t value)
{
	expr_value_integer(ret, EXPR_INT, true, (int64_t)value);
	ret->large = value > INT64_MAX;
}

static inline void expr_value_bool(struct expr_value *ret, bool value)
{
	ret->type = EXPR_BOOL;
	ret->present = true;
	ret->uncertain = false;
	ret->boolean = value;
}

/* A name that expressions may use. */
struct expr_name {
	const char *name;
	enum expr_type type;
	int id;		  /* passed to the callback */
	const char *help; /* one line for `help where` */
	/*
	 * NULL-terminated list of the only possible strings, so that a typo is an error; or NULL.
	 */
	const char *const *values;
};

struct expr_schema {
	const struct expr_name *names;
	size_t count;
};

/*
 * A compiled program. It can be run many times, but by one thread at a time: it owns the memory for
 * matching regular expressions.
 */
struct expr;

/*
 * Compiles `text`, which must be a condition. Destroy `*ret` with expr_destroy(). The schema is not
 * used after this returns. Text of more than 16 KiB and deep nesting are rejected. ERROR_USAGE
 * shows the column:
 *
 *   unknown name "stauts" at column 1 (did you mean "status"?)\n  stauts == "x"\n  ^
 */
struct error *expr_compile(const char *text, const struct expr_schema *schema, struct expr **ret);
void expr_destroy(struct expr *expr);

/* True if the program uses the name with this id: lets a caller skip expensive values. */
bool expr_uses(const struct expr *expr, int id);

/*
 * Name number `index` of those that the program uses, each once, in text order, without lists;
 * false past the end. `*ret_key` is the subscript of an EXPR_MAP, else NULL; it lives as long as
 * the program.
 */
bool expr_used_name(const struct expr *expr, size_t index, int *ret_id, const char **ret_key);

/*
 * Supplies values while a program runs. `index` is the element of an EXPR_STRINGS, from 0; return
 * an absent value after the last. `key` is the subscript of an EXPR_MAP, else NULL.
 */
struct expr_input {
	struct error *(*value)(
		void *context, int id, size_t index, const char *key, struct expr_value *ret);
	void *context;
};

/*
 * Runs the program; allocates nothing unless it fails. Returns errors of the input callback
 * unchanged. Other errors are ERROR_USAGE with column and caret: division by zero, overflow, a
 * regular expression that exceeds its limits, a string cut so short that the result is unknown.
 */
struct error *expr_decide(
	const struct expr *expr, const struct expr_input *input, enum expr_outcome *ret);

/* The same, where unknown is false. */
struct error *expr_run(const struct expr *expr, const struct expr_input *input, bool *ret);

#endif
