/*
 * The session's breakpoints as commands see them: the breakpoints of dbg/break, each with its command
 * list and its counts. This folder holds the commands that make, change and list breakpoints, and
 * reports their hits (break_stop.h). It may use the selection in commands/goroutines and everything
 * below; commands/running uses it to arm breakpoints before the target runs.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_SESSION_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_SESSION_H

#include "commands/session/block.h"
#include "commands/breakpoints/break_counts.h"
#include "dbg/break/breakpoint.h"

/* What the commands keep of one breakpoint. */
struct break_extra {
	int number;
	struct block_lines commands;
	struct break_counts *counts; /* trace --count-by; NULL: none */
};

struct break_session {
	struct breakpoints *breakpoints;
	struct break_extra *extras;
	size_t extra_count, extra_capacity;
	struct break_event *pending; /* taken from the queue, not told yet */
	size_t pending_count, pending_capacity;
	struct break_event *stops; /* to be shown once the process is stopped */
	size_t stop_count, stop_capacity;
	uint64_t reported;    /* hits told so far */
	bool in_commands;     /* a breakpoint's list of commands runs */
	struct error *failed; /* such a list, while nobody waited: for the next who waits */
	int64_t second;	      /* lines of traces on a terminal are limited per second: this one */
	unsigned lines;	      /* printed in it */
	uint64_t hidden;      /* left out in it */
	bool warned_lost;     /* the warning about unknown ages was printed */
};

/* Made on first use; ERROR_GONE with a sentence for what cannot run (a core). */
struct error *break_session_get(struct session *session, struct break_session **ret);
/* The same; ERROR_NOT_FOUND when there is no breakpoint. */
struct error *break_session_get_some(struct session *session, struct break_session **ret);

/* The extra of breakpoint `number`, made when there is none; NULL without memory. */
struct break_extra *break_session_extra(struct break_session *breaks, int number);
/* The same if there is one, else NULL. */
struct break_extra *break_session_find_extra(const struct break_session *breaks, int number);
void break_session_forget(struct break_session *breaks, int number);

/* The breakpoint `number`; ERROR_NOT_FOUND with those there are. */
struct error *break_session_find(
	const struct break_session *breaks, int number, struct breakpoint *ret);

/* A breakpoint's number as it is typed. */
struct error *break_session_parse_number(const char *text, int *ret);

/*
 * Looks at the process itself from now on, which stands still, and no longer at snapshots: traps
 * are in the process. After a breakpoint has been made. After an error all is as before, unless
 * the process has ended (session->breaks is NULL then).
 */
struct error *break_session_hold(struct session *session);

/* True when a breakpoint is enabled. */
bool break_session_is_armed(const struct session *session);
/* Puts the traps where the enabled breakpoints are, before the process runs. */
struct error *break_session_arm(struct session *session);
/* For commands that let the process run for a moment for their own purpose: in between no
 * breakpoint stops it and no trace prints, only tracepoints that count go on counting. `*ret` is
 * what break_session_resume() needs to enable the others again. */
struct error *break_session_suspend(struct session *session, int **ret, size_t *ret_count);
struct error *break_session_resume(struct session *session, int *numbers, size_t count);

/* Readable when break_stop_take() has something to do; -1: no breakpoints. */
int break_session_fd(const struct session *session);

#endif
