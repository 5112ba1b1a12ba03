/* The basics that know nothing of programs: binary search, durations, paths, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/base/bisect.h"
#include "dwarf/base/duration.h"
#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"
#include "dwarf/base/proc_path.h"

/* The number of `items`, which are sorted, that are at most `value`: counted one by one. */
static size_t count_up_to(const uint32_t *items, size_t count, uint32_t value)
{
	size_t found = 0;
	while (found < count && items[found] <= value)
		found++;
	return found;
}

static void bisect_finds_the_boundary(void **unused)
{
	(void)unused;
	static const uint32_t items[] = {2, 3, 3, 3, 7, 8, 20, UINT32_MAX};
	static const uint32_t values[] = {0, 1, 2, 3, 4, 7, 8, 19, 20, 21, UINT32_MAX};
	for (uint32_t count = 0; count <= array_length(items); count++) {
		for (size_t i = 0; i < array_length(values); i++) {
			size_t next = bisect(at, count, items[at] > values[i]);
			assert_int_equal(next, count_up_to(items, count, values[i]));
		}
	}
}

static void bisect_evaluates_its_condition_rarely(void **unused)
{
	(void)unused;
	size_t evaluated = 0;
	size_t found = bisect(i, UINT32_MAX, (evaluated++, i >= 123456789));
	assert_int_equal(found, 123456789);
	assert_in_range(evaluated, 1, 32);
	evaluated = 0;
	assert_int_equal(bisect(i, 0, (evaluated++, i > 0)), 0);
	assert_int_equal(evaluated, 0);
	/* Indexes near the top of size_t must not overflow. */
	assert_true(bisect(i, SIZE_MAX, i >= SIZE_MAX - 1) == SIZE_MAX - 1);
	assert_true(bisect(i, SIZE_MAX, false) == SIZE_MAX);
}

static void expect_unit(const char *text, size_t available, int64_t nanoseconds, size_t length)
{
	size_t found = 99;
	assert_int_equal(duration_unit(text, available, &found), nanoseconds);
	assert_int_equal(found, length);
}

static void duration_units_are_those_of_go(void **unused)
{
	(void)unused;
	expect_unit("ns", 2, 1, 2);
	expect_unit("us", 2, 1000, 2);
	expect_unit("\xc2\xb5s", 3, 1000, 3);
	expect_unit("\xce\xbcs", 3, 1000, 3);
	expect_unit("ms", 2, 1000000, 2);
	expect_unit("s", 1, 1000000000, 1);
	expect_unit("m", 1, 60000000000, 1);
	expect_unit("h", 1, 3600000000000, 1);
	expect_unit("d", 1, 86400000000000, 1);
}

static void duration_unit_takes_the_longest_and_reads_no_further(void **unused)
{
	(void)unused;
	expect_unit("ms30", 4, 1000000, 2);
	expect_unit("m30s", 4, 60000000000, 1);
	expect_unit("ms", 1, 60000000000, 1);
	expect_unit("ns", 1, 0, 0);
	expect_unit("\xc2\xb5s", 2, 0, 0);
	expect_unit("h", 0, 0, 0);
	expect_unit("x", 1, 0, 0);
	expect_unit("S", 1, 0, 0);
}

static void proc_paths(void **unused)
{
	(void)unused;
	assert_string_equal(proc_path(1, "maps").text, "/proc/1/maps");
	assert_string_equal(proc_path(42, "ns/pid").text, "/proc/42/ns/pid");
	assert_string_equal(proc_path(42, "").text, "/proc/42");
	assert_string_equal(
		proc_path(INT32_MAX, "timerslack_ns").text, "/proc/2147483647/timerslack_ns");
	/* A name that is too long is cut, within the array. */
	struct proc_path path =
		proc_path(7, "a/name/that/is/longer/than/any/file/in/proc/has/so/far");
	assert_true(memchr(path.text, 0, sizeof(path.text)));
}

static void error_stop_is_static(void **unused)
{
	(void)unused;
	assert_non_null(error_stop);
	struct error *err = error_wrap(error_stop, "reading %s", "x");
	assert_ptr_equal(err, error_stop);
	assert_string_equal(err->message, "stopped");
	error_destroy(err);
	error_destroy(error_stop);
	assert_string_equal(error_stop->message, "stopped");
}

static void unreadable_data_is_ignored(void **unused)
{
	(void)unused;
	static const enum error_code ignored[] = {
		ERROR_FAULT, ERROR_BAD_DATA, ERROR_NOT_FOUND, ERROR_USAGE};
	for (size_t i = 0; i < array_length(ignored); i++)
		assert_null(error_ignore_unreadable(error_create(ignored[i], "unreadable")));
	assert_null(error_ignore_unreadable(NULL));
}

static void what_ends_a_command_is_not_ignored(void **unused)
{
	(void)unused;
	static const enum error_code kept[] = {
		ERROR_OTHER, ERROR_SYSTEM, ERROR_GONE, ERROR_CANCELLED, ERROR_FINDINGS};
	for (size_t i = 0; i < array_length(kept); i++) {
		struct error *err = error_create(kept[i], "ended"), *kept_error = err;
		assert_int_equal(
			error_is_final(err), kept[i] == ERROR_GONE || kept[i] == ERROR_CANCELLED);
		kept_error = error_ignore_unreadable(kept_error);
		assert_ptr_equal(kept_error, err);
		assert_int_equal(kept_error->code, kept[i]);
		error_destroy(kept_error);
	}
	assert_true(error_is_final(error_no_memory()));
	assert_false(error_is_final(NULL));
	assert_ptr_equal(error_ignore_unreadable(error_no_memory()), error_no_memory());
}

static void only_faults_and_bad_data_are_faults(void **unused)
{
	(void)unused;
	for (int code = ERROR_OTHER; code <= ERROR_FINDINGS; code++) {
		struct error *err = error_create((enum error_code)code, "failed");
		bool ignored = code == ERROR_FAULT || code == ERROR_BAD_DATA;
		struct error *left = error_ignore_fault(err);
		assert_ptr_equal(left, ignored ? NULL : err);
		error_destroy(left);
	}
	assert_null(error_ignore_fault(NULL));
	assert_ptr_equal(error_ignore_fault(error_no_memory()), error_no_memory());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bisect_finds_the_boundary),
		cmocka_unit_test(bisect_evaluates_its_condition_rarely),
		cmocka_unit_test(duration_units_are_those_of_go),
		cmocka_unit_test(duration_unit_takes_the_longest_and_reads_no_further),
		cmocka_unit_test(proc_paths),
		cmocka_unit_test(error_stop_is_static),
		cmocka_unit_test(unreadable_data_is_ignored),
		cmocka_unit_test(only_faults_and_bad_data_are_faults),
		cmocka_unit_test(what_ends_a_command_is_not_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
