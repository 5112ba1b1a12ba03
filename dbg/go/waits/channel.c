/* See channel.h. */
#include "dbg/go/waits/channel.h"

#include <inttypes.h>

#include "dbg/go/program/program_state.h"

enum { MAX_HCHAN = 512, MAX_SUDOG = 512, MAX_WAITERS = 1 << 16, MAX_BUFFER = 1 << 30 };

void channel_deinit(struct channel *channel)
{
	free(channel->buffered);
	free(channel->receivers);
	free(channel->senders);
	*channel = (struct channel){0};
}

/* recvx is right before recvq in all releases (sendx, recvx, recvq, sendq). */
static struct field receive_index(const struct runtime_layout *layout)
{
	struct field queue = layout->hchan.recvq_first;
	return (struct field){queue.offset - 8, 8};
}

static struct error *read_buffer(struct program *program, const uint8_t *object, size_t size,
	size_t limit, struct channel *channel)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t buffer = object_field(object, size, layout->hchan.buf);
	uint64_t element_size = object_field(object, size, layout->hchan.elemsize);
	uint64_t index = object_field(object, size, receive_index(layout));
	if (channel->count > channel->capacity || channel->capacity > MAX_BUFFER ||
		(channel->capacity && index >= channel->capacity))
		return error_create(ERROR_BAD_DATA,
			"0x%" PRIx64 " is not the address of a channel: it would hold %" PRIu64
			" of %" PRIu64 " values",
			channel->address, channel->count, channel->capacity);
	if (element_size != channel->element->size)
		return error_create(ERROR_BAD_DATA,
			"0x%" PRIx64 " is not the address of a channel: "
			"its elements do not have the size of a %s",
			channel->address, channel->element->name);
	size_t count = channel->count < limit ? (size_t)channel->count : limit;
	channel->buffered = calloc(count + 1, sizeof(*channel->buffered));
	if (!channel->buffered)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		uint64_t slot = (index + i) % channel->capacity;
		channel->buffered[channel->buffered_count++] = (struct value){
			.type = channel->element, .address = buffer + slot * element_size};
	}
	return NULL;
}

static struct error *read_queue(struct program *program, struct channel *channel, uint64_t sudog,
	struct channel_waiter **ret, size_t *ret_count)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->sudog.size.size, capacity = 0;
	uint8_t object[MAX_SUDOG];
	while (sudog) {
		if (*ret_count == MAX_WAITERS || !size || size > sizeof(object)) {
			channel->partial = true;
			return NULL;
		}
		struct error *err = target_read(program->target, sudog, object, size);
		if (!err)
			err = target_check(program->target);
		if (err) {
			channel->partial = true;
			return error_ignore_fault(err);
		}
		if (object_field(object, size, layout->sudog.c) != channel->address) {
			channel->partial = true;
			return NULL;
		}
		if (!array_reserve(ret, &capacity, *ret_count + 1))
			return error_no_memory();
		uint64_t g = object_field(object, size, layout->sudog.g);
		(*ret)[(*ret_count)++] = (struct channel_waiter){
			.goroutine = program_goroutine_at(program, g),
			.g = g,
			.is_select = object_field(object, size, layout->sudog.is_select) != 0,
			.element = object_field(object, size, layout->sudog.elem),
		};
		sudog = object_field(object, size, layout->sudog.next);
	}
	return NULL;
}

static struct error *read_all(
	struct program *program, uint64_t address, size_t limit, struct channel *ret)
{
	const struct runtime_layout *layout = &program->layout;
	const struct goroutine_list *goroutines;
	uint8_t object[MAX_HCHAN];
	size_t size = layout->hchan.size.size;
	if (!size || size > sizeof(object))
		return error_create(
			ERROR_NOT_FOUND, "the layout of channels is unknown in this program");
	/* Needed to find the waiters. */
	struct error *err = program_goroutines(program, &goroutines);
	if (!err)
		err = target_read(program->target, address, object, size);
	if (err)
		return err;
	ret->address = address;
	ret->count = object_field(object, size, layout->hchan.qcount);
	ret->capacity = object_field(object, size, layout->hchan.dataqsiz);
	ret->closed = object_field(object, size, layout->hchan.closed) != 0;
	uint64_t type = object_field(object, size, layout->hchan.elemtype);
	err = error_wrap(program_type_at(program, type, &ret->element),
		"0x%" PRIx64 " is not the address of a channel", address);
	if (!err)
		err = read_buffer(program, object, size, limit, ret);
	if (!err)
		err = read_queue(program, ret,
			object_field(object, size, layout->hchan.recvq_first), &ret->receivers,
			&ret->receiver_count);
	if (!err)
		err = read_queue(program, ret,
			object_field(object, size, layout->hchan.sendq_first), &ret->senders,
			&ret->sender_count);
	return err;
}

struct error *channel_read(
	struct program *program, uint64_t address, size_t limit, struct channel *ret)
{
	*ret = (struct channel){0};
	struct error *err = read_all(program, address, limit, ret);
	if (err)
		channel_deinit(ret);
	return err;
}
