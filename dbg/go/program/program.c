/* Opening the Go program in a target: see program.h. */
#include "dbg/go/program/program_state.h"

#include <stdio.h>

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/find_moduledata.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/goroutines/semaphores.h"
#include "dbg/go/types/type_state.h"
#include "dbg/target/native/native_unwind.h"
#include "dwarf/debug/frame_table.h"
#include "dwarf/pclntab/find_pclntab.h"

enum {
	MAX_STRINGS = 256,     /* wait reasons, statuses */
	MAX_TEXT = 256,	       /* bytes of one of them */
	MAX_MODULEDATA = 4096, /* size of runtime.moduledata */
};

struct error *program_read_field(
	struct program *program, uint64_t address, struct field field, uint64_t *ret)
{
	*ret = 0;
	if (!field_present(field))
		return NULL;
	size_t size = field.size < sizeof(*ret) ? field.size : sizeof(*ret);
	return target_read(program->target, address + field.offset, ret, size);
}

struct error *program_read_string(
	struct program *program, uint64_t address, size_t limit, char **ret)
{
	uint64_t header[2]; /* runtime/string.go stringStruct: data, length */
	struct error *err = target_read(program->target, address, header, sizeof(header));
	if (err)
		return err;
	size_t size = header[1] < limit ? (size_t)header[1] : limit;
	char *text = malloc(size + 1);
	if (!text)
		return error_no_memory();
	err = target_read(program->target, header[0], text, size);
	if (err) {
		free(text);
		return err;
	}
	text[size] = 0;
	*ret = text;
	return NULL;
}

/* Run-time minus link-time addresses, from the auxiliary vector. */
static uint64_t load_bias(const struct target *target, const struct elf_image *image)
{
	if (!elf_image_is_relocatable(image))
		return 0;
	if (target->phdr && elf_image_phdr_address(image))
		return target->phdr - elf_image_phdr_address(image);
	return target->entry ? target->entry - elf_image_entry(image) : 0;
}

static struct error *open_image(struct program *program)
{
	struct target *target = program->target;
	struct error *err = elf_image_open(target->exe_path, &program->image);
	if (err)
		return err;
	uint64_t function_table;
	if (!find_pclntab(program->image, &function_table))
		return error_create(ERROR_NOT_FOUND,
			is_upx_packed(program->image) ? "%s is packed with UPX, so that its Go "
							"function table cannot be read: name "
							"the unpacked program (upx -d) with --exe"
						      : "%s is not a Go program: it has no Go "
							"function table (section .gopclntab)",
			target->exe_name ? target->exe_name : target->exe_path);
	program->bias = load_bias(target, program->image);
	return NULL;
}

/* All bytes that the file has from run-time address `address` to the end of its segment. */
static struct bytes image_from(const struct program *program, uint64_t address)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(program->image, &segments);
	uint64_t linked = address - program->bias;
	struct bytes bytes = {NULL, 0};
	for (size_t i = 0; i < count; i++) {
		uint64_t start = segments[i].address, size = segments[i].file_size;
		if (linked >= start && linked - start < size) {
			if (!elf_image_bytes_at(
				    program->image, linked, size - (linked - start), &bytes))
				return (struct bytes){NULL, 0};
			return bytes;
		}
	}
	return bytes;
}

static void read_data_ranges(struct program *program, const uint8_t *module, size_t size)
{
	const struct runtime_layout *layout = &program->layout;
	const struct field bounds[][2] = {{layout->moduledata.data, layout->moduledata.edata},
		{layout->moduledata.bss, layout->moduledata.ebss},
		{layout->moduledata.noptrdata, layout->moduledata.enoptrdata},
		{layout->moduledata.noptrbss, layout->moduledata.enoptrbss}};
	for (size_t i = 0; i < array_length(bounds); i++) {
		uint64_t start = object_field(module, size, bounds[i][0]);
		uint64_t end = object_field(module, size, bounds[i][1]);
		program->data[i] = (struct range){start, end > start ? end - start : 0};
	}
}

struct error *program_open_functions(struct program *program)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->moduledata.size.size;
	uint8_t module[MAX_MODULEDATA];
	if (!program->globals.firstmoduledata.address || size > sizeof(module))
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.firstmoduledata, the root of the Go function "
			"table",
			program->target->exe_name);
	struct error *err = target_read(
		program->target, program->globals.firstmoduledata.address, module, size);
	if (err)
		return error_wrap(err, "reading runtime.firstmoduledata");
	uint64_t header = object_field(module, size, layout->moduledata.pc_header);
	uint64_t gofunc = object_field(module, size, layout->moduledata.gofunc);
	program->text = object_field(module, size, layout->moduledata.text);
	program->etext = object_field(module, size, layout->moduledata.etext);
	program->types = object_field(module, size, layout->moduledata.types);
	program->etypes = object_field(module, size, layout->moduledata.etypes);
	read_data_ranges(program, module, size);
	if (program->bias && header && header < program->bias) {
		/* A position-independent program before its own relocations were applied. */
		header += program->bias;
		gofunc += program->bias;
		program->text += program->bias;
		program->etext += program->bias;
		program->types += program->bias;
		program->etypes += program->bias;
		for (size_t i = 0; i < array_length(program->data); i++)
			program->data[i].address += program->bias;
	}
	if (program->etext <= program->text)
		return error_create(ERROR_BAD_DATA,
			"%s: runtime.firstmoduledata is damaged: its text ends before it begins",
			program->target->exe_name);
	return error_wrap(pclntab_open(image_from(program, header), image_from(program, gofunc),
				  &layout->pclntab, &program->pclntab),
		"%s", program->target->exe_name);
}

