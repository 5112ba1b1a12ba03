/*
 * libFuzzer target: the input (after a byte that chooses the release) is an executable's only
 * content, mapped as code and as data, and also the target's memory. Finds moduledata, opens the
 * function table and searches for all variables.
 */
#include "dbg/go/program/find_globals.h"
#include "dbg/go/program/find_moduledata.h"
#include "dbg/go/program/program_state.h"
#include "dbg/target/native/native_module.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/layouts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct program *program)
{
	struct error *err = find_moduledata(program->target, program->modules[0]->image, 0,
		&program->layout, "fuzz", &program->globals.firstmoduledata.address);
	if (!err)
		err = program_open_modules(program);
	struct runtime_globals found = {0};
	if (!err)
		err = find_globals(program, &found);
	error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct module module = {.image = input_image_create((struct bytes){data + 1, size - 1})};
	struct native_modules files = {0};
	struct program program = {.modules = {&module}, .module_count = 1, .files = &files};
	if (!module.image)
		return 0;
	program.layout = *fuzz_layout(data[0]);
	program.target = fake_target_create((struct bytes){data + 1, size - 1}, INPUT_DATA_BASE);
	look(&program);
	target_destroy(program.target);
	for (size_t i = 1; i < program.module_count; i++)
		module_destroy(program.modules[i]);
	native_modules_deinit(&files);
	elf_image_close(module.image);
	return 0;
}
