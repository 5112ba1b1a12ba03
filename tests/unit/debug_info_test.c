/*
 * Layouts from DWARF: of a small generated unit, as Go's linker writes it (inline names) and as
 * other tools do (names in .debug_str); of the same unit damaged byte by byte; and of this test
 * itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <dwarf.h>

#include "dwarf/debug/debug_info.h"
#include "tests/unit/elf_fixture.h"
#include "tests/unit/error_asserts.h"

/* The code of a typedef is a space, as in Go 1.27, so that "chan T" looks like an entry for T. */
enum {
	CODE_UNIT = 1,
	CODE_STRUCT,
	CODE_MEMBER,
	CODE_BASE,
	CODE_POINTER,
	CODE_ARRAY,
	CODE_RANGE,
	CODE_CONSTANT,
	CODE_VARIABLE,
	CODE_FUNCTION_TYPE,
	CODE_TYPEDEF = ' ',
};

struct fixture {
	int version;
	bool inline_names;
	struct fixture_bytes info, abbrev, strings;
};

static void declare(struct fixture *f, uint8_t code, uint8_t tag, bool has_children,
	const uint8_t *attributes, size_t size)
{
	const uint8_t head[] = {code, tag, has_children};
	fixture_put(&f->abbrev, head, sizeof(head));
	size_t at = fixture_put(&f->abbrev, attributes, size);
	/* Each declaration starts with the name's attribute. */
	if (attributes[0] == DW_AT_name && !f->inline_names)
		f->abbrev.data[at + 1] = DW_FORM_strp;
	fixture_put_number(&f->abbrev, 0, 2);
}

#define DECLARE(f, code, tag, has_children, ...)                                                   \
	declare(f, code, tag, has_children, (const uint8_t[]){__VA_ARGS__},                        \
		sizeof((const uint8_t[]){__VA_ARGS__}))

static void declare_all(struct fixture *f)
{
	DECLARE(f, CODE_UNIT, DW_TAG_compile_unit, true, DW_AT_name, DW_FORM_string);
	DECLARE(f, CODE_STRUCT, DW_TAG_structure_type, true, DW_AT_name, DW_FORM_string,
		DW_AT_byte_size, DW_FORM_udata);
	DECLARE(f, CODE_MEMBER, DW_TAG_member, false, DW_AT_name, DW_FORM_string,
		DW_AT_data_member_location, DW_FORM_udata, DW_AT_type, DW_FORM_ref_addr);
	DECLARE(f, CODE_BASE, DW_TAG_base_type, false, DW_AT_name, DW_FORM_string, DW_AT_byte_size,
		DW_FORM_data1);
	DECLARE(f, CODE_POINTER, DW_TAG_pointer_type, false, DW_AT_name, DW_FORM_string, DW_AT_type,
		DW_FORM_ref_addr);
	DECLARE(f, CODE_ARRAY, DW_TAG_array_type, true, DW_AT_name, DW_FORM_string, DW_AT_type,
		DW_FORM_ref_addr);
	DECLARE(f, CODE_RANGE, DW_TAG_subrange_type, false, DW_AT_count, DW_FORM_udata);
	DECLARE(f, CODE_CONSTANT, DW_TAG_constant, false, DW_AT_name, DW_FORM_string,
		DW_AT_const_value, DW_FORM_sdata);
	DECLARE(f, CODE_VARIABLE, DW_TAG_variable, false, DW_AT_name, DW_FORM_string, DW_AT_type,
		DW_FORM_ref_addr);
	DECLARE(f, CODE_FUNCTION_TYPE, DW_TAG_subroutine_type, false, DW_AT_name, DW_FORM_string);
	DECLARE(f, CODE_TYPEDEF, DW_TAG_typedef, false, DW_AT_name, DW_FORM_string, DW_AT_type,
		DW_FORM_ref_addr);
	fixture_put_number(&f->abbrev, 0, 1);
}

/* Writes the start of an entry: code and name. Returns its offset. */
static size_t entry(struct fixture *f, uint8_t code, const char *name)
{
	size_t at = fixture_put_number(&f->info, code, 1);
	if (f->inline_names)
		fixture_put_string(&f->info, name);
	else
		fixture_put_number(&f->info, fixture_put_string(&f->strings, name), 4);
	return at;
}

