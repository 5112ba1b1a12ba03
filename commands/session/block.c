/* Collects the lines of a block: see block.h. */
#include "commands/session/block.h"

#include <ctype.h>

#include "commands/session/registry.h"
#include "commands/session/script.h"

struct block {
	int number;
	unsigned inner; /* open nested blocks */
	struct error *(*end)(struct session *session, int number, struct block_lines *lines);
	struct block_lines lines;
};

void block_lines_deinit(struct block_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i].text);
	free(lines->items);
	free(lines->name);
	*lines = (struct block_lines){0};
}

struct error *block_begin(struct session *session, int number,
	struct error *(*end)(struct session *session, int number, struct block_lines *lines))
{
	if (session->block)
		return error_create(
			ERROR_USAGE, "another command list is being entered: \"end\" ends it");
	struct block *block = calloc(1, sizeof(*block));
	if (!block)
		return error_no_memory();
	block->number = number;
	block->end = end;
	block->lines.name = session->script ? strdup(session->script->name) : NULL;
	session->block = block;
	return NULL;
}

static void block_destroy(struct block *block)
{
	if (block)
		block_lines_deinit(&block->lines);
	free(block);
}

bool block_abandon(struct session *session)
{
	bool open = session->block != NULL;
	block_destroy(take_pointer(session->block));
	return open;
}

struct error *block_finish(struct session *session)
{
	if (!block_abandon(session))
		return NULL;
	return error_create(ERROR_USAGE, "a command list is not terminated: \"end\" is missing");
}

/* True if the line has only the word "end". */
static bool is_end(const char *line)
{
	if (strncmp(line, "end", 3) != 0)
		return false;
	for (line += 3; isspace((unsigned char)*line); line++)
		;
	return !*line || *line == '#';
}

/* True if the line opens a nested block. */
static bool opens_block(const struct session *session, const char *line)
{
	const struct command *command = NULL;
	size_t length;
	struct error *err = registry_find(session->registry, line, &command, &length);
	error_destroy(err);
	return !err && command->block;
}

static struct error *close_block(struct session *session)
{
	struct block *block = take_pointer(session->block);
	struct error *err = block->end(session, block->number, &block->lines);
	block_destroy(block);
	return err;
}

struct error *block_add(struct session *session, const char *line)
{
	struct block *block = session->block;
	struct block_lines *lines = &block->lines;
	if (is_end(line) && !block->inner)
		return close_block(session);
	if (is_end(line))
		block->inner--;
	else if (opens_block(session, line))
		block->inner++;
	if (lines->count == BLOCK_MAX_LINES) {
		block_abandon(session);
		return error_create(
			ERROR_USAGE, "more than %d lines without \"end\"", BLOCK_MAX_LINES);
	}
	char *copy = strdup(line);
	if (!copy || !array_reserve(&lines->items, &lines->capacity, lines->count + 1)) {
		free(copy);
		return error_no_memory();
	}
	lines->items[lines->count++] =
		(struct block_line){copy, session->script ? session->script->line : 0};
	return NULL;
}
