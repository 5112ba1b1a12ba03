/* Parts of breakpoints that need no process: the table of creation times, the ring of events,
 * locations in code, names with dots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <poll.h>

#include "dbg/break/births.h"
#include "dbg/break/break_events.h"
#include "dwarf/code/code_locations.h"

/* ---- Births ---- */

static void births_are_added_and_removed(void **state)
{
	(void)state;
	enum { IDS = 5000, ROUNDS = 200000 };
	static int64_t model[IDS]; /* 0: absent */
	struct births births = {0};
	int64_t found;
	uint64_t random = 1;
	births_add(&births, 1, 1); /* before there is a table */
	assert_false(births_find(&births, 1, &found));
	assert_null(births_init(&births));
	for (int i = 0; i < ROUNDS; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		/* Include ids that collide in the table. */
		uint64_t index = (random >> 33) % IDS, goid = 1 + index * 4096;
		if (random >> 62 == 0) {
			births_remove(&births, goid);
			model[index] = 0;
		} else {
			births_add(&births, goid, i + 1);
			model[index] = i + 1;
		}
	}
	size_t count = 0;
	for (uint64_t i = 0; i < IDS; i++) {
		bool known = births_find(&births, 1 + i * 4096, &found);
		assert_int_equal(known, model[i] != 0);
		if (known)
			assert_int_equal(found, model[i]);
		count += known;
	}
	assert_int_equal(births.count, count);
	assert_false(births_find(&births, 0, &found));
	births_deinit(&births);
}

/* A full table sets `lost`, keeps its entries, and is cleared by the next births_init(), unlike a
 * small one. */
static void full_birth_table_is_reported(void **state)
{
	(void)state;
	enum { MANY = 1 << 21 };
	struct births births = {0};
	int64_t found;
	size_t count = 0;
	assert_null(births_init(&births));
	births_add(&births, 1, 1);
	assert_null(births_init(&births));
	assert_true(births_find(&births, 1, &found));
	for (uint64_t goid = 2; goid <= MANY && !births.lost; goid++)
		births_add(&births, goid, (int64_t)goid);
	count = births.count;
	assert_true(births.lost && count > MANY / 2 && count < MANY);
	for (uint64_t goid = 1; goid <= count; goid++) {
		assert_true(births_find(&births, goid, &found));
		assert_int_equal(found, goid);
	}
	assert_false(births_find(&births, count + 1, &found));
	births_remove(&births, 7);
	births_add(&births, count + 2, 3);
	assert_true(births_find(&births, count + 2, &found));
	assert_null(births_init(&births));
	assert_false(births.lost || births.count || births_find(&births, 1, &found));
	births_deinit(&births);
}

/* ---- Events ---- */

static bool readable(const struct break_events *events)
{
	struct pollfd fd = {.fd = events->fd, .events = POLLIN};
	return poll(&fd, 1, 0) == 1;
}

static void send_one(struct break_events *events, uint64_t number)
{
	char text[32];
	struct event_slot *slot = break_events_next(events);
	snprintf(text, sizeof(text), "text %llu", (unsigned long long)number);
	slot->event.hit = number;
	slot->event.what = event_slot_text(slot, text, strlen(text), NULL);
	slot->event.fields[0].name = event_slot_text(slot, "fn", 2, NULL);
	slot->event.fields[0].value = (struct expr_value){.present = true, .type = EXPR_STRING};
	slot->event.fields[0].value.string.data = event_slot_text(slot, text, 6, NULL);
	slot->event.fields[0].value.string.size = 6;
	slot->event.field_count = 1;
	break_events_send(events);
}

static void take_one(struct break_events *events, uint64_t number)
{
	struct break_event event;
	char text[32];
	snprintf(text, sizeof(text), "text %llu", (unsigned long long)number);
	assert_true(break_events_take(events, &event));
	assert_int_equal(event.hit, number);
	assert_string_equal(event.what, text);
	assert_string_equal(event.fields[0].name, "fn");
	text[6] = 0;
	assert_string_equal(event.fields[0].value.string.data, text);
	break_event_deinit(&event);
}

