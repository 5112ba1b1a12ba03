/*
 * Captures output: an `output` that writes to memory, and redirection of stdout or stderr.
 */
#ifndef GCTXDBG_TESTS_CAPTURE_H
#define GCTXDBG_TESTS_CAPTURE_H

#include <stdio.h>
#include <unistd.h>

#include "commands/render/output.h"

struct capture {
	struct output output;
	char *text; /* valid after capture_text() */
	size_t size;
};

static inline void capture_init(struct capture *capture)
{
	*capture = (struct capture){0};
	capture->output.stream = open_memstream(&capture->text, &capture->size);
}

static inline const char *capture_text(struct capture *capture)
{
	fflush(capture->output.stream);
	return capture->text;
}

static inline void capture_deinit(struct capture *capture)
{
	fclose(capture->output.stream);
	free(capture->text);
}

/* Captures what is written to a stream (stdout, stderr) between begin and end. */
struct diversion {
	FILE *file;
	FILE *stream;
	int saved;
	char text[4096];
};

static inline void diversion_begin(struct diversion *diversion, FILE *stream)
{
	fflush(stream);
	diversion->stream = stream;
	diversion->saved = dup(fileno(stream));
	diversion->file = tmpfile();
	dup2(fileno(diversion->file), fileno(stream));
}

static inline const char *diversion_end(struct diversion *diversion)
{
	fflush(diversion->stream);
	dup2(diversion->saved, fileno(diversion->stream));
	close(diversion->saved);
	rewind(diversion->file);
	size_t size = fread(diversion->text, 1, sizeof(diversion->text) - 1, diversion->file);
	diversion->text[size] = 0;
	fclose(diversion->file);
	return diversion->text;
}

#endif
