/* Opening the DWARF of modules, and decoding types from it: see program_debug.h. */
#include "dbg/go/program/program_debug.h"

#include "dbg/target/native/native_module.h"
#include "dwarf/base/proc_path.h"
#include "dwarf/elf/debug_file.h"

enum { NUMBER_SHIFT = 48 };

/* Ctrl-C was pressed, or the target is gone. */
static bool is_cancelled(void *context)
{
	struct error *err = target_check(context);
	error_destroy(err);
	return err;
}

/*
 * Opens the DWARF of `image`; ERROR_NOT_FOUND if it describes no Go code. The C code of a cgo
 * program keeps its DWARF with -ldflags=-w, and so does a C program with a stripped Go archive.
 */
static struct error *open_go_debug(struct elf_image *image, struct debug_info **ret)
{
	const struct debug_package *packages;
	size_t count = 0;
	struct error *err = debug_info_open(image, ret);
	if (err)
		return err;
	err = debug_info_packages(*ret, &packages, &count);
	if (!err && !count)
		err = error_create(ERROR_NOT_FOUND,
			"%s has no DWARF of Go code: it was linked with -ldflags=-w",
			elf_image_path(image));
	if (err)
		debug_info_close(take_pointer(*ret));
	return err;
}

/* Whether the user's debug file was made from another file that the process has mapped. */
static bool is_of_other_file(const struct program *program, const struct module *module)
{
	const struct native_modules *files = program->files;
	if (program->exe != module->image && debug_file_matches(program->exe, program->debug_file))
		return true;
	for (size_t i = 0; i < files->count; i++) {
		struct elf_image *image = files->modules[i]->image;
		if (image && image != module->image &&
			debug_file_matches(image, program->debug_file))
			return true;
	}
	return false;
}

static struct error *open_given(const struct program *program, struct module *module)
{
	if (module->number && !debug_file_matches(module->image, program->debug_file))
		return NULL;
	struct error *err =
		debug_file_open(module->image, program->debug_file, &module->debug_image);
	if (err && err->code == ERROR_BAD_DATA && is_of_other_file(program, module)) {
		error_destroy(err);
		err = NULL;
	}
	return err;
}

struct error *program_open_debug(struct program *program, struct module *module)
{
	module->debug_tried = true;
	struct error *err = program->debug_file ? open_given(program, module) : NULL;
	if (err)
		return err;
	err = open_go_debug(module_symbols(module), &module->debug);
	if (!err || err->code != ERROR_NOT_FOUND || module->debug_image)
		return err;
	error_destroy(err);
	struct proc_path root = proc_path(program->target->pid, "root");
	struct debug_file_search search = {
		.exe_path = module->path,
		.root = program->target->ops->cont ? root.text : NULL, /* a core has no process */
		.cancelled = is_cancelled,
		.context = program->target,
	};
	module->debug_image = debug_file_find(module->image, &search);
	if (!module->debug_image)
		return NULL;
	err = open_go_debug(module->debug_image, &module->debug);
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		err = NULL;
		elf_image_close(take_pointer(module->debug_image));
	}
	return err;
}

struct debug_info *program_debug(struct program *program, struct module *module)
{
	if (!module->debug_tried && module->image)
		error_destroy(program_open_debug(program, module));
	return module->debug;
}

uint64_t program_entry(const struct module *module, uint64_t offset)
{
	return offset ? offset | (uint64_t)module->number << NUMBER_SHIFT : 0;
}

struct module *program_entry_module(struct program *program, uint64_t entry, uint64_t *ret_offset)
{
	uint64_t number = entry >> NUMBER_SHIFT;
	*ret_offset = entry & ((UINT64_C(1) << NUMBER_SHIFT) - 1);
	struct module *module = number < program->module_count ? program->modules[number] : NULL;
	return module && program_debug(program, module) ? module : NULL;
}

static struct error *no_debug(const struct program *program)
{
	return error_create(
		ERROR_NOT_FOUND, "%s has no DWARF: it was stripped", program_name(program));
}

struct error *program_debug_type(struct program *program, uint64_t entry, struct debug_go_type *ret)
{
	uint64_t offset;
	const struct module *module = program_entry_module(program, entry, &offset);
	struct error *err =
		module ? debug_info_go_type(module->debug, offset, ret) : no_debug(program);
	if (err)
		return err;
	ret->entry = program_entry(module, ret->entry);
	ret->element = program_entry(module, ret->element);
	ret->key = program_entry(module, ret->key);
	ret->inside = program_entry(module, ret->inside);
	return NULL;
}

struct error *program_debug_fields(
	struct program *program, uint64_t entry, struct debug_go_field **ret, size_t *ret_count)
{
	uint64_t offset;
	const struct module *module = program_entry_module(program, entry, &offset);
	struct error *err = module ? debug_info_go_fields(module->debug, offset, ret, ret_count)
				   : no_debug(program);
	for (size_t i = 0; !err && i < *ret_count; i++)
		(*ret)[i].type = program_entry(module, (*ret)[i].type);
	return err;
}
