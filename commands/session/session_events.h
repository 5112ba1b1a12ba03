/*
 * Handles what the target reports (exited, stopped, …), and notifies the parts of the program that
 * keep state in the session.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SESSION_EVENTS_H
#define GCTXDBG_COMMANDS_SESSION_SESSION_EVENTS_H

#include <poll.h>

#include "commands/session/session.h"

/*
 * A folder above this layer that takes part in the session: breakpoints, the goroutine comparison.
 * It registers when it attaches its state to the session; closing the target unregisters all. Hooks
 * find their state in the session; each may be NULL.
 */
struct session_observer {
	/* Handles what the folder has queued; called before each event of the target. */
	void (*collect)(struct session *session);
	/* Called after all events were handled; may resume or close the target. */
	void (*settle)(struct session *session);
	/* The target is about to be closed: releases the folder's state. */
	void (*close)(struct session *session);
	/* Readable when collect() has something to handle; -1: none. */
	int (*event_fd)(const struct session *session);
	/*
	 * Called when event_fd() is readable: takes what is queued without printing it, and returns
	 * true if collect() would print something. NULL: it always would.
	 */
	bool (*has_output)(struct session *session);
	/*
	 * Before the program is replaced by another Go runtime of the process, which closes the
	 * folder's state: an error if the user would lose something. NULL: never.
	 */
	struct error *(*check_replaceable)(const struct session *session);
};

/* Registers `observer`, which must be static; once is enough. */
struct error *session_observe(struct session *session, const struct session_observer *observer);

/* The first error of the observers' check_replaceable(). */
struct error *session_check_replaceable(const struct session *session);

/* Calls and unregisters all observers' close(). For session_close_target(). */
void session_close_observers(struct session *session);

/* Handles all events that are queued: reports them and updates the session. Never blocks. */
void session_handle_events(struct session *session);

/*
 * Fills `ret` (room for `max`) with the descriptors that become readable when
 * session_handle_events() has something to handle; returns how many.
 */
size_t session_event_fds(const struct session *session, struct pollfd *ret, size_t max);

/* True if poll() found one of these descriptors ready. */
bool session_events_ready(const struct pollfd *fds, size_t count);

/*
 * For the prompt, after poll(): true if session_handle_events() would print something. Other events
 * of the observers, such as hits that are only counted, are handled here, so that the prompt is not
 * redrawn for each.
 */
bool session_has_output(struct session *session, const struct pollfd *fds, size_t count);

#endif
