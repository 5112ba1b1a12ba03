/* Choosing the source of a program's layouts: its own DWARF, that of a debug file, or the built-in
 * table. */
#include <stdio.h>

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/find_version.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/proc_path.h"
#include "dwarf/elf/debug_file.h"

/* Ctrl-C was pressed, or the target is gone. */
static bool is_cancelled(void *context)
{
	struct error *err = target_check(context);
	error_destroy(err);
	return err;
}

/* Opens the DWARF of the program, or of its debug file if the program has none. */
static struct error *open_debug(struct program *program, const char *debug_file)
{
	struct error *err = NULL;
	if (debug_file)
		err = debug_file_open(program->image, debug_file, &program->debug_image);
	if (err)
		return err;
	err = debug_info_open(
		program->debug_image ? program->debug_image : program->image, &program->debug);
	if (!err || err->code != ERROR_NOT_FOUND || program->debug_image)
		return err;
	error_destroy(err);
	struct proc_path root = proc_path(program->target->pid, "root");
	struct debug_file_search search = {
		.exe_path = program->target->exe_name,
		.root = program->target->ops->cont ? root.text : NULL, /* a core has no process */
		.cancelled = is_cancelled,
		.context = program->target,
	};
	program->debug_image = debug_file_find(program->image, &search);
	return program->debug_image ? debug_info_open(program->debug_image, &program->debug) : NULL;
}

static struct error *use_table(struct program *program, const char *version)
{
	program->builtin = malloc(sizeof(*program->builtin));
	if (!program->builtin)
		return error_no_memory();
	struct error *err = builtin_layout_select(version, program->builtin);
	if (err)
		return error_wrap(err, "%s", program->target->exe_name);
	struct layout_source source = builtin_layout_source(program->builtin);
	return runtime_layout_load(&source, &program->layout);
}

struct error *program_open_layout(struct program *program, const char *debug_file)
{
	struct error *err = open_debug(program, debug_file);
	if (err)
		return err;
	if (!program->debug && !program->go_version)
		err = find_version(program, &program->go_version);
	if (err)
		return err;
	if (!program->debug)
		return use_table(program, program_go_version(program));
	struct layout_source source = debug_info_layout_source(program->debug);
	if (program->debug_image) {
		if (asprintf(&program->debug_description, "DWARF in %s",
			    elf_image_path(program->debug_image)) < 0) {
			program->debug_description = NULL;
			return error_no_memory();
		}
		source.description = program->debug_description;
	}
	return runtime_layout_load(&source, &program->layout);
}
