/* The guardian: its log of changed bytes, up to the limit and in any order, and its limits on file
 * descriptors. inject_test.c and the end-to-end tests check that it undoes the changes. */
#include "dbg/target/guardian/guardian.h"
#include "dwarf/base/clock.h"
#include "tests/unit/live_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>

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

/* The i-th index of a permutation. */
static size_t shuffled(size_t i)
{
	return (i * 7919 + 13) % MOST;
}

static void test_log_up_to_its_limit(void **state)
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
		/* Freed entries are reused. */
		for (size_t i = 0; i < MOST; i += 3)
			undo_log_forget_bytes(log, address_of(i));
		for (size_t i = 0; i < MOST; i += 3)
			note(log, i);
		assert_full(log);
		for (size_t i = 0; i < MOST; i++) {
			size_t which = round == 0 ? i : round == 1 ? MOST - 1 - i : shuffled(i);
			undo_log_forget_bytes(log, address_of(which));
		}
		undo_log_forget_bytes(log, address_of(5)); /* not in the log: ignored */
	}
	/* There is nothing to undo: it exits immediately. */
	pid_t process = guardian_pid(guardian);
	guardian_destroy(guardian);
	assert_int_equal(state_of(process), '-');
	assert_running(shared);
	fixture_end(pid);
	shared_destroy(shared);
}

/* ---- Few descriptors ---- */

static volatile uint8_t victim = 'a'; /* at the same address in the target */

enum { REFUSED = 3, CHANGED = 4 };

/*
 * A debugger that may open `limit` descriptors: changes a byte of the target and exits without
 * undoing it. Exit status: CHANGED, or REFUSED if the guardian could not be created; any other
 * value is an unexpected failure.
 */
static int change_and_die(pid_t target, rlim_t limit)
{
	int memory = proc_open_memory(target, O_RDWR);
	const struct rlimit few = {limit, limit};
	struct guardian *guardian;
	if (memory < 0 || setrlimit(RLIMIT_NOFILE, &few) != 0)
		return 1;
	struct error *err = guardian_create(target, &guardian);
	if (err)
		return strstr(err->message, "cannot protect process") ? REFUSED : 1;
	uint64_t address = (uint64_t)(uintptr_t)&victim;
	if (undo_log_note_bytes(guardian_log(guardian), address, "a", "b", 1) ||
		pwrite(memory, "b", 1, (off_t)address) != 1)
		return 1;
	return CHANGED;
}

static char victim_in(pid_t target)
{
	char byte = 0;
	int memory = proc_open_memory(target, O_RDONLY);
	assert_int_equal(pread(memory, &byte, 1, (off_t)(uintptr_t)&victim), 1);
	close(memory);
	return byte;
}

static void test_few_descriptors(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t target = fixture_start(counting_body, shared);
	int seen = 0;
	for (rlim_t limit = 4; limit <= 64; limit += limit < 20 ? 1 : 11) {
		int status;
		pid_t debugger = fork();
		assert_true(debugger >= 0);
		if (debugger == 0)
			_exit(change_and_die(target, limit));
		assert_int_equal(waitpid(debugger, &status, 0), debugger);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == CHANGED || WEXITSTATUS(status) == REFUSED);
		seen |= 1 << WEXITSTATUS(status);
		wait_until(victim_in(target) == 'a');
		wait_until(tracer_of(target) == 0);
	}
	assert_int_equal(seen, 1 << CHANGED | 1 << REFUSED);
	assert_running(shared);
	fixture_end(target);
	shared_destroy(shared);
}

/* ---- A guardian that does not start ---- */

static struct shared *stalled; /* NULL: a forked child is not stalled */

static void stall_child(void)
{
	if (!stalled)
		return;
	stalled->child = getpid();
	for (;;)
		pause();
}

/* The tracer thread waits for the guardian while the target is stopped: not forever. */
static void test_guardian_that_hangs(void **state)
{
	(void)state;
	struct shared *shared = shared_create();
	pid_t target = fixture_start(counting_body, shared);
	assert_int_equal(pthread_atfork(NULL, NULL, stall_child), 0);
	stalled = shared;
	struct guardian *guardian;
	int64_t began = monotonic_now();
	struct error *err = guardian_create(target, &guardian);
	int64_t waited = monotonic_now() - began;
	stalled = NULL;
	assert_failure(err, ERROR_OTHER, "the guardian process was not ready in time");
	assert_in_range(waited, INT64_C(4900000000), INT64_C(60000000000));
	assert_true(shared->child > 0);
	assert_int_equal(state_of(shared->child), '-');
	fixture_end(target);
	shared_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_up_to_its_limit),
		cmocka_unit_test(test_few_descriptors),
		cmocka_unit_test(test_guardian_that_hangs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
