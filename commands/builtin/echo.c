/* The command `echo`. */
#include "commands/session/registry.h"
#include "commands/session/session.h"

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
	.help = "Useful for headings in the output of scripts.",
	.example = "echo \"== after the deploy ==\"",
	.max_words = ARGUMENTS_MAX_WORDS,
	.run = run_echo,
};
REGISTER_COMMAND(echo_command);
