/* pclntab: a hand-made table with known answers, and the same table damaged in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/pclntab/pclntab.h"

/*
 * The layout is arbitrary, because the reader gets it from its caller: header fields of 8 bytes,
 * and records of 32 bytes, with two pcdata entries before the inline index and funcdata after it.
 */
static const struct pclntab_layout layout = {
	.header =
		{
			.nfunc = {0, 4},
			.nfiles = {4, 4},
			.funcname_offset = {8, 8},
			.cu_offset = {16, 8},
			.filetab_offset = {24, 8},
			.pctab_offset = {32, 8},
			.pcln_offset = {40, 8},
		},
	.func =
		{
			.size = {0, 32},
			.name_offset = {0, 4},
			.pcsp = {4, 4},
			.pcfile = {8, 4},
			.pcln = {12, 4},
			.npcdata = {16, 4},
			.cu_offset = {20, 4},
			.start_line = {24, 4},
			.flag = {28, 1},
			.nfuncdata = {31, 1},
		},
	.inlined = {.size = {0, 8}, .name_offset = {0, 4}, .parent_pc = {4, 4}},
};

enum { NAMES = 48, CU = 96, FILES = 104, PCTAB = 144, FUNCTAB = 208, TABLE_SIZE = 400 };

struct fixture {
	uint8_t table[TABLE_SIZE];
	uint8_t funcdata[16];
	struct pclntab open;
};

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/*
 * Two functions: main.outer at [0, 64) with main.inner inlined at [16, 32), called from line 20 at
 * offset 8; main.last at [64, 80).
 */
static void make(struct fixture *fixture)
{
	uint8_t *table = fixture->table;
	memset(fixture, 0, sizeof(*fixture));
	put32(table + 0, 2);
	put32(table + 4, 2);
	put64(table + 8, NAMES);
	put64(table + 16, CU);
	put64(table + 24, FILES);
	put64(table + 32, PCTAB);
	put64(table + 40, FUNCTAB);
	memcpy(table + NAMES, "\0main.outer\0main.inner\0main.last", 33);
	put32(table + CU, 0);
	put32(table + CU + 4, 10);
	memcpy(table + FILES, "/src/a.go\0/src/b.go", 20);
	/* pc-value tables: (zigzag value delta, pc delta)… ends with 0; the value starts at -1 */
	static const uint8_t pctab[] = {0,
		/* 1: sp delta 8 over 64 bytes */ 18, 64, 0,
		/* 4: file 0 to 16, 1 to 32, 0 to 64 */ 2, 16, 2, 16, 1, 32, 0,
		/* 11: line 20 to 16, 100 to 32, 21 to 64 */ 42, 16, 0xa0, 1, 16, 0x9d, 1, 32, 0,
		/* 20: inline index -1 to 16, 0 to 32, -1 to 64 */ 0, 16, 2, 16, 1, 32, 0,
		/* 27: value 5 over 16 bytes */ 12, 16, 0};
	memcpy(table + PCTAB, pctab, sizeof(pctab));
	uint8_t *functab = table + FUNCTAB;
	enum { OUTER = 24, LAST = OUTER + 32 + 12 + 16 };
	put32(functab + 0, 0);
	put32(functab + 4, OUTER);
	put32(functab + 8, 64);
	put32(functab + 12, LAST);
	put32(functab + 16, 80);
	uint8_t *outer = functab + OUTER;
	put32(outer + 0, 1);
	put32(outer + 4, 1);
	put32(outer + 8, 4);
	put32(outer + 12, 11);
	put32(outer + 16, 3); /* npcdata */
	put32(outer + 24, 19);
	outer[31] = 4; /* nfuncdata */
	put32(outer + 32 + 8, 20);
	for (unsigned i = 0; i < 3; i++)
		put32(outer + 32 + 12 + 4 * i, UINT32_MAX);
	put32(outer + 32 + 12 + 12, 0); /* the inline tree is at the start of funcdata */
	uint8_t *last = functab + LAST;
	put32(last + 0, 23);
	put32(last + 4, 27);
	last[28] = PC_FUNCTION_TOP_FRAME;
	put32(fixture->funcdata, 12);
	put32(fixture->funcdata + 4, 8);
}

static struct error *open_table(struct fixture *fixture)
{
	return pclntab_open((struct bytes){fixture->table, TABLE_SIZE},
		(struct bytes){fixture->funcdata, sizeof(fixture->funcdata)}, &layout,
		&fixture->open);
}

