/* The memory cache and the dispatcher, with a fake target that has holes and counts its reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dbg/target/target.h"

enum { PAGE = 4096 };

/* Memory is a pure function of the address. */
static uint8_t byte_at(uint64_t address)
{
	uint64_t hash = address * UINT64_C(0x9e3779b97f4a7c15);
	return (uint8_t)(hash >> 56);
}

struct fake {
	struct target target;
	struct range holes[4];
	_Atomic size_t calls, runs, bytes, largest_run; /* also counted by reading threads */
	bool lose;
};

static bool in_hole(const struct fake *fake, uint64_t address)
{
	for (size_t i = 0; i < 4; i++) {
		if (address - fake->holes[i].address < fake->holes[i].size)
			return true;
	}
	return false;
}

static struct error *fake_read(struct target *target, struct memory_run *runs, size_t count)
{
	struct fake *fake = (struct fake *)target;
	fake->calls++;
	for (size_t i = 0; i < count; i++) {
		fake->runs++;
		if (runs[i].size > fake->largest_run)
			fake->largest_run = runs[i].size;
		runs[i].done = 0;
		while (runs[i].done < runs[i].size &&
			!in_hole(fake, runs[i].address + runs[i].done)) {
			((uint8_t *)runs[i].buffer)[runs[i].done] =
				byte_at(runs[i].address + runs[i].done);
			runs[i].done++;
		}
		fake->bytes += runs[i].done;
	}
	if (fake->lose) {
		target->gone_reason = "it exited";
		target->state = TARGET_GONE;
	}
	return NULL;
}

static void fake_destroy(struct target *target)
{
	free(target);
}

static const struct target_ops fake_ops = {
	.kind = "fake",
	.destroy = fake_destroy,
	.read = fake_read,
};

static int setup(void **state)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	if (!fake)
		return -1;
	fake->target.ops = &fake_ops;
	fake->target.pid = 1;
	*state = fake;
	return 0;
}

static int teardown(void **state)
{
	target_destroy(*state);
	return 0;
}

static void forget_counts(struct fake *fake)
{
	fake->calls = fake->runs = fake->bytes = fake->largest_run = 0;
}

static void check_read(struct fake *fake, uint64_t address, size_t size)
{
	uint8_t *buffer = malloc(size + 1);
	assert_non_null(buffer);
	buffer[size] = 0xa5;
	struct error *err = target_read(&fake->target, address, buffer, size);
	assert_null(err);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(buffer[i], byte_at(address + i));
	assert_int_equal(buffer[size], 0xa5);
	free(buffer);
}

static void check_fault(struct fake *fake, uint64_t address, size_t size, uint64_t fault)
{
	uint8_t *buffer = malloc(size);
	assert_non_null(buffer);
	struct error *err = target_read(&fake->target, address, buffer, size);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_FAULT);
	char text[32];
	snprintf(text, sizeof(text), "0x%llx:", (unsigned long long)fault);
	assert_non_null(strstr(err->message, text));
	error_destroy(err);
	free(buffer);
}

static void test_hits(void **state)
{
	struct fake *fake = *state;
	check_read(fake, 0x10008, 8);
	assert_int_equal(fake->calls, 1);
	check_read(fake, 0x10000, PAGE);
	check_read(fake, 0x10ff0, 0x20);
	assert_int_equal(fake->calls, 1);
	target_drop_cache(&fake->target);
	check_read(fake, 0x10008, 8);
	assert_int_equal(fake->calls, 2);
	check_read(fake, 0, 0);
	assert_int_equal(fake->calls, 2);
}

static void test_several_pages_in_one_call(void **state)
{
	struct fake *fake = *state;
	check_read(fake, 0x100123, 60000);
	assert_int_equal(fake->calls, 1);
	assert_int_equal(fake->runs, 1);
	check_read(fake, 0x100123, 60000);
	assert_int_equal(fake->calls, 1);
}

static void test_large_reads_bypass(void **state)
{
	struct fake *fake = *state;
	check_read(fake, 0x100001, (3 << 20) + 5);
	assert_int_equal(fake->calls, 1);
	assert_int_equal(fake->bytes, (3 << 20) + 5);
	assert_int_equal(fake->largest_run, 1 << 20);
	fake->holes[0] = (struct range){0x280000, PAGE};
	check_fault(fake, 0x100001, 3 << 20, 0x280000);
	check_fault(fake, 0x280008, 3 << 20, 0x280008);
}

static void test_holes(void **state)
{
	struct fake *fake = *state;
	fake->holes[0] = (struct range){0x20000, PAGE};
	fake->holes[1] = (struct range){0x22000, PAGE};
	check_fault(fake, 0x1fff0, 0x20, 0x20000);
	check_fault(fake, 0x20ff8, 8, 0x20ff8);
	check_fault(fake, 0x20800, 0x3000, 0x20800);
	check_fault(fake, 0x21000, 0x3000, 0x22000);
	check_read(fake, 0x21000, PAGE);
	check_read(fake, 0x23000, 8);
	size_t calls = fake->calls;
	check_fault(fake, 0x20010, 8, 0x20010);
	check_fault(fake, 0x21ffc, 8, 0x22000);
	assert_int_equal(fake->calls, calls);
}

