/* The command `!`, which runs a shell command. */
#include "commands/session/registry.h"
#include "commands/session/session.h"
#include "commands/session/spawn.h"

static struct error *run_escape(struct session *session, const struct arguments *arguments)
{
	pid_t pid;
	fflush(session->out.stream);
	struct error *err = spawn_start(arguments->rest, -1, &pid);
	return err ? err : spawn_wait(session, pid, arguments->rest);
}

static const struct command escape_command = {
	.name = "!",
	.group = GROUP_SESSION,
	.usage = "!COMMAND",
	.summary = "Runs a shell command",
	.help = "The rest of the line is passed to sh unchanged. A stopped process stays stopped "
		"meanwhile.",
	.example = "!ss -tnp | grep 4711",
	.min_words = 1,
	.raw = true,
	.run = run_escape,
};
REGISTER_COMMAND(escape_command);
