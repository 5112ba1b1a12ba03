/*
 * A target whose memory is the fuzzer's input, repeated over the address space. So all memory is
 * hostile, and every pointer is readable.
 */
#ifndef GCTXDBG_TESTS_FAKE_TARGET_H
#define GCTXDBG_TESTS_FAKE_TARGET_H

#include "dbg/target/target.h"

struct fake_target {
	struct target base;
	struct bytes memory;
	uint64_t start; /* address of the input, which repeats from there on */
	bool ends;	/* the input does not repeat */
};

static inline struct bytes fake_bytes_at(
	const struct fake_target *fake, uint64_t address, size_t size)
{
	size_t offset = (size_t)((address - fake->start) % fake->memory.size);
	size_t left = fake->memory.size - offset;
	/* The first page faults, as in any process. */
	if (address < 4096 || (fake->ends && address - fake->start >= fake->memory.size))
		return (struct bytes){NULL, 0};
	return (struct bytes){fake->memory.data + offset, size < left ? size : left};
}

static inline struct error *fake_read(struct target *target, struct memory_run *runs, size_t count)
{
	const struct fake_target *fake = (struct fake_target *)(void *)target;
	for (size_t i = 0; i < count; i++) {
		struct memory_run *run = &runs[i];
		for (run->done = 0; run->done < run->size;) {
			struct bytes part = fake_bytes_at(
				fake, run->address + run->done, run->size - run->done);
			if (!part.size)
				break;
			memcpy((uint8_t *)run->buffer + run->done, part.data, part.size);
			run->done += part.size;
		}
	}
	return NULL;
}

static inline struct error *fake_load(struct target *target)
{
	(void)target;
	return NULL;
}

static inline void fake_destroy(struct target *target)
{
	free(target);
}

/* `memory`, which must not be empty, must outlive the target. Destroy it with target_destroy(). */
static inline struct target *fake_target_create(struct bytes memory, uint64_t start)
{
	static const struct target_ops ops = {
		.kind = "fuzzer's input",
		.destroy = fake_destroy,
		.read = fake_read,
		.partial_pages = true,
		.load_threads = fake_load,
		.load_mappings = fake_load,
	};
	struct fake_target *fake = calloc(1, sizeof(*fake));
	if (!fake)
		abort();
	fake->base.ops = &ops;
	fake->base.state = TARGET_STOPPED;
	fake->base.event_fd = -1;
	fake->base.exe_name = strdup("fuzzed");
	fake->memory = memory;
	fake->start = start;
	return &fake->base;
}

#endif
