/* Reads the collector's pointer bitmaps and masks: see pointer_words.h. */
#include "dbg/go/heap/pointer_words.h"

#include "dbg/go/program/program_state.h"

enum {
	WORD = 8,
	CHUNK = 64,		 /* words looked at together */
	HEADER = 8,		 /* mallocHeaderSize */
	MASK_ON_DEMAND = 1 << 4, /* abi.TFlagGCMaskOnDemand, since 1.24 */
	GC_PROGRAM = 1 << 6,	 /* abi.KindGCProg, up to 1.23 */
	MAX_PAIRS = 1 << 18,	 /* words of an object before the one looked at, in 1.19 */
};

/* malloc.go arenaBaseOffset and heapArenaBytes on linux/amd64, which has one level of arenas. */
static const uint64_t ARENA_BASE = 0xffff800000000000, ARENA_SIZE = 64 << 20, MAX_ARENAS = 1 << 22;

static bool read_memory(struct program *program, uint64_t address, void *ret, size_t size)
{
	struct error *err = target_read(program->target, address, ret, size);
	error_destroy(err);
	return !err;
}

/* `count` bits, at most CHUNK, of the bitmap at `bits`, from bit `first` on. */
static bool read_bits(
	struct program *program, uint64_t bits, uint64_t first, unsigned count, uint64_t *ret)
{
	uint8_t bytes[16] = {0};
	unsigned shift = first % 8;
	uint64_t low, high;
	if (!read_memory(program, bits + first / 8, bytes, (shift + count + 7) / 8))
		return false;
	memcpy(&low, bytes, 8);
	memcpy(&high, bytes + 8, 8);
	low >>= shift;
	if (shift)
		low |= high << (64 - shift);
	*ret = count < CHUNK ? low & ((1ull << count) - 1) : low;
	return true;
}

/* ---- Types ---- */

/* A type's pointer mask: a bit per word of the first `pointer_bytes`. */
struct type_mask {
	uint64_t bits, pointer_bytes, size;
};

static bool load_mask(struct program *program, uint64_t descriptor, struct type_mask *ret)
{
	enum { MAX_TYPE = 256 };
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->type.size.size;
	uint8_t type[MAX_TYPE];
	if (!field_present(layout->type.gc_data) || size > sizeof(type) ||
		!read_memory(program, descriptor, type, size))
		return false;
	*ret = (struct type_mask){.bits = object_field(type, size, layout->type.gc_data),
		.pointer_bytes = object_field(type, size, layout->type.pointer_bytes),
		.size = object_field(type, size, layout->type.bytes)};
	if (object_field(type, size, layout->type.kind) & GC_PROGRAM)
		return false;
	/* In 1.22 and 1.23, the flag means that the mask follows the type itself. */
	if (object_field(type, size, layout->type.tflag) & MASK_ON_DEMAND &&
		ret->bits != descriptor + size &&
		!read_memory(program, ret->bits, &ret->bits, sizeof(ret->bits)))
		return false;
	return ret->size && ret->pointer_bytes <= ret->size && (ret->bits || !ret->pointer_bytes);
}

/* The bits of `count` words from byte `offset` of a value of the type on. */
static bool mask_bits(struct program *program, const struct type_mask *mask, uint64_t offset,
	unsigned count, uint64_t *ret)
{
	*ret = 0;
	if (offset >= mask->pointer_bytes)
		return true;
	uint64_t left = (mask->pointer_bytes - offset + WORD - 1) / WORD;
	return read_bits(
		program, mask->bits, offset / WORD, left < count ? (unsigned)left : count, ret);
}

/* The same for an array of such values. */
static bool array_bits(struct program *program, uint64_t descriptor, uint64_t offset,
	unsigned count, uint64_t *ret)
{
	struct type_mask mask;
	if (!load_mask(program, descriptor, &mask))
		return false;
	*ret = 0;
	for (unsigned i = 0; i < count; i++) {
		uint64_t bit;
		if (!mask_bits(program, &mask, (offset + i * WORD) % mask.size, 1, &bit))
			return false;
		*ret |= bit << i;
	}
	return true;
}

/* ---- Arenas, up to 1.21 ---- */

/* The address of the bitmap of the arena that contains `address`, and the word's number in it. */
static bool find_arena(
	struct program *program, uint64_t address, uint64_t *ret_bitmap, uint64_t *ret_word)
{
	uint64_t number = (address - ARENA_BASE) / ARENA_SIZE, arenas, arena;
	uint64_t mheap = program->globals.mheap.address;
	if (number >= MAX_ARENAS ||
		!read_memory(program, mheap + program->layout.heap.arenas.offset, &arenas, WORD) ||
		!read_memory(program, arenas + number * WORD, &arena, WORD) || !arena)
		return false;
	*ret_bitmap = arena + program->layout.arena.bitmap.offset;
	*ret_word = (address - ARENA_BASE) % ARENA_SIZE / WORD;
	return true;
}