static void test_functions(void **state)
{
	(void)state;
	struct fixture fixture;
	struct pc_function function;
	int32_t delta;
	make(&fixture);
	assert_null(open_table(&fixture));
	assert_true(pclntab_find(&fixture.open, 63, &function));
	assert_string_equal(function.name, "main.outer");
	assert_int_equal(function.entry, 0);
	assert_int_equal(function.end, 64);
	assert_int_equal(pclntab_start_line(&fixture.open, &function), 19);
	assert_true(pclntab_sp_delta(&fixture.open, &function, 63, &delta));
	assert_int_equal(delta, 8);
	assert_true(pclntab_find(&fixture.open, 64, &function));
	assert_string_equal(function.name, "main.last");
	assert_int_equal(function.flags, PC_FUNCTION_TOP_FRAME);
	assert_true(pclntab_sp_delta(&fixture.open, &function, 79, &delta));
	assert_int_equal(delta, 5);
	assert_false(pclntab_find(&fixture.open, 80, &function));
	assert_false(pclntab_function(&fixture.open, 2, &function));
	assert_int_equal(fixture.open.file_count, 2);
}

static void test_lines(void **state)
{
	(void)state;
	struct fixture fixture;
	struct pc_function function;
	struct pc_line lines[PC_LINES_MAX];
	make(&fixture);
	assert_null(open_table(&fixture));
	assert_true(pclntab_find(&fixture.open, 20, &function));
	assert_int_equal(pclntab_lines(&fixture.open, &function, 8, lines), 1);
	assert_string_equal(lines[0].function, "main.outer");
	assert_string_equal(lines[0].file, "/src/a.go");
	assert_int_equal(lines[0].line, 20);
	assert_int_equal(pclntab_lines(&fixture.open, &function, 20, lines), 2);
	assert_string_equal(lines[0].function, "main.inner");
	assert_string_equal(lines[0].file, "/src/b.go");
	assert_int_equal(lines[0].line, 100);
	assert_true(lines[0].inlined);
	assert_string_equal(lines[1].function, "main.outer");
	assert_int_equal(lines[1].line, 20);
	assert_false(lines[1].inlined);
	assert_int_equal(pclntab_lines(&fixture.open, &function, 40, lines), 1);
	assert_int_equal(lines[0].line, 21);
}

/* Go prints a negative line of an inlined call as it is; -1 alone means that there is none. */
static void test_negative_line(void **state)
{
	(void)state;
	/* 20 to 16, -2 to 32, 21 to 64 */
	static const uint8_t negative[] = {42, 16, 43, 16, 46, 32, 0};
	struct fixture fixture;
	struct pc_function function;
	struct pc_line lines[PC_LINES_MAX];
	make(&fixture);
	memcpy(fixture.table + PCTAB + 11, negative, sizeof(negative));
	assert_null(open_table(&fixture));
	assert_true(pclntab_find(&fixture.open, 20, &function));
	assert_int_equal(pclntab_lines(&fixture.open, &function, 20, lines), 2);
	assert_string_equal(lines[0].file, "/src/b.go");
	assert_int_equal(lines[0].line, -2);
}

/* Queries everything in a table that may be damaged. Any result is correct; a crash is not. */
static void ask_everything(struct fixture *fixture)
{
	struct error *err = open_table(fixture);
	if (err) {
		error_destroy(err);
		return;
	}
	for (uint32_t pc = 0; pc < 90; pc += 3) {
		struct pc_function function;
		struct pc_line lines[PC_LINES_MAX];
		int32_t delta;
		if (!pclntab_find(&fixture->open, pc, &function))
			continue;
		pclntab_sp_delta(&fixture->open, &function, pc, &delta);
		size_t count = pclntab_lines(&fixture->open, &function, pc, lines);
		assert_in_range(count, 1, PC_LINES_MAX);
		assert_non_null(lines[count - 1].file);
	}
}

static void test_damaged(void **state)
{
	(void)state;
	uint32_t random = 1;
	for (unsigned round = 0; round < 20000; round++) {
		struct fixture fixture;
		make(&fixture);
		for (unsigned i = 0; i <= round % 4; i++) {
			random = random * 1664525 + 1013904223;
			uint8_t *byte = fixture.table + (random >> 8) % TABLE_SIZE;
			*byte = (random >> 4) % 3 ? (uint8_t)(random >> 20) : 0xff;
		}
		random = random * 1664525 + 1013904223;
		fixture.funcdata[(random >> 8) % 16] ^= (uint8_t)(random >> 20);
		ask_everything(&fixture);
	}
}

static void test_truncated(void **state)
{
	(void)state;
	struct fixture fixture;
	make(&fixture);
	for (size_t size = 0; size < TABLE_SIZE; size++) {
		struct pclntab table;
		struct error *err = pclntab_open((struct bytes){fixture.table, size},
			(struct bytes){NULL, 0}, &layout, &table);
		struct pc_function function;
		if (!err)
			pclntab_find(&table, 20, &function);
		else
			assert_int_equal(err->code, ERROR_BAD_DATA);
		error_destroy(err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_negative_line),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
