/* JSON: the output is one valid document, whatever strings come from the target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <yajl/yajl_parse.h>

#include "commands/render/json.h"
#include "tests/unit/capture.h"
#include "tests/unit/error_asserts.h"

/* yajl's parser also checks UTF-8. */
static void assert_valid(const char *text)
{
	yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
	const unsigned char *bytes = (const unsigned char *)text;
	bool good = yajl_parse(parser, bytes, strlen(text)) == yajl_status_ok &&
		    yajl_complete_parse(parser) == yajl_status_ok;
	yajl_free(parser);
	if (!good)
		fail_msg("not valid: %s", text);
}

static void documents(void **state)
{
	(void)state;
	struct capture capture;
	capture_init(&capture);
	struct json *json = json_create(&capture.output);
	json_string(json, "go", "go1.26.4");
	json_array(json, "list");
	json_object(json, NULL);
	json_int(json, "int", -5);
	json_uint(json, "uint", UINT64_MAX);
	json_bool(json, "yes", true);
	json_null(json, "nothing");
	json_string(json, "absent", NULL);
	json_end(json);
	json_string(json, NULL, "x");
	json_address(json, NULL, 0xc000123450);
	json_address(json, NULL, 0);
	json_finish(json); /* closes the open array */
	assert_string_equal(capture_text(&capture),
		"{\"version\":1,\"go\":\"go1.26.4\",\"list\":["
		"{\"int\":-5,\"uint\":18446744073709551615,"
		"\"yes\":true,\"nothing\":null,\"absent\":null},\"x\",\"0xc000123450\",null]}\n");
	assert_valid(capture_text(&capture));
	capture_deinit(&capture);
}

/* An error in the middle of a list: the document is valid, and says that it is incomplete. */
static void problem(void **state)
{
	(void)state;
	struct capture capture;
	struct error *err = error_create(ERROR_CANCELLED, "interrupted");
	capture_init(&capture);
	struct json *json = json_create(&capture.output);
	json_array(json, "list");
	json_object(json, NULL);
	json_array(json, "inner");
	json_int(json, NULL, 1);
	json_problem(json, NULL);
	json_int(json, NULL, 2);
	json_problem(json, err);
	assert_null(json_finish(json));
	assert_string_equal(capture_text(&capture),
		"{\"version\":1,\"list\":[{\"inner\":[1,2]}],\"problem\":\"interrupted\"}\n");
	capture_deinit(&capture);
	error_destroy(err);
}

/* Without memory json_create() returns NULL: nothing is written, and json_finish() fails. */
static void no_writer(void **state)
{
	(void)state;
	json_array(NULL, "list");
	json_int(NULL, NULL, 1);
	json_address(NULL, NULL, 1);
	json_end(NULL);
	assert_failure(json_finish(NULL), ERROR_NO_MEMORY, "");
}

static void numbers(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{312.4, "312.4"},
		{0.0004, "0"},
		{-0.0001, "0"},
		{100, "100"},
		{0.125, "0.125"},
		{1e300, "null"},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct capture capture;
		capture_init(&capture);
		struct json *json = json_create(&capture.output);
		json_double(json, "x", cases[i].value);
		json_double(json, "y", NAN);
		json_finish(json);
		char expected[96];
		snprintf(expected, sizeof(expected), "{\"version\":1,\"x\":%s,\"y\":null}\n",
			cases[i].text);
		assert_string_equal(capture_text(&capture), expected);
		capture_deinit(&capture);
	}
}

static void strings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t size;
		const char *written;
	} cases[] = {
		{"grün\t\"\\/", 9, "grün\\t\\\"\\\\/"},
		{"a\0b", 3, "a\\u0000b"},
		{"\xff\xfe", 2, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"a\xc3", 2, "a\xef\xbf\xbd"},
		{"\xed\xa0\x80z", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"},
		{"", 0, ""},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct capture capture;
		capture_init(&capture);
		struct json *json = json_create(&capture.output);
		json_string_n(json, "s", cases[i].text, cases[i].size);
		json_finish(json);
		char expected[96];
		snprintf(expected, sizeof(expected), "{\"version\":1,\"s\":\"%s\"}\n",
			cases[i].written);
		assert_string_equal(capture_text(&capture), expected);
		assert_valid(capture_text(&capture));
		capture_deinit(&capture);
	}
}

static void random_strings(void **state)
{
	(void)state;
	uint64_t seed = 1;
	struct capture capture;
	capture_init(&capture);
	struct json *json = json_create(&capture.output);
	json_array(json, "strings");
	for (int i = 0; i < 5000; i++) {
		char text[40];
		for (size_t j = 0; j < sizeof(text); j++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[j] = (char)(seed >> 56);
		}
		json_string_n(json, NULL, text, sizeof(text));
	}
	json_finish(json);
	assert_valid(capture_text(&capture));
	capture_deinit(&capture);
}

static void deep_nesting(void **state)
{
	(void)state;
	struct capture capture;
	capture_init(&capture);
	struct json *json = json_create(&capture.output);
	for (int i = 0; i < 500; i++) {
		json_object(json, "deeper");
		json_int(json, "level", i);
	}
	for (int i = 0; i < 500; i++) {
		json_end(json);
		json_int(json, "after", i);
	}
	json_finish(json);
	assert_valid(capture_text(&capture));
	capture_deinit(&capture);
}

static void closed_output(void **state)
{
	(void)state;
	struct output output = {.stream = fopen("/dev/full", "w")};
	assert_non_null(output.stream);
	struct json *json = json_create(&output);
	json_array(json, "numbers");
	for (int i = 0; i < 100000; i++)
		json_int(json, NULL, i);
	json_finish(json);
	assert_true(output_failed(&output));
	fclose(output.stream);
	json_int(NULL, "x", 1); /* a NULL writer is accepted */
	json_finish(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(problem),
		cmocka_unit_test(no_writer),
		cmocka_unit_test(numbers),
		cmocka_unit_test(strings),
		cmocka_unit_test(random_strings),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(closed_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
