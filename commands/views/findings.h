/*
 * What is wrong, in order of size: from the verdicts on contexts, and from what the runtime itself
 * says about goroutines.
 *
 * A goroutine is stuck only if something proves it: a verdict of `ctx check` that is no note; a nil
 * channel; several goroutines with the same stack in a select without cases (a single one, and the
 * main goroutine, are parked there on purpose); Go's own leak profile; a deadlock that the runtime
 * found. Goroutines that queue for one lock are a note: its holder may be about to release it.
 */
#ifndef GCTXDBG_COMMANDS_VIEWS_FINDINGS_H
#define GCTXDBG_COMMANDS_VIEWS_FINDINGS_H

#include "commands/views/report.h"

/* Fills in `findings` and `stuck`; everything else is loaded. */
struct error *findings_load(struct report *report);

#endif