/* Reads a Go array of strings that the runtime indexes by a small number. */
static void read_string_table(
	struct program *program, struct global table, char ***ret, size_t *ret_count)
{
	size_t count = table.size / 16; /* size of a string header */
	if (!table.address || count == 0 || count > MAX_STRINGS)
		return;
	char **texts = calloc(count, sizeof(*texts));
	if (!texts)
		return;
	for (size_t i = 0; i < count; i++) {
		struct error *err =
			program_read_string(program, table.address + 16 * i, MAX_TEXT, &texts[i]);
		error_destroy(err); /* this one stays NULL: unknown */
	}
	*ret = texts;
	*ret_count = count;
}

static void free_strings(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

/* Reads the new table before it frees the old one. */
static void replace_strings(
	struct program *program, struct global table, char ***texts, size_t *count)
{
	char **old_texts = *texts;
	size_t old_count = *count, new_count = 0;
	char **new_texts = NULL;
	read_string_table(program, table, &new_texts, &new_count);
	*texts = new_texts;
	*count = new_count;
	free_strings(old_texts, old_count);
}

/*
 * The target's own words. A program that has not relocated itself yet does not have them, nor can
 * all of its variables be told apart before it has started: what is missing is looked for again
 * after it ran.
 */
static void read_texts(struct program *program)
{
	replace_strings(program, program->globals.wait_reason_strings, &program->wait_reasons,
		&program->wait_reason_count);
	replace_strings(program, program->globals.g_status_strings, &program->status_names,
		&program->status_name_count);
	uint64_t first_thread = 0;
	if (program->globals.allm.address)
		error_destroy(target_read_u64(
			program->target, program->globals.allm.address, &first_thread));
	program->started = first_thread != 0;
}

static void read_build_info(struct program *program)
{
	struct error *err = build_info_read(program->image, &program->build_info);
	program->has_build_info = !err;
	error_destroy(err);
	if (program->has_build_info && program->build_info.go_version)
		program->go_version = strdup(program->build_info.go_version);
}

static void read_version(struct program *program)
{
	if (!program->go_version && program->globals.build_version.address)
		error_destroy(program_read_string(program, program->globals.build_version.address,
			MAX_TEXT, &program->go_version));
}

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
	struct error *err = open_image(program);
	if (!err)
		read_build_info(program);
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
		err = unwind_cache_create(&program->plans);
	if (!err)
		err = native_unwinder_create(target, &program->native);
	if (err) {
		program_close(program);
		return err;
	}
	program->preempt_is_trap = !field_present(program->layout.pclntab.inlined.parent);
	read_version(program);
	read_texts(program);
	if (program->builtin && program->builtin->guessed) {
		const struct goroutine_list *goroutines;
		err = program_goroutines(program, &goroutines); /* checks the guess */
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
	program->goroutines_loaded = false;
	program->ms_loaded = false;
	program->now_ns = 0;
	program->goroutines.count = 0;
	program->one_goroutine.count = 0;
	program->ms.count = 0;
	semaphores_destroy(take_pointer(program->semaphores));
	heap_destroy(take_pointer(program->heap));
	for (size_t i = 0; i < array_length(program->contexts); i++)
		context_forest_destroy(take_pointer(program->contexts[i]));
	native_unwinder_refresh(program->native);
}

struct error *program_settle(struct program *program)
{
	if (program->started)
		return NULL;
	/* While the target runs, the tracer thread evaluates conditions with these tables. */
	struct error *err = target_check(program->target);
	if (!err)
		err = program_find_missing_globals(program);
	if (!err)
		read_texts(program);
	return err;
}

void program_close(struct program *program)
{
	if (!program)
		return;
	semaphores_destroy(program->semaphores);
	heap_destroy(program->heap);
	for (size_t i = 0; i < array_length(program->contexts); i++)
		context_forest_destroy(program->contexts[i]);
	free(program->goroutines.items);
	free(program->one_goroutine.items);
	free(program->ms.items);
	native_unwinder_destroy(program->native);
	type_cache_destroy(program->type_cache);
	frame_table_close(program->frames);
	unwind_cache_destroy(program->plans);
	free_strings(program->wait_reasons, program->wait_reason_count);
	free_strings(program->status_names, program->status_name_count);
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

const char *program_go_version(struct program *program)
{
	return program->go_version ? program->go_version : "unknown";
}

const struct build_info *program_build_info(struct program *program)
{
	return program->has_build_info ? &program->build_info : NULL;
}
