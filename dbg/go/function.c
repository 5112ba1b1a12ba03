/* Looking Go functions up by name: see function.h. */
#include "dbg/go/function.h"

#include "dbg/go/pc_plan.h"
#include "dbg/go/program_state.h"

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
	struct program *program, const char *name, struct code_place *ret)
{
	const struct pclntab *table = &program->pclntab;
	struct pc_function function;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (!pclntab_function(table, i, &function) || strcmp(function.name, name) != 0)
			continue;
		uint64_t entry = program->text + function.entry;
		const struct pc_plan *plan = pc_plan_at(program, entry, true);
		if (!plan)
			break;
		const struct plan_line *line = &plan->lines[plan->line_count - 1];
		int start = pclntab_start_line(table, &function);
		*ret = (struct code_place){
			line->function, line->file, start > 0 ? start : line->line, entry};
		return NULL;
	}
	return error_create(ERROR_NOT_FOUND,
		"there is no function %s: write its full name, as stacks show it (main.worker, "
		"net/http.(*conn).serve)",
		name);
}

/* Whatever stands before the file that runtime.main is in. */
static void find_source_root(struct program *program)
{
	static const char file[] = "runtime/proc.go";
	struct code_place place;
	program->source_root = "";
	struct error *err = program_find_function(program, "runtime.main", &place);
	if (err) {
		error_destroy(err);
		return;
	}
	size_t length = strlen(place.file), tail = strlen(file);
	if (length > tail && strcmp(place.file + length - tail, file) == 0) {
		program->source_root = place.file;
		program->source_root_length = length - tail;
	}
}

const char *program_source_root(struct program *program)
{
	if (!program->source_root)
		find_source_root(program);
	return program->source_root;
}

size_t program_source_root_length(struct program *program)
{
	program_source_root(program);
	return program->source_root_length;
}
