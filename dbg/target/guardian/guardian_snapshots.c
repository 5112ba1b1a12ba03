/* Killing the processes that hold snapshots, and having the target reap them: see guardian.h. */
#include <poll.h>

#include "dbg/target/guardian/guardian_run.h"
#include "dbg/target/snapshots/snapshot_child.h"

enum { REAP_ATTEMPTS = 10, FIRST_PAUSE_MS = 100 };

static const int64_t death_ns = INT64_C(60000000000);

static struct snapshot_child child_of(const struct child_note *note)
{
	return (struct snapshot_child){note->pid, note->ns_pid, note->start, 0};
}

void guardian_find_snapshot(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	int call = notes->call_current;
	struct snapshot_child child;
	if (notes->cloning && call &&
		snapshot_child_find(guardian->tracees.pid, notes->calls[call - 1].stub, &child)) {
		undo_notes_add_child(notes, child.pid, child.ns_pid, child.start);
		snapshot_child_kill(&child);
	}
	notes->cloning = false;
}

void guardian_kill_snapshots(struct guardian_process *guardian)
{
	for (size_t i = 0; i < UNDO_CHILDREN; i++) {
		const struct child_note *note = &guardian->notes->children[i];
		struct snapshot_child child = child_of(note);
		if (note->valid)
			snapshot_child_kill(&child);
	}
}

/* Has a stopped thread reap those that are dead. False: some are left. */
static bool reap(struct guardian_process *guardian)
{
	bool all = true;
	for (size_t i = 0; i < UNDO_CHILDREN; i++) {
		struct child_note *note = &guardian->notes->children[i];
		struct snapshot_child child = child_of(note);
		if (!note->valid)
			continue;
		struct error *err = snapshot_child_reap(&guardian->tracees, NULL, &child);
		if (err)
			all = false;
		else
			note->valid = false;
		error_destroy(err);
	}
	return all;
}

/* Any thread can do it, unless its own seccomp filter forbids it; then `all` are stopped to find
 * one that can. */
static bool try_to_reap(struct guardian_process *guardian, bool all)
{
	static const struct stop_limits limits = {
		.progress_ns = INT64_C(100000000), .total_ns = INT64_C(500000000)};
	struct error *err = all ? tracees_stop(&guardian->tracees, &limits)
				: tracees_stop_one(&guardian->tracees);
	bool done = !err && reap(guardian);
	error_destroy(err);
	tracees_leave(&guardian->tracees);
	return done;
}

void guardian_reap_snapshots(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	if (undo_notes_are_empty(notes))
		return;
	guardian_kill_snapshots(guardian);
	for (size_t i = 0; i < UNDO_CHILDREN; i++) {
		struct snapshot_child child = child_of(&notes->children[i]);
		if (notes->children[i].valid)
			snapshot_child_await(&guardian->tracees, &child, death_ns);
	}
	int pause_ms = FIRST_PAUSE_MS;
	for (int i = 0; i < REAP_ATTEMPTS && !try_to_reap(guardian, i % 2); i++) {
		struct pollfd fd = {.fd = guardian->target, .events = POLLIN};
		if (poll(&fd, 1, pause_ms) > 0)
			return;
		pause_ms *= 2;
	}
}
