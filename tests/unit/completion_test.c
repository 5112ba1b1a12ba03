/* Completion: the candidates for a line that is being typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/cli/completion.h"
#include "dbg/expr/expr.h"
#include "tests/unit/session_fixture.h"

static void complete_ids(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	(void)session;
	if (word_index == 0) {
		completions_add(candidates, word, "18");
		completions_add(candidates, word, "19");
		completions_add(candidates, word, "19");
		completions_add(candidates, word, "20");
	}
}

static struct error *fields(
	struct session *session, const char *before, const struct expr_schema **ret)
{
	static const struct expr_name known[] = {{.name = "state", .type = EXPR_STRING},
		{.name = "stack", .type = EXPR_STRINGS}, {.name = "job.id", .type = EXPR_INT},
		{.name = "labels", .type = EXPR_MAP}};
	static const struct expr_schema schema = {known, array_length(known)};
	(void)session;
	*ret = &schema;
	return strstr(before, "broken") ? error_create(ERROR_NOT_FOUND, "nothing of it") : NULL;
}

static const char *const group_values[] = {"stack", "status", "wait", NULL};
static const struct command_option options[] = {
	{.name = "group", .letter = 'g', .argument = "BY", .values = group_values},
	{.name = "json"},
	{0},
};
static const struct command command = {
	.name = "test-list", .options = options, .complete = complete_ids};
static const struct command_option where_options[] = {{.name = "where", .argument = "EXPR"}, {0}};
static const struct command where_command = {
	.name = "where-list", .options = where_options, .fields = fields, .complete = complete_ids};
static const struct command if_command = {
	.name = "if-list", .condition = true, .fields = fields, .complete = complete_ids};
static const struct command raw_command = {.name = "raw-list", .raw = true, .fields = fields};
static const struct command target_command = {.name = "target-list",
	.needs_target = true,
	.condition = true,
	.options = options,
	.fields = fields,
	.complete = complete_ids};
static const struct command other = {.name = "test-other one"};
static const struct command another = {.name = "test-other two"};

static int set_up(void **state)
{
	static const struct command *const commands[] = {&command, &where_command, &if_command,
		&raw_command, &target_command, &other, &another};
	return session_fixture_set_up(state, commands, array_length(commands));
}

/* `joined` is the offset where the word starts, followed by the candidates. */
static void expect(struct session *session, const char *line, const char *joined)
{
	struct completions completions;
	size_t start;
	completion_collect(session, line, strlen(line), &completions, &start);
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

/* The tracer thread uses the program's tables while the target runs. */
static void nothing_from_a_running_target(void **state)
{
	struct session *session = *state;
	struct target target = {.state = TARGET_RUNNING};
	session->target = &target;
	expect(session, "target-list 1", "12");
	expect(session, "target-list 1 if st", "17");
	expect(session, "target-list --js", "12 --json");
	target.state = TARGET_STOPPED;
	expect(session, "target-list 1", "12 18 19");
	expect(session, "target-list 1 if st", "17 state stack");
	session->target = NULL;
}

static void names_in_expressions(void **state)
{
	expect(*state, "where-list --where st", "19 state stack");
	expect(*state, "where-list --where 'wait > 5m && !st", "34 state stack");
	expect(*state, "where-list --where 'x' 1", "23 18 19");
	expect(*state, "where-list --where 'job", "20 job.id");
	expect(*state, "where-list --where \"job.i", "20 job.id");
	expect(*state, "where-list st", "11");
	expect(*state, "if-list 1", "8 18 19");
	expect(*state, "if-list f if ", "13 state stack job.id labels[\"");
	expect(*state, "if-list f if la", "13 labels[\"");
	expect(*state, "if-list f if labels[\"st", "21");
	expect(*state, "if-list f if labels[\"st\"] == state || (st", "39 state stack");
	expect(*state, "if-list f if state > 5 | st", "25 state stack");
	expect(*state, "if-list f if `st", "14");
	expect(*state, "if-list broken if st", "18");
	expect(*state, "if-list f if", "10");
	expect(*state, "raw-list 1 st", "11 state stack");
	expect(*state, "raw-list st", "9");
	expect(*state, "test-list --where st", "18");
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
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, session_fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(nothing_from_a_running_target),
		TEST(names_in_expressions),
		TEST(arguments),
		TEST(option_names_and_values),
		TEST(files),
		TEST(settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
