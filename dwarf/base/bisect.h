/*
 * Binary search.
 *
 * Search sorted arrays with bisect(), so that each use states only its condition.
 */
#ifndef GCTXDBG_DWARF_BASE_BISECT_H
#define GCTXDBG_DWARF_BASE_BISECT_H

#include <stddef.h>

/*
 * The smallest `i` below `count` for which `condition`, an expression in `i`, is true; `count` if
 * there is none. The condition must be false up to some index and true from there on. This finds
 * the range after the one that may contain `address`:
 *
 *	size_t next = bisect(i, ranges->count, ranges->items[i].start > address);
 *
 * Do not nest bisect() inside a condition.
 */
#define bisect(i, count, condition)                                                                \
	({                                                                                         \
		size_t low_ = 0, high_ = (count);                                                  \
		while (low_ < high_) {                                                             \
			size_t i = low_ + (high_ - low_) / 2;                                      \
			if (condition)                                                             \
				high_ = i;                                                         \
			else                                                                       \
				low_ = i + 1;                                                      \
		}                                                                                  \
		low_;                                                                              \
	})

#endif
