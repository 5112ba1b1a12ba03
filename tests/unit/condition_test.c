/* The condition at the end of a command line: where it begins and ends, and that its text is kept
 * verbatim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/session/line.h"

static void expect(const char *text, const char *before, const char *condition)
{
	_cleanup_free_ char *found_before = NULL, *found = NULL;
	struct error *err = line_split_condition(text, &found_before, &found);
	if (err)
		fail_msg("%s: %s", text, err->message);
	assert_string_equal(found_before, before);
	if (condition)
		assert_string_equal(found, condition);
	else
		assert_null(found);
}

static void expect_error(const char *text)
{
	_cleanup_free_ char *before = NULL, *condition = NULL;
	struct error *err = line_split_condition(text, &before, &condition);
	if (!err)
		fail_msg("%s: \"%s\"", text, condition);
	assert_int_equal(err->code, ERROR_USAGE);
	error_destroy(err);
}

static void is_found(void **state)
{
	(void)state;
	expect(" newproc", " newproc", NULL);
	expect(" newproc if hits > 3", " newproc ", "hits > 3");
	expect(" newproc --json if hits > 3  ", " newproc --json ", "hits > 3");
	expect(" f if x if y", " f ", "x if y");
	expect(" iffy.f", " iffy.f", NULL);
	expect(" 'a if b' if c", " 'a if b' ", "c");
	expect("", "", NULL);
}

static void is_kept_verbatim(void **state)
{
	(void)state;
	expect(" f if fn =~ \"^main\\\\.\" | cat > file", " f ",
		"fn =~ \"^main\\\\.\" | cat > file");
	expect(" f if labels[\"a if b\"] == `#x`", " f ", "labels[\"a if b\"] == `#x`");
	expect(" f if name == \"\\\"# no\" # a comment", " f ", "name == \"\\\"# no\"");
	expect(" f if a#b", " f ", "a#b");
	expect(" f # if x", " f # if x", NULL);
}

static void may_be_quoted(void **state)
{
	(void)state;
	expect(" f if 'a > 3'", " f ", "a > 3");
	expect(" f if 'a > 3' # why", " f ", "a > 3");
	expect(" f if 'a' == 'b'", " f ", "'a' == 'b'");
	expect(" f if '", " f ", "'");
}

static void is_missing(void **state)
{
	(void)state;
	expect_error(" f if");
	expect_error(" f if   ");
	expect_error(" f if # x");
	expect_error(" f if ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found),
		cmocka_unit_test(is_kept_verbatim),
		cmocka_unit_test(may_be_quoted),
		cmocka_unit_test(is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
