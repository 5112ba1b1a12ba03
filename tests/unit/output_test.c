/* Text output: escaping, durations, sizes, tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "commands/render/short_names.h"
#include "commands/render/table.h"
#include "commands/render/utf8.h"
#include "tests/unit/capture.h"

static void escapes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{"main.main", "main.main"}, {"grün 日本", "grün 日本"},
		{"a\033[31m\n", "a\\x1b[31m\\x0a"}, {"\xff\xc3", "\\xff\\xc3"},
		{"\xc0\xaf", "\\xc0\\xaf"},		      /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},	      /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
		{"\xc2\x9b", "\\u009b"},		      /* a terminal's CSI */
		{"\xe2\x80\xae", "\\u202e"},		      /* right-to-left override */
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct capture capture;
		capture_init(&capture);
		output_text(&capture.output, STYLE_PLAIN, cases[i].text);
		assert_string_equal(capture_text(&capture), cases[i].printed);
		capture_deinit(&capture);
	}
}

static void names_without_import_paths(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{"", ""},
		{"main.key(3)", "main.key(3)"},
		{"*cache.Key[*example.com/a-b/db.ID,go.uber.org/zap.T[int]]{v:1}",
			"*cache.Key[*db.ID,zap.T[int]]{v:1}"},
		{"\"/usr/lib.d/a.b\" = a/b.C", "\"/usr/lib.d/a.b\" = b.C"},
		{"`a/b.c` '\\'' \"x\\\"a/b.c\" a/b.c", "`a/b.c` '\\'' \"x\\\"a/b.c\" b.c"},
		{"\"a/b.c", "\"a/b.c"},
		{"(func())(0x10) /* gopkg.in/yaml%2ev3.(*T).m */",
			"(func())(0x10) /* yaml%2ev3.(*T).m */"},
		{"struct { A/B int }", "struct { A/B int }"},
	};
	assert_null(short_names(NULL));
	for (size_t i = 0; i < array_length(cases); i++) {
		char text[128];
		snprintf(text, sizeof(text), "%s", cases[i].text);
		assert_string_equal(short_names(text), cases[i].printed);
	}
}

static void wrapped_text(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned indent, width;
		const char *printed;
	} cases[] = {
		{"", 2, 10, "\n"},
		{"one two three", 0, 0, "one two three\n"},
		{"one two three", 2, 9, "  one two\n  three\n"},
		{"one two\nthree", 2, 0, "  one two\n  three\n"},
		{"unbreakable ☃☃☃ x", 4, 5, "    unbreakable\n    ☃☃☃\n    x\n"},
		{"☃☃☃ ☃☃☃", 0, 7, "☃☃☃ ☃☃☃\n"},
		{"a\033[31m \xff\xc3", 1, 80, " a\\x1b[31m \\xff\\xc3\n"},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct capture capture;
		capture_init(&capture);
		output_wrapped(&capture.output, cases[i].text, cases[i].indent, cases[i].width);
		assert_string_equal(capture_text(&capture), cases[i].printed);
		capture_deinit(&capture);
	}
}

