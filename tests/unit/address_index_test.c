/* Searches among sorted addresses find what a linear search finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dbg/go/contexts/address_index.h"

static size_t find_simply(const struct address_index *index, uint64_t address)
{
	size_t i = 0;
	while (i < index->count && index->items[i] < address)
		i++;
	return i;
}

/* Every address has a neighbor above that is missing, and some are there more than once. */
static void finds_the_first_that_is_not_below(void **state)
{
	(void)state;
	enum { COUNT = 300 };
	struct address_index index = {0};
	assert_int_equal(address_index_find(&index, 0), 0);
	for (size_t count = 1; count <= COUNT; count++) {
		uint64_t last = count / 3 * 16;
		assert_true(address_index_append(&index, last));
		for (uint64_t address = 0; address <= last + 16; address += 8)
			assert_int_equal(
				address_index_find(&index, address), find_simply(&index, address));
		assert_int_equal(address_index_find(&index, UINT64_MAX), count);
	}
	address_index_deinit(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_that_is_not_below),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
