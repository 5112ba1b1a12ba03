/* The program's own bytes under the traps: see original_bytes.h. */
#include "dbg/target/traps/original_bytes.h"

#include "dbg/target/traps/traps_private.h"
#include "dwarf/base/bisect.h"

void original_bytes_init(struct original_bytes *bytes)
{
	*bytes = (struct original_bytes){.items = NULL};
	pthread_mutex_init(&bytes->lock, NULL);
}

void original_bytes_deinit(struct original_bytes *bytes)
{
	free(take_pointer(bytes->items));
	pthread_mutex_destroy(&bytes->lock);
}

/* The lock is held. */
static bool reserve(struct original_bytes *bytes, size_t count)
{
	if (count <= bytes->capacity)
		return true;
	struct trap_byte *items = realloc(bytes->items, count * sizeof(*items));
	if (!items)
		return false;
	bytes->items = items;
	bytes->capacity = count;
	return true;
}

static size_t merge(struct trap_byte *ret, const struct trap *some, size_t some_count,
	const struct trap *more, size_t more_count)
{
	size_t count = 0;
	for (size_t i = 0, k = 0; i < some_count || k < more_count;) {
		bool first =
			k == more_count || (i < some_count && some[i].address <= more[k].address);
		const struct trap *next = first ? &some[i] : &more[k];
		if (ret)
			ret[count] = (struct trap_byte){next->address, next->original};
		count++;
		i += i < some_count && some[i].address == next->address;
		k += k < more_count && more[k].address == next->address;
	}
	return count;
}

struct error *original_bytes_set(struct original_bytes *bytes, const struct trap *some,
	size_t some_count, const struct trap *more, size_t more_count)
{
	size_t count = merge(NULL, some, some_count, more, more_count);
	pthread_mutex_lock(&bytes->lock);
	bool fits = reserve(bytes, count);
	if (fits)
		bytes->count = merge(bytes->items, some, some_count, more, more_count);
	pthread_mutex_unlock(&bytes->lock);
	return fits ? NULL : error_no_memory();
}

static void hide(const struct original_bytes *bytes, const struct memory_run *run)
{
	uint8_t *buffer = run->buffer;
	size_t first = bisect(i, bytes->count, bytes->items[i].address >= run->address);
	for (size_t i = first;
		i < bytes->count && bytes->items[i].address - run->address < run->done; i++) {
		uint8_t *byte = &buffer[bytes->items[i].address - run->address];
		if (*byte == INT3)
			*byte = bytes->items[i].original;
	}
}

void original_bytes_hide(struct original_bytes *bytes, struct memory_run *runs, size_t count)
{
	pthread_mutex_lock(&bytes->lock);
	for (size_t i = 0; i < count && bytes->count; i++)
		hide(bytes, &runs[i]);
	pthread_mutex_unlock(&bytes->lock);
}
