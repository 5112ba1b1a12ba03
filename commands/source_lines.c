/* Printing source lines: see source_lines.h. */
#include "commands/source_lines.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* `source-path` is "from=to[:from=to]": the first prefix that matches is replaced. malloc'ed; NULL
 * without memory. */
static char *map_path(const struct shell *shell, const char *file)
{
	const char *map = shell->settings.source_path;
	while (map && *map) {
		const char *end = strchrnul(map, ':'),
			   *equals = memchr(map, '=', (size_t)(end - map));
		size_t from = equals ? (size_t)(equals - map) : 0;
		if (from && strncmp(file, map, from) == 0) {
			char *path;
			if (asprintf(&path, "%.*s%s", (int)(end - equals - 1), equals + 1,
				    file + from) < 0)
				return NULL;
			return path;
		}
		map = *end ? end + 1 : NULL;
	}
	return strdup(file);
}

static struct error *open_source(struct shell *shell, const char *file, FILE **ret)
{
	_cleanup_free_ char *path = map_path(shell, file);
	struct stat status;
	if (!path)
		return error_no_memory();
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		errno = EINVAL;
	else if ((*ret = fopen(path, "re")))
		return NULL;
	struct error *err = error_system(errno, "cannot open the source file %s", path);
	err->code = ERROR_NOT_FOUND;
	return error_wrap(err, "no source here (set source-path FROM=TO tells where it is)");
}

struct error *source_lines_print(
	struct shell *shell, const char *file, int line, int around, int marked)
{
	FILE *stream = NULL;
	struct error *err = open_source(shell, file, &stream);
	if (err)
		return err;
	char *text = NULL;
	size_t capacity = 0;
	ssize_t length;
	int number = 0;
	bool printed = false;
	while (number < line + around && (length = getline(&text, &capacity, stream)) >= 0) {
		number++;
		if (number < line - around)
			continue;
		if (length > 0 && text[length - 1] == '\n')
			text[length - 1] = 0;
		/* output_text() escapes control characters: tabs become blanks first. */
		output_printf(&shell->out, number == marked ? STYLE_STRONG : STYLE_DIM, "%s%5d  ",
			number == marked ? "=>" : "  ", number);
		for (char *c = text; *c; c++) {
			if (*c == '\t')
				output_printf(&shell->out, STYLE_PLAIN, "    ");
			else
				output_text(&shell->out, STYLE_PLAIN, (char[]){*c, 0});
		}
		output_printf(&shell->out, STYLE_PLAIN, "\n");
		printed = true;
	}
	free(text);
	fclose(stream);
	return printed ? NULL
		       : error_create(ERROR_NOT_FOUND,
				 "%s has no line %d: it is not the source that the program was "
				 "built from",
				 file, line);
}
