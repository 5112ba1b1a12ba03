/* Reading a stack through a copy of a part of it: see stack_window.h. */
#include "dbg/go/stacks/stack_window.h"

struct error *stack_window_read(struct stack_window *window, struct target *target,
	uint64_t address, void *ret, size_t size)
{
	uint64_t offset = address - window->start;
	if (offset < window->size && size <= window->size - offset) {
		memcpy(ret, window->bytes + offset, size);
		return NULL;
	}
	/* Read in advance only on the stack: the memory after it may be unmapped. */
	const struct stack_bounds *bounds = &window->bounds;
	uint64_t left =
		address >= bounds->low && address < bounds->high ? bounds->high - address : 0;
	if (left < size || size > WINDOW_BYTES)
		return target_read(target, address, ret, size);
	window->start = address;
	window->size = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
	struct error *err = target_read(target, address, window->bytes, window->size);
	if (!err) {
		memcpy(ret, window->bytes, size);
		return NULL;
	}
	window->size = 0;
	error_destroy(err); /* the requested part of a torn stack may still be readable */
	return target_read(target, address, ret, size);
}