/* Objects above 64 MB can cross the end of an arena: then the bits are looked up one by one. */
static bool arena_bits(struct program *program, uint64_t address, unsigned count, uint64_t *ret)
{
	uint64_t bitmap, word, bit;
	*ret = 0;
	if (address / ARENA_SIZE == (address + (count - 1) * WORD) / ARENA_SIZE)
		return find_arena(program, address, &bitmap, &word) &&
		       read_bits(program, bitmap, word, count, ret);
	for (unsigned i = 0; i < count; i++) {
		if (!find_arena(program, address + i * WORD, &bitmap, &word) ||
			!read_bits(program, bitmap, word, 1, &bit))
			return false;
		*ret |= bit << i;
	}
	return true;
}

/*
 * mbitmap.go of 1.19: two bits for each word, whether it is a pointer, and whether the
 * object has any from it on. The four low bits of a byte are the first ones of four words, the high
 * bits the second ones. After the first word without the second bit, the bits have no meaning.
 */
enum { PAIRS = 4, PAIR_CHUNK = 1 << 10 };

/* The first word of [from, to) without the second bit; `to` if all have it. Large objects have many
 * words, so it reads many at a time. */
static bool find_pair_end(struct program *program, uint64_t from, uint64_t to, uint64_t *ret)
{
	uint8_t bytes[PAIR_CHUNK];
	for (uint64_t at = from; at < to && to - at >= WORD;) {
		uint64_t bitmap, word;
		if (!find_arena(program, at, &bitmap, &word))
			return false;
		uint64_t first = word % PAIRS, left = PAIR_CHUNK * PAIRS - first;
		uint64_t in_arena = ARENA_SIZE / WORD - word, wanted = (to - at) / WORD;
		left = left < in_arena ? left : in_arena;
		left = left < wanted ? left : wanted;
		if (!read_memory(program, bitmap + word / PAIRS, bytes,
			    (first + left + PAIRS - 1) / PAIRS))
			return false;
		for (uint64_t i = first; i < first + left; i++) {
			if (!(bytes[i / PAIRS] >> (PAIRS + i % PAIRS) & 1)) {
				*ret = at + (i - first) * WORD;
				return true;
			}
		}
		at += left * WORD;
	}
	*ret = to;
	return true;
}

static bool pair_bits(struct program *program, const struct heap_object *object, uint64_t address,
	unsigned count, uint64_t *ret)
{
	uint64_t end;
	*ret = 0;
	if (address - object->address > MAX_PAIRS * WORD ||
		!find_pair_end(program, object->address, address + count * WORD, &end))
		return false;
	for (uint64_t at = address; at < end; at += WORD) {
		uint64_t bitmap, word;
		uint8_t byte;
		if (!find_arena(program, at, &bitmap, &word) ||
			!read_memory(program, bitmap + word / PAIRS, &byte, 1))
			return false;
		if (byte >> word % PAIRS & 1)
			*ret |= 1ull << (at - address) / WORD;
	}
	return true;
}

/* ---- Objects ---- */

/* The bits of `count` words, at most CHUNK, from `address` in the object on. False if unknown. */
static bool object_bits(struct program *program, const struct heap_object *object, uint64_t address,
	unsigned count, uint64_t *ret)
{
	const struct heap_span *span = object->span;
	uint64_t offset = address - object->address, type;
	*ret = 0;
	if (object->no_pointers)
		return true;
	switch (span->pointers) {
	case POINTERS_ARENA_PAIRS:
		return pair_bits(program, object, address, count, ret);
	case POINTERS_ARENA:
		return arena_bits(program, address, count, ret);
	case POINTERS_BITMAP:
		return read_bits(program, span->record, (address - span->start) / WORD, count, ret);
	case POINTERS_HEADER:
		if (!read_memory(program, object->address, &type, WORD))
			return false;
		if (offset >= HEADER)
			return array_bits(program, type, offset - HEADER, count, ret);
		if (count > 1 && !array_bits(program, type, 0, count - 1, ret))
			return false;
		*ret <<= 1;
		return true;
	case POINTERS_TYPE:
		return span->record && array_bits(program, span->record, offset, count, ret);
	default:
		return false;
	}
}

enum pointer_word heap_pointer_word(
	struct program *program, const struct heap_object *object, uint64_t address)
{
	uint64_t bit;
	if (!object_bits(program, object, address, 1, &bit))
		return WORD_UNKNOWN;
	return bit ? WORD_POINTER : WORD_SCALAR;
}

bool heap_can_hold(struct program *program, const struct heap_object *object, uint64_t address,
	uint64_t descriptor, bool alone)
{
	struct type_mask mask;
	uint64_t offset = address - object->address;
	if (alone && offset)
		return false;
	if (!load_mask(program, descriptor, &mask))
		return true;
	if (offset % WORD || mask.size > object->size || offset > object->size - mask.size)
		return false;
	uint64_t words = (alone ? object->size : mask.size) / WORD;
	for (uint64_t i = 0; i < words; i += CHUNK) {
		unsigned count = words - i < CHUNK ? (unsigned)(words - i) : CHUNK;
		uint64_t expected, found;
		if (!mask_bits(program, &mask, i * WORD, count, &expected) ||
			!object_bits(program, object, address + i * WORD, count, &found))
			return true;
		if (expected != found)
			return false;
	}
	return true;
}