static void styles(void **state)
{
	(void)state;
	struct capture capture;
	capture_init(&capture);
	output_printf(&capture.output, STYLE_STRONG, "%d", 1);
	assert_string_equal(capture_text(&capture), "1");
	capture.output.color = true;
	output_printf(&capture.output, STYLE_STRONG, "%d", 2);
	output_printf(&capture.output, STYLE_PLAIN, "%d", 3);
	assert_string_equal(capture_text(&capture), "1\033[1m2\033[0m3");
	capture_deinit(&capture);
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		int64_t nanoseconds;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{12, "12ns"},
		{3456, "3µs"},
		{3400000, "3ms"},
		{99999999, "99ms"},
		{-3400000, "-3ms"},
		{100000000, "0.1s"},
		{840000000, "0.8s"},
		{9999999999, "9.9s"},
		{45000000000, "45s"},
		{312400000000, "5m12s"},
		{12000000000000, "3h20m"},
		{187200000000000, "2d4h"},
		{-45000000000, "-45s"},
		{INT64_MIN, "-106751d23h"},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		char text[32];
		format_duration(cases[i].nanoseconds, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void sizes(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{1023, "1023 B"},
		{1536, "1.5 KiB"},
		{1048575, "1.0 MiB"},
		{47185920, "45 MiB"},
		{UINT64_MAX, "16 EiB"},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		char text[32];
		format_size(cases[i].bytes, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static const char *const headings[] = {">ID", "NAME", "NOTE", NULL};

static void fill(struct table *table)
{
	table_cell(table, STYLE_PLAIN, "%d", 7);
	table_cell(table, STYLE_STRONG, "%s", "grün");
	table_cell(table, STYLE_PLAIN, "%s", "the last column is never padded");
	table_cell(table, STYLE_PLAIN, "%d", 1234);
	table_cell(table, STYLE_PLAIN, "%s", "longer name");
	table_cell(table, STYLE_PLAIN, "%s", "a\nb");
}

static void tables(void **state)
{
	(void)state;
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	fill(table);
	struct capture capture;
	capture_init(&capture);
	table_print(table, &capture.output);
	assert_string_equal(capture_text(&capture),
		"  ID  NAME         NOTE\n"
		"   7  grün         the last column is never padded\n"
		"1234  longer name  a\\x0ab\n");
	capture_deinit(&capture);
}

static void narrow_tables(void **state)
{
	(void)state;
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	fill(table);
	for (unsigned width = 1; width < 60; width++) {
		struct capture capture;
		capture_init(&capture);
		capture.output.width = width;
		table_print(table, &capture.output);
		if (width == 30)
			assert_string_equal(capture_text(&capture),
				"  ID  NAME         NOTE\n"
				"   7  grün         the last co…\n"
				"1234  longer name  a\\x0ab\n");
		capture_deinit(&capture);
	}
}

static void long_cells(void **state)
{
	(void)state;
	char text[5000];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	static const char *const one[] = {"X", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(one);
	table_cell(table, STYLE_PLAIN, "%s", text);
	struct capture capture;
	capture_init(&capture);
	table_print(table, &capture.output);
	assert_int_equal(strlen(capture_text(&capture)), 2 + sizeof(text));
	capture_deinit(&capture);
}

static size_t count_lines(const char *text, size_t *ret_longest)
{
	size_t lines = 0;
	*ret_longest = 0;
	for (const char *end; (end = strchr(text, '\n')); text = end + 1, lines++) {
		if ((size_t)(end - text) > *ret_longest)
			*ret_longest = (size_t)(end - text);
	}
	assert_string_equal(text, "");
	return lines;
}

/* Prints a row that has an address and a location on a terminal of this width. */
static void expect_fitted(unsigned width, const char *text)
{
	static const char *const names[] = {">ID", "WAITS ON", "AT", "CREATED BY", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(names);
	table_narrow_first(table, 1);
	table_make_optional(table, 3);
	table_cell(table, STYLE_PLAIN, "%d", 18);
	table_cell_tail(table, STYLE_PLAIN, "recv chan string", "0xc000012345 +1");
	table_cell_tail(table, STYLE_PLAIN, "discovery.(*Manager).Run", "manager.go:192");
	table_cell(table, STYLE_PLAIN, "main.main");
	struct capture capture;
	capture_init(&capture);
	capture.output.width = width;
	table_print(table, &capture.output);
	assert_string_equal(strchr(capture_text(&capture), '\n') + 1, text);
	capture_deinit(&capture);
}

static void tails_are_not_cut(void **state)
{
	(void)state;
	expect_fitted(0, "18  recv chan string 0xc000012345 +1  discovery.(*Manager).Run "
			 "manager.go:192  main.main\n");
	expect_fitted(69, "18  recv ch… 0xc000012345 +1  discovery.(*Manager).Run "
			  "manager.go:192\n");
	expect_fitted(60, "18  recv ch… 0xc000012345 +1  discovery.(*Ma… manager.go:192\n");
	expect_fitted(35, "18  0xc000012345 +1  manager.go:192\n");
	expect_fitted(10, "18  0xc000012345 +1  manager.go:192\n");
}

/* A streaming table prints rows while it is filled. No row is lost, and only a terminal cuts
 * cells. */
static void streaming_tables(void **state)
{
	(void)state;
	enum { ROWS = 2345, WIDE = 1700, TERMINAL = 40 };
	for (unsigned width = 0; width <= TERMINAL; width += TERMINAL) {
		_cleanup_(table_cleanup) struct table *table = table_create(headings);
		struct capture capture;
		size_t longest;
		capture_init(&capture);
		capture.output.width = width;
		table_stream(table, &capture.output);
		table_widen(table, 0, 6);
		for (int i = 0; i < ROWS; i++) {
			table_cell(table, STYLE_PLAIN, "%d", i);
			table_cell(table, STYLE_PLAIN, "%s",
				i == WIDE ? "a name wider than all before it" : "name");
			table_cell(table, STYLE_PLAIN, "note %d", i);
			if (i == ROWS - 1)
				assert_true(
					count_lines(capture_text(&capture), &longest) > ROWS - 50);
		}
		table_print(table, &capture.output);
		const char *text = capture_text(&capture);
		assert_int_equal(count_lines(text, &longest), ROWS + 1);
		assert_non_null(strstr(text, "\n     0  name  note 0\n"));
		if (width)
			assert_true(longest <= width);
		else
			assert_non_null(strstr(
				text, "  1700  a name wider than all before it  note 1700\n"));
		capture_deinit(&capture);
	}
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(names_without_import_paths),
		cmocka_unit_test(wrapped_text),
		cmocka_unit_test(streaming_tables),
		cmocka_unit_test(styles),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(tables),
		cmocka_unit_test(narrow_tables),
		cmocka_unit_test(tails_are_not_cut),
		cmocka_unit_test(long_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
