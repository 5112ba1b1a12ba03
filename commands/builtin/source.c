/* The command `source`. */
#include "commands/session/registry.h"
#include "commands/session/script.h"
#include "commands/session/session.h"

static struct error *run_source(struct session *session, const struct arguments *arguments)
{
	return session_run_script(session, arguments->words[0]);
}

static void complete_source(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	(void)session;
	(void)word;
	if (!word_index)
		completions_add_files(candidates);
}

static const struct command source_command = {
	.name = "source",
	.group = GROUP_SESSION,
	.usage = "source FILE",
	.summary = "Runs the commands in a file",
	.help = "The file has one command per line; # begins a comment; - is standard "
		"input. The script stops at the first command that fails, and the "
		"message names the file and line; after \"set on-error continue\" it "
		"continues. Scripts may source other scripts. -x FILE on the command "
		"line does the same.",
	.example = "source ~/leaks.gctx",
	.min_words = 1,
	.max_words = 1,
	.complete = complete_source,
	.run = run_source,
};
REGISTER_COMMAND(source_command);
