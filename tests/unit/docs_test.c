/* The man page, the bash completion and the help of commands are complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/cli/options.h"
#include "commands/session/registry.h"
#include "commands/session/settings.h"
#include "tests/unit/capture.h"

/* Reads a file, without roff's escapes; the result is malloc'ed. */
static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s", path);
	char *text = calloc(1, 256 * 1024);
	size_t size = fread(text, 1, 256 * 1024 - 1, file), kept = 0;
	fclose(file);
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\\')
			text[kept++] = text[i];
		else if (text[i + 1] == 'f')
			i += 2; /* skip a font change */
	}
	text[kept] = 0;
	return text;
}

static bool is_word_character(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9');
}

/* True if `text` contains `word` as a whole word. */
static bool contains(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !is_word_character(at[-1])) && !is_word_character(at[length]))
			return true;
	return false;
}

static void man_page_has_all_commands(void **state)
{
	(void)state;
	_cleanup_free_ char *page = read_text(SOURCE_DIRECTORY "/man/gctxdbg.1");
	struct registry *registry;
	assert_null(registry_create(&registry));
	const struct command *const *commands;
	size_t count = registry_list(registry, &commands);
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		if (!contains(page, commands[i]->name))
			fail_msg("man/gctxdbg.1 lacks the command %s", commands[i]->name);
		const struct command_option *option = commands[i]->options;
		for (; option && option->name; option++) {
			char name[64];
			snprintf(name, sizeof(name), "--%s", option->name);
			if (!contains(page, name))
				fail_msg("man/gctxdbg.1 lacks %s of %s", name, commands[i]->name);
		}
	}
	registry_destroy(registry);
}

static void man_page_and_completion_have_all_options(void **state)
{
	(void)state;
	_cleanup_free_ char *page = read_text(SOURCE_DIRECTORY "/man/gctxdbg.1");
	_cleanup_free_ char *completion =
		read_text(SOURCE_DIRECTORY "/commands/cli/completion.bash");
	for (size_t i = 0; options_name(i); i++) {
		char name[64];
		snprintf(name, sizeof(name), "--%s", options_name(i));
		if (!contains(page, name))
			fail_msg("man/gctxdbg.1 lacks %s", name);
		if (!contains(completion, name))
			fail_msg("commands/cli/completion.bash lacks %s", name);
	}
}

static void man_page_has_all_settings(void **state)
{
	(void)state;
	_cleanup_free_ char *page = read_text(SOURCE_DIRECTORY "/man/gctxdbg.1");
	for (size_t i = 0; setting_at(i); i++)
		if (!contains(page, setting_name(setting_at(i))))
			fail_msg("man/gctxdbg.1 lacks the setting %s", setting_name(setting_at(i)));
}

/* Every command has a summary, usage and example in the right form. */
static void commands_explain_themselves(void **state)
{
	(void)state;
	struct registry *registry;
	assert_null(registry_create(&registry));
	const struct command *const *commands;
	size_t count = registry_list(registry, &commands);
	for (size_t i = 0; i < count; i++) {
		const struct command *command = commands[i];
		if (!command->summary || !command->example || !command->usage)
			fail_msg("%s: summary, usage or example is missing", command->name);
		size_t length = strlen(command->summary);
		if (!length || length > 100 || command->summary[length - 1] == '.' ||
			command->summary[0] < 'A' || command->summary[0] > 'Z')
			fail_msg("%s: summary \"%s\"", command->name, command->summary);
		if (strncmp(command->usage, command->name, strlen(command->name)) != 0)
			fail_msg("%s: usage \"%s\"", command->name, command->usage);
		if (!strstr(command->example, command->name))
			fail_msg("%s: example \"%s\"", command->name, command->example);
		for (size_t j = 0; command->options && command->options[j].name; j++)
			if (!command->options[j].help)
				fail_msg("%s --%s has no help", command->name,
					command->options[j].name);
	}
	registry_destroy(registry);
}

static void help_names_options(void **state)
{
	(void)state;
	struct capture capture;
	capture_init(&capture);
	options_print_help(capture.output.stream);
	for (size_t i = 0; options_name(i); i++) {
		char name[64];
		snprintf(name, sizeof(name), "--%s", options_name(i));
		assert_true(contains(capture_text(&capture), name));
	}
	capture_deinit(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(man_page_has_all_commands),
		cmocka_unit_test(man_page_and_completion_have_all_options),
		cmocka_unit_test(man_page_has_all_settings),
		cmocka_unit_test(commands_explain_themselves),
		cmocka_unit_test(help_names_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
