/* Encoding DWARF rules in the format of .eh_frame: see rules_window.h. */
#include "dbg/target/native/rules_window.h"

enum { MAX_INSTRUCTIONS = 1 << 20, WORD = 8 };

static void put(struct rules_window *window, const void *bytes, size_t size)
{
	if (!array_reserve(&window->bytes, &window->capacity, window->size + size)) {
		window->failed = true;
		return;
	}
	if (size)
		memcpy(window->bytes + window->size, bytes, size);
	window->size += size;
}

static void put_u8(struct rules_window *window, uint8_t value)
{
	put(window, &value, sizeof(value));
}

static void put_u32(struct rules_window *window, uint32_t value)
{
	put(window, &value, sizeof(value));
}

static void put_u64(struct rules_window *window, uint64_t value)
{
	put(window, &value, sizeof(value));
}

static void put_uleb(struct rules_window *window, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_u8(window, (uint8_t)(value | 0x80));
	put_u8(window, (uint8_t)value);
}

static void put_sleb(struct rules_window *window, int64_t value)
{
	for (; value < -0x40 || value >= 0x40; value >>= 7)
		put_u8(window, (uint8_t)((value & 0x7f) | 0x80));
	put_u8(window, (uint8_t)(value & 0x7f));
}

/* Pads with DW_CFA_nop and writes the length of the entry at `start`. */
static void finish_entry(struct rules_window *window, size_t start)
{
	while (!window->failed && window->size % WORD)
		put_u8(window, 0);
	if (window->failed)
		return;
	uint32_t length = (uint32_t)(window->size - start - sizeof(length));
	memcpy(window->bytes + start, &length, sizeof(length));
}

static void put_common(struct rules_window *window, const struct frame_rules *rules)
{
	size_t start = window->size;
	put_u32(window, 0); /* length, written by finish_entry() */
	put_u32(window, 0); /* marks a CIE */
	put_u8(window, 1);  /* version */
	put_u8(window, 0);  /* no augmentation */
	put_uleb(window, rules->code_alignment);
	put_sleb(window, rules->data_alignment);
	put_u8(window, (uint8_t)rules->return_register);
	put(window, rules->initial.data, rules->initial.size);
	finish_entry(window, start);
}

static void put_function(
	struct rules_window *window, const struct frame_rules *rules, size_t common)
{
	size_t start = window->size;
	put_u32(window, 0);
	put_u32(window, (uint32_t)(window->size - common));
	put_u64(window, rules->low);
	put_u64(window, rules->size);
	put(window, rules->instructions.data, rules->instructions.size);
	finish_entry(window, start);
}

bool rules_window_open(struct rules_window *window, const struct frame_rules *rules)
{
	window->size = 0;
	window->failed = rules->initial.size > MAX_INSTRUCTIONS ||
			 rules->instructions.size > MAX_INSTRUCTIONS ||
			 rules->return_register > UINT8_MAX;
	if (window->failed)
		return false;
	window->start = rules->low & ~(uint64_t)(WORD - 1);
	put_u32(window, (uint32_t)(rules->low - window->start));
	put_u32(window, 0); /* offset of the FDE, written below */
	size_t common = window->size;
	put_common(window, rules);
	uint32_t function = (uint32_t)window->size;
	put_function(window, rules, common);
	if (window->failed) {
		window->size = 0;
		return false;
	}
	memcpy(window->bytes + sizeof(uint32_t), &function, sizeof(function));
	return true;
}

void rules_window_close(struct rules_window *window)
{
	window->size = 0;
}

void rules_window_deinit(struct rules_window *window)
{
	free(window->bytes);
	*window = (struct rules_window){0};
}

bool rules_window_read(const struct rules_window *window, uint64_t address, uint64_t *ret)
{
	struct bytes bytes = {window->bytes, window->size};
	return address >= window->start &&
	       bytes_copy(bytes, address - window->start, ret, sizeof(*ret));
}
