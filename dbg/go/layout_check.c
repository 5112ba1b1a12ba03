/* See layout_check.h. */
#include "dbg/go/layout_check.h"

#include <stdio.h>

#include "dbg/go/go_program.h"
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/layout_fit.h"
#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/types/type_state.h"

static void be_silent(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* Measures the layouts in use. What cannot be read with them does not fit; only an error that has
 * nothing to do with them is returned. */
static struct error *measure(struct program *program, struct layout_fit *ret)
{
	void (*warn)(void *, const char *) = program->warn;
	program->warn = be_silent;
	struct error *err = layout_fit(program, ret);
	program->warn = warn;
	goroutine_cache_refresh(program->goroutines); /* reading it again gives the warnings */
	if (!err || (err->code != ERROR_NOT_FOUND && err->code != ERROR_BAD_DATA &&
			    err->code != ERROR_FAULT))
		return err;
	snprintf(ret->contradiction, sizeof(ret->contradiction), "%s", err->message);
	error_destroy(err);
	ret->unreadable = true;
	return NULL;
}

/* Makes candidate number `candidate` the program's layouts, and drops what was read with others. */
static struct error *use_candidate(struct program *program, size_t candidate)
{
	struct unwind_cache *cache;
	struct error *err = unwind_cache_create(&cache);
	if (err)
		return err;
	program_refresh(program);
	type_cache_destroy(take_pointer(program->type_cache));
	unwind_cache_destroy(program->unwind_cache);
	program->unwind_cache = cache;
	return program_use_candidate(program, candidate);
}

/* The same without warnings: with layouts that do not fit, modules cannot be opened. */
static struct error *try_candidate(struct program *program, size_t candidate)
{
	void (*warn)(void *, const char *) = program->warn;
	program->warn = be_silent;
	struct error *err = use_candidate(program, candidate);
	program->warn = warn;
	return err;
}

/*
 * Tries the other candidates until one fits. If none does, the first stays in use.
 */
static struct error *find_fit(struct program *program, struct layout_fit *fit, bool *ret_found)
{
	*ret_found = false;
	for (size_t i = 1; i < program->builtin->candidate_count; i++) {
		struct error *err = try_candidate(program, i);
		if (!err)
			err = measure(program, fit);
		if (!err && fit->fits) {
			*ret_found = true;
			return use_candidate(program, i);
		}
		if (err && err->code != ERROR_NOT_FOUND && err->code != ERROR_BAD_DATA)
			return err;
		error_destroy(err);
	}
	return try_candidate(program, 0);
}

static void warn(struct program *program, const char *message)
{
	if (program->warn)
		program->warn(program->warn_context, message);
}

static void report_guess(struct program *program, const struct layout_fit *fit)
{
	const struct builtin_layout *table = program->builtin;
	char text[512];
	snprintf(text, sizeof(text),
		"the program was built with %s; reading it with the struct layouts of %s%s "
		"(%zu goroutines and %zu threads match them; to be certain, give the file with the "
		"program's DWARF with --debug-file)",
		table->version, table->release,
		table->newer ? ", the newest release that this version of gctxdbg knows" : "",
		fit->goroutines, fit->ms);
	warn(program, text);
}

static void report_other(struct program *program, const char *expected, const char *contradiction)
{
	const struct builtin_layout *table = program->builtin;
	char text[512];
	snprintf(text, sizeof(text),
		"the program was built with %s, but the struct layouts of %s do not fit it: %s; "
		"those of %s do, and are used",
		table->version, expected, contradiction, table->release);
	warn(program, text);
}

static struct error *report_misfit(struct program *program, const char *contradiction)
{
	const struct builtin_layout *table = program->builtin;
	if (table->guessed)
		return error_create(ERROR_BAD_DATA,
			"the struct layouts of %s are not known, and those of %s do not fit: %s; "
			"give the file with the program's DWARF with --debug-file",
			table->version, table->release, contradiction);
	char text[512];
	snprintf(text, sizeof(text),
		"the struct layouts of %s do not seem to fit this program, "
		"so results may be wrong: %s",
		table->release, contradiction);
	warn(program, text);
	return NULL;
}

struct error *layout_check(struct program *program)
{
	if (!program->builtin || program->layout_checked)
		return NULL;
	struct layout_fit fit, other;
	struct error *err = measure(program, &fit);
	bool started = fit.unreadable || (fit.ms && fit.goroutines);
	if (err || !started)
		return err;
	program->layout_checked = true;
	const char *expected = program->builtin->release;
	bool found = false;
	if (!fit.fits)
		err = find_fit(program, &other, &found);
	if (err)
		return err;
	if (found)
		report_other(program, expected, fit.contradiction);
	else if (!fit.fits && (!fit.unreadable || program->builtin->guessed))
		return report_misfit(program, fit.contradiction);
	else if (fit.fits && program->builtin->guessed)
		report_guess(program, &fit);
	return NULL;
}
