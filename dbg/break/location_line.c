/* Finds the first instructions of a source line: see location.h. */
#include "dbg/break/location.h"

#include "dbg/go/stacks/function.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/code/code_locations.h"

enum { MAX_CALLS = 256, MAX_ENTRIES = 64 };

/* The instructions of a function that belong to the line. */
struct line_code {
	const struct module *module;
	const struct pc_function *function;
	struct bytes code;
	/* Per byte of the code: whether it is of the line, and of which inlined call (-1: none). */
	uint8_t *on_line;
	int32_t *calls;
	int32_t call; /* the one whose entries are sought */
};

/* Reads the code and makes room for the marks; the size is that of the code in the file. */
static struct error *begin_marks(struct line_code *line_code)
{
	struct error *err = function_code(line_code->module, line_code->function, &line_code->code);
	if (err)
		return err;
	line_code->on_line = calloc(line_code->code.size + 1, 1);
	line_code->calls = malloc((line_code->code.size + 1) * sizeof(*line_code->calls));
	if (!line_code->on_line || !line_code->calls)
		return error_no_memory();
	memset(line_code->calls, 0xff, (line_code->code.size + 1) * sizeof(*line_code->calls));
	return NULL;
}

/* Marks what is of the line in [start, end), which is all of one file. */
static struct error *mark_range(struct line_code *line_code, uint32_t start, uint32_t end, int line)
{
	uint32_t entry = line_code->function->entry;
	struct pc_ranges lines;
	struct error *err = NULL;
	if (!pc_ranges_of_lines(&line_code->module->pclntab, line_code->function, &lines))
		return NULL;
	while (!err && pc_ranges_next(&lines) && lines.start < end) {
		uint32_t from = lines.start > start ? lines.start : start;
		uint32_t to = lines.end < end ? lines.end : end;
		if (lines.value != line || from >= to || from < entry)
			continue;
		if (!line_code->on_line)
			err = begin_marks(line_code);
		for (size_t at = from - entry; !err && at < to - entry && at < line_code->code.size;
			at++)
			line_code->on_line[at] = 1;
	}
	return err;
}

/* Marks the line's instructions; `on_line` stays NULL if there are none. */
static struct error *mark_line(struct line_code *line_code, const char *file, int line)
{
	const struct pclntab *table = &line_code->module->pclntab;
	struct pc_ranges files;
	struct error *err = NULL;
	if (!pc_ranges_of_files(table, line_code->function, &files))
		return NULL;
	while (!err && pc_ranges_next(&files)) {
		const char *name = pclntab_file(table, line_code->function, files.value);
		if (name && strcmp(name, file) == 0)
			err = mark_range(line_code, files.start, files.end, line);
	}
	return err;
}

static void mark_calls(struct line_code *line_code)
{
	uint32_t entry = line_code->function->entry;
	struct pc_ranges ranges;
	if (!pc_ranges_of_data(&line_code->module->pclntab, line_code->function,
		    PCDATA_INLINE_TREE_INDEX, &ranges))
		return;
	while (pc_ranges_next(&ranges)) {
		if (ranges.start < entry)
			continue;
		for (size_t at = ranges.start - entry;
			at < ranges.end - entry && at < line_code->code.size; at++)
			line_code->calls[at] = ranges.value;
	}
}

static bool is_inside(void *context, size_t offset)
{
	const struct line_code *line_code = context;
	return line_code->on_line[offset] && line_code->calls[offset] == line_code->call;
}

/* Whether the thread gets from this entry to another one anyway: then it would hit twice. */
static bool leads_to_another(
	const struct line_code *line_code, const size_t *entries, size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i] > entries[index] &&
			code_falls_through(line_code->code, entries[index], entries[i]))
			return true;
	}
	return false;
}

/*
 * Adds the instructions where the function, or the inlined call, arrives at the line first. That
 * is not only its lowest address: a jump may lead to a later one.
 */
static struct error *add_entries(struct program *program, struct line_code *line_code,
	size_t lowest, struct location *location)
{
	size_t entries[MAX_ENTRIES];
	line_code->call = line_code->calls[lowest];
	size_t count =
		code_region_entries(line_code->code, is_inside, line_code, entries, MAX_ENTRIES);
	if (!count || count > MAX_ENTRIES) {
		entries[0] = lowest;
		count = 1;
	}
	struct error *err = NULL;
	bool loop;
	for (size_t i = 0; i < count && !err; i++) {
		uint64_t pc = line_code->module->text + line_code->function->entry + entries[i];
		if (leads_to_another(line_code, entries, count, i))
			continue;
		if (entries[i] == 0)
			err = function_start(line_code->module, line_code->function, &pc, &loop);
		if (!err)
			err = location_add(program, location, pc);
	}
	return err;
}

static struct error *add_calls(
	struct program *program, struct line_code *line_code, struct location *location)
{
	int32_t done[MAX_CALLS];
	size_t count = 0;
	struct error *err = NULL;
	for (size_t offset = 0; offset < line_code->code.size && !err; offset++) {
		size_t i = 0;
		while (i < count && done[i] != line_code->calls[offset])
			i++;
		if (!line_code->on_line[offset] || i < count || count == MAX_CALLS)
			continue;
		done[count++] = line_code->calls[offset];
		err = add_entries(program, line_code, offset, location);
	}
	return err;
}

static struct error *scan_function(struct program *program, const struct module *module,
	const struct pc_function *function, const char *file, int line, struct location *location)
{
	struct line_code line_code = {.module = module, .function = function};
	struct error *err = mark_line(&line_code, file, line);
	if (!err && line_code.on_line) {
		mark_calls(&line_code);
		err = add_calls(program, &line_code, location);
	}
	free(line_code.on_line);
	free(line_code.calls);
	return err;
}

static struct error *scan_module(struct program *program, const struct module *module,
	const char *file, int line, struct location *location)
{
	struct pc_function function;
	struct error *err = NULL;
	for (uint32_t i = 0; !err && i < module->pclntab.function_count; i++) {
		if (pclntab_function(&module->pclntab, i, &function))
			err = scan_function(program, module, &function, file, line, location);
	}
	return err;
}

struct error *location_find_line(
	struct program *program, const char *file, int line, struct location *location)
{
	const char *path;
	struct error *err = program_find_file(program, file, &path);
	for (size_t i = 0; !err && i < program->module_count; i++)
		err = scan_module(program, program->modules[i], path, line, location);
	if (!err && !location->count)
		err = error_create(
			ERROR_NOT_FOUND, "there is no code for line %d of %s", line, path);
	return err;
}
