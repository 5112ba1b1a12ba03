/* Opening the Go program in a target: see go_program.h. */
#include "dbg/go/go_program.h"

#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/heap/heap.h"
#include "dbg/go/layout_check.h"
#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/find_moduledata.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/types/type_state.h"
#include "dbg/target/native/native_unwind.h"
#include "dwarf/debug/frame_table.h"

static struct error *check_goroutines(
	struct program *program, const struct goroutine_list *list, struct error *err)
{
	err = explain_guessed_layout(program, err);
	return err ? err : layout_check(program, list);
}

static const struct program_hooks hooks = {
	.after_goroutines = check_goroutines,
};

struct error *program_open(
	struct target *target, const struct program_options *options, struct program **ret)
{
	struct program *program = calloc(1, sizeof(*program));
	if (!program)
		return error_no_memory();
	program->target = target;
	program->warn = options->warn;
	program->warn_context = options->warn_context;
	program->progress = options->progress;
	program->progress_context = options->progress_context;
	struct error *err = program_open_image(program);
	if (!err)
		err = program_open_layout(program, options->debug_file);
	if (!err)
		program_find_globals(program);
	if (!err && !program->globals.firstmoduledata.address)
		err = find_moduledata(target, program->image, program->bias, &program->layout,
			&program->globals.firstmoduledata.address);
	if (!err)
		err = program_open_functions(program);
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
	program->preempt_is_trap = !field_present(program->layout.pclntab.inlined.parent);
	program->hooks = hooks;
	program_read_version(program);
	program_read_texts(program);
	if (program->builtin && program->builtin->guessed) {
		const struct goroutine_list *goroutines;
		err = program_goroutines(program, &goroutines); /* checks the guessed layouts */
	}
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
	frame_table_close(program->frames);
	unwind_cache_destroy(program->unwind_cache);
	string_pool_destroy(program->strings);
	program_free_texts(program);
	free(program->go_version);
	if (program->has_build_info)
		build_info_deinit(&program->build_info);
	debug_info_close(program->debug);
	free(program->builtin);
	free(program->debug_description);
	elf_image_close(program->debug_image);
	elf_image_close(program->image);
	free(program);
}
