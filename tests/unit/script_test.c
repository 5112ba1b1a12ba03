/* Scripts: where they stop, positions in messages, files that are not scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/session/script.h"
#include "tests/unit/session_fixture.h"
#include "tests/unit/error_asserts.h"

#define SCRIPT "/tmp/gctxdbg-script-test"
#define INNER "/tmp/gctxdbg-script-test-inner"

static int set_up(void **state)
{
	return session_fixture_set_up(state, NULL, 0);
}

static int tear_down(void **state)
{
	unlink(SCRIPT);
	unlink(INNER);
	return session_fixture_tear_down(state);
}

static void write_bytes(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void write_script(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

/* Runs SCRIPT; compares stdout, the error's message (NULL: none) and stderr. */
static void expect(
	struct session *session, const char *out, const char *message, const char *diagnosis)
{
	static struct diversion out_diversion, err_diversion;
	diversion_begin(&out_diversion, stdout);
	diversion_begin(&err_diversion, stderr);
	struct error *err = session_run_script(session, SCRIPT);
	const char *found_err = diversion_end(&err_diversion);
	const char *found = diversion_end(&out_diversion);
	assert_string_equal(found, out);
	assert_string_equal(found_err, diagnosis);
	assert_message(err, message);
	assert_null(session->script);
}

static void runs(void **state)
{
	write_script(SCRIPT, "# comment\n\necho a\r\n  echo b # c\necho last");
	expect(*state, "a\nb\nlast\n", NULL, "");
}

static void stops(void **state)
{
	write_script(SCRIPT, "echo a\n\nnonsense\necho b\n");
	expect(*state, "a\n",
		SCRIPT ":3: unknown command \"nonsense\"; \"help\" lists the commands", "");
}

static void goes_on(void **state)
{
	struct session *session = *state;
	write_script(SCRIPT, "set on-error continue\nnonsense\nset color x\necho b\n");
	expect(session, "b\n", NULL,
		"gctxdbg: " SCRIPT ":2: unknown command \"nonsense\"; \"help\" lists the commands\n"
		"gctxdbg: " SCRIPT ":3: color cannot be \"x\": use one of auto, always, never\n");
	assert_int_equal(session->failures, 2);
}

static void nests(void **state)
{
	write_script(INNER, "echo inner\nsource /nonexistent\n");
	write_script(SCRIPT, "echo outer\nsource " INNER "\necho not reached\n");
	expect(*state, "outer\ninner\n",
		SCRIPT ":2: " INNER
		       ":2: cannot open the script /nonexistent: No such file or directory",
		"");
}

static void quits(void **state)
{
	write_script(INNER, "quit\necho not reached\n");
	write_script(SCRIPT, "source " INNER "\necho not reached\n");
	expect(*state, "", NULL, "");
}

static void sources_itself(void **state)
{
	write_script(SCRIPT, "source " SCRIPT "\n");
	struct error *err = session_run_script(*state, SCRIPT);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "does " SCRIPT " source itself?"));
	assert_true(strlen(err->message) < 2000);
	error_destroy(err);
}

static void no_scripts(void **state)
{
	write_bytes(SCRIPT, "echo a\n\0\n", 9);
	expect(*state, "a\n", SCRIPT ":2: not a script: it contains a NUL byte", "");
	_cleanup_free_ char *large = malloc(100001);
	memset(large, 'x', 100000);
	large[100000] = 0;
	write_script(SCRIPT, large);
	expect(*state, "", SCRIPT ":1: not a script: a line is longer than 64 KiB", "");
	assert_message(session_run_script(*state, "/"), "/ is a directory, not a script");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(runs),
		TEST(stops),
		TEST(goes_on),
		TEST(nests),
		TEST(quits),
		TEST(sources_itself),
		TEST(no_scripts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
