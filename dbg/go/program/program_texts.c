/* The target's own texts for wait reasons and goroutine statuses. */
#include "dbg/go/program/program_state.h"

enum {
	MAX_STRINGS = 256, /* wait reasons, statuses */
	MAX_TEXT = 256,	   /* bytes of one of them */
};

/* Reads a Go array of strings. */
static void read_string_table(
	struct program *program, struct global table, char ***ret, size_t *ret_count)
{
	size_t count = table.size / 16; /* size of a string header */
	if (!table.address || count == 0 || count > MAX_STRINGS)
		return;
	char **texts = calloc(count, sizeof(*texts));
	if (!texts)
		return;
	for (size_t i = 0; i < count; i++) {
		struct error *err =
			program_read_string(program, table.address + 16 * i, MAX_TEXT, &texts[i]);
		error_destroy(err); /* it stays NULL: unknown */
	}
	*ret = texts;
	*ret_count = count;
}

static void free_strings(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

/* Reads the new table before it frees the old one. */
static void replace_strings(
	struct program *program, struct global table, char ***texts, size_t *count)
{
	char **old_texts = *texts;
	size_t old_count = *count, new_count = 0;
	char **new_texts = NULL;
	read_string_table(program, table, &new_texts, &new_count);
	*texts = new_texts;
	*count = new_count;
	free_strings(old_texts, old_count);
}

void program_free_texts(struct program *program)
{
	free_strings(take_pointer(program->wait_reasons), program->wait_reason_count);
	free_strings(take_pointer(program->status_names), program->status_name_count);
	program->wait_reason_count = program->status_name_count = 0;
}

/*
 * A program that has not relocated itself yet does not have the texts, and not all of its variables
 * can be identified before its runtime has started; program_settle() tries again.
 */
void program_read_texts(struct program *program)
{
	replace_strings(program, program->globals.wait_reason_strings, &program->wait_reasons,
		&program->wait_reason_count);
	replace_strings(program, program->globals.g_status_strings, &program->status_names,
		&program->status_name_count);
	uint64_t first_thread = 0;
	if (program->globals.allm.address)
		error_destroy(target_read_u64(
			program->target, program->globals.allm.address, &first_thread));
	program->started = first_thread != 0;
}

struct error *program_settle(struct program *program)
{
	if (program->started)
		return NULL;
	/* While the target runs, the tracer thread evaluates conditions with these tables. */
	struct error *err = target_check(program->target);
	if (!err)
		err = program_find_missing_globals(program);
	if (!err)
		program_read_texts(program);
	return !err && program->started && program->hooks.after_start
		       ? program->hooks.after_start(program)
		       : err;
}
