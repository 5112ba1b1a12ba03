/* runtime.firstmoduledata: the function table and the bounds of code, types and data. */
#include "dbg/go/program/program_state.h"

enum { MAX_MODULEDATA = 4096 }; /* bytes of a runtime.moduledata */

/* The file's bytes from run-time address `address` to the end of its segment. */
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

/* The part of `range` that is in a segment of the executable. */
static struct range within_segment(const struct program *program, struct range range)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(program->image, &segments);
	for (size_t i = 0; i < count; i++) {
		uint64_t start = segments[i].address + program->bias;
		if (range.address < start || range.address - start >= segments[i].memory_size)
			continue;
		uint64_t left = segments[i].memory_size - (range.address - start);
		return (struct range){range.address, range.size < left ? range.size : left};
	}
	return (struct range){range.address, 0};
}

static void check_data_ranges(struct program *program)
{
	program->data_damaged = false;
	for (size_t i = 0; i < array_length(program->data); i++) {
		struct range cut = within_segment(program, program->data[i]);
		program->data_damaged |= cut.size != program->data[i].size;
		program->data[i] = cut;
	}
}

struct error *program_open_functions(struct program *program)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->moduledata.size.size;
	uint8_t module[MAX_MODULEDATA];
	if (!program->globals.firstmoduledata.address || size > sizeof(module))
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.firstmoduledata, "
			"which locates the Go function table",
			program->target->exe_name);
	struct error *err = target_read(
		program->target, program->globals.firstmoduledata.address, module, size);
	if (err)
		return error_wrap(err, "cannot read runtime.firstmoduledata");
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
	check_data_ranges(program);
	if (program->etext <= program->text)
		return error_create(ERROR_BAD_DATA,
			"%s: runtime.firstmoduledata is damaged: the text ends before it starts",
			program->target->exe_name);
	return error_wrap(pclntab_open(image_from(program, header), image_from(program, gofunc),
				  &layout->pclntab, &program->pclntab),
		"%s", program->target->exe_name);
}