static size_t entry_of(struct fixture *f, uint8_t code, const char *name, size_t type)
{
	size_t at = entry(f, code, name);
	fixture_put_number(&f->info, type, 4);
	return at;
}

static void member(struct fixture *f, const char *name, uint8_t offset, size_t type)
{
	entry(f, CODE_MEMBER, name);
	fixture_put_number(&f->info, offset, 1);
	fixture_put_number(&f->info, type, 4);
}

static size_t begin_struct(struct fixture *f, const char *name, uint8_t size)
{
	size_t at = entry(f, CODE_STRUCT, name);
	fixture_put_number(&f->info, size, 1);
	return at;
}

static void end_children(struct fixture *f)
{
	fixture_put_number(&f->info, 0, 1);
}

static void put_types(struct fixture *f)
{
	/* Decoys: the ends of these names look like entries of types. */
	entry_of(f, CODE_POINTER, "chan rt.g", 0);
	size_t word = entry(f, CODE_BASE, "uint64");
	fixture_put_number(&f->info, 8, 1);
	entry_of(f, CODE_VARIABLE, "rt.g", word);
	size_t callback = entry(f, CODE_FUNCTION_TYPE, "func()");
	size_t alias = entry_of(f, CODE_TYPEDEF, "rt.pc", word);
	size_t gobuf = begin_struct(f, "rt.gobuf", 16);
	member(f, "sp", 0, word);
	member(f, "pc", 8, alias);
	end_children(f);
	size_t array = entry_of(f, CODE_ARRAY, "[3]rt.gobuf", gobuf);
	entry(f, CODE_RANGE, "");
	f->info.size -= f->inline_names ? 1 : 4; /* has no name */
	fixture_put_number(&f->info, 3, 1);
	end_children(f);
	size_t g = begin_struct(f, "rt.g", 100);
	size_t pointer_at = f->info.size;
	member(f, "self", 0, 0);
	member(f, "sched", 16, gobuf);
	member(f, "gobuf", 32, gobuf);
	member(f, "saved", 48, array);
	member(f, "fn", 96, callback);
	end_children(f);
	size_t pointer = entry_of(f, CODE_POINTER, "*rt.g", g);
	size_t next = f->info.size;
	f->info.size = pointer_at;
	member(f, "self", 0, pointer);
	f->info.size = next;
	/* A type that is an alias of itself, and an array of itself. */
	entry_of(f, CODE_TYPEDEF, "rt.endless", next);
	size_t nested = f->info.size;
	entry_of(f, CODE_ARRAY, "rt.nested", nested);
	end_children(f);
	size_t odd = begin_struct(f, "rt.odd", 8);
	member(f, "nested", 0, nested);
	member(f, "itself", 0, odd);
	member(f, "nowhere", 0, 0xfffff0);
	end_children(f);
	entry(f, CODE_CONSTANT, "rt._Gwaiting");
	fixture_put_number(&f->info, 4, 1);
	entry(f, CODE_CONSTANT, "rt.negative");
	fixture_put_number(&f->info, 0x7f, 1);
	end_children(f);
}

static struct fixture fixture_create(int version, bool inline_names)
{
	struct fixture f = {version, inline_names, fixture_bytes_create(), fixture_bytes_create(),
		fixture_bytes_create()};
	declare_all(&f);
	fixture_put_number(&f.info, 0, 4); /* length, below */
	fixture_put_number(&f.info, (uint64_t)version, 2);
	if (version >= 5) {
		fixture_put_number(&f.info, DW_UT_compile, 1);
		fixture_put_number(&f.info, 8, 1);
		fixture_put_number(&f.info, 0, 4);
	} else {
		fixture_put_number(&f.info, 0, 4);
		fixture_put_number(&f.info, 8, 1);
	}
	entry(&f, CODE_UNIT, "rt");
	put_types(&f);
	uint32_t length = (uint32_t)f.info.size - 4;
	memcpy(f.info.data, &length, sizeof(length));
	return f;
}

static void fixture_destroy(struct fixture *f)
{
	free(f->info.data);
	free(f->abbrev.data);
	free(f->strings.data);
}

struct opened {
	struct elf_image *image;
	struct debug_info *info;
	struct layout_source source;
};

