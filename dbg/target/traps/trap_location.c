/* Finding room for the traps' area: see trap_location.h. */
#include "dbg/target/traps/trap_location.h"

enum {
	PAGE = 4096,
	/* Kept free next to mappings that may grow: stacks, the heap after the program. */
	DISTANCE = 1 << 20,
};

/* The range of a rip-relative operand, less some room for what the instructions refer to. */
static const uint64_t reach = UINT64_C(0x70000000);

uint64_t trap_location_find(
	const struct mapping *mappings, size_t count, uint64_t size, uint64_t low, uint64_t high)
{
	uint64_t best = 0;
	uint64_t end = TRAP_AREA_LOWEST; /* of the mapping before the gap */
	for (size_t i = 0; i <= count; i++) {
		uint64_t next = i < count ? mappings[i].start : UINT64_C(1) << 47;
		uint64_t margin = end == TRAP_AREA_LOWEST ? 0 : DISTANCE;
		if (next > end && next - end >= size + margin + PAGE) {
			/* Below the traps: at the end of the gap. Above them: well after the
			 * mapping before it. */
			bool below = next <= low;
			uint64_t location = below ? next - size - PAGE : end + 64 * margin;
			bool fits = location + size <= next;
			if (below && high - location <= reach)
				best = location;
			else if (!below && !best && fits && location + size - low <= reach)
				best = location;
		}
		if (i < count && mappings[i].end > end)
			end = mappings[i].end;
	}
	return best;
}
