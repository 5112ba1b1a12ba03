/* Errors as values: creating, wrapping and freeing them. */
#include "dwarf/base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf/base/format.h"

static char no_memory_message[] = "out of memory";
static struct error no_memory = {ERROR_NO_MEMORY, no_memory_message};

static char stop_message[] = "stopped";
static struct error stop = {ERROR_OTHER, stop_message};
struct error *const error_stop = &stop;

static bool is_static(const struct error *err)
{
	return err == &no_memory || err == &stop;
}

struct error *error_no_memory(void)
{
	return &no_memory;
}

/* Takes ownership of `message`; NULL means that it could not be allocated. */
static struct error *error_own(enum error_code code, char *message)
{
	struct error *err = message ? malloc(sizeof(*err)) : NULL;
	if (!err) {
		free(message);
		return error_no_memory();
	}
	err->code = code;
	err->message = message;
	return err;
}

struct error *error_create(enum error_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = format_text(format, args);
	va_end(args);
	return error_own(code, message);
}

/* "<prefix>: <detail>"; frees `prefix`. */
static char *join(char *prefix, const char *detail)
{
	char *joined;
	if (!prefix || asprintf(&joined, "%s: %s", prefix, detail) < 0)
		joined = NULL;
	free(prefix);
	return joined;
}

struct error *error_system(int errnum, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = format_text(format, args);
	va_end(args);
	char buffer[128];
	return error_own(ERROR_SYSTEM, join(message, strerror_r(errnum, buffer, sizeof(buffer))));
}

struct error *error_wrap(struct error *err, const char *format, ...)
{
	if (!err || is_static(err))
		return err;
	va_list args;
	va_start(args, format);
	char *prefix = format_text(format, args);
	va_end(args);
	char *message = join(prefix, err->message);
	if (!message)
		return err;
	free(err->message);
	err->message = message;
	return err;
}

void error_destroy(struct error *err)
{
	if (!err || is_static(err))
		return;
	free(err->message);
	free(err);
}

bool error_is_final(const struct error *err)
{
	return err && (err->code == ERROR_NO_MEMORY || err->code == ERROR_GONE ||
			      err->code == ERROR_CANCELLED);
}

struct error *error_ignore_unreadable(struct error *err)
{
	if (err && err->code != ERROR_NOT_FOUND && err->code != ERROR_USAGE)
		return error_ignore_fault(err);
	error_destroy(err);
	return NULL;
}

struct error *error_ignore_fault(struct error *err)
{
	if (err && err->code != ERROR_FAULT && err->code != ERROR_BAD_DATA)
		return err;
	error_destroy(err);
	return NULL;
}