static void events_arrive_in_order(void **state)
{
	(void)state;
	struct break_events events;
	struct break_event event;
	uint64_t sent = 0, taken = 0;
	assert_null(break_events_init(&events));
	assert_false(readable(&events));
	assert_false(break_events_take(&events, &event));
	for (int round = 0; round < 5; round++) {
		while (break_events_room(&events))
			send_one(&events, ++sent);
		assert_int_equal(sent - taken, EVENT_SLOTS);
		/* Not all: the descriptor must stay readable for the rest. */
		while (sent - taken > 100)
			take_one(&events, ++taken);
		assert_true(readable(&events));
	}
	while (taken < sent)
		take_one(&events, ++taken);
	assert_false(break_events_take(&events, &event));
	assert_false(readable(&events));
	send_one(&events, ++sent);
	assert_true(readable(&events));
	take_one(&events, ++taken);
	break_events_deinit(&events);
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	static char text[2 * EVENT_TEXTS];
	struct break_events events;
	size_t size;
	memset(text, 'x', sizeof(text));
	assert_null(break_events_init(&events));
	struct event_slot *slot = break_events_next(&events);
	const char *copy = event_slot_text(slot, text, 10, &size);
	assert_int_equal(size, 10);
	assert_int_equal(strlen(copy), 10);
	copy = event_slot_text(slot, text, sizeof(text), &size);
	assert_int_equal(size, EVENT_TEXTS - 12);
	assert_int_equal(strlen(copy), EVENT_TEXTS - 12);
	assert_string_equal(event_slot_text(slot, text, 1, &size), "");
	assert_int_equal(size, 0);
	break_events_deinit(&events);
}

/* ---- Code ---- */

#define CODE(...)                                                                                  \
	(struct bytes)                                                                             \
	{                                                                                          \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})             \
	}

static void stack_checks_are_skipped(void **state)
{
	(void)state;
	/* cmp rsp, [r14+16]; jbe +2; push rbp; ret */
	assert_int_equal(
		code_after_stack_check(CODE(0x49, 0x3b, 0x66, 0x10, 0x76, 0x02, 0x55, 0xc3)), 6);
	/* lea r12, [rsp-56]; cmp r12, [r14+16]; jbe +0x702; sub rsp, … */
	assert_int_equal(code_after_stack_check(CODE(0x4c, 0x8d, 0x64, 0x24, 0xc8, 0x4d, 0x3b, 0x66,
				 0x10, 0x0f, 0x86, 0x02, 0x07, 0x00, 0x00, 0x48, 0x81, 0xec, 0xb8,
				 0x00, 0x00, 0x00)),
		15);
	/* push rbp; mov rbp, rsp; ret: no check */
	assert_int_equal(code_after_stack_check(CODE(0x55, 0x48, 0x89, 0xe5, 0xc3)), 0);
	assert_int_equal(code_after_stack_check(CODE(0x49, 0x3b)), 0);
	assert_int_equal(code_after_stack_check((struct bytes){0}), 0);
}

static void accesses_and_returns(void **state)
{
	(void)state;
	/* mov rsi, [r9+24]; mov [rax+24], rbx; mov rcx, [rsp+24]; ret; ret */
	struct bytes code = CODE(0x49, 0x8b, 0x71, 0x18, 0x48, 0x89, 0x58, 0x18, 0x48, 0x8b, 0x4c,
		0x24, 0x18, 0xc3, 0xc3);
	size_t offset, returns[1];
	int base;
	assert_true(code_only_access(code, CODE_LOADS, 0x18, &offset, &base));
	assert_int_equal(offset, 0);
	assert_int_equal(base, 9);
	assert_true(code_only_access(code, CODE_STORES, 0x18, &offset, &base));
	assert_int_equal(offset, 4);
	assert_int_equal(base, 0);
	assert_false(code_only_access(code, CODE_LOADS, 0x20, &offset, &base));
	assert_int_equal(code_returns(code, returns, 1), 2);
	assert_int_equal(returns[0], 13);
	/* call +0; call +16 */
	assert_true(code_next_call(CODE(0xe8, 0, 0, 0, 0, 0xe8, 0x10, 0, 0, 0), 0, 26, &offset));
	assert_int_equal(offset, 5);
	assert_false(code_next_call(CODE(0xe8, 0, 0, 0, 0), 1, 5, &offset));
}

