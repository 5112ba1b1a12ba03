/*
 * Whether a function still uses a word of its stack frame.
 *
 * The compiler's pointer maps say which words of a frame hold live pointers, but not which other
 * words are live, such as the first word of an interface value. The code does: a word that no path
 * reads before it is overwritten is a leftover.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_SLOTS_H
#define GCTXDBG_DWARF_CODE_CODE_SLOTS_H

#include "dwarf/base/memory.h"

struct slot_uses {
	/*
	 * A path reads any of the 8 bytes before it overwrites them all. Also true if that cannot
	 * be excluded: if an address just below the word is taken, or where the code is not
	 * understood.
	 */
	bool read;
	bool overwritten; /* a path overwrites them all before it reads any */
};

/*
 * What the paths from the instruction at offset `from` of the function's `code` do with the 8 bytes
 * at RSP + `slot`. RSP is as in the function's body, after its prologue.
 */
struct slot_uses code_slot_uses(struct bytes code, size_t from, int64_t slot);

#endif
