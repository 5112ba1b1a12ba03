/*
 * Separate debug files: found by build ID, by link and checksum, and by name; files of another
 * build are never used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dwarf/elf/debug_file.h"
#include "tests/unit/elf_fixture.h"

enum { MAX_PATH = 256 };

/* A temporary directory with bin/program and the directories for its debug file. */
struct folder {
	char root[MAX_PATH], exe[MAX_PATH];
};

/* The path of `name` in the directory; the caller frees it. */
static char *path_of(const struct folder *folder, const char *name)
{
	char *path;
	if (asprintf(&path, "%s/%s", folder->root, name) < 0)
		abort();
	return path;
}

static void make_folder(const struct folder *folder, const char *name)
{
	_cleanup_free_ char *path = path_of(folder, name);
	if (mkdir(path, 0700) < 0)
		abort();
}

/*
 * An ELF file with the build ID `id` (NULL: none), `code_size` bytes of code and one more section.
 */
static struct fixture_bytes make_elf(
	const char *id, size_t code_size, const char *section, const void *data, size_t size)
{
	struct fixture_bytes note = fixture_bytes_create(), code = fixture_bytes_create();
	struct fixture_section sections[3] = {
		{".text", SHT_PROGBITS, SHF_ALLOC, code.data, code_size, 0, 0}};
	size_t count = 1;
	if (id) {
		const Elf64_Nhdr header = {4, (uint32_t)strlen(id), NT_GNU_BUILD_ID};
		fixture_put(&note, &header, sizeof(header));
		fixture_put(&note, "GNU", 4);
		fixture_put(&note, id, strlen(id));
		sections[count++] = (struct fixture_section){
			".note.gnu.build-id", SHT_NOTE, SHF_ALLOC, note.data, note.size, 0, 0};
	}
	sections[count++] = (struct fixture_section){section, SHT_PROGBITS, 0, data, size, 0, 0};
	struct fixture_bytes elf = fixture_elf(sections, count);
	free(note.data);
	free(code.data);
	return elf;
}

static struct fixture_bytes make_debug(const char *id, size_t code_size)
{
	return make_elf(id, code_size, ".debug_info", "DWARF", 6);
}

static void write_file(const struct folder *folder, const char *name, struct fixture_bytes contents)
{
	_cleanup_free_ char *path = path_of(folder, name);
	FILE *file = fopen(path, "w");
	if (!file || fwrite(contents.data, 1, contents.size, file) != contents.size ||
		fclose(file) != 0)
		abort();
}

static void forget_file(const struct folder *folder, const char *name)
{
	_cleanup_free_ char *path = path_of(folder, name);
	if (unlink(path) < 0)
		abort();
}

static int set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));
	const char *directory = getenv("TMPDIR");
	if (!folder)
		return -1;
	snprintf(folder->root, sizeof(folder->root), "%s/gctxdbg-test.XXXXXX",
		directory ? directory : "/tmp");
	if (!mkdtemp(folder->root))
		return -1;
	snprintf(folder->exe, sizeof(folder->exe), "%.200s/bin/program", folder->root);
	make_folder(folder, "bin");
	make_folder(folder, "bin/.debug");
	make_folder(folder, "debug");
	make_folder(folder, "debug/.build-id");
	make_folder(folder, "debug/.build-id/61");
	unsetenv("DEBUGINFOD_URLS");
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	struct folder *folder = *state;
	char command[2 * MAX_PATH];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder->root);
	int status = system(command);
	free(folder);
	return status;
}

/* The debug file found for the program, relative to the directory; "" if there is none. */
static void assert_found(const struct folder *folder, const char *expected)
{
	_cleanup_free_ char *directory = path_of(folder, "debug");
	struct elf_image *image;
	struct error *err = elf_image_open(folder->exe, &image);
	assert_null(err);
	struct debug_file_search search = {.exe_path = folder->exe, .directory = directory};
	struct elf_image *found = debug_file_find(image, &search);
	if (expected[0]) {
		assert_non_null(found);
		_cleanup_free_ char *path = path_of(folder, expected);
		assert_string_equal(elf_image_path(found), path);
	} else {
		assert_null(found);
	}
	elf_image_close(found);
	elf_image_close(image);
}

static void test_checksum(void **state)
{
	(void)state;
	/* The check value in the definition of CRC-32. */
	assert_int_equal(
		debug_file_checksum((struct bytes){(const uint8_t *)"123456789", 9}), 0xcbf43926);
	assert_int_equal(debug_file_checksum((struct bytes){(const uint8_t *)"", 0}), 0);
}

