/*
 * Ctrl-C: ends the running command, or clears the line at the prompt; never the debugger.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_INTERRUPT_H
#define GCTXDBG_COMMANDS_SESSION_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

/* From now on SIGINT sets `*cancel` and makes interrupt_fd() readable. SIGPIPE is ignored. */
void interrupt_install(atomic_bool *cancel);

/* Becomes readable with Ctrl-C, so that a wait in poll() ends; -1 before interrupt_install(). */
int interrupt_fd(void);

/* Makes interrupt_fd() unreadable again; true when it was readable. */
bool interrupt_drain(void);

/*
 * Ctrl-Z would stop the debugger and leave a stopped service frozen behind it: ignores it (or not).
 */
void interrupt_ignore_suspend(bool ignore);

#endif
