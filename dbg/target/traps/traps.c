/* One set of traps: lookup, creation and end. See traps.h. */
#include "dbg/target/traps/traps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "dwarf/base/bisect.h"
#include "dwarf/base/fd.h"
#include "dbg/target/guardian/guardian.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/traps/traps_private.h"

/* Detaching must not take longer. */
static const int64_t leave_ns = INT64_C(500000000);

struct error *target_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler)
{
	if (!target->ops->set_traps)
		return error_create(ERROR_GONE,
			"cannot set breakpoints in a %s: attach to a live process",
			target->ops->kind);
	return target->ops->set_traps(target, addresses, count, handler);
}

struct trap *traps_find(const struct traps *traps, uint64_t address)
{
	size_t i = bisect(k, traps->count, traps->items[k].address >= address);
	return i < traps->count && traps->items[i].address == address ? &traps->items[i] : NULL;
}

struct trap *traps_find_slot(const struct traps *traps, uint64_t address)
{
	size_t slot = trap_area_slot_index(&traps->area, address);
	if (slot >= TRAPS_MAX || !traps->slots[slot])
		return NULL;
	return &traps->items[traps->slots[slot] - 1];
}

bool traps_are_set(const struct tracees *tracees)
{
	return traps_of(tracees) != NULL;
}

/* ---- Creating and freeing ---- */

static void destroy(struct traps *traps)
{
	while (traps->children)
		traps_forget_child(traps, traps->children->pid);
	idle_spinner_deinit(&traps->spinner);
	guardian_destroy(traps->guardian);
	close_fd(&traps->mem_fd);
	free(traps->slots);
	free(traps->items);
	free(traps);
}

static struct error *open_memory(struct tracees *tracees, struct traps *traps)
{
	traps->mem_fd = proc_open_memory(tracees_any_stopped(tracees), O_RDWR);
	return traps->mem_fd >= 0
		       ? NULL
		       : error_system(errno,
				 "cannot set breakpoints: cannot open the memory of process %d",
				 (int)tracees->pid);
}

static struct error *create_in(
	struct tracees *tracees, struct traps *traps, uint64_t low, uint64_t high)
{
	traps->slots = calloc(TRAPS_MAX, sizeof(*traps->slots));
	if (!traps->slots)
		return error_no_memory();
	struct error *err = open_memory(tracees, traps);
	if (!err)
		err = guardian_create(tracees->pid, &traps->guardian);
	if (err)
		return err;
	traps->area.mem_fd = traps->mem_fd;
	traps->log = traps->area.log = guardian_log(traps->guardian);
	return trap_area_create(&traps->area, tracees, low, high);
}

struct error *traps_destroy(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	traps_leave_children(tracees);
	struct error *err = trap_area_destroy(&traps->area, tracees);
	if (err)
		return err;
	tracees_set_hooks(tracees, NULL, NULL);
	destroy(traps);
	return NULL;
}

/*
 * Removes all traps before the target is detached: the int3s first, while threads run,
 * then the rest, for which all are stopped. If they do not stop in time the rest is left to the
 * guardian.
 */
static void traps_leave(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	traps->leaving = true;
	idle_spinner_pause(&traps->spinner);
	for (size_t i = 0; i < traps->count; i++)
		trap_remove(traps, &traps->items[i]);
	const struct stop_limits limits = {.progress_ns = leave_ns, .total_ns = leave_ns};
	struct error *err = tracees_stop(tracees, &limits);
	if (!err && traps_of(tracees))
		err = traps_destroy(tracees);
	error_destroy(err);
}

/* After an exit or exec there is nothing to undo, because the memory is gone. */
static void traps_forget(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	tracees->hooks = NULL;
	if (tracees->ended || tracees->execed)
		trap_area_forget(&traps->area);
	for (size_t i = 0; i < traps->count && (tracees->ended || tracees->execed); i++)
		undo_log_forget_bytes(traps->log, traps->items[i].address);
	destroy(traps);
}

static const struct tracee_hooks hooks = {
	.report = traps_on_report,
	.before_signal = traps_before_signal,
	.stopped = traps_on_stop,
	.before_continue = traps_before_continue,
	.other_process = traps_on_other_process,
	.leave = traps_leave,
	.forget = traps_forget,
};

struct error *traps_create(struct tracees *tracees, struct target *target,
	struct original_bytes *bytes, uint64_t low, uint64_t high)
{
	struct traps *traps = calloc(1, sizeof(*traps));
	if (!traps)
		return error_no_memory();
	traps->target = target;
	traps->bytes = bytes;
	traps->mem_fd = -1;
	struct error *err = create_in(tracees, traps, low, high);
	if (err) {
		destroy(traps);
		return err;
	}
	tracees_set_hooks(tracees, &hooks, traps);
	return NULL;
}
