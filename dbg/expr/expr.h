/*
 * ONE expression language: `--where` filters now, breakpoint conditions later.
 *
 * Text is parsed once into a small program (a flat array of instructions: no names, no allocation,
 * no parsing when it runs). What the names in it mean is the business of whoever compiles it: a
 * `struct expr_schema` maps a name to a number and a type, and at run time a callback supplies the
 * value of that number. So the parser knows nothing of goroutines, and the same program can later
 * run on another mechanism.
 *
 *   status == "waiting" && wait > 5m && (entry =~ "^main\\." || labels["job"] == "x") && !system
 *
 * Literals: "strings" (Go escapes, also `raw`), integers (decimal, 0x…, 0b…, 0o…, _), floats,
 * durations (5m, 1h30m, 250ms), true, false.
 * Operators, loosest first: ||  &&  == != < <= > >= =~ !~  + -  * / %  ! - (unary); parentheses;
 * name, part.of.a.name, name["key"]. && and || do not evaluate their right side needlessly. =~
 * takes a regular expression literal (PCRE2, compiled once, match limits set so that no pattern can
 * hang).
 *
 * Comparing different types is a compile-time error with its column. An integer beside a float
 * becomes one. A duration needs a unit; only 0 does without. Durations can be added, subtracted,
 * multiplied with and divided by integers, and divided by each other (a float). Division by zero
 * and integer overflow are errors.
 *
 * A value may be absent (a goroutine that waits for nothing has no `wait`): any comparison with an
 * absent value is false, != and !~ too; so is an absent condition. But !(x == y) is then true.
 * Of a text that is cut a comparison or match is decided by what is there, or is an error when the
 * rest could change it.
 * A comparison with a list (EXPR_STRINGS) holds when it holds for one element; but != and !~ hold
 * when no element is equal or matches, and so for an empty list.
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
	EXPR_STRINGS,  /* many strings ("any frame"): a comparison holds if it does for one */
	EXPR_MAP,      /* string to string: only name["key"] */
};

struct expr_value {
	bool present;
	bool large; /* an EXPR_INT of 2^63 or more: `integer` is its bits */
	bool cut;   /* an EXPR_STRING: only the beginning of the text */
	enum expr_type type;
	union {
		bool boolean;
		int64_t integer; /* also durations */
		double real;
		struct {
			const char *data; /* not NUL-terminated; owned by the callback until the
					     evaluation ends */
			size_t size;
		} string;
	};
};

/* Filling one in: a NULL text is absent; `type` is EXPR_INT or EXPR_DURATION. */
static inline void expr_value_string(struct expr_value *ret, const char *text)
{
	ret->type = EXPR_STRING;
	ret->cut = false;
	ret->present = text != NULL;
	ret->string.data = text;
	ret->string.size = text ? strlen(text) : 0;
}

static inline void expr_value_integer(
	struct expr_value *ret, enum expr_type type, bool present, int64_t value)
{
	ret->type = type;
	ret->present = present;
	ret->large = false;
	ret->integer = value;
}

/* One that never is negative. */
static inline void expr_value_unsigned(struct expr_value *ret, uint64_t value)
{
	expr_value_integer(ret, EXPR_INT, true, (int64_t)value);
	ret->large = value > INT64_MAX;
}

static inline void expr_value_bool(struct expr_value *ret, bool value)
{
	ret->type = EXPR_BOOL;
	ret->present = true;
	ret->boolean = value;
}

/* A name that expressions may use. */
struct expr_name {
	const char *name;
	enum expr_type type;
	int id;			   /* passed to the callback */
	const char *help;	   /* one line for `help where` */
	const char *const *values; /* NULL-terminated: the only strings that make sense (a typo is
				      an error); or NULL */
};

struct expr_schema {
	const struct expr_name *names;
	size_t count;
};

/*
 * A compiled program. May be run many times, but by one thread at a time: it owns the space that
 * regular expressions are matched in.
 */
struct expr;

/*
 * Compiles `text`. The result must be EXPR_BOOL. The caller passes `*ret` to expr_destroy(); the
 * schema is not needed after this. Text of more than 16 KiB and deep nesting are refused.
 * ERROR_USAGE points at the column:
 *
 *   unknown name "stauts" at column 1 (did you mean "status"?)\n  stauts == "x"\n  ^
 */
struct error *expr_compile(const char *text, const struct expr_schema *schema, struct expr **ret);
void expr_destroy(struct expr *expr);

/* True when the program uses the name with this id: lets a caller avoid computing costly values. */
bool expr_uses(const struct expr *expr, int id);

/*
 * The names that the program uses, each once, in the order of its text: number `index` of them;
 * false past the end. `*ret_key` is the subscript of an EXPR_MAP, else NULL; it lives as long as
 * the program. Lists are left out.
 */
bool expr_used_name(const struct expr *expr, size_t index, int *ret_id, const char **ret_key);

/*
 * Supplies values while a program runs. `index` counts the elements of EXPR_STRINGS from 0: answer
 * with present == false after the last. `key` is the subscript of an EXPR_MAP, else NULL.
 */
struct expr_input {
	struct error *(*value)(
		void *context, int id, size_t index, const char *key, struct expr_value *ret);
	void *context;
};

/*
 * Runs the program; allocates nothing unless it fails. Errors come from the input callback
 * (unchanged), or are ERROR_USAGE with column and caret: division by zero, overflow, a regular
 * expression that exceeded its limits, a text of which too little is there.
 */
struct error *expr_run(const struct expr *expr, const struct expr_input *input, bool *ret);

#endif
