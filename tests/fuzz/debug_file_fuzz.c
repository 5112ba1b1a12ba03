/*
 * libFuzzer target: searches the debug file of the input, which is a program. The candidates are
 * the input itself and another program. Also opens the input as the debug file named by a user for
 * that program.
 */
#include "dwarf/elf/debug_file.h"
#include "tests/fuzz/input_file.h"
#include "tests/unit/elf_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A directory with the files that the build ids and links of the seeds refer to. */
static const char *make_directory(void)
{
	static char directory[] = "/tmp/gctxdbg-fuzz-XXXXXX";
	if (!mkdtemp(directory))
		abort();
	return directory;
}

static struct elf_image *open_program(void)
{
	static const uint8_t code[64];
	const struct fixture_section section = {
		".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, code, sizeof(code), 0, 0};
	struct fixture_bytes bytes = fixture_elf(&section, 1);
	struct input_file file =
		input_file_create((struct bytes){bytes.data, bytes.size}, (struct bytes){0});
	struct elf_image *image;
	if (elf_image_open(file.path, &image))
		abort();
	close(file.fd);
	free(bytes.data);
	return image;
}

/* The input under the name in its link, which is "link" in the seeds. */
static void find(struct elf_image *image, const char *directory, const char *path)
{
	char link[64], exe[64];
	snprintf(link, sizeof(link), "%s/link", directory);
	snprintf(exe, sizeof(exe), "%s/program", directory);
	unlink(link);
	if (symlink(path, link) < 0)
		abort();
	const struct debug_file_search search = {.exe_path = exe, .directory = directory};
	elf_image_close(debug_file_find(image, &search));
	unlink(link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *directory;
	static struct elf_image *program;
	if (!directory) {
		directory = make_directory();
		program = open_program();
		unsetenv("DEBUGINFOD_URLS");
	}
	struct input_file file = input_file_create((struct bytes){data, size}, (struct bytes){0});
	struct elf_image *image = NULL;
	struct error *err = debug_file_open(program, file.path, &image);
	if (!err)
		elf_image_close(image);
	error_destroy(err);
	image = NULL;
	error_destroy(elf_image_open(file.path, &image));
	if (image) {
		find(image, directory, file.path);
		elf_image_close(image);
	}
	close(file.fd);
	return 0;
}
