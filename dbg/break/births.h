/*
 * The creation times ("births") of goroutines, to compute their age when they exit.
 *
 * A bounded table by goroutine id; when it is full, further births are not recorded. Private to
 * dbg/break; used only by the tracer thread while the target runs.
 */
#ifndef GCTXDBG_BREAK_BIRTHS_H
#define GCTXDBG_BREAK_BIRTHS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct birth {
	uint64_t goid;	 /* 0: a free slot */
	int64_t time_ns; /* CLOCK_MONOTONIC */
};

/* Zero-initialize before use. */
struct births {
	struct birth *table;
	size_t count;
	_Atomic bool lost; /* a birth was not recorded because the table was full */
};

/*
 * Allocates the table unless it exists; its pages are used only as it fills. Clears a table that is
 * more than half full: it may contain goroutines that exited unseen, which would never be removed.
 */
struct error *births_init(struct births *births);
void births_deinit(struct births *births);

void births_add(struct births *births, uint64_t goid, int64_t time_ns);
/* False if the creation of the goroutine was not recorded. */
bool births_find(const struct births *births, uint64_t goid, int64_t *ret_ns);
void births_remove(struct births *births, uint64_t goid);

#endif
