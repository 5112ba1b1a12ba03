/*
 * Passes DWARF rules to libunwind that are not in the target's memory.
 *
 * libunwind only reads tables in the format of .eh_frame, through its memory accessor. Therefore
 * the rules of one function are encoded in that format, with a search table of one entry, and
 * presented at the address of the function's code: a step reads stacks, never code.
 */
#ifndef GCTXDBG_TARGET_NATIVE_RULES_WINDOW_H
#define GCTXDBG_TARGET_NATIVE_RULES_WINDOW_H

#include "dwarf/debug/frame_table.h"

struct rules_window {
	uint64_t start; /* address at which libunwind sees it; the search table comes first */
	size_t size;	/* 0: closed */
	uint8_t *bytes;
	size_t capacity;
	bool failed; /* no memory while encoding */
};

/*
 * Presents `rules` (with run-time addresses); false if they are absurdly long, or without memory.
 */
bool rules_window_open(struct rules_window *window, const struct frame_rules *rules);
void rules_window_close(struct rules_window *window);
void rules_window_deinit(struct rules_window *window);

/* Reads a word of the window; false if `address` is outside of it. */
bool rules_window_read(const struct rules_window *window, uint64_t address, uint64_t *ret);

#endif
