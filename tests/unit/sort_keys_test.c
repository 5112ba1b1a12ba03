/* The radix sort orders by value, and keeps the order of equal values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/base/memory.h"
#include "dwarf/base/sort_keys.h"

enum { COUNT = 3000 };

static void check(uint64_t (*value_of)(uint64_t random))
{
	static struct sort_key keys[COUNT];
	uint64_t values[COUNT], random = 1;
	for (uint32_t i = 0; i < COUNT; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		values[i] = value_of(random);
		keys[i] = (struct sort_key){values[i], i};
	}
	assert_true(sort_keys(keys, COUNT));
	bool seen[COUNT] = {false};
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(keys[i].value, values[keys[i].number]);
		assert_false(seen[keys[i].number]);
		seen[keys[i].number] = true;
		if (!i)
			continue;
		assert_true(keys[i - 1].value <= keys[i].value);
		assert_true(
			keys[i - 1].value < keys[i].value || keys[i - 1].number < keys[i].number);
	}
}

static uint64_t any(uint64_t random)
{
	return random;
}

static uint64_t few(uint64_t random)
{
	return random >> 60;
}

static uint64_t address(uint64_t random)
{
	return UINT64_C(0xc000000000) + (random >> 40 & ~UINT64_C(2047));
}

static uint64_t extreme(uint64_t random)
{
	return random >> 63 ? UINT64_MAX : 0;
}

static void sorts_any_values(void **state)
{
	(void)state;
	check(any);
	check(few);
	check(address);
	check(extreme);
}

static void sorts_few_items(void **state)
{
	(void)state;
	struct sort_key keys[] = {{300, 0}, {2, 1}};
	assert_true(sort_keys(keys, 0));
	assert_true(sort_keys(keys, 1));
	assert_int_equal(keys[0].value, 300);
	assert_true(sort_keys(keys, 2));
	assert_int_equal(keys[0].value, 2);
	assert_int_equal(keys[1].value, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_any_values),
		cmocka_unit_test(sorts_few_items),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
