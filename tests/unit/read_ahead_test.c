/* Background reads return the same as direct ones, in order, with the same errors and holes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "dbg/target/read_ahead.h"

enum { SIZE = 4096, HOLE = 1 << 20 };

/* Memory is a pure function of the address; from HOLE on it is unreadable. */
static uint64_t word_at(uint64_t address)
{
	return address * UINT64_C(0x9e3779b97f4a7c15);
}

struct fake {
	struct target target;
	_Atomic unsigned delay_us;
	_Atomic bool gone;
	_Atomic unsigned reads;
};

static struct error *fake_read(struct target *target, struct memory_run *runs, size_t count)
{
	struct fake *fake = (struct fake *)target;
	usleep(fake->delay_us);
	fake->reads++;
	if (fake->gone)
		return error_create(ERROR_GONE, "it has exited");
	for (size_t i = 0; i < count; i++) {
		uint64_t *words = runs[i].buffer;
		for (runs[i].done = 0;
			runs[i].done < runs[i].size && runs[i].address + runs[i].done < HOLE;
			runs[i].done += 8)
			words[runs[i].done / 8] = word_at(runs[i].address + runs[i].done);
	}
	return NULL;
}

static void walk(const struct target_ops *ops)
{
	struct fake fake = {.target = {.ops = ops}};
	struct read_ahead *ahead;
	static uint64_t buffers[2][SIZE / 8];
	struct memory_run runs[2] = {{.size = SIZE, .buffer = buffers[0]},
		{.address = SIZE, .size = SIZE, .buffer = buffers[1]}};
	assert_null(read_ahead_create(&fake.target, &ahead));
	assert_null(read_ahead_finish(ahead)); /* no read is in progress */
	read_ahead_start(ahead, &runs[0], 1);
	for (uint64_t at = 0; at < HOLE + SIZE; at += SIZE) {
		unsigned i = at / SIZE % 2;
		assert_null(read_ahead_finish(ahead));
		assert_int_equal(runs[i].done, at < HOLE ? SIZE : 0);
		runs[i ^ 1].address = at + SIZE;
		read_ahead_start(ahead, &runs[i ^ 1], 1);
		for (size_t j = 0; j < runs[i].done / 8; j++)
			assert_int_equal(buffers[i][j], word_at(at + 8 * j));
	}
	read_ahead_destroy(ahead);
	assert_int_equal(fake.reads, HOLE / SIZE + 2);
}

static void returns_the_same_as_direct_reads(void **state)
{
	(void)state;
	static const struct target_ops ops = {.kind = "fake", .read = fake_read};
	walk(&ops);
}

static void passes_errors_on(void **state)
{
	(void)state;
	static const struct target_ops ops = {.kind = "fake", .read = fake_read};
	struct fake fake = {.target = {.ops = &ops}, .gone = true};
	uint64_t word;
	struct memory_run run = {.size = 8, .buffer = &word};
	struct read_ahead *ahead;
	assert_null(read_ahead_create(&fake.target, &ahead));
	read_ahead_start(ahead, &run, 1);
	struct error *err = read_ahead_finish(ahead);
	assert_int_equal(err->code, ERROR_GONE);
	error_destroy(err);
	fake.gone = false;
	read_ahead_start(ahead, &run, 1);
	assert_null(read_ahead_finish(ahead));
	assert_int_equal(word, word_at(0));
	read_ahead_destroy(ahead);
}

/* Large runs are read by two threads in parts; a run ends where its first unreadable byte is. */
static void splits_large_runs(void **state)
{
	(void)state;
	enum { LARGE = 4 << 20, COUNT = 3 };
	static const struct target_ops ops = {.kind = "fake", .read = fake_read};
	static uint64_t buffers[COUNT][LARGE / 8];
	for (unsigned delay_us = 0; delay_us < 400; delay_us += 100) {
		struct fake fake = {.target = {.ops = &ops}, .delay_us = delay_us};
		struct memory_run runs[COUNT] = {
			{.address = 8, .size = HOLE - 8, .buffer = buffers[0]},
			{.address = HOLE / 2, .size = LARGE, .buffer = buffers[1]},
			{.address = 64, .size = 0, .buffer = buffers[2]}};
		const size_t done[COUNT] = {HOLE - 8, HOLE / 2, 0};
		struct read_ahead *ahead;
		memset(buffers, 0, sizeof(buffers));
		assert_null(read_ahead_create(&fake.target, &ahead));
		read_ahead_start(ahead, runs, COUNT);
		assert_null(read_ahead_finish(ahead));
		for (size_t i = 0; i < COUNT; i++) {
			assert_int_equal(runs[i].done, done[i]);
			for (size_t j = 0; j < done[i] / 8; j++)
				assert_int_equal(buffers[i][j], word_at(runs[i].address + 8 * j));
		}
		read_ahead_destroy(ahead);
	}
}

/* Destroying waits for the read in progress, because its buffer is freed next. */
static void is_destroyed_during_a_read(void **state)
{
	(void)state;
	static const struct target_ops ops = {.kind = "fake", .read = fake_read};
	for (unsigned delay_us = 0; delay_us < 2000; delay_us += 100) {
		struct fake fake = {.target = {.ops = &ops}, .delay_us = delay_us};
		uint64_t word = 0;
		struct memory_run run = {.address = 8, .size = 8, .buffer = &word};
		struct read_ahead *ahead;
		assert_null(read_ahead_create(&fake.target, &ahead));
		read_ahead_start(ahead, &run, 1);
		read_ahead_destroy(ahead);
		assert_int_equal(word, word_at(8));
	}
	read_ahead_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_same_as_direct_reads),
		cmocka_unit_test(passes_errors_on),
		cmocka_unit_test(splits_large_runs),
		cmocka_unit_test(is_destroyed_during_a_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
