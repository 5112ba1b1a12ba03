/* The guardian's notes of bytes: as many as there may be, forgotten in any order. What it does with
 * them is in inject_test.c and the end-to-end tests. */
#include "dbg/target/guardian/guardian.h"
#include "tests/unit/live_fixture.h"

enum { MOST = UNDO_MAX_BYTES_NOTES };

static uint64_t address_of(size_t i)
{
	return 0x400000 + 16 * i;
}

static void note(struct undo_log *log, size_t i)
{
	assert_success(undo_log_note_bytes(log, address_of(i), "a", "b", 1));
}

static void assert_full(struct undo_log *log)
{
	assert_failure(undo_log_note_bytes(log, 0x1000, "a", "b", 1), ERROR_OTHER, "too many");
}

/* The i-th of all in an order that repeats none. */
static size_t shuffled(size_t i)
{
	return (i * 7919 + 13) % MOST;
}

static void test_as_many_as_there_may_be(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t pid = fixture_start(counting_body, shared);
	struct guardian *guardian;
	assert_success(guardian_create(pid, &guardian));
	struct undo_log *log = guardian_log(guardian);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < MOST; i++)
			note(log, i);
		assert_full(log);
		/* Room that has become free in between is used. */
		for (size_t i = 0; i < MOST; i += 3)
			undo_log_forget_bytes(log, address_of(i));
		for (size_t i = 0; i < MOST; i += 3)
			note(log, i);
		assert_full(log);
		for (size_t i = 0; i < MOST; i++) {
			size_t which = round == 0 ? i : round == 1 ? MOST - 1 - i : shuffled(i);
			undo_log_forget_bytes(log, address_of(which));
		}
		undo_log_forget_bytes(log, address_of(5)); /* not noted: no harm */
	}
	/* Nothing is left to be undone: it ends at once. */
	pid_t process = guardian_pid(guardian);
	guardian_destroy(guardian);
	assert_int_equal(state_of(process), '-');
	assert_runs(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_as_there_may_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
