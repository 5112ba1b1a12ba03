/* Recognising the runtime's string tables (wait reasons, statuses) by their texts: see
 * check_globals.h. */
#include "dbg/go/program/check_globals.h"

enum {
	MAX_STRINGS = 256,
	MAX_TEXT = 128,
	STRING_SIZE = 16, /* a pointer and a length */
};

static bool is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

/* Whether `address` holds `count` printable strings, one of which is `expected`. */
static bool is_string_table(
	struct program *program, uint64_t address, uint64_t count, const char *expected)
{
	bool found = false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t header[2];
		char text[MAX_TEXT];
		struct error *err = target_read(
			program->target, address + i * STRING_SIZE, header, sizeof(header));
		if (!err && header[1] <= sizeof(text))
			err = target_read(program->target, header[0], text, header[1]);
		error_destroy(err);
		if (err || header[1] > sizeof(text) || !is_printable(text, header[1]))
			return false;
		found = found ||
			(header[1] == strlen(expected) && memcmp(text, expected, header[1]) == 0);
	}
	return found;
}

/*
 * The code compares the index with the length before it takes the table's address, so the length is
 * the nearest such constant before that instruction.
 */
static bool check_strings(
	struct program *program, struct global_candidate *candidate, const char *expected)
{
	uint64_t count = 0, at = 0;
	for (size_t i = 0; i < candidate->bound_count; i++) {
		const struct code_reference *bound = &candidate->bounds[i];
		if (bound->at < candidate->at && bound->at >= at) {
			at = bound->at;
			count = bound->value;
		}
	}
	candidate->size = count * STRING_SIZE;
	return count && count <= MAX_STRINGS &&
	       is_string_table(program, candidate->address, count, expected);
}

bool check_wait_reasons(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	return check_strings(program, candidate, "chan receive");
}

bool check_statuses(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate)
{
	(void)globals;
	return check_strings(program, candidate, "runnable");
}
