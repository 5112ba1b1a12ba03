/* The executable of a Go program: where it is loaded, and its build info. */
#include "dbg/go/program/program_state.h"

#include "dwarf/pclntab/find_pclntab.h"

enum { MAX_VERSION = 256 }; /* bytes of runtime.buildVersion */

/* Run-time minus link-time addresses, from the auxiliary vector. */
static uint64_t load_bias(const struct target *target, const struct elf_image *image)
{
	if (!elf_image_is_relocatable(image))
		return 0;
	if (target->phdr && elf_image_phdr_address(image))
		return target->phdr - elf_image_phdr_address(image);
	return target->entry ? target->entry - elf_image_entry(image) : 0;
}

static void read_build_info(struct program *program)
{
	struct error *err = build_info_read(program->image, &program->build_info);
	program->has_build_info = !err;
	error_destroy(err);
	if (program->has_build_info && program->build_info.go_version)
		program->go_version = strdup(program->build_info.go_version);
}

static struct error *not_go_error(const struct program *program)
{
	const struct target *target = program->target;
	const char *name = target->exe_name ? target->exe_name : target->exe_path;
	if (is_upx_packed(program->image))
		return error_create(ERROR_NOT_FOUND,
			"%s is packed with UPX, so its Go function table cannot be read: "
			"unpack it (upx -d) and give the unpacked program with --exe",
			name);
	return error_create(ERROR_NOT_FOUND,
		"%s is not a Go program: it has no Go function table (section .gopclntab)", name);
}

struct error *program_open_image(struct program *program)
{
	struct target *target = program->target;
	struct error *err = elf_image_open(target->exe_path, &program->image);
	if (err)
		return err;
	uint64_t function_table;
	if (!find_pclntab(program->image, &function_table))
		return not_go_error(program);
	program->bias = load_bias(target, program->image);
	read_build_info(program);
	return NULL;
}

void program_read_version(struct program *program)
{
	if (!program->go_version && program->globals.build_version.address)
		error_destroy(program_read_string(program, program->globals.build_version.address,
			MAX_VERSION, &program->go_version));
}
