/* A hash table when any of its allocations fails: the element is marked and not inserted, earlier
 * elements stay, and more can be added once memory is available again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/base/memory.h"

static long left; /* allocations that succeed */

static void *allocate(size_t size)
{
	return left-- > 0 ? malloc(size) : NULL;
}

#define uthash_malloc(size) allocate(size)
#include "dwarf/base/hash.h"

enum { COUNT = 5000 }; /* makes the table grow several times */

struct element {
	int key;
	bool lost;
	UT_hash_handle hh;
};

static bool add(struct element **table, struct element *elements, int key)
{
	struct element *element = &elements[key];
	*element = (struct element){.key = key};
	HASH_ADD_INT(*table, key, element);
	return !element->lost;
}

static bool is_in(struct element *table, int key)
{
	struct element *found;
	HASH_FIND_INT(table, &key, found);
	return found && found->key == key;
}

/* Adds all elements, and retries those that fail; returns the number of failures. */
static unsigned fill(struct element **table, struct element *elements)
{
	unsigned failed = 0;
	for (int key = 0; key < COUNT; key++) {
		while (!add(table, elements, key)) {
			assert_false(is_in(*table, key));
			assert_int_equal(HASH_COUNT(*table), key);
			assert_true(++failed < 100);
			left = 2; /* the first element needs two */
		}
	}
	return failed;
}

static void survives_without_memory(void **state)
{
	(void)state;
	_cleanup_free_ struct element *elements = calloc(COUNT, sizeof(*elements));
	assert_non_null(elements);
	for (long allowed = 0;; allowed++) {
		struct element *table = NULL;
		left = allowed;
		unsigned failed = fill(&table, elements);
		assert_int_equal(HASH_COUNT(table), COUNT);
		for (int key = 0; key < COUNT; key++)
			assert_true(is_in(table, key));
		HASH_CLEAR(hh, table);
		if (!failed) {
			assert_true(allowed > 4);
			return;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
