/* Blocks: lines up to "end" belong to the command that opened the block, from any input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/session/block.h"
#include "commands/session/script.h"
#include "tests/unit/session_fixture.h"
#include "tests/unit/error_asserts.h"

#define SCRIPT "/tmp/gctxdbg-block-test"

/* The lines of the last closed block: "NUMBER:3 line|4 line|". */
static char taken[4096];

static struct error *take(struct session *session, int number, struct block_lines *lines)
{
	(void)session;
	size_t used = (size_t)snprintf(taken, sizeof(taken), "%d:", number);
	for (size_t i = 0; i < lines->count && used < sizeof(taken); i++)
		used += (size_t)snprintf(taken + used, sizeof(taken) - used, "%u %s|",
			lines->items[i].number, lines->items[i].text);
	return number == 13 ? error_create(ERROR_OTHER, "thirteen") : NULL;
}

static struct error *run_list(struct session *session, const struct arguments *arguments)
{
	uint64_t number;
	struct error *err = argument_number(arguments->words[0], "the number", &number);
	return err ? err : block_begin(session, (int)number, take);
}

static const struct command list_command = {.name = "test-list",
	.usage = "",
	.min_words = 1,
	.max_words = 1,
	.block = true,
	.run = run_list};

static int set_up(void **state)
{
	static const struct command *const commands[] = {&list_command};
	taken[0] = 0;
	return session_fixture_set_up(state, commands, array_length(commands));
}

static int tear_down(void **state)
{
	unlink(SCRIPT);
	return session_fixture_tear_down(state);
}

static void run_script(struct session *session, const char *text, const char *message)
{
	FILE *file = fopen(SCRIPT, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_message(session_run_script(session, SCRIPT), message);
}

static void lines_are_taken(void **state)
{
	session_fixture_run(*state, "test-list 3");
	session_fixture_run(*state, "  echo one ");
	session_fixture_run(*state, "# a comment");
	session_fixture_run(*state, "");
	session_fixture_run(*state, "nonsense 'as it is");
	session_fixture_run(*state, "endless");
	assert_string_equal(taken, "");
	session_fixture_run(*state, " end # of it");
	assert_string_equal(taken, "3:0 echo one |0 nonsense 'as it is|0 endless|");
	session_fixture_run(*state, "test-list 4");
	session_fixture_run(*state, "end");
	assert_string_equal(taken, "4:");
}

static void blocks_nest(void **state)
{
	session_fixture_run(*state, "test-list 1");
	session_fixture_run(*state, "test-l 2");
	session_fixture_run(*state, "end");
	session_fixture_run(*state, "echo x");
	session_fixture_run(*state, "end");
	assert_string_equal(taken, "1:0 test-l 2|0 end|0 echo x|");
}

static void may_be_abandoned(void **state)
{
	assert_false(block_abandon(*state));
	session_fixture_run(*state, "test-list 1");
	session_fixture_run(*state, "echo x");
	assert_true(block_abandon(*state));
	assert_false(block_abandon(*state));
	assert_string_equal(taken, "");
	session_fixture_run(*state, "test-list 1");
	struct error *err = block_finish(*state);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "\"end\" is missing"));
	error_destroy(err);
	assert_null(block_finish(*state));
}

static void in_scripts(void **state)
{
	run_script(*state, "test-list 5\n\n  bt\n  continue\nend\n", NULL);
	assert_string_equal(taken, "5:3 bt|4 continue|");
	run_script(*state, "test-list 6\nbt\n",
		SCRIPT ":3: a command list is not terminated: \"end\" is missing");
	run_script(*state, "test-list 13\nbt\nend\n", SCRIPT ":3: thirteen");
	assert_false(block_abandon(*state));
}

static void are_bounded(void **state)
{
	session_fixture_run(*state, "test-list 1");
	for (int i = 0; i < BLOCK_MAX_LINES; i++)
		session_fixture_run(*state, "echo x");
	assert_failure(session_execute(*state, "echo x"), ERROR_USAGE, "");
	assert_false(block_abandon(*state));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lines_are_taken),
		TEST(blocks_nest),
		TEST(may_be_abandoned),
		TEST(in_scripts),
		TEST(are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
