/* libFuzzer target: the input is the section .go.buildinfo and what follows it. */
#include "dwarf/build_info.h"
#include "tests/unit/elf_fixture.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fixture_section section = {
		".go.buildinfo", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, data, size, 0, 0};
	if (size > FIXTURE_CAPACITY / 2)
		return 0;
	struct fixture_bytes file = fixture_elf(&section, 1);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, file.data, file.size) != (ssize_t)file.size)
		abort();
	free(file.data);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct elf_image *image;
	struct error *err = elf_image_open(path, &image);
	close(fd);
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
