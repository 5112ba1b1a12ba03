/* Finds the first instructions of a source line: see location.h. */
#include "dbg/break/location.h"

#include "dbg/go/stacks/function.h"
#include "dbg/go/program/program_state.h"

/* The first instruction of the line in inlined call number `number` (-1: the function itself). */
struct first_instruction {
	int32_t number;
	uint32_t pc;
};

enum { MAX_FIRST = 256 };

static int32_t inlined_at(
	const struct pclntab *table, const struct pc_function *function, uint32_t pc)
{
	int32_t number;
	return pclntab_pcdata(table, function, PCDATA_INLINE_TREE_INDEX, pc, &number) ? number : -1;
}

/*
 * Scans the code [start, end), which is all of one file. Adds the line's lowest instruction for
 * each inlined call.
 */
static size_t scan_range(const struct pclntab *table, const struct pc_function *function,
	uint32_t start, uint32_t end, int line, struct first_instruction *found, size_t count)
{
	struct pc_ranges lines;
	if (!pc_ranges_of_lines(table, function, &lines))
		return count;
	while (pc_ranges_next(&lines) && lines.start < end) {
		if (lines.value != line || lines.end <= start)
			continue;
		uint32_t pc = lines.start > start ? lines.start : start;
		int32_t number = inlined_at(table, function, pc);
		size_t i = 0;
		while (i < count && found[i].number != number)
			i++;
		if (i == count && count < MAX_FIRST)
			found[count++] = (struct first_instruction){number, pc};
		else if (i < count && pc < found[i].pc)
			found[i].pc = pc;
	}
	return count;
}

static struct error *scan_function(struct program *program, const struct pc_function *function,
	const char *file, int line, struct location *location)
{
	const struct pclntab *table = &program->pclntab;
	struct first_instruction found[MAX_FIRST];
	struct pc_ranges files;
	size_t count = 0;
	if (!pc_ranges_of_files(table, function, &files))
		return NULL;
	while (pc_ranges_next(&files)) {
		const char *name = pclntab_file(table, function, files.value);
		if (name && strcmp(name, file) == 0)
			count = scan_range(
				table, function, files.start, files.end, line, found, count);
	}
	struct error *err = NULL;
	bool loop;
	for (size_t i = 0; i < count && !err; i++) {
		uint64_t pc = program->text + found[i].pc;
		if (found[i].pc == function->entry)
			err = function_start(program, function, &pc, &loop);
		if (!err)
			err = location_add(program, location, pc);
	}
	return err;
}

struct error *location_find_line(
	struct program *program, const char *file, int line, struct location *location)
{
	const char *path;
	struct error *err = program_find_file(program, file, &path);
	struct pc_function function;
	for (uint32_t i = 0; !err && i < program->pclntab.function_count; i++) {
		if (pclntab_function(&program->pclntab, i, &function))
			err = scan_function(program, &function, path, line, location);
	}
	if (!err && !location->count)
		err = error_create(
			ERROR_NOT_FOUND, "there is no code for line %d of %s", line, path);
	return err;
}
