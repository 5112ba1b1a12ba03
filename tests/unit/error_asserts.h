/* Assertions about functions that return an error. */
#ifndef GCTXDBG_TESTS_ERROR_ASSERTS_H
#define GCTXDBG_TESTS_ERROR_ASSERTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dwarf/base/error.h"

/* Requires that the expression returns no error; fails with its message otherwise. */
#define assert_success(expression)                                                                 \
	do {                                                                                       \
		struct error *error_ = (expression);                                               \
		if (error_)                                                                        \
			fail_msg("%s: %s", #expression, error_->message);                          \
	} while (0)

/* Requires an error of that code whose message contains `text`; frees it. */
#define assert_failure(expression, error_code_, text)                                              \
	do {                                                                                       \
		struct error *error_ = (expression);                                               \
		assert_non_null(error_);                                                           \
		if (error_->code != (error_code_) || !strstr(error_->message, (text)))             \
			fail_msg("unexpected error %d: %s", (int)error_->code, error_->message);   \
		error_destroy(error_);                                                             \
	} while (0)

/* Requires an error with exactly this message, or none if `message` is NULL. Frees the error. */
static inline void assert_message(struct error *err, const char *message)
{
	if (err && !message)
		fail_msg("%s", err->message);
	if (message) {
		assert_non_null(err);
		assert_string_equal(err->message, message);
	}
	error_destroy(err);
}

#endif
