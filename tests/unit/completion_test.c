/* Completion: what is offered for a line that is being typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/completion.h"
#include "commands/registry.h"
#include "commands/shell.h"

static void complete_ids(
	struct shell *shell, size_t word_index, const char *word, struct completions *candidates)
{
	(void)shell;
	if (word_index == 0) {
		completions_add(candidates, word, "18");
		completions_add(candidates, word, "19");
		completions_add(candidates, word, "19");
		completions_add(candidates, word, "20");
	}
}

static const char *const group_values[] = {"stack", "status", "wait", NULL};
static const struct command_option options[] = {
	{.name = "group", .letter = 'g', .argument = "BY", .values = group_values},
	{.name = "json"},
	{0},
};
static const struct command command = {
	.name = "test-list", .options = options, .complete = complete_ids};
static const struct command other = {.name = "test-other one"};
static const struct command another = {.name = "test-other two"};

static int set_up(void **state)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	shell_init(shell);
	assert_null(registry_add(shell->registry, &command));
	assert_null(registry_add(shell->registry, &other));
	assert_null(registry_add(shell->registry, &another));
	*state = shell;
	return 0;
}

static int tear_down(void **state)
{
	shell_deinit(*state);
	free(*state);
	return 0;
}

/* `joined` holds the candidates, each in brackets, in front of them where the word begins. */
static void expect(struct shell *shell, const char *line, const char *joined)
{
	struct completions completions;
	size_t start;
	completion_collect(shell, line, strlen(line), &completions, &start);
	char found[512];
	snprintf(found, sizeof(found), "%zu%s", start, completions.files ? " files" : "");
	for (size_t i = 0; i < completions.count; i++) {
		size_t used = strlen(found);
		snprintf(found + used, sizeof(found) - used, " %s", completions.items[i]);
	}
	if (strcmp(found, joined) != 0)
		fail_msg("\"%s\": %s, not %s", line, found, joined);
	completions_deinit(&completions);
}

static void names(void **state)
{
	expect(*state, "test-l", "0 test-list");
	expect(*state, "  test-l", "2 test-list");
	expect(*state, "test-", "0 test-list test-other");
	expect(*state, "test-other ", "11 one two");
	expect(*state, "test-other t", "11 two");
	expect(*state, "nonsense", "0");
	expect(*state, "nonsense x", "10");
}

static void arguments(void **state)
{
	expect(*state, "test-list ", "10 18 19 20");
	expect(*state, "test-list 1", "10 18 19");
	expect(*state, "test-list '1", "11 18 19");
	expect(*state, "test-list 1 ", "12");
	expect(*state, "test-list --json 2", "17 20");
	expect(*state, "test-list --group stack 2", "24 20");
}

static void option_names_and_values(void **state)
{
	expect(*state, "test-list -", "10 --group --json");
	expect(*state, "test-list --g", "10 --group");
	expect(*state, "test-list --group st", "18 stack status");
	expect(*state, "test-list -g ", "13 stack status wait");
	expect(*state, "test-list --group=w", "10 --group=wait");
	expect(*state, "test-list --json=", "10");
	expect(*state, "test-list --nonsense=", "10");
}

static void files(void **state)
{
	expect(*state, "source ", "7 files");
	expect(*state, "plugin load ./x", "12 files");
	expect(*state, "test-list > ./f", "12 files");
	expect(*state, "test-list | gr", "11");
}

static void settings(void **state)
{
	expect(*state, "set on-", "4 on-error");
	expect(*state, "help test-l", "5 test-list");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(arguments),
		TEST(option_names_and_values),
		TEST(files),
		TEST(settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