static struct error *open_path(const char *path, struct opened *ret)
{
	*ret = (struct opened){0};
	struct error *err = elf_image_open(path, &ret->image);
	if (!err)
		err = debug_info_open(ret->image, &ret->info);
	if (!err)
		ret->source = debug_info_layout_source(ret->info);
	return err;
}

static struct opened open_fixture(const struct fixture *f)
{
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, 0, f->info.data, f->info.size, 0, 0},
		{".debug_abbrev", SHT_PROGBITS, 0, f->abbrev.data, f->abbrev.size, 0, 0},
		{".debug_str", SHT_PROGBITS, 0, f->strings.data, f->strings.size, 0, 0},
	};
	struct fixture_bytes elf = fixture_elf(sections, f->strings.size ? 3 : 2);
	char *path = fixture_write(elf.data, elf.size);
	struct opened opened;
	assert_null(open_path(path, &opened));
	fixture_remove(path);
	free(elf.data);
	return opened;
}

static void close_opened(struct opened *opened)
{
	debug_info_close(opened->info);
	elf_image_close(opened->image);
}

static struct field ask(struct opened *opened, const char *type, const char *path)
{
	struct field field;
	struct field_query query = {type, path, &field};
	assert_null(opened->source.fields(opened->source.context, &query, 1));
	return field;
}

static void expect(
	struct opened *opened, const char *type, const char *path, uint32_t offset, uint32_t size)
{
	struct field field = ask(opened, type, path);
	if (field.offset != offset || field.size != size)
		fail_msg("%s.%s is %u bytes at %u, not %u at %u", type, path ? path : "",
			field.size, field.offset, size, offset);
}

static void expect_types(struct opened *opened)
{
	expect(opened, "rt.g", NULL, 0, 100);
	expect(opened, "rt.g", "self", 0, 8);
	expect(opened, "rt.g", "sched", 16, 16);
	expect(opened, "rt.g", "sched.pc", 24, 8);
	expect(opened, "rt.g", "gobuf.sp", 32, 8);
	expect(opened, "rt.g", "saved", 48, 48);
	expect(opened, "rt.g", "fn", 96, 8);
	expect(opened, "rt.pc", NULL, 0, 8);
	expect(opened, "uint64", NULL, 0, 8);
	static const char *const absent[] = {"nope", "sched.nope", "sched.pc.more", "self.goid", "",
		".", "sched.", "saved.sp", "sch", "sched.pc."};
	for (size_t i = 0; i < array_length(absent); i++)
		expect(opened, "rt.g", absent[i], 0, 0);
	static const char *const unknown[] = {
		"rt.nope", "rt.", "", ".", "g", "t.g", "rt.endless", "rt.nested", "rt._Gwaiting"};
	for (size_t i = 0; i < array_length(unknown); i++)
		expect(opened, unknown[i], NULL, 0, 0);
	expect(opened, "rt.odd", "nested", 0, 0);
	expect(opened, "rt.odd", "nowhere", 0, 0);
	expect(opened, "rt.odd", "itself.itself.itself", 0, 8);
}

static void expect_constants(struct opened *opened)
{
	int64_t values[3];
	bool present[3];
	const struct constant_query queries[] = {
		{"rt._Gwaiting", &values[0], &present[0]},
		{"rt.negative", &values[1], &present[1]},
		{"rt.g", &values[2], &present[2]},
	};
	assert_null(opened->source.constants(opened->source.context, queries, 3));
	assert_true(present[0]);
	assert_int_equal(values[0], 4);
	assert_true(present[1]);
	assert_int_equal(values[1], -1);
	assert_false(present[2]);
}

static void test_fixture(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct fixture f = fixture_create(i % 2 ? 5 : 4, i / 2 == 0);
		struct opened opened = open_fixture(&f);
		expect_types(&opened);
		expect_constants(&opened);
		close_opened(&opened);
		fixture_destroy(&f);
	}
}

static void test_many_queries(void **state)
{
	(void)state;
	struct fixture f = fixture_create(5, true);
	struct opened opened = open_fixture(&f);
	struct field fields[4];
	const struct field_query queries[] = {
		{"rt.gobuf", "pc", &fields[0]},
		{"rt.g", "sched.sp", &fields[1]},
		{"nobody.knows", "it", &fields[2]},
		{"rt.gobuf", "sp", &fields[3]},
	};
	assert_null(opened.source.fields(opened.source.context, queries, 4));
	assert_int_equal(fields[0].offset, 8);
	assert_int_equal(fields[1].offset, 16);
	assert_false(field_present(fields[2]));
	assert_true(field_present(fields[3]));
	assert_string_equal(opened.source.description, "DWARF");
	close_opened(&opened);
	fixture_destroy(&f);
}

