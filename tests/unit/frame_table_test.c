/* Call frame rules of a generated .debug_frame: found by address, and applied by libunwind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dbg/target/native/native_unwind.h"
#include "dwarf/debug/frame_table.h"
#include "tests/fuzz/fake_target.h"
#include "tests/unit/elf_fixture.h"

enum { LOW = 0x401000, SIZE = 0x40, STACK = 0x7000, RETURN_PC = 0x401234, COMMON_SIZE = 0x14 };

/* As Go's linker writes it: one common entry, and a function whose frame grows by 0x18 bytes at its
 * fifth byte. */
static struct fixture_bytes frames(void)
{
	static const uint8_t common[COMMON_SIZE] = {0x10, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 3, 0, 1,
		0x7c, 16, 0x0c, 7, 8,		    /* DW_CFA_def_cfa rsp, 8 */
		0x05, 16, 2};			    /* DW_CFA_offset_extended rip, at cfa-8 */
	static const uint8_t rules[] = {0x13, 0x7e, /* DW_CFA_def_cfa_offset_sf 8 */
		0x45, 0x13, 0x78};		    /* DW_CFA_advance_loc 5; …_sf 0x20 */
	struct fixture_bytes out = fixture_bytes_create();
	fixture_put(&out, common, sizeof(common));
	fixture_put_number(&out, 4 + 16 + 8, 4);
	fixture_put_number(&out, 0, 4);
	fixture_put_number(&out, LOW, 8);
	fixture_put_number(&out, SIZE, 8);
	fixture_put(&out, rules, sizeof(rules));
	fixture_put_number(&out, 0, 3);
	return out;
}

/* Opens a table with the first `size` bytes of the section; NULL if they are rejected. */
static struct frame_table *open_table(size_t size, struct elf_image **ret_image)
{
	static const uint8_t nothing[16];
	struct fixture_bytes contents = frames();
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, 0, nothing, sizeof(nothing), 0, 0},
		{".debug_abbrev", SHT_PROGBITS, 0, nothing, sizeof(nothing), 0, 0},
		{".debug_frame", SHT_PROGBITS, 0, contents.data,
			size < contents.size ? size : contents.size, 0, 0},
	};
	struct fixture_bytes file = fixture_elf(sections, array_length(sections));
	char *path = fixture_write(file.data, file.size);
	assert_null(elf_image_open(path, ret_image));
	fixture_remove(path);
	free(file.data);
	free(contents.data);
	struct frame_table *table;
	struct error *err = frame_table_open(*ret_image, &table);
	bool opened = !err;
	error_destroy(err);
	return opened ? table : NULL;
}

static void rules_are_found(void **state)
{
	(void)state;
	struct elf_image *image;
	struct frame_table *table = open_table(SIZE_MAX, &image);
	struct frame_rules rules;
	assert_non_null(table);
	assert_true(frame_table_find(table, LOW, &rules));
	assert_true(frame_table_find(table, LOW + SIZE - 1, &rules));
	assert_int_equal(rules.low, LOW);
	assert_int_equal(rules.size, SIZE);
	assert_int_equal(rules.data_alignment, -4);
	assert_int_equal(rules.return_register, 16);
	assert_false(frame_table_find(table, LOW - 1, &rules));
	assert_false(frame_table_find(table, LOW + SIZE, &rules));
	assert_false(frame_table_find(table, UINT64_MAX, &rules));
	frame_table_close(table);
	elf_image_close(image);
}

static void damaged_sections(void **state)
{
	(void)state;
	struct frame_rules rules;
	for (size_t size = 0; size < COMMON_SIZE + 32; size++) {
		struct elf_image *image;
		struct frame_table *table = open_table(size, &image);
		if (table)
			assert_false(frame_table_find(table, LOW, &rules));
		frame_table_close(table);
		elf_image_close(image);
	}
}

static void expect_caller(struct native_unwinder *unwinder, const struct frame_rules *rules,
	uint64_t pc, bool exact, uint64_t expected_sp)
{
	struct user_regs_struct at = {.rip = pc, .rsp = STACK, .rbp = 77}, caller;
	assert_true(native_unwind_by_rules(unwinder, rules, &at, exact, &caller));
	assert_int_equal(caller.rsp, expected_sp);
	assert_int_equal(caller.rip, expected_sp == STACK + 8 ? RETURN_PC : RETURN_PC + 1);
	assert_int_equal(caller.rbp, 77);
}

static void rules_are_followed(void **state)
{
	(void)state;
	static const uint64_t stack[] = {RETURN_PC, 0, 0, RETURN_PC + 1, 0, 0, 0, 0};
	struct target *target =
		fake_target_create((struct bytes){(const uint8_t *)stack, sizeof(stack)}, STACK);
	struct native_unwinder *unwinder;
	struct elf_image *image;
	struct frame_table *table = open_table(SIZE_MAX, &image);
	struct frame_rules rules;
	assert_null(native_unwinder_create(target, &unwinder));
	assert_true(frame_table_find(table, LOW, &rules));
	expect_caller(unwinder, &rules, LOW, true, STACK + 8);
	expect_caller(unwinder, &rules, LOW + 5, true, STACK + 32);
	/* A return address: the call is before it. */
	expect_caller(unwinder, &rules, LOW + 5, false, STACK + 8);
	expect_caller(unwinder, &rules, LOW + 6, false, STACK + 32);
	/* The same function elsewhere, as in a position-independent program. */
	rules.low += UINT64_C(0x555500000000);
	expect_caller(unwinder, &rules, rules.low + 20, true, STACK + 32);
	/* Rules of another function than that of the frame. */
	struct user_regs_struct at = {.rip = LOW, .rsp = STACK}, caller;
	assert_false(native_unwind_by_rules(unwinder, &rules, &at, true, &caller));
	/* No stack. */
	at = (struct user_regs_struct){.rip = rules.low, .rsp = 8};
	assert_false(native_unwind_by_rules(unwinder, &rules, &at, true, &caller));
	frame_table_close(table);
	elf_image_close(image);
	native_unwinder_destroy(unwinder);
	target_destroy(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_found),
		cmocka_unit_test(damaged_sections),
		cmocka_unit_test(rules_are_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
