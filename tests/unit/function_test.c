/* Names and kinds of functions, and the frame that summarises a stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dbg/go/stacks/function.h"
#include "dbg/go/stacks/stack.h"

static void short_names(void **state)
{
	(void)state;
	static const struct {
		const char *name, *expected;
	} cases[] = {
		{"github.com/prometheus/prometheus/discovery.(*Manager).Run",
			"discovery.(*Manager).Run"},
		{"main.main", "main.main"},
		{"gopkg.in/yaml%2ev3.Unmarshal", "yaml%2ev3.Unmarshal"},
		{"example.com/x/yaml/v3.Unmarshal", "yaml/v3.Unmarshal"},
		{"example.com/x/v.F", "v.F"},
		{"example.com/x/v8engine.F", "v8engine.F"},
		{"slices.Sort[go.shape.[]example.com/a/b.T]",
			"slices.Sort[go.shape.[]example.com/a/b.T]"},
		{"", ""},
	};
	for (size_t i = 0; i < array_length(cases); i++)
		assert_string_equal(function_short_name(cases[i].name), cases[i].expected);
}

static void kinds(void **state)
{
	(void)state;
	static const struct {
		const char *name, *module;
		enum function_kind kind;
	} cases[] = {
		{"main.main", NULL, FUNCTION_OWN},
		{"main.(*T).f", "example.com/x", FUNCTION_OWN},
		{"example.com/x/y.F", "example.com/x", FUNCTION_OWN},
		{"example.com/x.F", "example.com/x", FUNCTION_OWN},
		{"example.com/xy.F", "example.com/x", FUNCTION_PROGRAM},
		{"example.com/x/y.F", NULL, FUNCTION_PROGRAM},
		{"leaky/feed.F", "leaky", FUNCTION_OWN},
		{"leaky/feed.F", NULL, FUNCTION_OTHER},
		{"net/http.Serve", "example.com/x", FUNCTION_OTHER},
		{"net.Dial", "example.com/x", FUNCTION_LOW},
		{"runtime.gopark", "runtime", FUNCTION_INTERNAL},
	};
	for (size_t i = 0; i < array_length(cases); i++)
		assert_int_equal(function_kind(cases[i].name, cases[i].module), cases[i].kind);
}

/* `names`: the functions of a stack, innermost first, NULL-terminated. */
static void expect_summary(const char *const *names, const char *expected)
{
	struct frame frames[8] = {0};
	struct stack stack = {.frames = frames};
	for (; names[stack.count]; stack.count++) {
		frames[stack.count].function = names[stack.count];
		frames[stack.count].kind = function_kind(names[stack.count], NULL);
		frames[stack.count].wrapper = function_is_generated(names[stack.count], NULL);
	}
	assert_string_equal(stack_summary_frame(&stack)->function, expected);
}

static void summaries(void **state)
{
	(void)state;
	expect_summary((const char *const[]){"runtime.gopark", "runtime.chanrecv", "main.work",
			       "main.main.gowrap1", "runtime.goexit", NULL},
		"main.work");
	expect_summary(
		(const char *const[]){"runtime.gopark", "runtime.goparkunlock", "runtime.bgsweep",
			"runtime.gcenable.gowrap1", "runtime.goexit", NULL},
		"runtime.bgsweep");
	expect_summary((const char *const[]){"main.main.gowrap1", "runtime.goexit", NULL},
		"main.main.gowrap1");
	expect_summary((const char *const[]){"runtime.gopark", "runtime.GC", "main.main.gowrap1",
			       "runtime.goexit", NULL},
		"runtime.GC");
	expect_summary((const char *const[]){"runtime.goexit", NULL}, "runtime.goexit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names),
		cmocka_unit_test(kinds),
		cmocka_unit_test(summaries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
