/* Writes the int3 of a trap into the target and removes it again. */
#include <inttypes.h>
#include <unistd.h>

#include "dbg/target/traps/traps_private.h"

static const uint8_t int3 = INT3;

struct error *trap_insert(struct traps *traps, const struct trap *trap)
{
	struct error *err = undo_log_note_bytes(
		traps->log, trap->address, &trap->original, &int3, sizeof(int3));
	if (err)
		return err;
	int errnum = trap_write(traps->mem_fd, trap->address, &int3, sizeof(int3));
	if (!errnum)
		return NULL;
	undo_log_forget_bytes(traps->log, trap->address);
	return error_system(errnum, "cannot set a breakpoint at 0x%" PRIx64, trap->address);
}

void trap_remove(struct traps *traps, const struct trap *trap)
{
	uint8_t byte;
	if (pread(traps->mem_fd, &byte, sizeof(byte), (off_t)trap->address) == sizeof(byte) &&
		byte == int3)
		trap_write(traps->mem_fd, trap->address, &trap->original, sizeof(byte));
	undo_log_forget_bytes(traps->log, trap->address);
}
