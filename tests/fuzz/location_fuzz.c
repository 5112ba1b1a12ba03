/* libFuzzer target: reads the input as a location or range list and evaluates its expressions. */
#include "dwarf/debug/debug_expression.h"
#include "dwarf/debug/debug_lists.h"

static bool read_register(void *context, uint64_t number, uint64_t *ret)
{
	(void)context;
	*ret = number * 8;
	return number < 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t addresses[64] = {0, 0x10, 0x40};
	if (!size)
		return 0;
	struct debug_list list = {
		.reader = {.data = {data + 1, size - 1}},
		.old = data[0] & 1,
		.locations = data[0] & 2,
		.base = data[0] & 4 ? 0x400000 : 0,
		.addresses = {addresses, sizeof(addresses)},
	};
	/* Without a unit: only DW_OP_addrx, which debug_units handles, needs one. */
	struct debug_expression expression = {
		.cfa = data[0] & 8 ? 0xc000012345 : 0, .read_register = read_register};
	struct debug_list_entry entry;
	while (debug_list_next(&list, &entry)) {
		struct debug_piece pieces[MAX_PIECES];
		size_t count = 0;
		if (memchr(entry.expression.data ? (const void *)entry.expression.data : "",
			    DW_OP_addrx, entry.expression.size))
			continue;
		error_destroy(debug_expression_run(&expression, entry.expression, pieces, &count));
	}
	return 0;
}
