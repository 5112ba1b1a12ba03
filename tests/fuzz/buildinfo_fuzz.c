/* libFuzzer target: the input is the section .go.buildinfo and the bytes after it. */
#include "dwarf/elf/build_info.h"
#include "tests/fuzz/input_file.h"
#include "tests/unit/elf_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fixture_section section = {
		".go.buildinfo", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, data, size, 0, 0};
	if (size > FIXTURE_CAPACITY / 2)
		return 0;
	struct fixture_bytes file = fixture_elf(&section, 1);
	struct input_file input =
		input_file_create((struct bytes){file.data, file.size}, (struct bytes){0});
	free(file.data);
	struct elf_image *image;
	struct error *err = elf_image_open(input.path, &image);
	close(input.fd);
	if (err)
		abort();
	struct build_info info;
	err = build_info_read(image, &info);
	if (!err)
		build_info_deinit(&info);
	error_destroy(err);
	elf_image_close(image);
	return 0;
}
