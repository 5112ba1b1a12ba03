/*
 * Goroutines that nothing can ever wake, by what the runtime itself says about them.
 *
 * Sources: runtime/runtime2.go (waitReasonChanReceiveNilChan, waitReasonSelectNoCases, _Gleaked
 * since 1.26), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_WAITS_FOREVER_H
#define GCTXDBG_GO_WAITS_FOREVER_H

#include "dbg/go/goroutines/goroutine.h"

enum forever {
	FOREVER_NOT, /* or unknown */
	FOREVER_NIL_CHANNEL,
	FOREVER_NO_CASES, /* select {}: often meant */
	FOREVER_LEAKED,	  /* Go's own goroutine leak profile found it */
};

enum forever goroutine_waits_forever(struct program *program, const struct goroutine *goroutine);

#endif
