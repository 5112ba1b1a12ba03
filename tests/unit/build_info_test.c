/*
 * Build info: generated blobs, found by section or by search, with quotes, replacements and damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dwarf/elf/build_info.h"
#include "tests/unit/elf_fixture.h"
#include "tests/unit/error_asserts.h"

static const char frame[] = "0123456789abcdef";

static const char modules[] = "path\texample.com/app/cmd/server\n"
			      "mod\texample.com/app\tv1.4.0\th1:sum=\n"
			      "dep\texample.com/lib\tv0.3.1\th1:sum=\n"
			      "dep\texample.com/old\tv1.0.0\n"
			      "=>\texample.com/fork\tv1.0.1\th1:sum=\n"
			      "dep\texample.com/local\tv2.0.0\n"
			      "=>\t../local\t\n"
			      "novelty\twhatever\n"
			      "build\t-compiler=gc\n"
			      "build\t-ldflags=\"-s -w -X \\\"main.v=\\u00e9\\x41\\t\\\"\"\n"
			      "build\t\"odd=key\"=`raw\\n`\n"
			      "build\tCGO_CFLAGS=\n"
			      "build\tbroken=\"never ends\n";

static void put_varint_string(struct fixture_bytes *out, const char *text, size_t size)
{
	for (size_t rest = size; rest >= 0x80; rest >>= 7)
		fixture_put_number(out, (rest & 0x7f) | 0x80, 1);
	size_t last = size;
	while (last >= 0x80)
		last >>= 7;
	fixture_put_number(out, last, 1);
	fixture_put(out, text, size);
}

static struct fixture_bytes make_blob(void)
{
	struct fixture_bytes blob = fixture_bytes_create(), text = fixture_bytes_create();
	fixture_put(&blob, "\xff Go buildinf:\x08\x02", 16);
	blob.size = 32;
	fixture_put(&text, frame, 16);
	fixture_put(&text, modules, strlen(modules));
	fixture_put(&text, frame, 16);
	put_varint_string(&blob, "go1.26.4", 8);
	put_varint_string(&blob, (const char *)text.data, text.size);
	free(text.data);
	return blob;
}

/* Reads the build info of an ELF file with `blob` in section `name`. */
static struct error *read_blob(const char *name, struct bytes blob, struct build_info *ret)
{
	const struct fixture_section section = {
		name, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, blob.data, blob.size, 0, 0};
	struct fixture_bytes elf = fixture_elf(&section, 1);
	char *path = fixture_write(elf.data, elf.size);
	free(elf.data);
	_cleanup_(elf_image_cleanup) struct elf_image *image = NULL;
	struct error *err = elf_image_open(path, &image);
	fixture_remove(path);
	return err ? err : build_info_read(image, ret);
}

static void expect_pair(const struct build_pair *pair, const char *key, const char *value)
{
	assert_string_equal(pair->key, key);
	assert_string_equal(pair->value, value);
}

static void expect_all(const struct build_info *info)
{
	assert_string_equal(info->go_version, "go1.26.4");
	assert_string_equal(info->path, "example.com/app/cmd/server");
	assert_string_equal(info->module, "example.com/app");
	assert_string_equal(info->module_version, "v1.4.0");
	assert_int_equal(info->dependency_count, 3);
	expect_pair(&info->dependencies[0], "example.com/lib", "v0.3.1");
	expect_pair(&info->dependencies[1], "example.com/old", "v1.0.0 => example.com/fork v1.0.1");
	expect_pair(&info->dependencies[2], "example.com/local", "v2.0.0 => ../local");
	assert_int_equal(info->setting_count, 5);
	expect_pair(&info->settings[0], "-compiler", "gc");
	expect_pair(&info->settings[1], "-ldflags",
		"-s -w -X \"main.v=\xc3\xa9"
		"A\t\"");
	expect_pair(&info->settings[2], "odd=key", "raw\\n");
	expect_pair(&info->settings[3], "CGO_CFLAGS", "");
	expect_pair(&info->settings[4], "broken", "\"never ends");
}

static void test_section_and_search(void **state)
{
	(void)state;
	struct fixture_bytes blob = make_blob();
	static const char *const names[] = {".go.buildinfo", ".data"};
	for (size_t i = 0; i < array_length(names); i++) {
		struct build_info info;
		assert_null(read_blob(names[i], (struct bytes){blob.data, blob.size}, &info));
		expect_all(&info);
		build_info_deinit(&info);
	}
	free(blob.data);
}

static void test_without_modules(void **state)
{
	(void)state;
	static const uint8_t blob[64] =
		"\xff Go buildinf:\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05go1.9";
	struct build_info info;
	assert_null(read_blob(".go.buildinfo", (struct bytes){blob, sizeof(blob)}, &info));
	assert_string_equal(info.go_version, "go1.9");
	assert_null(info.path);
	assert_int_equal(info.setting_count, 0);
	build_info_deinit(&info);
}

static void expect_error(struct bytes blob, enum error_code code)
{
	struct build_info info;
	assert_failure(read_blob(".go.buildinfo", blob, &info), code, "");
	assert_null(info.go_version);
}

static void test_errors(void **state)
{
	(void)state;
	expect_error((struct bytes){(const uint8_t *)"nothing", 7}, ERROR_NOT_FOUND);
	static const uint8_t misaligned[48] = "12345678\xff Go buildinf:\x08\x02";
	expect_error((struct bytes){misaligned, sizeof(misaligned)}, ERROR_NOT_FOUND);
	static const uint8_t old[32] = "\xff Go buildinf:\x08";
	expect_error((struct bytes){old, sizeof(old)}, ERROR_BAD_DATA);
	static const uint8_t endless[48] =
		"\xff Go buildinf:\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	expect_error((struct bytes){endless, sizeof(endless)}, ERROR_BAD_DATA);
}

static void test_truncated(void **state)
{
	(void)state;
	struct fixture_bytes blob = make_blob();
	for (size_t size = 16; size < blob.size; size++)
		expect_error((struct bytes){blob.data, size}, ERROR_BAD_DATA);
	free(blob.data);
}

static void test_damaged(void **state)
{
	(void)state;
	struct fixture_bytes blob = make_blob();
	for (size_t i = 16; i < blob.size; i++) {
		uint8_t before = blob.data[i];
		static const uint8_t values[] = {0, 0xff, '"', '\\', '\t', '\n', '='};
		blob.data[i] = values[i % array_length(values)];
		struct build_info info;
		struct error *err =
			read_blob(".go.buildinfo", (struct bytes){blob.data, blob.size}, &info);
		error_destroy(err);
		if (!err)
			build_info_deinit(&info);
		blob.data[i] = before;
	}
	free(blob.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section_and_search),
		cmocka_unit_test(test_without_modules),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
