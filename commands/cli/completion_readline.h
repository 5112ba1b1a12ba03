/*
 * Connects completion to readline.
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_READLINE_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_READLINE_H

struct session;

/* Makes readline complete for `session`; NULL disconnects it. */
void completion_install(struct session *session);

#endif
