/* A ring of events between two threads: see break_events.h. */
#include "dbg/break/break_events.h"

#include <sys/eventfd.h>
#include <errno.h>
#include <unistd.h>

struct error *break_events_init(struct break_events *events)
{
	*events = (struct break_events){.fd = -1};
	/* Pages that are never written cost nothing. */
	events->slots = calloc(EVENT_SLOTS, sizeof(*events->slots));
	if (!events->slots)
		return error_no_memory();
	events->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return events->fd < 0 ? error_system(errno, "cannot create an eventfd for breakpoints")
			      : NULL;
}

void break_events_deinit(struct break_events *events)
{
	free(events->slots);
	if (events->fd >= 0)
		close(events->fd);
	*events = (struct break_events){.fd = -1};
}

size_t break_events_room(const struct break_events *events)
{
	return EVENT_SLOTS - (events->written - events->taken);
}

struct event_slot *break_events_next(struct break_events *events)
{
	struct event_slot *slot = &events->slots[events->written % EVENT_SLOTS];
	slot->event = (struct break_event){0};
	slot->used = 0;
	return slot;
}

void break_events_send(struct break_events *events)
{
	uint64_t one = 1;
	size_t written = ++events->written;
	/*
	 * If there are other events, the descriptor is already readable: it is cleared only when
	 * the ring is empty.
	 */
	if (events->taken + 1 == written && write(events->fd, &one, sizeof(one)) < 0)
		return;
}

size_t event_slot_room(const struct event_slot *slot)
{
	return sizeof(slot->texts) - slot->used;
}

const char *event_slot_text(
	struct event_slot *slot, const char *text, size_t size, size_t *ret_size)
{
	size_t room = event_slot_room(slot);
	if (size + 1 > room)
		size = room ? room - 1 : 0;
	if (ret_size)
		*ret_size = size;
	if (!room)
		return "";
	char *copy = slot->texts + slot->used;
	if (size)
		memcpy(copy, text, size);
	copy[size] = 0;
	slot->used += size + 1;
	return copy;
}

/* The address of `text` in the copy of the slot's texts; unchanged if it is not one of them. */
static const char *moved(const struct event_slot *slot, char *texts, const char *text)
{
	bool inside = text >= slot->texts && text < slot->texts + slot->used;
	return inside ? texts + (text - slot->texts) : text;
}

static bool copy(const struct event_slot *slot, struct break_event *ret)
{
	char *texts = malloc(slot->used + 1);
	if (!texts)
		return false;
	memcpy(texts, slot->texts, slot->used);
	*ret = slot->event;
	ret->texts = texts;
	ret->what = moved(slot, texts, ret->what);
	ret->problem = moved(slot, texts, ret->problem);
	for (size_t i = 0; i < ret->field_count; i++) {
		struct break_field *field = &ret->fields[i];
		field->name = moved(slot, texts, field->name);
		field->key = moved(slot, texts, field->key);
		if (field->value.type == EXPR_STRING)
			field->value.string.data = moved(slot, texts, field->value.string.data);
	}
	return true;
}

bool break_events_take(struct break_events *events, struct break_event *ret)
{
	uint64_t count;
	if (events->taken == events->written) {
		/* Clear the eventfd, then check again, so that no event lacks a wake-up. */
		bool cleared = read(events->fd, &count, sizeof(count)) == sizeof(count);
		if (!cleared || events->taken == events->written)
			return false;
		/* Keep it readable while there are events. */
		count = 1;
		if (write(events->fd, &count, sizeof(count)) < 0)
			return false;
	}
	if (!copy(&events->slots[events->taken % EVENT_SLOTS], ret))
		return false;
	events->taken++;
	return true;
}
