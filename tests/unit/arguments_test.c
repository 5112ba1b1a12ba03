/* Command lines: quotes, redirections, options, numbers and durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/session/arguments.h"
#include "commands/session/line.h"

static void expect_words(const char *text, const char *joined)
{
	struct line line;
	struct error *err = line_init(&line, text);
	if (err)
		fail_msg("%s: %s", text, err->message);
	char found[512] = "";
	for (size_t i = 0; i < line.word_count; i++) {
		size_t used = strlen(found);
		snprintf(found + used, sizeof(found) - used, "[%s]", line.words[i]);
	}
	assert_string_equal(found, joined);
	assert_null(line.words[line.word_count]);
	line_deinit(&line);
}

static void expect_output(
	const char *text, size_t words, enum line_output output, const char *destination)
{
	struct line line;
	struct error *err = line_init(&line, text);
	if (err)
		fail_msg("%s: %s", text, err->message);
	assert_int_equal(line.word_count, words);
	assert_int_equal(line.output, output);
	if (destination)
		assert_string_equal(line.destination, destination);
	else
		assert_null(line.destination);
	line_deinit(&line);
}

static void expect_bad_line(const char *text, const char *part)
{
	struct line line;
	struct error *err = line_init(&line, text);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_USAGE);
	if (!strstr(err->message, part))
		fail_msg("%s: %s", text, err->message);
	error_destroy(err);
	line_deinit(&line);
}

static void words(void **state)
{
	(void)state;
	expect_words("", "");
	expect_words("  a  b\tc ", "[a][b][c]");
	expect_words("'a b' \"c d\"e f\\ g", "[a b][c de][f g]");
	expect_words("'' \"\"", "[][]");
	expect_words("--where 'entry =~ \"^main\\\\.\"'", "[--where][entry =~ \"^main\\\\.\"]");
	expect_words("\"a\\\"b\\\\c\\d\"", "[a\"b\\c\\d]");
	expect_words("a # b c", "[a]");
	expect_words("a#b '# c'", "[a#b][# c]");
}

static void redirections(void **state)
{
	(void)state;
	expect_output("a b", 2, LINE_STDOUT, NULL);
	expect_output("a > f", 1, LINE_FILE, "f");
	expect_output("a >f # x", 1, LINE_FILE, "f");
	expect_output("a >> 'my file'", 1, LINE_APPEND, "my file");
	expect_output("a | head -3 > x", 1, LINE_PIPE, "head -3 > x");
	expect_output("a|wc -l", 1, LINE_PIPE, "wc -l");
	expect_output("--where 'a > b || c'", 2, LINE_STDOUT, NULL);
	expect_output("--where wait>5m", 2, LINE_STDOUT, NULL);
}

static void bad_lines(void **state)
{
	(void)state;
	expect_bad_line("a 'b", "the closing ' is missing");
	expect_bad_line("a \"b", "the closing \" is missing");
	expect_bad_line("a\\", "backslash");
	expect_bad_line("a >", "needs a file name");
	expect_bad_line("a > | b", "needs a file name");
	expect_bad_line("a |", "needs a shell command");
	expect_bad_line("a || b", "in quotes");
	expect_bad_line("a > b c", "only one file name");
	expect_bad_line("--where wait > 5m", "in quotes");
	expect_bad_line("--where wait >= 5m", "in quotes");
	char many[3 * LINE_MAX_WORDS + 3] = "";
	for (size_t i = 0; i <= LINE_MAX_WORDS; i++)
		memcpy(many + 2 * i, "a ", 3);
	expect_bad_line(many, "words");
}

static void line_ends(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t word, index;
		enum line_output kind;
		char quote;
	} cases[] = {
		{"", 0, 0, LINE_STDOUT, 0},
		{"a", 0, 0, LINE_STDOUT, 0},
		{"a ", 2, 1, LINE_STDOUT, 0},
		{"a b", 2, 1, LINE_STDOUT, 0},
		{"a 'b c", 3, 1, LINE_STDOUT, '\''},
		{"a > f", 4, 1, LINE_FILE, 0},
		{"a > ", 4, 1, LINE_FILE, 0},
		{"a | b", 3, 1, LINE_PIPE, 0},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct line_end end = line_find_end(cases[i].text, strlen(cases[i].text));
		if (end.word != cases[i].word || end.index != cases[i].index ||
			end.kind != cases[i].kind || end.quote != cases[i].quote)
			fail_msg("\"%s\": word %zu index %zu kind %d quote %d", cases[i].text,
				end.word, end.index, (int)end.kind, end.quote);
	}
}

static const char *const group_values[] = {"stack", "status", NULL};
static const struct command_option options[] = {
	{.name = "stacks", .letter = 's'},
	{.name = "limit", .letter = 'n', .argument = "N"},
	{.name = "group", .argument = "BY", .values = group_values},
	{0},
};
static const struct command command = {
	.name = "goroutines",
	.usage = "goroutines [ID]",
	.options = options,
	.max_words = 1,
};
static const struct command plain = {
	.name = "set", .usage = "set NAME VALUE", .min_words = 2, .max_words = 2};

static struct error *parse(struct parsed_arguments *parsed, const struct command *of,
	struct line *line, const char *text)
{
	assert_null(line_init(line, text));
	return arguments_init(parsed, of, line->words, line->word_count);
}

static void parsed_options(void **state)
{
	(void)state;
	struct line line;
	struct parsed_arguments parsed;
	assert_null(parse(&parsed, &command, &line, "--group=stack 18 -n 3 --limit 5"));
	const struct arguments *arguments = &parsed.arguments;
	assert_false(argument_given(arguments, "stacks"));
	assert_string_equal(argument_value(arguments, "limit"), "5");
	assert_string_equal(argument_value(arguments, "group"), "stack");
	assert_int_equal(arguments->word_count, 1);
	assert_string_equal(arguments->words[0], "18");
	arguments_deinit(&parsed);
	line_deinit(&line);

	assert_null(parse(&parsed, &command, &line, "-s"));
	assert_true(argument_given(&parsed.arguments, "stacks"));
	assert_int_equal(parsed.arguments.word_count, 0);
	arguments_deinit(&parsed);
	line_deinit(&line);

	assert_null(parse(&parsed, &plain, &line, "-- a -b"));
	assert_string_equal(parsed.arguments.words[1], "-b");
	arguments_deinit(&parsed);
	line_deinit(&line);
}

static void expect_bad_options(const struct command *of, const char *text, const char *message)
{
	struct line line;
	struct parsed_arguments parsed;
	struct error *err = parse(&parsed, of, &line, text);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_USAGE);
	assert_string_equal(err->message, message);
	error_destroy(err);
	arguments_deinit(&parsed);
	line_deinit(&line);
}

static void bad_options(void **state)
{
	(void)state;
	expect_bad_options(
		&command, "--stack", "goroutines has no option --stack (did you mean --stacks?)");
	expect_bad_options(&command, "--zzzzzz",
		"goroutines has no option --zzzzzz; \"help goroutines\" lists them");
	expect_bad_options(
		&command, "--limit", "goroutines --limit needs a value; usage: goroutines [ID]");
	expect_bad_options(&command, "--group x",
		"goroutines --group cannot be \"x\": use one of stack, status");
	expect_bad_options(
		&command, "1 2", "goroutines: unexpected argument \"2\"; usage: goroutines [ID]");
	expect_bad_options(&plain, "1", "set needs more arguments; usage: set NAME VALUE");
	expect_bad_options(&plain, "1 2 -x", "set has no option -x; \"help set\" lists them");
}

static void numbers(void **state)
{
	(void)state;
	uint64_t number;
	assert_null(argument_number("0x1f", "it", &number));
	assert_int_equal(number, 0x1f);
	assert_null(argument_number("18446744073709551615", "it", &number));
	assert_true(number == UINT64_MAX);
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1x", "0x", "0xg", "18446744073709551616", "1.5"};
	for (size_t i = 0; i < array_length(bad); i++) {
		struct error *err = argument_number(bad[i], "it", &number);
		if (!err)
			fail_msg("accepted \"%s\"", bad[i]);
		error_destroy(err);
	}
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t nanoseconds;
	} good[] = {
		{"0", 0},
		{"500ms", 500000000},
		{"1m30s", 90000000000},
		{"1h", 3600000000000},
		{"2d4h", 187200000000000},
		{"1.5h", 5400000000000},
		{"7us", 7000},
	};
	int64_t duration;
	for (size_t i = 0; i < array_length(good); i++) {
		assert_null(argument_duration(good[i].text, "it", &duration));
		assert_int_equal(duration, good[i].nanoseconds);
	}
	static const char *const bad[] = {"", "-1s", "5x", "s", "1m30", "1 s", "300000d", ".", "30",
		"1.5", "00", ".5s", "99999999999999999999", "1s "};
	for (size_t i = 0; i < array_length(bad); i++) {
		struct error *err = argument_duration(bad[i], "it", &duration);
		if (!err)
			fail_msg("accepted \"%s\"", bad[i]);
		error_destroy(err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(redirections),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(parsed_options),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(numbers),
		cmocka_unit_test(durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
