/* The channels that a goroutine waits on, the most informative first: see wait.h. */
#include "dbg/go/goroutines/timers.h"
#include "dbg/go/waits/wait_list.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type.h"

enum {
	MAX_CASES = 1 << 16, /* of a select: the compiler's limit */
	MAX_QUEUE = 1 << 20, /* waiters of one channel */
	MAX_SUDOG_SIZE = 512,
	WORDS = 1024, /* of the stack, searched for the cases of a select */
};

/* A channel, and what decides its place in the list. */
struct waited {
	struct wait wait;
	uint64_t element; /* where its value goes to or comes from */
	unsigned rank;
	size_t place; /* among the cases of the select */
};

struct waited_list {
	struct waited *items;
	size_t count, capacity;
};

/*
 * The direction of a case of a select. Its sudog is in one of the channel's two queues: usually the
 * other one is empty, else the send queue is searched.
 */
static struct error *select_direction(
	struct program *program, uint64_t channel, uint64_t sudog, const char **ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t receivers, senders;
	struct error *err =
		program_read_field(program, channel, layout->hchan.recvq_first, &receivers);
	if (!err)
		err = program_read_field(program, channel, layout->hchan.sendq_first, &senders);
	if (err)
		return err;
	if (!senders || !receivers) {
		*ret = senders ? "send" : "recv";
		return NULL;
	}
	*ret = "recv";
	for (size_t i = 0; senders && i < MAX_QUEUE; i++) {
		if (senders == sudog) {
			*ret = "send";
			return NULL;
		}
		err = program_read_field(program, senders, layout->sudog.next, &senders);
		if (err)
			return err;
	}
	return NULL;
}

/* Fills in what the channel is for; `ret->wait.address` is set. */
static struct error *describe(
	struct waits *waits, uint64_t sudog, const char *reason, struct waited *ret)
{
	struct program *program = waits->program;
	struct wait *wait = &ret->wait;
	uint64_t type, channel = wait->address;
	struct error *err =
		program_read_field(program, channel, program->layout.hchan.elemtype, &type);
	if (err)
		return err;
	const struct go_type *element;
	err = type ? program_type_at(program, type, &element)
		   : error_create(ERROR_NOT_FOUND, "the channel has no element type");
	bool empty = !err && !element->size;
	if (!err)
		wait->type = element->name;
	error_destroy(err); /* a channel can be shown without its element type */
	err = NULL;
	if (strncmp(reason, "chan send", 9) == 0)
		wait->op = "send";
	else if (strncmp(reason, "chan receive", 12) == 0)
		wait->op = "recv";
	else
		err = select_direction(program, channel, sudog, &wait->op);
	struct go_timer timer;
	if (!err && wait->op[0] == 'r')
		err = channel_timer(program, channel, &wait->timer, &timer);
	wait->until_ns = !err && wait->timer ? timer.when_ns : 0;
	ret->rank = empty ? 2 : wait->timer ? 1 : 0;
	return err;
}

static struct error *add_waited(struct waits *waits, struct waited_list *list, uint64_t sudog,
	const uint8_t *object, const char *reason)
{
	const struct runtime_layout *layout = &waits->program->layout;
	size_t size = layout->sudog.size.size;
	struct waited waited = {.wait = {.kind = WAIT_CHANNEL, .fd = -1}};
	waited.wait.address = object_field(object, size, layout->sudog.c);
	waited.element = object_field(object, size, layout->sudog.elem);
	if (!waited.wait.address)
		return NULL;
	struct error *err = describe(waits, sudog, reason, &waited);
	if (err)
		return err;
	if (!array_reserve(&list->items, &list->capacity, list->count + 1))
		return error_no_memory();
	waited.place = list->count;
	list->items[list->count++] = waited;
	return NULL;
}

/*
 * The sudogs are in the order of the channels' addresses, which differ from run to run. The order
 * of the cases is that of the array of runtime.scase on the stack (runtime/select.go: c, elem),
 * where the compiler puts sends first, then the receives in reverse
 * (cmd/compile/internal/walk/select.go).
 */
static void find_places(const struct waits *waits, struct waited_list *list)
{
	const struct goroutine *goroutine = waits->goroutine;
	uint64_t words[WORDS], sp = goroutine->sched_sp;
	if (list->count < 2 || sp < goroutine->stack_low || sp >= goroutine->stack_high)
		return;
	size_t count = (goroutine->stack_high - sp) / sizeof(words[0]);
	count = count < WORDS ? count : WORDS;
	struct error *err =
		target_read(waits->program->target, sp, words, count * sizeof(words[0]));
	for (size_t i = 0; !err && i < list->count; i++) {
		struct waited *waited = &list->items[i];
		size_t at = 0;
		while (at + 1 < count &&
			(words[at] != waited->wait.address || words[at + 1] != waited->element))
			at++;
		waited->place = waited->wait.op[0] == 'r' ? WORDS - at : at;
	}
	error_destroy(err);
}

static int by_rank(const void *a, const void *b)
{
	const struct waited *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->wait.op[0] != y->wait.op[0])
		return x->wait.op[0] > y->wait.op[0] ? -1 : 1; /* sends first */
	return (x->place > y->place) - (x->place < y->place);
}

static struct error *add_all(struct waits *waits, struct waited_list *list)
{
	struct error *err = NULL;
	find_places(waits, list);
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_rank);
	for (size_t i = 0; !err && i < list->count; i++)
		err = add_wait(waits, list->items[i].wait);
	return err;
}

static struct error *find_channels(
	struct waits *waits, const char *reason, struct waited_list *list)
{
	struct program *program = waits->program;
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->sudog.size.size;
	uint64_t sudog = waits->goroutine->waiting;
	struct error *err = NULL;
	for (size_t i = 0; !err && sudog && i < MAX_CASES; i++) {
		uint8_t object[MAX_SUDOG_SIZE];
		if (!size || size > sizeof(object))
			return NULL;
		err = target_read(program->target, sudog, object, size);
		if (err)
			return err;
		if (object_field(object, size, layout->sudog.g) != waits->goroutine->address)
			return NULL; /* the goroutine was just changing the list */
		err = add_waited(waits, list, sudog, object, reason);
		sudog = object_field(object, size, layout->sudog.waitlink);
	}
	return err;
}

struct error *channel_waits(struct waits *waits, const char *reason)
{
	struct waited_list list = {0};
	struct error *err = find_channels(waits, reason, &list);
	/* What was found is shown, whatever follows it is not. */
	struct error *added = err && err->code != ERROR_FAULT ? NULL : add_all(waits, &list);
	free(list.items);
	if (!err)
		return added;
	error_destroy(added);
	return err;
}
