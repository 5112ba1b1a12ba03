/* Looking up Go functions and source files by name: see function.h. */
#include "dbg/go/stacks/function.h"

#include <stdio.h>

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

void program_visit_functions(
	struct program *program, bool (*visit)(void *context, const char *name), void *context)
{
	for (size_t m = 0; m < program->module_count; m++) {
		const struct pclntab *table = &program->modules[m]->pclntab;
		struct pc_function function;
		for (uint32_t i = 0; i < table->function_count; i++) {
			if (pclntab_function(table, i, &function) && !visit(context, function.name))
				return;
		}
	}
}

static bool find_in_module(struct program *program, const struct module *module, const char *name,
	struct code_location *ret)
{
	const struct pclntab *table = &module->pclntab;
	struct pc_function function;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (!pclntab_function(table, i, &function) || strcmp(function.name, name) != 0)
			continue;
		uint64_t entry = module->text + function.entry;
		const struct unwind_info *info = unwind_info_at(program, entry, true);
		if (!info)
			return false;
		const struct unwind_line *line = &info->lines[info->line_count - 1];
		int start = pclntab_start_line(table, &function);
		*ret = (struct code_location){
			line->function, line->file, start > 0 ? start : line->line, entry};
		return true;
	}
	return false;
}

struct error *program_find_function(
	struct program *program, const char *name, struct code_location *ret)
{
	for (size_t i = 0; i < program->module_count; i++) {
		if (find_in_module(program, program->modules[i], name, ret))
			return NULL;
	}
	return error_create(ERROR_NOT_FOUND,
		"there is no function %s: write its full name, as stacks show it "
		"(main.worker, net/http.(*conn).serve)",
		name);
}

/* "v2.", a major version as the last element of a module's path. */
static bool is_major_version(const char *element)
{
	size_t digits = element[0] == 'v' ? strspn(element + 1, "0123456789") : 0;
	return digits && element[1 + digits] == '.';
}

const char *function_short_name(const char *function)
{
	const char *start = function, *before = function;
	/* Type arguments in brackets have paths of their own. */
	for (const char *at = function; *at && *at != '['; at++) {
		if (*at != '/')
			continue;
		before = start;
		start = at + 1;
	}
	return is_major_version(start) ? before : start;
}

const char *program_own_path(const struct program *program)
{
	const struct build_info *info = &program->build_info;
	if (!program->has_build_info)
		return NULL;
	return info->module ? info->module : info->path;
}

bool program_owns_function(const struct program *program, const char *function)
{
	return function_kind(function, program_own_path(program)) == FUNCTION_OWN;
}

uint64_t program_breakpoint(struct program *program)
{
	enum { INT3 = 0xcc };
	const struct module *module = program->modules[0]; /* the runtime's */
	const struct pclntab *table = &module->pclntab;
	struct pc_function function;
	struct bytes code;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (!pclntab_function(table, i, &function) ||
			strcmp(function.name, "runtime.breakpoint") != 0)
			continue;
		uint64_t entry = module->text + function.entry;
		/* A wrapper for another calling convention has the same name. */
		if (module_bytes_at(module, entry, 1, &code) && code.data[0] == INT3)
			return entry;
	}
	return 0;
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

enum { MAX_CANDIDATES = 8 };

struct file_search {
	const char *path;
	const char *exact; /* the file whose whole name this is */
	/* The others that end like it. `count` may exceed MAX_CANDIDATES; only those are stored. */
	const char *candidates[MAX_CANDIDATES];
	size_t count;
};

/* Adds `file` to the candidates unless it is one; some files are in the tables several times. */
static void add_candidate(struct file_search *search, const char *file)
{
	size_t stored = search->count < MAX_CANDIDATES ? search->count : MAX_CANDIDATES;
	for (size_t i = 0; i < stored; i++) {
		if (strcmp(search->candidates[i], file) == 0)
			return;
	}
	if (search->count < MAX_CANDIDATES)
		search->candidates[search->count] = file;
	search->count++;
}

static struct error *ambiguous_file(const struct file_search *search)
{
	char text[2048];
	size_t used = 0;
	for (size_t i = 0; i < search->count && i < MAX_CANDIDATES && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
			search->candidates[i]);
	return error_create(ERROR_USAGE, "%s is ambiguous: it can be %s%s; write more of the path",
		search->path, text, search->count > MAX_CANDIDATES ? ", …" : "");
}

static void search_files(const struct pclntab *table, struct file_search *search)
{
	uint64_t offset = 0;
	for (uint32_t i = 0; i < table->file_count && !search->exact; i++) {
		const char *file = bytes_string(table->files, offset);
		if (!file)
			break;
		offset += strlen(file) + 1;
		if (strcmp(file, search->path) == 0)
			search->exact = file;
		else if (ends_with(file, search->path))
			add_candidate(search, file);
	}
}

struct error *program_find_file(struct program *program, const char *path, const char **ret)
{
	struct file_search search = {.path = path};
	for (size_t i = 0; i < program->module_count && !search.exact; i++)
		search_files(&program->modules[i]->pclntab, &search);
	*ret = search.exact ? search.exact : search.count ? search.candidates[0] : NULL;
	if (!search.exact && search.count > 1)
		return ambiguous_file(&search);
	return *ret ? NULL
		    : error_create(ERROR_NOT_FOUND, "the program has no source file %s", path);
}
