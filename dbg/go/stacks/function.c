/* Looking up Go functions and source files by name: see function.h. */
#include "dbg/go/stacks/function.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

void program_visit_functions(
	struct program *program, bool (*visit)(void *context, const char *name), void *context)
{
	const struct pclntab *table = &program->pclntab;
	struct pc_function function;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (pclntab_function(table, i, &function) && !visit(context, function.name))
			return;
	}
}

struct error *program_find_function(
	struct program *program, const char *name, struct code_location *ret)
{
	const struct pclntab *table = &program->pclntab;
	struct pc_function function;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (!pclntab_function(table, i, &function) || strcmp(function.name, name) != 0)
			continue;
		uint64_t entry = program->text + function.entry;
		const struct unwind_info *info = unwind_info_at(program, entry, true);
		if (!info)
			break;
		const struct unwind_line *line = &info->lines[info->line_count - 1];
		int start = pclntab_start_line(table, &function);
		*ret = (struct code_location){
			line->function, line->file, start > 0 ? start : line->line, entry};
		return NULL;
	}
	return error_create(ERROR_NOT_FOUND,
		"there is no function %s: write its full name, as stacks show it "
		"(main.worker, net/http.(*conn).serve)",
		name);
}

/* Length of the package path in a function's name: up to the first dot after the last slash. */
static size_t package_length(const char *function)
{
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	return dot ? (size_t)(dot - function) : 0;
}

const char *source_short_path(const char *function, const char *file)
{
	size_t package = package_length(function);
	const char *slash = strrchr(file, '/');
	size_t folder = slash ? (size_t)(slash - file) : 0;
	if (!package || folder < package + strlen("/src/"))
		return file;
	const char *start = slash - package;
	bool inside = memcmp(start, function, package) == 0 && memcmp(start - 5, "/src/", 5) == 0;
	return inside ? start : file;
}

static bool ends_with(const char *path, const char *tail)
{
	size_t length = strlen(path), size = strlen(tail);
	return length >= size && strcmp(path + length - size, tail) == 0 &&
	       (length == size || path[length - size - 1] == '/');
}

struct error *program_find_file(struct program *program, const char *path, const char **ret)
{
	const struct pclntab *table = &program->pclntab;
	const char *found = NULL;
	uint64_t offset = 0;
	for (uint32_t i = 0; i < table->file_count; i++) {
		const char *file = bytes_string(table->files, offset);
		if (!file)
			break;
		offset += strlen(file) + 1;
		if (strcmp(file, path) == 0) {
			*ret = file;
			return NULL;
		}
		if (!ends_with(file, path))
			continue;
		if (found && strcmp(found, file) != 0)
			return error_create(ERROR_USAGE, "%s is ambiguous: it matches %s and %s",
				path, found, file);
		found = file;
	}
	*ret = found;
	return found ? NULL
		     : error_create(ERROR_NOT_FOUND, "the program has no source file %s", path);
}
