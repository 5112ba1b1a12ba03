/*
 * Blocks: lines that belong to a command, up to the line "end".
 *
 *   commands 1
 *     bt
 *     continue
 *   end
 *
 * The command opens the block; session_execute() then hands it every line, wherever lines come from
 * (prompt, script, -e), until "end" closes it. Blocks of commands inside are part of it.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_BLOCK_H
#define GCTXDBG_COMMANDS_SESSION_BLOCK_H

#include "commands/session/session.h"

enum { BLOCK_MAX_LINES = 1000 };

/* A line, and where it is from. */
struct block_line {
	char *text;
	unsigned number; /* in `struct block_lines.name`; 0: none */
};

struct block_lines {
	char *name; /* of the script that they are from; NULL: none */
	struct block_line *items;
	size_t count, capacity;
};

void block_lines_deinit(struct block_lines *lines);

/*
 * Opens a block; `end` gets the lines when it is closed and takes what it wants out of `lines`.
 * `number` is the caller's. ERROR_USAGE when one is open.
 */
struct error *block_begin(struct session *session, int number,
	struct error *(*end)(struct session *session, int number, struct block_lines *lines));

/* Takes one line; closes the block with "end". */
struct error *block_add(struct session *session, const char *line);

/* Forgets the open block; false when there is none. */
bool block_abandon(struct session *session);

/* Forgets an open block at the end of the lines; the error says that "end" is missing. */
struct error *block_finish(struct session *session);

#endif