/* The end of a core, or its segments, may divide a page: what is there can be read. */
static void test_partial_pages(void **state)
{
	struct fake *fake = *state;
	static const struct target_ops ops = {
		.kind = "fake", .destroy = fake_destroy, .read = fake_read, .partial_pages = true};
	fake->target.ops = &ops;
	fake->holes[0] = (struct range){0x20800, 0x1800};
	fake->holes[1] = (struct range){0x30000, 0x700};
	for (int round = 0; round < 2; round++) {
		check_read(fake, 0x20700, 0x100);
		check_fault(fake, 0x20700, 0x101, 0x20800);
		check_fault(fake, 0x20800, 8, 0x20800);
		check_fault(fake, 0x1ff00, 0x3000, 0x20800);
		check_fault(fake, 0x10000, 1 << 20, 0x20800);
		check_read(fake, 0x30700, 0x20);
		check_fault(fake, 0x306ff, 8, 0x306ff);
		check_read(fake, 0x30ff0, 0x20);
		struct range ranges[] = {{0x20000, 0x1000}, {0x30000, 0x1000}};
		assert_null(target_prefetch(&fake->target, ranges, 2));
	}
}

static void test_address_overflow(void **state)
{
	struct fake *fake = *state;
	fake->holes[0] = (struct range){UINT64_MAX - PAGE + 1, PAGE};
	check_fault(fake, UINT64_MAX - 3, 8, UINT64_MAX - 3);
	check_fault(fake, UINT64_MAX, 1, UINT64_MAX);
	check_fault(fake, UINT64_MAX - PAGE - 3, 1 << 20, UINT64_MAX - PAGE + 1);
	fake->holes[0].size = 0;
	check_fault(fake, UINT64_MAX - 0x100ff, 0x10200, UINT64_MAX);
	target_drop_cache(&fake->target);
	struct range ranges[] = {{UINT64_MAX - 8, UINT64_MAX}, {0, 1}, {UINT64_MAX, 1}};
	assert_null(target_prefetch(&fake->target, ranges, 3));
	check_read(fake, UINT64_MAX - 8, 8);
}

static void test_prefetch_joins(void **state)
{
	struct fake *fake = *state;
	struct range ranges[] = {{0x905000, 8}, {0x100000, 100}, {0x102010, 8}, {0x100080, 0x1000},
		{0x903ff8, 16}, {0, 0}};
	assert_null(target_prefetch(&fake->target, ranges, array_length(ranges)));
	assert_int_equal(fake->calls, 1);
	assert_int_equal(fake->runs, 2);
	assert_int_equal(fake->bytes, 6 * PAGE);
	check_read(fake, 0x905000, 8);
	check_read(fake, 0x101ff8, 16);
	assert_int_equal(fake->calls, 1);
	assert_null(target_prefetch(&fake->target, ranges, array_length(ranges)));
	assert_int_equal(fake->calls, 1);
}

static void test_prefetch_splits_and_skips_holes(void **state)
{
	struct fake *fake = *state;
	fake->holes[0] = (struct range){0x140000, 2 * PAGE};
	struct range range = {0x100000, 3 << 20};
	assert_null(target_prefetch(&fake->target, &range, 1));
	assert_true(fake->largest_run <= 1 << 20);
	assert_int_equal(fake->calls, 2);
	size_t calls = fake->calls;
	check_read(fake, 0x100000, 0x8000);
	check_read(fake, 0x142000, 0x8000);
	check_read(fake, 0x3ff000, PAGE);
	check_fault(fake, 0x140000, 8, 0x140000);
	assert_int_equal(fake->calls, calls);
}

static void test_prefetch_is_bounded(void **state)
{
	struct fake *fake = *state;
	struct range ranges[] = {{0, UINT64_MAX}, {1 << 20, UINT64_MAX}};
	assert_null(target_prefetch(&fake->target, ranges, 2));
	assert_true(fake->bytes <= 128 << 20);
	/* More than the cache holds, in small reads: still correct. */
	for (uint64_t address = 0; address < UINT64_C(1) << 29; address += 1 << 22) {
		struct range range = {address, 1 << 22};
		forget_counts(fake);
		assert_null(target_prefetch(&fake->target, &range, 1));
		size_t calls = fake->calls;
		check_read(fake, address + 0x3ffff8, 8);
		assert_int_equal(fake->calls, calls);
	}
}

