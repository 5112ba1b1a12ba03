/*
 * Ctrl-C: ends the running command or clears the line at the prompt, but not the debugger.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_CTRL_C_H
#define GCTXDBG_COMMANDS_SESSION_CTRL_C_H

#include <stdatomic.h>
#include <stdbool.h>

/* Makes SIGINT set `*cancel`, if not NULL, and make interrupt_fd() readable. Ignores SIGPIPE. Must
 * be called with NULL before `*cancel` goes out of scope. */
void interrupt_install(atomic_bool *cancel);

/* Readable after Ctrl-C, so that poll() returns; -1 before interrupt_install(). */
int interrupt_fd(void);

/* Resets interrupt_fd(); true if it was readable. */
bool interrupt_drain(void);

/*
 * Ignores Ctrl-Z, or restores its default. A suspended debugger would leave a stopped process
 * stopped.
 */
void interrupt_ignore_suspend(bool ignore);

#endif
