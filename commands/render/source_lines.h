/*
 * Lines of a source file, if the sources are on this machine.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_SOURCE_LINES_H
#define GCTXDBG_COMMANDS_RENDER_SOURCE_LINES_H

#include "commands/render/output.h"

struct source_lines {
	char *path;   /* of the file on this machine */
	char **lines; /* without their newlines */
	size_t count;
	int first;  /* line number of lines[0] */
	int marked; /* line number to mark; 0: none */
};

/*
 * Reads `around` lines before and after `line` of `file`, which is a path as the binary records it.
 * `path_map` is "FROM=TO[:FROM=TO]" or NULL: the first FROM that is a prefix of `file` is replaced
 * (`set source-path`). ERROR_NOT_FOUND when the file is not on this machine or too short. Free the
 * result with source_lines_deinit().
 */
struct error *source_lines_read(
	const char *path_map, const char *file, int line, int around, struct source_lines *ret);
void source_lines_deinit(struct source_lines *lines);

void source_lines_text(struct output *output, const struct source_lines *lines);
/* As one JSON document. */
struct error *source_lines_json(struct output *output, const struct source_lines *lines);

#endif
