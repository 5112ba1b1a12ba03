/*
 * Hands libunwind DWARF rules that are not in the target's memory.
 *
 * libunwind only reads tables in .eh_frame's form through its memory accessor. So the rules of one
 * function are written down in that form, with a search table of one entry, and shown to it as if
 * they lay where the function's code is: a step reads stacks, never code.
 */
#ifndef GCTXDBG_TARGET_NATIVE_RULES_WINDOW_H
#define GCTXDBG_TARGET_NATIVE_RULES_WINDOW_H

#include "dwarf/debug/frame_table.h"

struct rules_window {
	uint64_t start; /* where the target seems to have it; the search table comes first */
	size_t size;	/* 0: closed */
	uint8_t *bytes;
	size_t capacity;
	bool failed; /* without memory, while it is written */
};

/* Shows `rules` (of run-time addresses); false when they are absurdly long, or without memory. */
bool rules_window_open(struct rules_window *window, const struct frame_rules *rules);
void rules_window_close(struct rules_window *window);
void rules_window_deinit(struct rules_window *window);

/* Reads a word of it; false when `address` is not inside. */
bool rules_window_read(const struct rules_window *window, uint64_t address, uint64_t *ret);

#endif
