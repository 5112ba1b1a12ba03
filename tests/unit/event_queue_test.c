/* The event queue is bounded, but never loses the end of the target. */
#include "dbg/target/live/event_queue.h"
#include "tests/unit/live_fixture.h"

#include <poll.h>

static bool is_readable(const struct event_queue *queue)
{
	struct pollfd fd = {.fd = queue->fd, .events = POLLIN};
	return poll(&fd, 1, 0) == 1;
}

static void test_events_come_in_order(void **state)
{
	(void)state;
	struct event_queue queue;
	struct target_event event;
	assert_success(event_queue_init(&queue));
	assert_true(event_queue_is_empty(&queue));
	assert_false(is_readable(&queue));
	for (int i = 0; i < 5; i++)
		event_queue_add(&queue, TARGET_EVENT_TRAP, i);
	assert_true(is_readable(&queue));
	for (int i = 0; i < 5; i++) {
		assert_true(event_queue_take(&queue, &event));
		assert_int_equal(event.kind, TARGET_EVENT_TRAP);
		assert_int_equal(event.value, i);
	}
	assert_false(event_queue_take(&queue, &event));
	assert_false(is_readable(&queue));
	event_queue_deinit(&queue);
}

/* Many threads may hit traps at the same moment, and the process may exit at the next. */
static void test_the_end_is_queued_after_any_number_of_stops(void **state)
{
	(void)state;
	static const enum target_event_kind ends[] = {TARGET_EVENT_EXITED, TARGET_EVENT_KILLED,
		TARGET_EVENT_EXEC, TARGET_EVENT_WATCHDOG, TARGET_EVENT_LEAVE};
	struct event_queue queue;
	struct target_event event;
	assert_success(event_queue_init(&queue));
	for (int i = 0; i < 1000; i++)
		event_queue_add(&queue, i % 2 ? TARGET_EVENT_TRAP : TARGET_EVENT_STOPPED, i);
	for (size_t i = 0; i < array_length(ends); i++)
		event_queue_add(&queue, ends[i], (int)i);
	event_queue_add(&queue, TARGET_EVENT_SNAPSHOT, 0);
	int stops = 0;
	while (event_queue_take(&queue, &event) && event.kind != ends[0]) {
		assert_int_equal(event.value, stops);
		stops++;
	}
	assert_int_equal(stops, EVENT_QUEUE_STOPS);
	for (size_t i = 0; i < array_length(ends); i++) {
		assert_int_equal(event.kind, ends[i]);
		assert_int_equal(event.value, (int)i);
		assert_true(event_queue_take(&queue, &event) == (i + 1 < array_length(ends)));
	}
	event_queue_add(&queue, TARGET_EVENT_SNAPSHOT, 7);
	assert_true(event_queue_take(&queue, &event));
	assert_int_equal(event.kind, TARGET_EVENT_SNAPSHOT);
	event_queue_deinit(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_come_in_order),
		cmocka_unit_test(test_the_end_is_queued_after_any_number_of_stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
