/*
 * Lines of source files, where the sources are on this machine.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_SOURCE_LINES_H
#define GCTXDBG_COMMANDS_RENDER_SOURCE_LINES_H

#include "commands/session/session.h"

struct source_lines {
	char *path;   /* where the file is here */
	char **lines; /* without their newlines */
	size_t count;
	int first;  /* number of the first one */
	int marked; /* the line to point at; 0 none */
};

/*
 * Reads `around` lines before and after `line` of `file` (as the binary names it; `set source-path`
 * maps it). ERROR_NOT_FOUND when the file is not here or shorter. Free with source_lines_deinit().
 */
struct error *source_lines_read(
	struct session *session, const char *file, int line, int around, struct source_lines *ret);
void source_lines_deinit(struct source_lines *lines);

void source_lines_text(struct output *output, const struct source_lines *lines);
/* As one JSON document. */
void source_lines_json(struct output *output, const struct source_lines *lines);

#endif
