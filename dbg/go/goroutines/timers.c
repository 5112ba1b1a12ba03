/* Reads the Ps' timers: see timers.h. */
#include "dbg/go/goroutines/timers.h"

#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum {
	MAX_PS = 1 << 12,
	MAX_TIMERS = 1 << 24, /* of one P */
	MAX_TIMER = 256,      /* bytes of a runtime.timer */
	BATCH = 1024,	      /* timers read at a time */
};

struct timers {
	struct go_timer *items; /* sorted by argument */
	size_t count, capacity;
	bool partial;
};

void timers_destroy(struct timers *timers)
{
	if (timers)
		free(timers->items);
	free(timers);
}

/* ---- Bubbles of testing/synctest ---- */

bool bubble_now(struct program *program, uint64_t bubble, int64_t *ret)
{
	struct field field = program->layout.bubble.now;
	uint64_t now = 0;
	struct error *err = bubble && field_present(field)
				    ? program_read_field(program, bubble, field, &now)
				    : NULL;
	error_destroy(err);
	*ret = (int64_t)now;
	return !err && *ret > 0;
}

int64_t bubble_time(struct program *program, uint64_t bubble, int64_t when_ns)
{
	int64_t fake_now, left;
	if (!bubble || when_ns <= 0)
		return when_ns;
	int64_t now = program_now_ns(program);
	if (!bubble_now(program, bubble, &fake_now) || now <= 0 ||
		__builtin_sub_overflow(when_ns, fake_now, &left) ||
		__builtin_add_overflow(now, left, &left))
		return 0;
	return left > 0 ? left : 0;
}

uint64_t bubble_of_timer(struct program *program, uint64_t timer, bool *ret_fake)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t fake = 0, heap = 0;
	*ret_fake = false;
	if (!field_present(layout->timer.is_fake) || !field_present(layout->bubble.timers))
		return 0;
	struct error *err = program_read_field(program, timer, layout->timer.is_fake, &fake);
	if (!err && fake)
		err = program_read_field(program, timer, layout->timer.heap, &heap);
	*ret_fake = !err && fake;
	error_destroy(err);
	return *ret_fake && heap ? heap - layout->bubble.timers.offset : 0;
}

/* ---- Timers ---- */

/* Statuses up to 1.22 (time.go): the timer is in a heap and will run. */
static bool is_pending(const struct runtime_layout *layout, const uint8_t *object, int64_t *when)
{
	enum { WAITING = 1, RUNNING = 2, MODIFYING = 6, EARLIER = 7, LATER = 8, MOVING = 9 };
	enum { ZOMBIE = 4 }; /* bit of the state since 1.23: stopped, but still in the heap */
	size_t size = layout->timer.size.size;
	if (field_present(layout->timer.state))
		return !(object_field(object, size, layout->timer.state) & ZOMBIE);
	switch (object_field(object, size, layout->timer.status)) {
	case EARLIER:
	case LATER:
	case MOVING:
		*when = (int64_t)object_field(object, size, layout->timer.next_when);
		return true;
	case WAITING:
	case RUNNING:
	case MODIFYING:
		return true;
	default:
		return false;
	}
}

static struct error *read_timer(struct program *program, uint64_t address, struct go_timer *ret)
{
	enum { DATA = 8 }; /* the second word of an interface value */
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->timer.size.size;
	uint8_t object[MAX_TIMER];
	if (!field_present(layout->timer.argument) || size > sizeof(object))
		return error_create(ERROR_NOT_FOUND, "the layout of runtime.timer is unknown");
	struct error *err = target_read(program->target, address, object, size);
	if (err)
		return err;
	const struct field argument = {layout->timer.argument.offset + DATA, DATA};
	int64_t when = (int64_t)object_field(object, size, layout->timer.when);
	bool pending = is_pending(layout, object, &when), fake;
	uint64_t bubble = bubble_of_timer(program, address, &fake);
	if (fake)
		when = bubble ? bubble_time(program, bubble, when) : 0;
	*ret = (struct go_timer){.address = address,
		.when_ns = pending && when > 0 ? when : 0,
		.period_ns = (int64_t)object_field(object, size, layout->timer.period),
		.function = object_field(object, size, layout->timer.function),
		.argument = object_field(object, size, argument)};
	return NULL;
}

static struct error *add_timer(struct program *program, struct timers *timers, uint64_t address)
{
	struct go_timer timer;
	struct error *err = read_timer(program, address, &timer);
	if (err) {
		timers->partial = true;
		return error_ignore_fault(err);
	}
	if (!array_reserve(&timers->items, &timers->capacity, timers->count + 1))
		return error_no_memory();
	timers->items[timers->count++] = timer;
	return NULL;
}

