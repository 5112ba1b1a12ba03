/* `dump`: one report for an incident, what is wrong first. */
#include "commands/session/registry.h"
#include "commands/views/report.h"

static struct error *take_options(const struct arguments *arguments, struct report_options *ret)
{
	const char *limit = argument_value(arguments, "limit");
	*ret = (struct report_options){
		.limit_given = limit != NULL, .stacks = argument_given(arguments, "stacks")};
	return limit ? argument_number(limit, "--limit", &ret->limit) : NULL;
}

/* Whether there is a finding that is no note; those come first. */
static bool has_problem(const struct report *report)
{
	return report->finding_count && !report->findings[0].is_note;
}

static struct error *dump_run(struct session *session, const struct arguments *arguments)
{
	struct report_options options;
	_cleanup_(report_deinit) struct report report = {0};
	struct error *err = take_options(arguments, &options);
	if (!err)
		err = report_load(session, &report);
	if (!err && argument_given(arguments, "json"))
		err = report_json(&report, &options);
	else if (!err)
		err = report_text(&report, &options);
	if (err || !has_problem(&report))
		return err;
	char sentence[128];
	report_sentence(&report, sentence, sizeof(sentence));
	return error_create(ERROR_FINDINGS, "%s", sentence);
}

static const struct command_option options[] = {
	{"stacks", 's', NULL, "also the stack of each goroutine, not only one of each group", NULL},
	{"limit", 'n', "N",
		"at most N findings, groups and stacks of groups; 0 for all (default: 20 findings, "
		"all groups, 20 stacks)",
		NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command dump_command = {
	.name = "dump",
	.group = GROUP_GOROUTINES,
	.usage = "dump [--stacks] [--limit N] [--json]",
	.summary = "Prints a report: what is wrong, then goroutines, contexts, stacks and build",
	.help = "The head says what was inspected, when and where, and for how long the process "
		"was stopped; for a core, why the program died. One sentence counts the stuck "
		"goroutines. The findings follow, largest first: where the goroutines are, what "
		"created them, why they are stuck and what to type next. Below are all groups of "
		"goroutines with equal stacks, with the numbers of the findings that they belong "
		"to, the contexts, one stack for each group, the context tree and the build "
		"settings.\n\nA goroutine counts as stuck only if that is proven: by a verdict of "
		"\"ctx check\", or because it is blocked on a nil channel (the main goroutine "
		"excepted), shares its stack in a select without cases with others, was found by "
		"Go's goroutine leak profile, or Go's runtime found a deadlock. Notes may be "
		"intended or end by themselves. The exit status is 3 if there are findings that "
		"are no notes. A live process may be inspected twice, as by \"ctx check\".",
	.example = "dump --limit 5",
	.options = options,
	.needs_target = true,
	.run = dump_run,
};
REGISTER_COMMAND(dump_command);
