/*
 * Blocks: the lines that belong to a command, up to a line "end".
 *
 *   commands 1
 *     bt
 *     continue
 *   end
 *
 * The command opens the block. session_execute() then adds every line to it, from the prompt, a
 * script or -e, until "end" closes it. Nested blocks are part of it.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_BLOCK_H
#define GCTXDBG_COMMANDS_SESSION_BLOCK_H

#include "commands/session/session.h"

enum { BLOCK_MAX_LINES = 1000 };

/* A line and its position. */
struct block_line {
	char *text;
	unsigned number; /* line number in the script block_lines.name; 0: not from a script */
};

struct block_lines {
	char *name; /* of the script with these lines; NULL: none */
	struct block_line *items;
	size_t count, capacity;
};

void block_lines_deinit(struct block_lines *lines);

/*
 * Opens a block. When it is closed, `end` is called with its lines and may move them out of
 * `lines`. `number` is passed to it. ERROR_USAGE when a block is open already.
 */
struct error *block_begin(struct session *session, int number,
	struct error *(*end)(struct session *session, int number, struct block_lines *lines));

/* Adds a line; "end" closes the block. */
struct error *block_add(struct session *session, const char *line);

/* Discards the open block; false when there is none. */
bool block_abandon(struct session *session);

/* Called at the end of the input: discards an open block and returns the error that "end" is
 * missing. */
struct error *block_finish(struct session *session);

#endif
