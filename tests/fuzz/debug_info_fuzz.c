/*
 * libFuzzer target: the input is DWARF: two bytes with the size of .debug_abbrev, that section, and
 * .debug_info, which is also used as .debug_str. Queries all layouts of the runtime, and Go types
 * by name and by entry.
 */
#include "dbg/go/program/runtime_layout.h"
#include "dwarf/debug/debug_info.h"
#include "tests/fuzz/input_file.h"
#include "tests/unit/elf_fixture.h"

enum { MAX_ENTRIES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct elf_image *open_image(struct bytes abbreviations, struct bytes entries)
{
	const struct fixture_section sections[] = {
		{".debug_abbrev", SHT_PROGBITS, 0, abbreviations.data, abbreviations.size, 0, 0},
		{".debug_info", SHT_PROGBITS, 0, entries.data, entries.size, 0, 0},
		{".debug_str", SHT_PROGBITS, 0, entries.data, entries.size, 0, 0},
	};
	struct fixture_bytes bytes = fixture_elf(sections, array_length(sections));
	struct input_file file =
		input_file_create((struct bytes){bytes.data, bytes.size}, (struct bytes){0});
	free(bytes.data);
	struct elf_image *image;
	if (elf_image_open(file.path, &image))
		abort();
	close(file.fd);
	return image;
}

static void ask_type(struct debug_info *info, uint64_t entry)
{
	struct debug_go_type type;
	struct error *err = debug_info_go_type(info, entry, &type);
	struct debug_go_field *fields = NULL;
	size_t count = 0;
	if (!err) {
		if (!type.name)
			abort();
		err = debug_info_go_fields(info, type.entry, &fields, &count);
	}
	for (size_t i = 0; !err && i < count; i++) {
		if (!fields[i].name)
			abort();
	}
	error_destroy(err);
	free(fields);
}

static void ask_types(struct debug_info *info, size_t size)
{
	static const char *const names[] = {
		"runtime.g", "runtime.hchan", "*runtime.g", "map[string]int", ""};
	for (size_t i = 0; i < array_length(names); i++) {
		uint64_t entry = 0;
		const char *name;
		error_destroy(debug_info_find_type(info, names[i], &entry));
		ask_type(info, entry);
		error_destroy(debug_info_package_name(info, names[i], &name));
	}
	for (uint64_t entry = 0; entry < size && entry < MAX_ENTRIES; entry++)
		ask_type(info, entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t split;
	if (size < sizeof(split) || size > FIXTURE_CAPACITY / 4)
		return 0;
	memcpy(&split, data, sizeof(split));
	struct bytes input = {data + sizeof(split), size - sizeof(split)}, abbreviations, entries;
	if (!bytes_slice(input, 0, split, &abbreviations) ||
		!bytes_slice(input, split, input.size - split, &entries))
		return 0;
	struct elf_image *image = open_image(abbreviations, entries);
	struct debug_info *info;
	struct error *err = debug_info_open(image, &info);
	if (!err) {
		struct layout_source source = debug_info_layout_source(info);
		struct runtime_layout layout;
		err = runtime_layout_load(&source, &layout);
		ask_types(info, entries.size);
		debug_info_close(info);
	}
	error_destroy(err);
	elf_image_close(image);
	return 0;
}
