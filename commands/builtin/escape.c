/* The commands `!` and `echo`. */
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
	.help = "The rest of the line goes to sh as it is. Meanwhile a live process stands still if "
		"it does: with --pause=stop, or at a breakpoint.",
	.example = "!ss -tnp | grep 4711",
	.min_words = 1,
	.raw = true,
	.run = run_escape,
};
REGISTER_COMMAND(escape_command);

static struct error *run_echo(struct session *session, const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->word_count; i++) {
		if (i)
			output_printf(&session->out, STYLE_PLAIN, " ");
		output_text(&session->out, STYLE_PLAIN, arguments->words[i]);
	}
	output_printf(&session->out, STYLE_PLAIN, "\n");
	return NULL;
}

static const struct command echo_command = {
	.name = "echo",
	.group = GROUP_SESSION,
	.usage = "echo [TEXT...]",
	.summary = "Prints its arguments",
	.help = "For headings in the output of scripts.",
	.example = "echo \"== after the deploy ==\"",
	.max_words = ARGUMENTS_MAX_WORDS,
	.run = run_echo,
};
REGISTER_COMMAND(echo_command);
