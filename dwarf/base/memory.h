/*
 * Small helpers for owning memory: cleanup attributes, growing arrays, checked slices of bytes.
 */
#ifndef GCTXDBG_DWARF_BASE_MEMORY_H
#define GCTXDBG_DWARF_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void free_cleanup(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
#define _cleanup_free_ _cleanup_(free_cleanup)

/*
 * Transfers ownership: returns the pointer and clears the variable, so its cleanup frees nothing.
 */
#define take_pointer(p)                                                                            \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define array_length(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Makes room for at least `count` elements of `size` bytes in `*array`, a malloc'ed array or NULL;
 * grows by at least half. Returns false if allocation fails or the size overflows; the array is
 * then unchanged.
 */
bool array_reserve_bytes(void *array, size_t *capacity, size_t count, size_t size);
#define array_reserve(array, capacity, count)                                                      \
	array_reserve_bytes((array), (capacity), (count), sizeof(**(array)))

/* A range of bytes, owned by another object. */
struct bytes {
	const uint8_t *data;
	size_t size;
};

/* The `size` bytes at `offset` of `bytes`; false if they are not all inside. */
static inline bool bytes_slice(
	struct bytes bytes, uint64_t offset, uint64_t size, struct bytes *ret)
{
	if (offset > bytes.size || size > bytes.size - offset)
		return false;
	*ret = (struct bytes){bytes.data + offset, (size_t)size};
	return true;
}

/* Copies the `size` bytes at `offset` to `ret`; false if they are not all inside. */
static inline bool bytes_copy(struct bytes bytes, uint64_t offset, void *ret, size_t size)
{
	struct bytes part;
	if (!bytes_slice(bytes, offset, size, &part))
		return false;
	if (size)
		memcpy(ret, part.data, size);
	return true;
}

/* The NUL-terminated string at `offset`; NULL if its NUL is not inside. */
static inline const char *bytes_string(struct bytes bytes, uint64_t offset)
{
	if (offset >= bytes.size || !memchr(bytes.data + offset, 0, bytes.size - offset))
		return NULL;
	return (const char *)bytes.data + offset;
}

#endif
