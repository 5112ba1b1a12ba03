/* Compares the code in a file with memory: see exe_contents.h. */
#include "dbg/target/exe_contents.h"

enum { CHUNK = 1 << 20 };

/* Compares `code` with the memory at `address`; false if any of it differs or is unreadable. */
static struct error *compare(
	struct target *target, uint64_t address, struct bytes code, uint8_t *buffer, bool *ret)
{
	*ret = true;
	for (size_t done = 0; *ret && done < code.size;) {
		size_t part = code.size - done < CHUNK ? code.size - done : CHUNK;
		struct memory_run run = {.address = address + done, .size = part, .buffer = buffer};
		struct error *err = target_read_runs(target, &run, 1);
		if (err)
			return err;
		*ret = run.done == part && memcmp(buffer, code.data + done, part) == 0;
		done += part;
	}
	return NULL;
}

struct error *exe_contents_match(struct target *target, struct elf_image *image, bool *ret)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments), compared = 0;
	*ret = !elf_image_is_relocatable(image);
	_cleanup_free_ uint8_t *buffer = malloc(CHUNK);
	if (!buffer)
		return error_no_memory();
	for (size_t i = 0; *ret && i < count; i++) {
		const struct elf_segment *s = &segments[i];
		struct bytes code;
		if (!s->executable || s->writable || !s->file_size ||
			!elf_image_bytes_at(image, s->address, s->file_size, &code))
			continue;
		struct error *err = compare(target, s->address, code, buffer, ret);
		if (err)
			return err;
		compared++;
	}
	*ret = *ret && compared;
	return NULL;
}
