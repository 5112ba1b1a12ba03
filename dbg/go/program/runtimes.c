/* The list of Go runtimes as commands see it: see runtimes.h. */
#include "dbg/go/program/runtimes.h"

#include "dbg/go/program/program_state.h"

static void search_again(struct program *program)
{
	struct error *err = program->runtimes_stale ? target_check(program->target) : NULL;
	if (!err && program->runtimes_stale)
		err = find_runtimes(
			program->target, program->exe, program->files, &program->runtimes);
	if (!err)
		program->runtimes_stale = false;
	error_destroy(err);
}

void program_runtimes(struct program *program, struct runtimes *ret)
{
	search_again(program);
	const struct runtime_files *files = &program->runtimes;
	*ret = (struct runtimes){.number = program->runtime + 1,
		.in_library = program->modules[0]->image != program->exe};
	for (size_t i = 0; i < files->count && i < array_length(ret->paths); i++)
		ret->paths[ret->count++] = files->items[i].path;
}

struct error *program_find_runtime(
	struct program *program, const char *wanted, size_t *ret_now, size_t *ret_wanted)
{
	search_again(program);
	struct error *err = runtime_files_select(&program->runtimes, wanted, ret_wanted);
	*ret_wanted += 1;
	*ret_now = program->runtime + 1;
	return err;
}

static bool contains(const struct runtime_file *file, uint64_t pc)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(file->image, &segments);
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = pc - file->bias - segments[i].address;
		if (offset < segments[i].memory_size)
			return true;
	}
	return false;
}

bool program_is_other_runtime(const struct program *program, uint64_t pc)
{
	for (size_t i = 0; i < program->runtimes.count; i++) {
		if (i != program->runtime && contains(&program->runtimes.items[i], pc))
			return true;
	}
	return false;
}
