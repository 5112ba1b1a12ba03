/*
 * When goroutines were born, as far as it was seen: for their age at their death. A bounded table
 * by goroutine id; when it is full further births are not noted. Private to dbg/break, of the
 * tracer thread while the target runs.
 */
#ifndef GCTXDBG_BREAK_BIRTHS_H
#define GCTXDBG_BREAK_BIRTHS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct birth {
	uint64_t goid; /* 0: a free place */
	int64_t time_ns;
};

/* Zero-initialise before use. */
struct births {
	struct birth *table;
	size_t count;
	_Atomic bool lost; /* one was not noted, for want of room */
};

/* Makes the table, if it is not there yet; its memory is used only as it fills. One that holds many
 * is emptied: of those that have ended while nobody looked it would never get rid. */
struct error *births_init(struct births *births);
void births_deinit(struct births *births);

void births_add(struct births *births, uint64_t goid, int64_t time_ns);
/* False when it is not known. */
bool births_find(const struct births *births, uint64_t goid, int64_t *ret_ns);
void births_remove(struct births *births, uint64_t goid);

#endif
