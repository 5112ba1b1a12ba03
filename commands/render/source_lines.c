/* Reading and printing source lines: see source_lines.h. */
#include "commands/render/source_lines.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "commands/render/json.h"

/* The path of `file` on this machine; malloc'ed, NULL without memory. */
static char *map_path(const char *map, const char *file)
{
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

static struct error *open_source(const char *path, FILE **ret)
{
	struct stat status;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		errno = EINVAL;
	else if ((*ret = fopen(path, "re")))
		return NULL;
	struct error *err = error_system(errno, "cannot open the source file %s", path);
	err->code = ERROR_NOT_FOUND;
	return error_wrap(err, "the source is not on this machine "
			       "(use \"set source-path FROM=TO\" if it is elsewhere)");
}

/* Appends `text` and takes ownership of it. */
static bool add_line(struct source_lines *lines, size_t *capacity, char *text, ssize_t length)
{
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = 0;
	if (!array_reserve(&lines->lines, capacity, lines->count + 1)) {
		free(text);
		return false;
	}
	lines->lines[lines->count++] = text;
	return true;
}

struct error *source_lines_read(
	const char *path_map, const char *file, int line, int around, struct source_lines *ret)
{
	*ret = (struct source_lines){
		.path = map_path(path_map, file), .first = line > around ? line - around : 1};
	FILE *stream = NULL;
	struct error *err = ret->path ? open_source(ret->path, &stream) : error_no_memory();
	size_t capacity = 0;
	for (int number = 1; !err && number <= line + around; number++) {
		char *text = NULL;
		size_t size = 0;
		ssize_t length = getline(&text, &size, stream);
		if (length < 0 || number < ret->first) {
			free(text);
			if (length < 0)
				break;
		} else if (!add_line(ret, &capacity, text, length)) {
			err = error_no_memory();
		}
	}
	if (stream)
		fclose(stream);
	if (!err && !ret->count)
		err = error_create(ERROR_NOT_FOUND,
			"%s has no line %d: it is not the source the program was built from", file,
			line);
	if (err)
		source_lines_deinit(ret);
	return err;
}

void source_lines_deinit(struct source_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
	free(lines->path);
	*lines = (struct source_lines){0};
}

void source_lines_text(struct output *output, const struct source_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		int number = lines->first + (int)i;
		bool marked = number == lines->marked;
		output_printf(output, marked ? STYLE_STRONG : STYLE_DIM, "%s%5d  ",
			marked ? "=>" : "  ", number);
		/* Expand tabs here: output_text() would escape them. */
		for (const char *c = lines->lines[i]; *c;) {
			size_t plain = strcspn(c, "\t");
			_cleanup_free_ char *part = strndup(c, plain);
			output_text(output, STYLE_PLAIN, part ? part : "");
			c += plain;
			if (*c == '\t') {
				output_printf(output, STYLE_PLAIN, "    ");
				c++;
			}
		}
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

struct error *source_lines_json(struct output *output, const struct source_lines *lines)
{
	struct json *json = json_create(output);
	json_string(json, "file", lines->path);
	json_array(json, "lines");
	for (size_t i = 0; i < lines->count; i++) {
		json_object(json, NULL);
		json_int(json, "line", lines->first + (int)i);
		json_string(json, "text", lines->lines[i]);
		json_end(json);
	}
	json_end(json);
	return json_finish(json);
}
