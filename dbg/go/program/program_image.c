/* The file of a Go program's runtime: where it is loaded, and the build info. */
#include <stdio.h>

#include "dbg/go/program/program_state.h"

#include "dbg/target/native/native_module.h"
#include "dwarf/base/proc_path.h"
#include "dwarf/elf/go_compiler.h"
#include "dwarf/pclntab/find_pclntab.h"

enum { MAX_VERSION = 256 }; /* bytes of runtime.buildVersion */

static void read_build_info(struct program *program)
{
	/* An executable that is linked with a shared runtime has its own. */
	uint64_t table;
	struct elf_image *image = program->modules[0]->image;
	if (image != program->exe && find_pclntab(program->exe, &table))
		image = program->exe;
	struct error *err = build_info_read(image, &program->build_info);
	program->has_build_info = !err;
	error_destroy(err);
	if (program->has_build_info && program->build_info.go_version)
		program->go_version = strdup(program->build_info.go_version);
}

static struct error *not_go_error(const struct program *program)
{
	const struct target *target = program->target;
	const char *name = target->exe_name ? target->exe_name : target->exe_path;
	if (is_upx_packed(program->exe))
		return error_create(ERROR_NOT_FOUND,
			"%s is packed with UPX, so its Go function table cannot be read: "
			"unpack it (upx -d) and give the unpacked program with --exe",
			name);
	const char *compiler = other_go_compiler(program->exe);
	if (compiler)
		return error_create(ERROR_NOT_FOUND,
			"%s was built with %s, whose runtime is not supported: build it with the "
			"Go toolchain (go build)",
			name, compiler);
	char unreadable[64] = "";
	if (program->runtimes.unreadable)
		snprintf(unreadable, sizeof(unreadable), " (%zu librar%s could not be read)",
			program->runtimes.unreadable,
			program->runtimes.unreadable == 1 ? "y" : "ies");
	return error_create(ERROR_NOT_FOUND,
		"%s is not a Go program: it has no Go function table (section .gopclntab), nor has "
		"any library that it has loaded%s",
		name, unreadable);
}

/* Sets image and bias of the first module: the file with the runtime that the user wants. */
static struct error *choose_runtime(
	struct program *program, const char *wanted, const struct program *before)
{
	struct runtime_files *found = &program->runtimes;
	struct error *err = find_runtimes(program->target, program->exe, program->files, found);
	if (err)
		return err;
	if (!found->count)
		return not_go_error(program);
	if (before)
		runtime_files_sort_as(found, &before->runtimes);
	err = runtime_files_select(found, wanted, &program->runtime);
	if (err)
		return err;
	const struct runtime_file *file = &found->items[program->runtime];
	program->modules[0]->image = file->image;
	program->modules[0]->bias = file->bias;
	program->modules[0]->path = file->path;
	return NULL;
}

struct error *program_open_image(
	struct program *program, const char *runtime, const struct program *before)
{
	struct error *err = elf_image_open(program->target->exe_path, &program->exe);
	if (err)
		return err;
	program->modules[0] = calloc(1, sizeof(*program->modules[0]));
	program->files = calloc(1, sizeof(*program->files));
	if (!program->modules[0] || !program->files) {
		free(program->modules[0]);
		return error_no_memory();
	}
	program->module_count = 1;
	err = choose_runtime(program, runtime, before);
	if (!err)
		read_build_info(program);
	return err;
}

bool process_runs_go(pid_t pid)
{
	_cleanup_(elf_image_cleanup) struct elf_image *image = NULL;
	uint64_t table;
	struct error *err = elf_image_open(proc_path(pid, "exe").text, &image);
	bool go = !err &&
		  (find_pclntab(image, &table) || is_upx_packed(image) || other_go_compiler(image));
	error_destroy(err);
	return go;
}

void program_read_version(struct program *program)
{
	if (!program->go_version && program->globals.build_version.address)
		error_destroy(program_read_string(program, program->globals.build_version.address,
			MAX_VERSION, &program->go_version));
}
