/*
 * libFuzzer target: the input is DWARF: two bytes with the size of .debug_abbrev, that section, and
 * .debug_info, which serves as .debug_str too. All layouts of the runtime are asked of it.
 */
#include "dbg/go/runtime_layout.h"
#include "dwarf/debug_info.h"
#include "tests/fuzz/input_file.h"
#include "tests/unit/elf_fixture.h"

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
		debug_info_close(info);
	}
	error_destroy(err);
	elf_image_close(image);
	return 0;
}