static void test_build_id(void **state)
{
	const struct folder *folder = *state;
	const char *name = "debug/.build-id/61/6263646566.debug";
	struct fixture_bytes exe = make_elf("abcdef", 32, ".comment", "", 1);
	struct fixture_bytes right = make_debug("abcdef", 32), wrong = make_debug("abcdeg", 32);
	write_file(folder, "bin/program", exe);
	assert_found(folder, "");
	write_file(folder, name, right);
	assert_found(folder, name);
	write_file(folder, name, wrong);
	assert_found(folder, "");
	write_file(folder, name, exe); /* the right id, but no DWARF */
	assert_found(folder, "");
	right.size /= 2; /* truncated */
	write_file(folder, name, right);
	assert_found(folder, "");
	free(exe.data);
	free(right.data);
	free(wrong.data);
}

/* Section .gnu_debuglink for `name` and a checksum. */
static struct fixture_bytes make_link(const char *name, uint32_t checksum)
{
	struct fixture_bytes link = fixture_bytes_create();
	fixture_put_string(&link, name);
	fixture_align(&link, 4);
	fixture_put_number(&link, checksum, sizeof(checksum));
	return link;
}

static void write_linked(const struct folder *folder, const char *name, uint32_t checksum)
{
	struct fixture_bytes link = make_link(name, checksum);
	struct fixture_bytes exe = make_elf(NULL, 32, ".gnu_debuglink", link.data, link.size);
	write_file(folder, "bin/program", exe);
	free(link.data);
	free(exe.data);
}

static void test_link(void **state)
{
	const struct folder *folder = *state;
	struct fixture_bytes debug = make_debug(NULL, 32), other = make_debug(NULL, 48);
	uint32_t checksum = debug_file_checksum((struct bytes){debug.data, debug.size});
	write_linked(folder, "program.debug", checksum);
	assert_found(folder, "");
	write_file(folder, "bin/program.debug", debug);
	assert_found(folder, "bin/program.debug");
	write_file(folder, "bin/.debug/program.debug", debug);
	write_file(folder, "bin/program.debug", other); /* skipped */
	assert_found(folder, "bin/.debug/program.debug");
	forget_file(folder, "bin/.debug/program.debug");
	assert_found(folder, "");

	char path[2 * MAX_PATH], *end = path + snprintf(path, sizeof(path), "debug");
	for (const char *slash = folder->root + 1; slash; slash = strchr(slash, '/')) {
		slash += *slash == '/';
		int length = (int)strcspn(slash, "/");
		end += snprintf(end, MAX_PATH, "/%.*s", length, slash);
		make_folder(folder, path);
	}
	snprintf(end, MAX_PATH, "/bin");
	make_folder(folder, path);
	snprintf(end, MAX_PATH, "/bin/program.debug");
	write_file(folder, path, debug);
	assert_found(folder, path);

	write_linked(folder, "program.debug", checksum ^ 1);
	assert_found(folder, "");
	write_linked(folder, "../bin/program.debug", checksum);
	assert_found(folder, "");
	struct fixture_bytes cut = make_elf(NULL, 32, ".gnu_debuglink", "program.debug", 14);
	write_file(folder, "bin/program", cut);
	assert_found(folder, "");
	free(cut.data);
	free(debug.data);
	free(other.data);
}

static void assert_named(const struct folder *folder, const char *name, const char *message)
{
	_cleanup_free_ char *path = path_of(folder, name);
	struct elf_image *image, *found = NULL;
	struct error *err = elf_image_open(folder->exe, &image);
	assert_null(err);
	err = debug_file_open(image, path, &found);
	if (message) {
		assert_non_null(err);
		assert_non_null(strstr(err->message, message));
		assert_null(found);
		error_destroy(err);
	} else {
		assert_null(err);
		assert_non_null(found);
	}
	elf_image_close(found);
	elf_image_close(image);
}

static void test_named(void **state)
{
	const struct folder *folder = *state;
	struct fixture_bytes exe = make_elf("abcdef", 32, ".comment", "", 1);
	struct fixture_bytes right = make_debug("abcdef", 32), wrong = make_debug("abcdeg", 32);
	struct fixture_bytes unnamed = make_debug(NULL, 48);
	write_file(folder, "bin/program", exe);
	write_file(folder, "right", right);
	write_file(folder, "wrong", wrong);
	write_file(folder, "unnamed", unnamed);
	assert_named(folder, "right", NULL);
	assert_named(
		folder, "wrong", "its build ID is 616263646567, the program's is 616263646566");
	assert_named(folder, "unnamed", "is from a different build");
	assert_named(folder, "bin/program", "has no DWARF");
	assert_named(folder, "nothing", "No such file");
	free(exe.data);
	free(right.data);
	free(wrong.data);
	free(unnamed.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum),
		cmocka_unit_test_setup_teardown(test_build_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_named, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
