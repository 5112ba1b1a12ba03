/* Opening the Go program in a target: see go_program.h. */
#include "dbg/go/go_program.h"

#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/heap/heap.h"
#include "dbg/go/layout_check.h"
#include "dbg/go/program/find_moduledata.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/types/type_state.h"
#include "dbg/target/native/native_module.h"
#include "dbg/target/native/native_unwind.h"

static const struct program_hooks hooks = {
	.after_start = layout_check,
};

struct error *program_open(
	struct target *target, const struct program_options *options, struct program **ret)
{
	struct program *program = calloc(1, sizeof(*program));
	if (!program)
		return error_no_memory();
	program->target = target;
	program->debug_file = options->debug_file;
	program->warn = options->warn;
	program->warn_context = options->warn_context;
	program->progress = options->progress;
	program->progress_context = options->progress_context;
	struct error *err = program_open_image(program, options->runtime, options->before);
	if (!err)
		err = program_open_layout(program);
	if (!err)
		program_find_globals(program);
	if (!err && !program->globals.firstmoduledata.address)
		err = find_moduledata(target, program->modules[0]->image, program->modules[0]->bias,
			&program->layout, program_name(program),
			&program->globals.firstmoduledata.address);
	if (!err)
		err = program_open_modules(program);
	if (!err)
		err = program_find_missing_globals(program);
	if (!err)
		err = string_pool_create(&program->strings);
	if (!err)
		err = unwind_cache_create(&program->unwind_cache);
	if (!err)
		err = goroutine_cache_create(&program->goroutines);
	if (!err)
		err = native_unwinder_create(target, &program->native);
	if (err) {
		program_close(program);
		return err;
	}
	program->hooks = hooks;
	program_read_version(program);
	program_read_texts(program);
	if (program->started)
		err = layout_check(program);
	if (err) {
		program_close(program);
		return err;
	}
	*ret = program;
	return NULL;
}

void program_refresh(struct program *program)
{
	goroutine_cache_refresh(program->goroutines);
	heap_destroy(take_pointer(program->heap));
	for (size_t i = 0; i < array_length(program->contexts); i++)
		context_forest_destroy(take_pointer(program->contexts[i]));
	native_unwinder_refresh(program->native);
	error_destroy(program_load_modules(program)); /* the program may have exited */
	program->runtimes_stale = true;
}

void program_close(struct program *program)
{
	if (!program)
		return;
	goroutine_cache_destroy(program->goroutines);
	heap_destroy(program->heap);
	for (size_t i = 0; i < array_length(program->contexts); i++)
		context_forest_destroy(program->contexts[i]);
	native_unwinder_destroy(program->native);
	type_cache_destroy(program->type_cache);
	unwind_cache_destroy(program->unwind_cache);
	string_pool_destroy(program->strings);
	program_free_texts(program);
	free(program->go_version);
	if (program->has_build_info)
		build_info_deinit(&program->build_info);
	for (size_t i = 0; i < program->module_count; i++)
		module_destroy(program->modules[i]);
	if (program->files)
		native_modules_deinit(program->files);
	free(program->files);
	free(program->builtin);
	free(program->debug_description);
	elf_image_close(program->exe);
	free(program);
}
