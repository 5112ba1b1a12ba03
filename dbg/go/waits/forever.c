/* Goroutines that nothing can ever wake: see forever.h. */
#include "dbg/go/waits/forever.h"

#include "dbg/go/program/program_state.h"

enum forever goroutine_waits_forever(struct program *program, const struct goroutine *goroutine)
{
	int64_t leaked = program->layout.status.leaked;
	if (leaked >= 0 && goroutine->status == leaked)
		return FOREVER_LEAKED;
	const char *reason = goroutine_is_waiting(program, goroutine)
				     ? goroutine_wait_reason(program, goroutine)
				     : NULL;
	if (!reason)
		return FOREVER_NOT;
	if (strstr(reason, "(nil chan)"))
		return FOREVER_NIL_CHANNEL;
	return strcmp(reason, "select (no cases)") == 0 ? FOREVER_NO_CASES : FOREVER_NOT;
}
