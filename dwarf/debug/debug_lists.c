/* Decodes range lists and location lists: see debug_lists.h. */
#include "dwarf/debug/debug_lists.h"

#include <dwarf.h>

/* The entry kinds of DWARF 5 lists; range lists and location lists number them differently. */
enum shape {
	SHAPE_END = DW_LLE_end_of_list,
	SHAPE_BASE_INDEX = DW_LLE_base_addressx,
	SHAPE_INDEX_INDEX = DW_LLE_startx_endx,
	SHAPE_INDEX_LENGTH = DW_LLE_startx_length,
	SHAPE_OFFSETS = DW_LLE_offset_pair,
	SHAPE_DEFAULT = DW_LLE_default_location,
	SHAPE_BASE = DW_LLE_base_address,
	SHAPE_START_END = DW_LLE_start_end,
	SHAPE_START_LENGTH = DW_LLE_start_length,
};

static uint64_t indexed(struct debug_list *list)
{
	uint64_t address = 0, index = reader_uleb(&list->reader);
	if (index > list->addresses.size / 8 ||
		!bytes_copy(list->addresses, 8 * index, &address, sizeof(address)))
		list->reader.failed = true;
	return address;
}

static bool next_old(struct debug_list *list, struct debug_list_entry *ret)
{
	struct byte_reader *reader = &list->reader;
	while (!reader_at_end(reader)) {
		uint64_t low = reader_unsigned(reader, 8), high = reader_unsigned(reader, 8);
		if (low == UINT64_MAX) {
			list->base = high;
			continue;
		}
		if (!low && !high)
			return false;
		ret->expression = (struct bytes){NULL, 0};
		if (list->locations)
			ret->expression = reader_bytes(reader, reader_unsigned(reader, 2));
		ret->low = list->base + low;
		ret->high = list->base + high;
		if (low < high)
			return !reader->failed;
	}
	return false;
}

/* Reads the addresses of an entry. False if it only sets the base. */
static bool read_bounds(struct debug_list *list, enum shape shape, struct debug_list_entry *ret)
{
	struct byte_reader *reader = &list->reader;
	switch (shape) {
	case SHAPE_BASE_INDEX:
		list->base = indexed(list);
		return false;
	case SHAPE_BASE:
		list->base = reader_unsigned(reader, 8);
		return false;
	case SHAPE_INDEX_INDEX:
		ret->low = indexed(list);
		ret->high = indexed(list);
		return true;
	case SHAPE_INDEX_LENGTH:
		ret->low = indexed(list);
		ret->high = ret->low + reader_uleb(reader);
		return true;
	case SHAPE_OFFSETS:
		ret->low = list->base + reader_uleb(reader);
		ret->high = list->base + reader_uleb(reader);
		return true;
	case SHAPE_DEFAULT:
		ret->low = 0;
		ret->high = UINT64_MAX;
		return true;
	case SHAPE_START_END:
		ret->low = reader_unsigned(reader, 8);
		ret->high = reader_unsigned(reader, 8);
		return true;
	case SHAPE_START_LENGTH:
		ret->low = reader_unsigned(reader, 8);
		ret->high = ret->low + reader_uleb(reader);
		return true;
	case SHAPE_END:
		break;
	}
	reader->failed = true;
	return false;
}

static enum shape shape_of(const struct debug_list *list, uint64_t code)
{
	/* Range lists have no default entry, so later codes are one less. */
	if (!list->locations && code >= DW_RLE_base_address)
		code++;
	return code <= SHAPE_START_LENGTH ? (enum shape)code : SHAPE_END;
}

bool debug_list_next(struct debug_list *list, struct debug_list_entry *ret)
{
	if (list->old)
		return next_old(list, ret);
	struct byte_reader *reader = &list->reader;
	while (!reader_at_end(reader)) {
		enum shape shape = shape_of(list, reader_unsigned(reader, 1));
		if (shape == SHAPE_END || reader->failed)
			return false;
		if (!read_bounds(list, shape, ret))
			continue;
		ret->expression = (struct bytes){NULL, 0};
		if (list->locations)
			ret->expression = reader_bytes(reader, reader_uleb(reader));
		if (ret->low < ret->high)
			return !reader->failed;
	}
	return false;
}