/* Adds the timers of `count` heap entries at `entries`, at most BATCH. */
static struct error *add_batch(
	struct program *program, struct timers *timers, uint64_t entries, size_t count)
{
	enum { ENTRY = 16 };
	const struct runtime_layout *layout = &program->layout;
	bool pairs = field_present(layout->timer_when.timer);
	size_t stride = pairs ? layout->timer_when.size.size : 8;
	uint8_t bytes[BATCH * ENTRY];
	struct range ranges[BATCH];
	if (stride < 8 || stride > ENTRY || (pairs && layout->timer_when.timer.offset + 8 > stride))
		return NULL;
	struct error *err = target_read(program->target, entries, bytes, count * stride);
	if (err) {
		timers->partial = true;
		return error_ignore_fault(err);
	}
	for (size_t i = 0; i < count; i++) {
		size_t offset = i * stride + (pairs ? layout->timer_when.timer.offset : 0);
		ranges[i].size = layout->timer.size.size;
		memcpy(&ranges[i].address, bytes + offset, sizeof(uint64_t));
	}
	err = target_prefetch(program->target, ranges, count);
	for (size_t i = 0; !err && i < count; i++) {
		if (ranges[i].address)
			err = add_timer(program, timers, ranges[i].address);
	}
	return err;
}

/* Adds the timers of the heap whose slice is at `heap`. */
static struct error *add_heap(struct program *program, struct timers *timers, uint64_t heap)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t slice[2];
	struct error *err = target_read(program->target, heap, slice, sizeof(slice));
	if (err || slice[1] > MAX_TIMERS - timers->count) {
		timers->partial = true;
		return error_ignore_fault(err);
	}
	size_t stride = field_present(layout->timer_when.timer) ? layout->timer_when.size.size : 8;
	for (uint64_t i = 0; !err && i < slice[1]; i += BATCH)
		err = add_batch(program, timers, slice[0] + i * stride,
			slice[1] - i < BATCH ? (size_t)(slice[1] - i) : BATCH);
	return err;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static struct error *add_bubbles(struct program *program, struct timers *timers)
{
	const struct goroutine_list *list;
	struct field heap = program->layout.bubble.timer_heap;
	_cleanup_free_ uint64_t *bubbles = NULL;
	size_t count = 0, capacity = 0;
	if (!field_present(heap))
		return NULL;
	struct error *err = program_goroutines(program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		uint64_t bubble = list->items[i].bubble;
		if (!bubble || (count && bubbles[count - 1] == bubble))
			continue;
		if (!array_reserve(&bubbles, &capacity, count + 1))
			return error_no_memory();
		bubbles[count++] = bubble;
	}
	if (count)
		qsort(bubbles, count, sizeof(*bubbles), by_value);
	for (size_t i = 0; !err && i < count; i++) {
		if (!i || bubbles[i] != bubbles[i - 1])
			err = add_heap(program, timers, bubbles[i] + heap.offset);
	}
	return err;
}

static int by_argument(const void *a, const void *b)
{
	const struct go_timer *x = a, *y = b;
	if (x->argument != y->argument)
		return x->argument < y->argument ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

static struct error *load(struct program *program, struct timers *timers)
{
	uint64_t slice[2] = {0, 0}, allp = program->globals.allp.address;
	_cleanup_free_ uint64_t *ps = calloc(MAX_PS, sizeof(*ps));
	if (!ps)
		return error_no_memory();
	struct error *err = allp && field_present(program->layout.p.timers)
				    ? target_read(program->target, allp, slice, sizeof(slice))
				    : error_create(ERROR_NOT_FOUND, "runtime.allp was not found");
	if (!err && slice[1] > MAX_PS)
		err = error_create(ERROR_BAD_DATA, "runtime.allp is damaged");
	if (!err)
		err = target_read(program->target, slice[0], ps, slice[1] * sizeof(*ps));
	if (err) {
		timers->partial = true;
		return error_ignore_unreadable(err);
	}
	for (uint64_t i = 0; !err && i < slice[1]; i++) {
		if (ps[i])
			err = add_heap(program, timers, ps[i] + program->layout.p.timers.offset);
	}
	if (!err)
		err = add_bubbles(program, timers);
	if (timers->count)
		qsort(timers->items, timers->count, sizeof(*timers->items), by_argument);
	return err;
}

struct error *program_timers(
	struct program *program, const struct go_timer **ret, size_t *ret_count, bool *ret_partial)
{
	struct error *err = target_check(program->target);
	if (!err && !program->goroutines->timers) {
		struct timers *timers = calloc(1, sizeof(*timers));
		err = timers ? load(program, timers) : error_no_memory();
		if (err)
			timers_destroy(timers);
		else
			program->goroutines->timers = timers;
	}
	if (err)
		return err;
	*ret = program->goroutines->timers->items;
	*ret_count = program->goroutines->timers->count;
	*ret_partial = program->goroutines->timers->partial;
	return NULL;
}

struct error *channel_timer(
	struct program *program, uint64_t channel, bool *ret_found, struct go_timer *ret)
{
	const struct runtime_layout *layout = &program->layout;
	const struct go_timer *timers;
	size_t count;
	bool partial;
	uint64_t address = 0;
	*ret_found = false;
	if (field_present(layout->hchan.timer)) {
		struct error *err =
			program_read_field(program, channel, layout->hchan.timer, &address);
		if (!err && address)
			err = read_timer(program, address, ret);
		*ret_found = !err && address;
		if (err || address)
			return error_ignore_unreadable(err);
	}
	/* Up to 1.22, and with GODEBUG=asynctimerchan=1, a channel does not know its timer. */
	struct error *err = program_timers(program, &timers, &count, &partial);
	if (err)
		return err;
	size_t at = bisect(i, count, timers[i].argument >= channel);
	*ret_found = at < count && timers[at].argument == channel;
	if (*ret_found)
		*ret = timers[at];
	return NULL;
}