static void test_many_stacks(void **state)
{
	struct fake *fake = *state;
	static struct range ranges[2048];
	for (size_t i = 0; i < 2048; i++)
		ranges[i] = (struct range){
			0xc000000000 + (i * 2654435761u % 2048) * 0x8000 + 0x1c00, 0x400};
	assert_null(target_prefetch(&fake->target, ranges, 2048));
	assert_int_equal(fake->calls, 1);
	assert_int_equal(fake->bytes, 2048 * PAGE);
	for (size_t i = 0; i < 2048; i++)
		check_read(fake, ranges[i].address, ranges[i].size);
	assert_int_equal(fake->calls, 1);
}

/* Reading in the background, while other pages are read, with a hole. */
static void test_read_ahead(void **state)
{
	struct fake *fake = *state;
	fake->holes[0] = (struct range){0x140000, 2 * PAGE};
	struct range range = {0x100000, 3 << 20};
	assert_null(target_read_ahead(&fake->target, &range, 1));
	for (uint64_t address = 0x800000; address < 0x900000; address += PAGE)
		check_read(fake, address + 0xff8, 8);
	check_read(fake, 0x100010, 8); /* maybe before it has been read in the background */
	assert_null(target_prefetch(&fake->target, &range, 1));
	forget_counts(fake);
	check_read(fake, 0x100000, 0x8000);
	check_read(fake, 0x142000, 0x8000);
	check_read(fake, 0x3ff000, PAGE);
	check_fault(fake, 0x140000, 8, 0x140000);
	assert_int_equal(fake->calls, 0);
	assert_null(target_read_ahead(&fake->target, &range, 1));
	assert_int_equal(fake->calls, 0);
}

/* What is read in the background may be dropped meanwhile, or the target be closed. */
static void test_read_ahead_is_dropped(void **state)
{
	struct fake *fake = *state;
	for (uint64_t address = 0; address < UINT64_C(1) << 27; address += 1 << 21) {
		struct range next = {address + (1 << 21), 1 << 21};
		struct range range = {address, 1 << 21};
		assert_null(target_prefetch(&fake->target, &range, 1));
		assert_null(target_read_ahead(&fake->target, &next, 1));
		if (address & (1 << 22))
			target_drop_cache(&fake->target);
		check_read(fake, address + 0x1ffff8, 8);
		check_read(fake, next.address + 0x10, 8);
	}
	/* More than fits: nothing is read. */
	struct range all = {0, UINT64_MAX};
	target_drop_cache(&fake->target);
	forget_counts(fake);
	assert_null(target_read_ahead(&fake->target, &all, 1));
	assert_int_equal(fake->calls, 0);
	struct range range = {0x100000, 3 << 20};
	assert_null(target_read_ahead(&fake->target, &range, 1));
}

static void test_strings(void **state)
{
	struct fake *fake = *state;
	uint64_t start = 0x5000;
	size_t length = 0;
	while (byte_at(start + length))
		length++;
	fake->holes[0] = (struct range){(start + length + PAGE) & ~(uint64_t)(PAGE - 1), PAGE};
	char *text;
	assert_null(target_read_string(&fake->target, start, SIZE_MAX, &text));
	assert_int_equal(strlen(text), length);
	free(text);
	assert_null(target_read_string(&fake->target, start, length / 2, &text));
	assert_int_equal(strlen(text), length / 2);
	free(text);
	assert_null(target_read_string(&fake->target, start, 0, &text));
	assert_string_equal(text, "");
	free(text);
	struct error *err = target_read_string(&fake->target, fake->holes[0].address, 10, &text);
	assert_int_equal(err->code, ERROR_FAULT);
	error_destroy(err);
}

static void check_gone(struct error *err, const char *part)
{
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_GONE);
	assert_non_null(strstr(err->message, part));
	error_destroy(err);
}

static void test_states(void **state)
{
	struct fake *fake = *state;
	uint64_t word;
	check_read(fake, 0x1000, 8);
	fake->target.state = TARGET_RUNNING;
	check_gone(target_read_u64(&fake->target, 0x1000, &word), "interrupt");
	check_gone(target_continue(&fake->target), "cannot continue");
	fake->target.state = TARGET_STOPPED;
	fake->lose = true;
	check_gone(target_read_u64(&fake->target, 0x100000, &word), "it exited");
	check_gone(target_check(&fake->target), "it exited");
	atomic_bool cancel = true;
	fake->target.cancel = &cancel;
	struct error *err = target_check(&fake->target);
	assert_int_equal(err->code, ERROR_CANCELLED);
	error_destroy(err);
	struct target_event event;
	assert_false(target_next_event(&fake->target, &event));
	target_destroy(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_hits),
		CASE(test_several_pages_in_one_call),
		CASE(test_large_reads_bypass),
		CASE(test_holes),
		CASE(test_partial_pages),
		CASE(test_address_overflow),
		CASE(test_prefetch_joins),
		CASE(test_prefetch_splits_and_skips_holes),
		CASE(test_prefetch_is_bounded),
		CASE(test_many_stacks),
		CASE(test_read_ahead),
		CASE(test_read_ahead_is_dropped),
		CASE(test_strings),
		CASE(test_states),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