/* The DWARF of these structs is compared with their actual layout. */
struct self_inner {
	char name[3][5];
	union {
		long number;
		double real;
	} value;
};

struct self_outer {
	int first;
	unsigned bit : 3;
	struct self_inner inner;
	const volatile struct self_outer *next;
};

static struct self_outer self_outer;

static void test_self(void **state)
{
	(void)state;
	assert_int_equal(self_outer.first, 0);
	struct opened opened;
	struct error *err = open_path("/proc/self/exe", &opened);
	if (err) {
		/* A build without -g. */
		assert_int_equal(err->code, ERROR_NOT_FOUND);
		error_destroy(err);
	} else {
		expect(&opened, "self_outer", NULL, 0, sizeof(struct self_outer));
		expect(&opened, "self_outer", "inner.name", offsetof(struct self_outer, inner.name),
			15);
		expect(&opened, "self_outer", "inner.value.real",
			offsetof(struct self_outer, inner.value.real), sizeof(double));
		expect(&opened, "self_outer", "next", offsetof(struct self_outer, next), 8);
		expect(&opened, "self_outer", "bit", 0, 0);
		expect(&opened, "fixture_section", NULL, 0, sizeof(struct fixture_section));
	}
	close_opened(&opened);
}

static void test_stripped(void **state)
{
	(void)state;
	struct fixture_bytes elf = fixture_elf(NULL, 0);
	char *path = fixture_write(elf.data, elf.size);
	struct opened opened;
	assert_failure(open_path(path, &opened), ERROR_NOT_FOUND, "");
	close_opened(&opened);
	fixture_remove(path);
	free(elf.data);
}

static void test_undecompressable(void **state)
{
	(void)state;
	static const Elf64_Chdr header = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = 24};
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, SHF_COMPRESSED, &header, sizeof(header), 0, 0},
		{".debug_abbrev", SHT_PROGBITS, 0, "", 1, 0, 0},
	};
	struct fixture_bytes elf = fixture_elf(sections, 2);
	char *path = fixture_write(elf.data, elf.size);
	struct opened opened;
	assert_null(open_path(path, &opened));
	struct field field = {1, 1};
	struct field_query query = {"rt.g", NULL, &field};
	struct error *err = opened.source.fields(opened.source.context, &query, 1);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_BAD_DATA);
	assert_false(field_present(field));
	error_destroy(err);
	close_opened(&opened);
	fixture_remove(path);
	free(elf.data);
}

/* Queries everything and accepts any result. */
static void use(const struct fixture *f)
{
	struct opened opened = open_fixture(f);
	static const char *const questions[][2] = {{"rt.g", "sched.pc"}, {"rt.g", "saved"},
		{"rt.pc", NULL}, {"rt.endless", NULL}, {"rt.nested", NULL}, {"rt.odd", "nested"}};
	for (size_t i = 0; i < array_length(questions); i++) {
		struct field field;
		struct field_query query = {questions[i][0], questions[i][1], &field};
		error_destroy(opened.source.fields(opened.source.context, &query, 1));
	}
	int64_t value;
	bool present;
	struct constant_query query = {"rt._Gwaiting", &value, &present};
	error_destroy(opened.source.constants(opened.source.context, &query, 1));
	close_opened(&opened);
}

static void damage_all(struct fixture *f, struct fixture_bytes *section)
{
	static const uint8_t masks[] = {0xff, 0x80, 0x01};
	for (size_t i = 0; i < section->size; i++) {
		section->data[i] ^= masks[i % array_length(masks)];
		use(f);
		section->data[i] ^= masks[i % array_length(masks)];
	}
	size_t size = section->size;
	for (; section->size; section->size -= section->size / 16 + 1)
		use(f);
	section->size = size;
}

static void test_damaged(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct fixture f = fixture_create(i % 2 ? 5 : 4, i / 2 == 0);
		damage_all(&f, &f.info);
		damage_all(&f, &f.abbrev);
		fixture_destroy(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixture),
		cmocka_unit_test(test_many_queries),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_undecompressable),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
