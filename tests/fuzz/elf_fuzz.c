/*
 * libFuzzer target: the input is an executable and also a separate debug file. Calls all functions
 * of elf_image.h, and those that find Go's sections.
 */
#include "dwarf/elf/build_info.h"
#include "dwarf/pclntab/find_pclntab.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizers check it. */
static void touch(struct bytes bytes)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < bytes.size; i++)
		sum ^= bytes.data[i];
	volatile uint8_t sink = sum;
	(void)sink;
}

static void use_sections(struct elf_image *image)
{
	static const char *const names[] = {".text", ".gopclntab", ".go.buildinfo", ".symtab",
		".debug_info", ".debug_abbrev", ".debug_str", ".gnu_debuglink", ".eh_frame", ""};
	for (size_t i = 0; i < array_length(names); i++) {
		struct elf_section section;
		struct bytes bytes = {0};
		if (!elf_image_section(image, names[i], &section))
			continue;
		struct error *err = elf_image_section_bytes(image, &section, &bytes);
		if (!err)
			touch(bytes);
		error_destroy(err);
		if (elf_image_bytes_at(image, section.address, 16, &bytes))
			touch(bytes);
	}
}

static void use_symbols(struct elf_image *image)
{
	static const char *const names[] = {
		"runtime.allgs", "runtime.text", "main.main", "go:buildid", ""};
	struct elf_symbol symbol;
	for (size_t i = 0; i < array_length(names); i++) {
		if (elf_image_symbol(image, names[i], &symbol) &&
			strcmp(symbol.name, names[i]) != 0)
			abort();
	}
	if (elf_image_symbol(image, "runtime.text", &symbol) &&
		elf_image_function_at(image, symbol.address, &symbol) && !symbol.is_function)
		abort();
	elf_image_function_at(image, elf_image_entry(image), &symbol);
	elf_image_function_at(image, UINT64_MAX, &symbol);
}

static void use(struct elf_image *image)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		struct bytes bytes;
		if (elf_image_bytes_at(image, segments[i].address, segments[i].file_size, &bytes))
			touch(bytes);
	}
	use_sections(image);
	use_symbols(image);
	touch(elf_image_build_id(image));
	elf_image_go_build_id(image);
	elf_image_phdr_address(image);
	is_upx_packed(image);
	uint64_t table;
	find_pclntab(image, &table);
	struct build_info info;
	struct error *err = build_info_read(image, &info);
	if (!err)
		build_info_deinit(&info);
	error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct error *(*const openers[])(const char *path, struct elf_image **ret) = {
		elf_image_open, elf_image_open_debug};
	struct input_file file = input_file_create((struct bytes){data, size}, (struct bytes){0});
	for (size_t i = 0; i < array_length(openers); i++) {
		struct elf_image *image;
		struct error *err = openers[i](file.path, &image);
		if (!err) {
			use(image);
			elf_image_close(image);
		}
		error_destroy(err);
	}
	close(file.fd);
	return 0;
}
