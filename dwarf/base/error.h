/*
 * Errors as values.
 *
 * A fallible function returns `struct error *`. NULL is success; any other value belongs to the
 * caller, who reports it, extends it with error_wrap() or drops it with error_destroy(). The
 * message is one sentence: what failed, on which object, why, and what the user can do about it. It
 * has no final newline or full stop.
 */
#ifndef GCTXDBG_DWARF_BASE_ERROR_H
#define GCTXDBG_DWARF_BASE_ERROR_H

#include <stdbool.h>

enum error_code {
	ERROR_OTHER,
	ERROR_NO_MEMORY,
	ERROR_SYSTEM,	 /* a system call failed */
	ERROR_USAGE,	 /* the user's input is wrong */
	ERROR_NOT_FOUND, /* the requested object does not exist */
	ERROR_FAULT,	 /* an address of the target cannot be read */
	ERROR_BAD_DATA,	 /* a file or the target's memory is inconsistent */
	ERROR_GONE, /* the target exited, was detached, or cannot do this (a core cannot run) */
	ERROR_CANCELLED, /* the user pressed Ctrl-C */
	ERROR_FINDINGS,	 /* not a failure: a check found problems (exit status 3) */
};

struct error {
	enum error_code code;
	char *message;
};

/* A new error with a printf-style message. Never NULL: if allocation fails, error_no_memory(). */
struct error *error_create(enum error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));

/* The same with code ERROR_SYSTEM; appends ": " and the text of `errnum` (an errno value). */
struct error *error_system(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));

/* Prepends "<format>: " to the message of `err`, and returns `err`. NULL stays NULL. */
struct error *error_wrap(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

/* The error for a failed allocation. Static, so it allocates nothing itself. */
struct error *error_no_memory(void) __attribute__((returns_nonnull, warn_unused_result));

/* Frees `err`, which may be NULL. */
void error_destroy(struct error *err);

/*
 * Ends an iteration early without a failure: a callback returns it, and the function that started
 * the iteration treats it as success. It is static: error_destroy() and error_wrap() leave it
 * unchanged.
 */
extern struct error *const error_stop;

/*
 * True for an error that must end the command, whatever was being read: out of memory, target gone,
 * canceled. False for NULL and for errors about the data that was read.
 */
bool error_is_final(const struct error *err);

/*
 * Drops an error about the data that was read, for callers that show a partial result: it is
 * unreadable (ERROR_FAULT), inconsistent (ERROR_BAD_DATA), missing (ERROR_NOT_FOUND), or of another
 * kind than the operation needs (ERROR_USAGE). Returns all other errors: a partial result must not
 * hide that a system call failed, that memory is exhausted or that the target is gone.
 */
struct error *error_ignore_unreadable(struct error *err) __attribute__((warn_unused_result));

/*
 * Drops only ERROR_FAULT and ERROR_BAD_DATA, for callers to which a missing type or an unknown
 * layout is a failure: it affects every object, not only the one that was read.
 */
struct error *error_ignore_fault(struct error *err) __attribute__((warn_unused_result));

/* For `_cleanup_(error_cleanup) struct error *err = …`. */
static inline void error_cleanup(struct error **err)
{
	error_destroy(*err);
}

#endif
