/* Plug-ins: loads, runs and rejects the shared objects of tests/plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "commands/session/plugin.h"
#include "tests/unit/session_fixture.h"

#define PLUGINS BUILD_DIRECTORY "/plugins"

static int set_up(void **state)
{
	return session_fixture_set_up(state, NULL, 0);
}

static bool has_command(struct session *session, const char *name)
{
	const struct command *const *commands;
	size_t count = registry_list(session->registry, &commands);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(commands[i]->name, name))
			return true;
	return false;
}

static void expect_refusal(struct session *session, const char *path, const char *part)
{
	struct error *err = plugin_load(session, path);
	assert_non_null(err);
	if (!strstr(err->message, part) || !strstr(err->message, strrchr(path, '/')))
		fail_msg("%s", err->message);
	error_destroy(err);
}

static void loads(void **state)
{
	session_fixture_expect(*state, "plugin load " PLUGINS "/hello.so", "");
	session_fixture_expect(*state, "hello", "hello, gopher\n");
	session_fixture_expect(*state, "hi --json you", "{\"version\":1,\"hello\":\"you\"}\n");
	session_fixture_expect(*state, "help hello | head -1", "Usage: hello [NAME] [--json]\n");
	session_fixture_expect(*state, "plugin list --json",
		"{\"version\":1,\"plugins\":[{\"name\":\"hello\",\"file\":\"" PLUGINS
		"/hello.so\",\"commands\":[\"hello\"]}]}\n");
	expect_refusal(*state, PLUGINS "/hello.so", "already loaded");
	session_fixture_expect(*state, "hello", "hello, gopher\n");
}

static void refuses_other_abi(void **state)
{
	char part[64];
	snprintf(part, sizeof(part), "built for plug-in ABI %u, but this gctxdbg has %u",
		(unsigned)PLUGIN_ABI + 1, (unsigned)PLUGIN_ABI);
	expect_refusal(*state, PLUGINS "/wrong_abi.so", part);
}

static void refuses_taken_names(void **state)
{
	expect_refusal(*state, PLUGINS "/taken_name.so", "\"quit\" is taken");
	assert_false(has_command(*state, "fresh"));
	assert_true(has_command(*state, "quit"));
}

static void refuses_other_files(void **state)
{
	expect_refusal(*state, "/nonexistent/x.so", "No such file");
	expect_refusal(*state, "/etc/passwd", "cannot load the plug-in");
	expect_refusal(*state, "/tmp", "not a regular file");
}

static void refuses_writable_files(void **state)
{
	const char *path = "/tmp/gctxdbg-plugin-test.so";
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	chmod(path, 0666);
	expect_refusal(*state, path, "world-writable");
	unlink(path);
}

static void loads_directories(void **state)
{
	struct error *err = plugin_load_directory(*state, "/nonexistent");
	assert_non_null(err);
	assert_non_null(strstr(err->message, "/nonexistent"));
	error_destroy(err);

	char directory[] = "/tmp/gctxdbg-plugins-XXXXXX", link_path[64];
	assert_non_null(mkdtemp(directory));
	snprintf(link_path, sizeof(link_path), "%s/hello.so", directory);
	assert_int_equal(symlink(PLUGINS "/hello.so", link_path), 0);
	assert_null(plugin_load_directory(*state, directory));
	assert_true(has_command(*state, "hello"));
	unlink(link_path);
	rmdir(directory);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, session_fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(loads),
		TEST(refuses_other_abi),
		TEST(refuses_taken_names),
		TEST(refuses_other_files),
		TEST(refuses_writable_files),
		TEST(loads_directories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
