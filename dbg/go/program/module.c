/* A module's moduledata: function table, bounds of code, types and data. See module.h. */
#include "dbg/go/program/program_state.h"
#include "dwarf/debug/frame_table.h"

enum { MAX_MODULEDATA = 4096 }; /* bytes of a runtime.moduledata */

bool module_bytes_at(
	const struct module *module, uint64_t address, uint64_t size, struct bytes *ret)
{
	return module->image &&
	       elf_image_bytes_at(module->image, address - module->bias, size, ret);
}

bool module_contains(const struct module *module, uint64_t address, uint64_t size)
{
	const struct elf_segment *segments;
	size_t count = module->image ? elf_image_segments(module->image, &segments) : 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t start = segments[i].address + module->bias;
		if (address >= start && address - start < segments[i].memory_size &&
			size <= segments[i].memory_size - (address - start))
			return true;
	}
	return false;
}

/* The file's bytes from run-time address `address` to the end of its segment. */
static struct bytes image_from(const struct module *module, uint64_t address)
{
	const struct elf_segment *segments;
	size_t count = module->image ? elf_image_segments(module->image, &segments) : 0;
	uint64_t linked = address - module->bias;
	struct bytes bytes = {NULL, 0};
	for (size_t i = 0; i < count; i++) {
		uint64_t start = segments[i].address, size = segments[i].file_size;
		if (linked >= start && linked - start < size) {
			if (!elf_image_bytes_at(
				    module->image, linked, size - (linked - start), &bytes))
				return (struct bytes){NULL, 0};
			return bytes;
		}
	}
	return bytes;
}

static void read_data_ranges(struct module *module, const struct runtime_layout *layout,
	const uint8_t *record, size_t size)
{
	const struct field bounds[][2] = {{layout->moduledata.data, layout->moduledata.edata},
		{layout->moduledata.bss, layout->moduledata.ebss},
		{layout->moduledata.noptrdata, layout->moduledata.enoptrdata},
		{layout->moduledata.noptrbss, layout->moduledata.enoptrbss}};
	for (size_t i = 0; i < array_length(bounds); i++) {
		uint64_t start = object_field(record, size, bounds[i][0]);
		uint64_t end = object_field(record, size, bounds[i][1]);
		module->data[i] = (struct range){start, end > start ? end - start : 0};
	}
}

/* The part of `range` that is in a segment of the executable. */
static struct range within_segment(const struct module *module, struct range range)
{
	const struct elf_segment *segments;
	size_t count = module->image ? elf_image_segments(module->image, &segments) : 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t start = segments[i].address + module->bias;
		if (range.address < start || range.address - start >= segments[i].memory_size)
			continue;
		uint64_t left = segments[i].memory_size - (range.address - start);
		return (struct range){range.address, range.size < left ? range.size : left};
	}
	return (struct range){range.address, 0};
}

static void check_data_ranges(struct module *module)
{
	module->data_damaged = false;
	for (size_t i = 0; i < array_length(module->data); i++) {
		struct range cut = within_segment(module, module->data[i]);
		module->data_damaged |= cut.size != module->data[i].size;
		module->data[i] = cut;
	}
}

static void read_record(struct module *module, const struct runtime_layout *layout,
	const uint8_t *record, size_t size, uint64_t *ret_header, uint64_t *ret_gofunc)
{
	uint64_t header = object_field(record, size, layout->moduledata.pc_header);
	*ret_gofunc = object_field(record, size, layout->moduledata.gofunc);
	module->text = object_field(record, size, layout->moduledata.text);
	module->etext = object_field(record, size, layout->moduledata.etext);
	module->types = object_field(record, size, layout->moduledata.types);
	module->etypes = object_field(record, size, layout->moduledata.etypes);
	read_data_ranges(module, layout, record, size);
	*ret_header = header;
	if (!module->bias || !header || header >= module->bias)
		return;
	/* A position-independent program before its own relocations were applied. */
	*ret_header += module->bias;
	*ret_gofunc += module->bias;
	module->text += module->bias;
	module->etext += module->bias;
	module->types += module->bias;
	module->etypes += module->bias;
	for (size_t i = 0; i < array_length(module->data); i++)
		module->data[i].address += module->bias;
}

struct error *module_open(struct module *module, struct target *target,
	const struct runtime_layout *layout, const char *name)
{
	size_t size = layout->moduledata.size.size;
	uint8_t record[MAX_MODULEDATA];
	uint64_t header, gofunc;
	if (!module->record || size > sizeof(record))
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.firstmoduledata, "
			"which locates the Go function table",
			name);
	struct error *err = target_read(target, module->record, record, size);
	if (err)
		return error_wrap(err, "cannot read the moduledata of %s", name);
	read_record(module, layout, record, size, &header, &gofunc);
	check_data_ranges(module);
	if (module->etext <= module->text)
		return error_create(ERROR_BAD_DATA,
			"%s: its moduledata is damaged: the text ends before it starts", name);
	return error_wrap(pclntab_open(image_from(module, header), image_from(module, gofunc),
				  &layout->pclntab, &module->pclntab),
		"%s", name);
}

void module_destroy(struct module *module)
{
	if (!module)
		return;
	frame_table_close(module->frames);
	debug_info_close(module->debug);
	elf_image_close(module->debug_image);
	free(module);
}
