/* Finding commands: names, aliases, abbreviations, families, and suggestions for typos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/session/registry.h"
#include "tests/unit/error_asserts.h"

static const char *const goroutines_aliases[] = {"grs", NULL};
static const char *const bt_aliases[] = {"backtrace", "where", NULL};
static const char *const quit_aliases[] = {"q", "exit", NULL};

static const struct command goroutines = {.name = "goroutines", .aliases = goroutines_aliases};
static const struct command goroutine = {.name = "goroutine"};
static const struct command bt = {.name = "bt", .aliases = bt_aliases, .group = GROUP_THREADS};
static const struct command x = {.name = "x", .group = GROUP_DATA};
static const struct command quit = {
	.name = "quit", .aliases = quit_aliases, .group = GROUP_SESSION};
static const struct command load = {.name = "plugin load", .group = GROUP_PLUGIN};
static const struct command list = {.name = "plugin list", .group = GROUP_PLUGIN};
static const struct command escape = {.name = "!", .group = GROUP_SESSION};
static const struct command taken = {.name = "grs"};

static int set_up(void **state)
{
	struct registry *registry;
	const struct command *const all[] = {
		&load, &quit, &x, &bt, &goroutine, &goroutines, &list, &escape};
	assert_null(registry_create(&registry));
	const struct command *const *built_in;
	while (registry_list(registry, &built_in))
		registry_remove(registry, built_in[0]);
	for (size_t i = 0; i < array_length(all); i++)
		assert_null(registry_add(registry, all[i]));
	*state = registry;
	return 0;
}

static int tear_down(void **state)
{
	registry_destroy(*state);
	return 0;
}

static void expect(void **state, const char *line, const struct command *command, size_t length)
{
	const struct command *found = NULL;
	size_t found_length = 0;
	struct error *err = registry_find(*state, line, &found, &found_length);
	if (err)
		fail_msg("%s: %s", line, err->message);
	assert_ptr_equal(found, command);
	assert_int_equal(found_length, length);
}

static void expect_error(void **state, const char *line, const char *message)
{
	const struct command *found;
	size_t length;
	struct error *err = registry_find(*state, line, &found, &length);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_USAGE);
	assert_string_equal(err->message, message);
	error_destroy(err);
}

static void names(void **state)
{
	expect(state, "goroutines", &goroutines, 10);
	expect(state, "goroutine 5", &goroutine, 9);
	expect(state, "  grs --json", &goroutines, 5);
	expect(state, "bt", &bt, 2);
	expect(state, "exit", &quit, 4);
}

static void abbreviations(void **state)
{
	expect(state, "qui", &quit, 3);
	expect(state, "b", &bt, 1);
	expect(state, "back 3", &bt, 4);
	expect(state, "goroutine", &goroutine, 9);
	expect_error(state, "gorout 3", "ambiguous command \"gorout\": goroutine, goroutines");
}

static void families(void **state)
{
	expect(state, "plugin load ./x.so", &load, 11);
	expect(state, "plugin   list", &list, 13);
	expect(state, "pl lo x", &load, 5);
	expect_error(state, "plugin",
		"\"plugin\" needs a subcommand; there are: plugin list, plugin load");
	expect_error(
		state, "plugin lst", "unknown command \"plugin lst\" (did you mean plugin list?)");
	expect_error(state, "plugin nonsense",
		"unknown command \"plugin nonsense\"; there are: plugin list, plugin load");
	expect_error(state, "plugin --json",
		"\"plugin\" needs a subcommand; there are: plugin list, plugin load");
	expect_error(state, "plugin l", "ambiguous command \"plugin l\": plugin list, plugin load");
}

static void punctuation(void **state)
{
	expect(state, "!ls", &escape, 1);
	expect(state, "x/8xg 0xc000", &x, 1);
}

static void typos(void **state)
{
	expect_error(
		state, "gorutines", "unknown command \"gorutines\" (did you mean goroutines?)");
	expect_error(state, "zzzzzz 1", "unknown command \"zzzzzz\"; \"help\" lists the commands");
	expect_error(state, "göroutine", "unknown command \"göroutine\" (did you mean goroutine?)");
	expect_error(state, "> f", "unknown command \">\"; \"help\" lists the commands");
	char line[70000];
	memset(line, 'q', sizeof(line));
	line[sizeof(line) - 1] = 0;
	const struct command *found;
	size_t length;
	struct error *err = registry_find(*state, line, &found, &length);
	assert_non_null(err);
	assert_true(strlen(err->message) < 200);
	error_destroy(err);
}

static void taken_names(void **state)
{
	assert_message(registry_add(*state, &taken),
		"the command name \"grs\" is taken by \"goroutines\"");
	registry_remove(*state, &goroutines);
	assert_null(registry_add(*state, &taken));
	expect(state, "grs", &taken, 3);
}

static void order(void **state)
{
	const struct command *const *all;
	size_t count = registry_list(*state, &all);
	assert_true(count >= 8);
	for (size_t i = 1; i < count; i++)
		assert_true(all[i - 1]->group < all[i]->group ||
			    (all[i - 1]->group == all[i]->group &&
				    strcmp(all[i - 1]->name, all[i]->name) < 0));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(abbreviations),
		TEST(families),
		TEST(punctuation),
		TEST(typos),
		TEST(taken_names),
		TEST(order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
