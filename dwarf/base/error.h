/*
 * Errors as values.
 *
 * A fallible function returns `struct error *`: NULL is success, anything else belongs to the caller, who
 * reports it, wraps it with error_wrap() or drops it with error_destroy(). The message is one sentence for
 * a tired person: what failed, on what, why, and what to do about it. It has no final newline or full stop.
 */
#ifndef GCTXDBG_DWARF_BASE_ERROR_H
#define GCTXDBG_DWARF_BASE_ERROR_H

enum error_code {
	ERROR_OTHER,
	ERROR_NO_MEMORY,
	ERROR_SYSTEM,	 /* a system call failed */
	ERROR_USAGE,	 /* the user's words are wrong */
	ERROR_NOT_FOUND, /* what was asked for does not exist */
	ERROR_FAULT,	 /* an address of the target cannot be read */
	ERROR_BAD_DATA,	 /* a file or the target's memory contradicts itself */
	ERROR_GONE, /* the target exited, was left, or cannot do this (a core cannot continue) */
	ERROR_CANCELLED, /* the user pressed Ctrl-C */
	ERROR_FINDINGS,	 /* not a failure: a check found problems (exit status 3) */
};

struct error {
	enum error_code code;
	char *message;
};

/* A new error with a printf-style message. Never NULL: without memory it is a static error. */
struct error *error_create(enum error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));

/* The same with code ERROR_SYSTEM and ": " plus the text of `errnum` at the end. */
struct error *error_system(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));

/* Prepends "<format>: " to `err`'s message. Takes `err`, returns it or its successor; NULL stays NULL. */
struct error *error_wrap(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

/* The error for a failed allocation; needs none itself. */
struct error *error_no_memory(void) __attribute__((returns_nonnull, warn_unused_result));

/* Frees `err`; NULL is fine. */
void error_destroy(struct error *err);

/*
 * Ends an iteration early without a failure: a callback returns it, and whoever started the iteration takes it
 * for success. Static, so nothing is allocated; error_destroy() and error_wrap() leave it alone.
 */
extern struct error *const error_stop;

/*
 * Drops an error about the data that was read (unreadable, contradictory, missing, of another kind), for callers
 * that show what can be shown. Returns those that end a command whatever it reads: no memory, target gone,
 * cancelled.
 */
struct error *error_ignore_unreadable(struct error *err) __attribute__((warn_unused_result));

/* For `_cleanup_(error_cleanup) struct error *err = …`. */
static inline void error_cleanup(struct error **err)
{
	error_destroy(*err);
}

#endif
