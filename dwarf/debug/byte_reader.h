/*
 * Reads consecutive numbers from untrusted bytes.
 *
 * A read past the end returns 0 and sets `failed`. All later reads return 0 too, so that one check
 * at the end is enough.
 */
#ifndef GCTXDBG_DWARF_DEBUG_BYTE_READER_H
#define GCTXDBG_DWARF_DEBUG_BYTE_READER_H

#include "dwarf/base/memory.h"

struct byte_reader {
	struct bytes data;
	uint64_t at;
	bool failed;
};

static inline bool reader_at_end(const struct byte_reader *reader)
{
	return reader->failed || reader->at >= reader->data.size;
}

/* The next `size` bytes, without copying. */
static inline struct bytes reader_bytes(struct byte_reader *reader, uint64_t size)
{
	struct bytes part = {NULL, 0};
	if (reader->failed || !bytes_slice(reader->data, reader->at, size, &part))
		reader->failed = true;
	else
		reader->at += size;
	return part;
}

/* A little-endian number of `size` bytes, at most 8. */
static inline uint64_t reader_unsigned(struct byte_reader *reader, size_t size)
{
	uint64_t value = 0;
	struct bytes part = reader_bytes(reader, size);
	if (!reader->failed)
		memcpy(&value, part.data, size);
	return value;
}

/* The same, sign-extended. */
static inline int64_t reader_signed(struct byte_reader *reader, size_t size)
{
	unsigned shift = 64 - 8 * (unsigned)size;
	return (int64_t)(reader_unsigned(reader, size) << shift) >> shift;
}

static inline uint64_t reader_uleb(struct byte_reader *reader)
{
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = (uint8_t)reader_unsigned(reader, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return reader->failed ? 0 : value;
	}
}

static inline int64_t reader_sleb(struct byte_reader *reader)
{
	uint64_t value = 0;
	for (unsigned shift = 0;;) {
		uint8_t byte = (uint8_t)reader_unsigned(reader, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (byte & 0x80)
			continue;
		if (shift < 64 && (byte & 0x40))
			value |= UINT64_MAX << shift;
		return reader->failed ? 0 : (int64_t)value;
	}
}

#endif
