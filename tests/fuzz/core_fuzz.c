/*
 * libFuzzer target: the input is two bytes with the size of an executable, the executable, and a
 * core of it. Reads threads, mappings and memory of the core, and unwinds the threads as C code.
 */
#include "dbg/target/native/native_unwind.h"
#include "tests/fuzz/input_file.h"

enum { MAX_MAPPINGS = 64, MAX_THREADS = 4, MAX_FRAMES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context, const char *message)
{
	(void)context;
	if (!message)
		abort();
}

static void read_at(struct target *target, uint64_t address)
{
	uint8_t bytes[256];
	error_destroy(target_read(target, address, bytes, sizeof(bytes)));
	error_destroy(target_read(target, address - sizeof(bytes) / 2, bytes, sizeof(bytes)));
}

static void use_mappings(struct target *target)
{
	const struct mapping *mappings;
	size_t count;
	struct error *err = target_mappings(target, &mappings, &count);
	for (size_t i = 0; !err && i < count && i < MAX_MAPPINGS; i++) {
		if (mappings[i].start >= mappings[i].end ||
			(i && mappings[i].start < mappings[i - 1].end))
			abort();
		read_at(target, mappings[i].start);
		read_at(target, mappings[i].end - 1);
	}
	error_destroy(err);
}

static bool count_frame(void *context, const struct native_frame *frame)
{
	unsigned *count = context;
	return (frame->function ? strlen(frame->function) < SIZE_MAX : true) &&
	       ++*count < MAX_FRAMES;
}

static void use_threads(struct target *target)
{
	const struct thread *threads;
	size_t count;
	struct native_unwinder *unwinder;
	struct error *err = target_threads(target, &threads, &count);
	if (!err)
		err = native_unwinder_create(target, &unwinder);
	if (err) {
		error_destroy(err);
		return;
	}
	for (size_t i = 0; i < count && i < MAX_THREADS; i++) {
		unsigned frames = 0;
		error_destroy(
			native_unwind(unwinder, &threads[i].regs, true, count_frame, &frames));
	}
	native_unwinder_destroy(unwinder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t split;
	if (size < sizeof(split))
		return 0;
	memcpy(&split, data, sizeof(split));
	struct bytes input = {data + sizeof(split), size - sizeof(split)}, exe, core;
	if (!bytes_slice(input, 0, split, &exe) ||
		!bytes_slice(input, split, input.size - split, &core))
		return 0;
	struct input_file exe_file = input_file_create(exe, (struct bytes){0});
	struct input_file core_file = input_file_create(core, (struct bytes){0});
	struct target *target;
	struct error *err = core_open(exe_file.path, core_file.path, ignore, NULL, &target);
	if (!err) {
		read_at(target, target->entry);
		use_mappings(target);
		use_threads(target);
		target_destroy(target);
	}
	error_destroy(err);
	close(exe_file.fd);
	close(core_file.fd);
	return 0;
}
