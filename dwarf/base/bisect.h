/*
 * Binary search.
 *
 * bisect() is the only one in the project, so that each use states just its condition.
 */
#ifndef GCTXDBG_DWARF_BASE_BISECT_H
#define GCTXDBG_DWARF_BASE_BISECT_H

#include <stddef.h>

/*
 * The smallest `i` below `count` for which `condition`, an expression in `i`, holds; `count` if it holds for
 * none. The condition must be false up to some index and true from there on:
 *
 *	size_t next = bisect(i, ranges->count, ranges->items[i].start > address);
 *
 * is the range behind the one that may contain `address`.
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