static void calls_of_other_functions(void **state)
{
	(void)state;
	int64_t targets[2];
	size_t count;
	/* call +16; call +11: the same; jmp -20; je 0; ret */
	assert_true(code_calls(
		CODE(0xe8, 0x10, 0, 0, 0, 0xe8, 0x0b, 0, 0, 0, 0xeb, 0xe0, 0x74, 0xf2, 0xc3),
		targets, 2, &count));
	assert_int_equal(count, 2);
	assert_int_equal(targets[0], 21);
	assert_int_equal(targets[1], -20);
	assert_true(code_calls(CODE(0xe8, 0, 0, 0, 0, 0xc3), targets, 2, &count)); /* itself */
	assert_int_equal(count, 0);
	assert_false(code_calls(CODE(0xff, 0xd0, 0xc3), targets, 2, &count)); /* call rax */
	assert_false(code_calls(CODE(0xff, 0x22, 0xc3), targets, 2, &count)); /* jmp [rdx] */
	assert_true(code_calls((struct bytes){0}, targets, 2, &count));
	assert_int_equal(count, 0);
}

static bool from_five_to_eight(void *context, size_t offset)
{
	(void)context;
	return offset >= 5 && offset < 8;
}

static void region_entries(void **state)
{
	(void)state;
	size_t entries[4];
	/* 0: test al, al; 2: je 6; 4: nop; 5: nop; 6: nop; 7: nop; 8: ret */
	struct bytes code = CODE(0x84, 0xc0, 0x74, 0x02, 0x90, 0x90, 0x90, 0x90, 0xc3);
	size_t count = code_region_entries(code, from_five_to_eight, NULL, entries, 4);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0] + entries[1], 5 + 6);
	assert_true(code_falls_through(code, 5, 6));
	assert_true(code_falls_through(code, 5, 8));
	assert_false(code_falls_through(code, 2, 4)); /* je */
	assert_false(code_falls_through(code, 1, 2)); /* not an instruction boundary */
	assert_false(code_falls_through(code, 8, 9)); /* ret */
	/* 0: jmp 8: never entered */
	code = CODE(0xeb, 0x06, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xc3);
	assert_int_equal(code_region_entries(code, from_five_to_eight, NULL, entries, 4), 0);
	assert_true(code_is_jump_target(code, 8, NULL, NULL));
	assert_false(code_is_jump_target(code, 2, NULL, NULL));
	assert_false(code_is_jump_target(code, 8, from_five_to_eight, NULL));
}

/* ---- Names ---- */

static struct error *give(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	(void)context, (void)index, (void)key;
	expr_value_integer(ret, EXPR_INT, true, id);
	return NULL;
}

static void names_may_contain_dots(void **state)
{
	(void)state;
	static const struct expr_name names[] = {
		{"job.id", EXPR_INT, 7, "", NULL}, {"job", EXPR_INT, 3, "", NULL}};
	const struct expr_schema schema = {names, array_length(names)};
	const struct expr_input input = {give, NULL};
	struct expr *expr;
	bool holds = false;
	assert_null(expr_compile("job.id == 7 && job==3 && job.id*1.5 > 10", &schema, &expr));
	assert_null(expr_run(expr, &input, &holds));
	assert_true(holds);
	expr_destroy(expr);
	struct error *err = expr_compile("job.di == 7", &schema, &expr);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "job.id"));
	error_destroy(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(births_are_added_and_removed),
		cmocka_unit_test(full_birth_table_is_reported),
		cmocka_unit_test(events_arrive_in_order),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(stack_checks_are_skipped),
		cmocka_unit_test(accesses_and_returns),
		cmocka_unit_test(calls_of_other_functions),
		cmocka_unit_test(region_entries),
		cmocka_unit_test(names_may_contain_dots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
