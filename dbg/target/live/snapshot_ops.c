/*
 * The operations of a snapshot: a process that holds a copy-on-write image of the target's memory
 * (snapshot_child.h), while the target itself runs.
 */
#include <inttypes.h>

#include "dbg/target/live/live.h"
#include "dbg/target/process/proc_files.h"

static struct error *lost(const struct live *live)
{
	return error_create(ERROR_GONE,
		"the snapshot of process %d is lost: process %d, which held it, "
		"was killed (out of memory?); \"snapshot\" makes another one",
		live->target.pid, live->memory.tid);
}

static struct error *snapshot_read(struct target *target, struct memory_run *runs, size_t count)
{
	struct live *live = live_of(target);
	struct error *err = live_memory_read(&live->memory, runs, count);
	bool all = true;
	for (size_t i = 0; i < count; i++)
		all &= runs[i].done == runs[i].size;
	/* Unmapped, or has the snapshot's process been killed? */
	if (!err && !all && !proc_is_alive(live->memory.tid))
		err = lost(live);
	if (!err && atomic_load(&target->state) != TARGET_STOPPED)
		err = error_create(ERROR_GONE,
			"the snapshot of process %d was dropped while it was read: %s", target->pid,
			target->gone_reason ? target->gone_reason : "it is running");
	return err;
}

static struct error *snapshot_load_mappings(struct target *target)
{
	struct live *live = live_of(target);
	if (!proc_is_alive(live->memory.tid))
		return lost(live);
	return proc_read_maps(live->memory.tid, &target->mappings, &target->mapping_count);
}

static struct error *snapshot_fault(struct target *target, uint64_t address)
{
	const struct mapping *here = target_mapping_at(target, address);
	if (here)
		return error_create(ERROR_FAULT, "cannot read memory at 0x%" PRIx64, address);
	return error_create(ERROR_FAULT,
		"cannot read memory at 0x%" PRIx64
		": nothing is mapped there in the snapshot (memory marked MADV_DONTFORK is not "
		"copied; to read the process itself: \"set pause stop\", \"interrupt\")",
		address);
}

static bool snapshot_lives(struct target *target)
{
	return tracer_program_lives(live_of(target)->tracer);
}

const struct target_ops snapshot_ops = {
	.kind = "snapshot of live process",
	.destroy = live_destroy,
	.read = snapshot_read,
	.load_threads = live_load_threads,
	.load_mappings = snapshot_load_mappings,
	.cont = live_continue,
	.interrupt = live_snapshot,
	.detach = live_detach,
	.kill = live_kill,
	.snapshot = live_snapshot,
	.hold = live_hold,
	.next_event = live_next_event,
	.set_traps = live_set_traps,
	.stop_at = live_stop_at,
	.lives = snapshot_lives,
	.resident = live_resident,
	.fault = snapshot_fault,
};
