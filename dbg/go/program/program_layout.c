/* Choosing the source of a program's layouts: its own DWARF, that of a debug file, or the built-in
 * table. */
#include <stdio.h>

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/find_version.h"
#include "dbg/go/program/go_version.h"
#include "dbg/go/program/program_debug.h"

static struct error *load_table(struct program *program)
{
	struct layout_source source = builtin_layout_source(program->builtin);
	return runtime_layout_load(&source, &program->layout);
}

static struct error *use_table(struct program *program)
{
	struct go_version parsed;
	const char *version = program->go_version, *release = NULL;
	if (!version || !go_version_parse(version, &parsed)) {
		struct error *err = find_release(program, &release);
		if (err)
			return err;
	}
	program->builtin = malloc(sizeof(*program->builtin));
	if (!program->builtin)
		return error_no_memory();
	struct error *err = builtin_layout_select(
		release ? release : program_go_version(program), program->builtin);
	if (err)
		return error_wrap(err, "%s", program_name(program));
	program->builtin->guessed |= release != NULL;
	return load_table(program);
}

struct error *program_use_candidate(struct program *program, size_t candidate)
{
	builtin_layout_use(program->builtin, candidate);
	struct global module = program->globals.firstmoduledata;
	program->globals = (struct runtime_globals){.firstmoduledata = module};
	struct error *err = load_table(program);
	if (!err)
		err = program_open_modules(program);
	if (err)
		return err;
	program_find_globals(program);
	err = program_find_missing_globals(program);
	if (!err)
		program_read_texts(program);
	return err;
}

struct error *program_open_layout(struct program *program)
{
	struct module *module = program->modules[0];
	struct error *err = program_open_debug(program, module);
	if (err)
		return err;
	if (!module->debug && !program->go_version)
		err = find_version(program, &program->go_version);
	if (err)
		return err;
	if (!module->debug)
		return use_table(program);
	struct layout_source source = debug_info_layout_source(module->debug);
	if (module->debug_image) {
		if (asprintf(&program->debug_description, "DWARF in %s",
			    elf_image_path(module->debug_image)) < 0) {
			program->debug_description = NULL;
			return error_no_memory();
		}
		source.description = program->debug_description;
	}
	return runtime_layout_load(&source, &program->layout);
}
