/* The table of options, and parsing argv with popt: see options.h. */
#include "commands/cli/options.h"

#include <popt.h>

#include "commands/session/arguments.h"
#include "commands/session/nearest.h"

enum option_id {
	OPTION_EVAL = 1,
	OPTION_SCRIPT,
	OPTION_BATCH,
	OPTION_PAUSE,
	OPTION_MAX_STOP,
	OPTION_COLOR,
	OPTION_EXE,
	OPTION_DEBUG_FILE,
	OPTION_PLUGIN_DIR,
	OPTION_RUNTIME,
	OPTION_QUIET,
	OPTION_STACKS,
	OPTION_LIMIT,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct poptOption option_table[] = {
	{"eval", 'e', POPT_ARG_STRING, NULL, OPTION_EVAL, "run the command CMD (repeatable)",
		"CMD"},
	{"script", 'x', POPT_ARG_STRING, NULL, OPTION_SCRIPT,
		"run the commands in FILE (- is stdin; repeatable, in order with -e)", "FILE"},
	{"batch", 0, POPT_ARG_NONE, NULL, OPTION_BATCH, "no prompt: run -e and -x, then exit",
		NULL},
	{"pause", 0, POPT_ARG_STRING, NULL, OPTION_PAUSE,
		"how to inspect a live process: stop it, or fork a frozen copy", "stop|fork"},
	{"max-stop", 0, POPT_ARG_STRING, NULL, OPTION_MAX_STOP,
		"resume a live process that has been stopped for this long (default 30s, no limit "
		"at a prompt; 0: no limit)",
		"DURATION"},
	{"color", 0, POPT_ARG_STRING, NULL, OPTION_COLOR, "color in text output",
		"auto|always|never"},
	{"exe", 0, POPT_ARG_STRING, NULL, OPTION_EXE,
		"the executable, if not the one of the process or core", "FILE"},
	{"debug-file", 0, POPT_ARG_STRING, NULL, OPTION_DEBUG_FILE,
		"the file with the DWARF, if not in the executable", "FILE"},
	{"plugin-dir", 0, POPT_ARG_STRING, NULL, OPTION_PLUGIN_DIR,
		"load all plug-ins (*.so) in DIR", "DIR"},
	{"runtime", 0, POPT_ARG_STRING, NULL, OPTION_RUNTIME,
		"the Go runtime to inspect, if the process has several (info lists them): its "
		"number or file",
		"N|FILE"},
	{"quiet", 'q', POPT_ARG_NONE, NULL, OPTION_QUIET, "no greeting, process events or progress",
		NULL},
	{"stacks", 0, POPT_ARG_NONE, NULL, OPTION_STACKS, "dump: also the stack of each goroutine",
		NULL},
	{"limit", 0, POPT_ARG_STRING, NULL, OPTION_LIMIT,
		"dump: at most N findings, groups and stacks of groups; 0 for all", "N"},
	{"json", 0, POPT_ARG_NONE, NULL, OPTION_JSON, "dump: one JSON document", NULL},
	{"version", 0, POPT_ARG_NONE, NULL, OPTION_VERSION, "print the version and exit", NULL},
	{"help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, "print this help and exit", NULL},
	POPT_TABLEEND,
};

/* The subcommands and their arguments. */
static const struct {
	const char *name, *words, *help;
	size_t min_words, max_words;
} subcommands[] = {
	[SUBCOMMAND_ATTACH] = {"attach", "PID", "debug a live process; it keeps running afterwards",
		1, 1},
	[SUBCOMMAND_CORE] = {"core", "EXE CORE", "debug a core dump", 1, 2},
	[SUBCOMMAND_EXEC] = {"exec", "-- PROG [ARG...]", "start a program under the debugger", 1,
		SIZE_MAX},
	[SUBCOMMAND_DUMP] = {"dump", "PID | EXE CORE", "print a report and exit", 1, 2},
};

/* Owns the strings that the options point to. */
struct options_memory {
	poptContext context; /* owns the words */
	char **strings;
	size_t count, capacity;
};

static struct error *parse_color(const char *text, enum color_mode *ret)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
	for (unsigned i = 0; i < array_length(names); i++) {
		if (!strcmp(text, names[i])) {
			*ret = i;
			return NULL;
		}
	}
	return error_create(
		ERROR_USAGE, "--color cannot be \"%s\": use one of auto, always, never", text);
}

static struct error *parse_pause(const char *text, struct options *options)
{
	options->pause_given = true;
	options->pause = strcmp(text, "fork") ? PAUSE_STOP : PAUSE_FORK;
	if (!strcmp(text, "stop") || !strcmp(text, "fork"))
		return NULL;
	return error_create(ERROR_USAGE, "--pause cannot be \"%s\": use stop or fork", text);
}

static struct error *take_limit(struct options *options, const char *text)
{
	uint64_t number;
	options->dump.limit = text;
	return argument_number(text, "--limit", &number);
}

static struct error *take_runtime(struct options *options, const char *text)
{
	options->runtime = text;
	if (text[strspn(text, "0")])
		return NULL;
	return error_create(ERROR_USAGE,
		"--runtime cannot be \"%s\": use a number from 1, or the name of a file", text);
}

static struct error *add_item(struct options *options, bool is_script, const char *text)
{
	if (!array_reserve(&options->items, &options->item_capacity, options->item_count + 1))
		return error_no_memory();
	options->items[options->item_count++] = (struct run_item){is_script, text};
	return NULL;
}

static struct error *take_option(struct options *options, enum option_id id, const char *value)
{
	switch (id) {
	case OPTION_EVAL:
	case OPTION_SCRIPT:
		return add_item(options, id == OPTION_SCRIPT, value);
	case OPTION_BATCH:
		options->batch = true;
		return NULL;
	case OPTION_PAUSE:
		return parse_pause(value, options);
	case OPTION_MAX_STOP:
		options->max_stop_given = true;
		return argument_duration(value, "--max-stop", &options->max_stop_ns);
	case OPTION_COLOR:
		return parse_color(value, &options->color);
	case OPTION_EXE:
		options->exe = value;
		return NULL;
	case OPTION_DEBUG_FILE:
		options->debug_file = value;
		return NULL;
	case OPTION_PLUGIN_DIR:
		options->plugin_dir = value;
		return NULL;
	case OPTION_RUNTIME:
		return take_runtime(options, value);
	case OPTION_QUIET:
		options->quiet = true;
		return NULL;
	case OPTION_STACKS:
		options->dump.stacks = true;
		return NULL;
	case OPTION_LIMIT:
		return take_limit(options, value);
	case OPTION_JSON:
		options->dump.json = true;
		return NULL;
	case OPTION_VERSION:
		options->version = true;
		return NULL;
	case OPTION_HELP:
		options->help = true;
		return NULL;
	}
	return NULL;
}

/* Returns the argument of the current option, which is freed by options_deinit(). */
static struct error *keep_argument(struct options_memory *memory, const char **ret)
{
	char *value = poptGetOptArg(memory->context);
	*ret = value;
	if (!value)
		return NULL;
	if (!array_reserve(&memory->strings, &memory->capacity, memory->count + 1)) {
		free(value);
		return error_no_memory();
	}
	memory->strings[memory->count++] = value;
	return NULL;
}

static struct error *option_error(poptContext context, int status)
{
	const char *typed = poptBadOption(context, 0);
	typed = typed ? typed : "?";
	if (status != POPT_ERROR_BADOPT)
		return error_create(
			ERROR_USAGE, "%s: %s; try gctxdbg --help", typed, poptStrerror(status));
	struct nearest nearest;
	nearest_init(&nearest, typed + strspn(typed, "-"));
	for (size_t i = 0; option_table[i].longName; i++)
		nearest_offer(&nearest, option_table[i].longName);
	if (nearest.best)
		return error_create(
			ERROR_USAGE, "unknown option %s (did you mean --%s?)", typed, nearest.best);
	return error_create(ERROR_USAGE, "unknown option %s; try gctxdbg --help", typed);
}

/* Finds the subcommand called `name`. */
static struct error *find_subcommand(const char *name, enum subcommand *ret)
{
	struct nearest nearest;
	nearest_init(&nearest, name);
	for (size_t i = 0; i < array_length(subcommands); i++) {
		nearest_offer(&nearest, subcommands[i].name);
		if (!strcmp(subcommands[i].name, name)) {
			*ret = (enum subcommand)i;
			return NULL;
		}
	}
	if (nearest.best)
		return error_create(ERROR_USAGE, "unknown subcommand \"%s\" (did you mean %s?)",
			name, nearest.best);
	return error_create(ERROR_USAGE,
		"unknown subcommand \"%s\": use attach, core, exec or dump; try gctxdbg --help",
		name);
}

/* Takes the arguments that are not options; with `exec` the subcommand is not among them. */
static struct error *take_words(struct options *options, bool exec)
{
	static const char *const none[] = {NULL};
	const char *const *words = (const char *const *)poptGetArgs(options->memory->context);
	if (!words)
		words = none;
	options->subcommand = SUBCOMMAND_EXEC;
	if (!exec && !*words)
		return error_create(ERROR_USAGE,
			"no target: use gctxdbg attach PID, gctxdbg core EXE CORE or "
			"gctxdbg exec -- PROG; try gctxdbg --help");
	struct error *err = exec ? NULL : find_subcommand(*words++, &options->subcommand);
	if (err)
		return err;
	options->words = words;
	while (words[options->word_count])
		options->word_count++;
	const struct dump_options *dump = &options->dump;
	if (options->subcommand != SUBCOMMAND_DUMP && (dump->json || dump->limit || dump->stacks))
		return error_create(ERROR_USAGE,
			"%s is an option of dump; of other subcommands, give it to a command: "
			"-e 'goroutines --json'",
			dump->json    ? "--json"
			: dump->limit ? "--limit"
				      : "--stacks");
	size_t which = options->subcommand;
	if (options->word_count < subcommands[which].min_words ||
		options->word_count > subcommands[which].max_words)
		return error_create(ERROR_USAGE, "usage: gctxdbg %s [options] %s",
			subcommands[which].name, subcommands[which].words);
	return NULL;
}

struct error *options_init(struct options *options, int argc, char **argv)
{
	*options = (struct options){0};
	options->memory = calloc(1, sizeof(*options->memory));
	if (!options->memory)
		return error_no_memory();
	/* With `exec` the program ends the options, even without "--": the rest are its
	 * arguments. */
	bool exec = argc > 1 && !strcmp(argv[1], subcommands[SUBCOMMAND_EXEC].name);
	unsigned flags = POPT_CONTEXT_NO_EXEC;
	poptContext context = poptGetContext("gctxdbg", argc - exec, (void *)(argv + exec),
		option_table, exec ? flags | POPT_CONTEXT_POSIXMEHARDER : flags);
	options->memory->context = context;
	if (!context)
		return error_no_memory();
	int status;
	while ((status = poptGetNextOpt(context)) > 0) {
		const char *value = NULL;
		struct error *err = keep_argument(options->memory, &value);
		if (!err)
			err = take_option(options, (enum option_id)status, value);
		if (err)
			return err;
	}
	if (status < -1)
		return option_error(context, status);
	if (options->help || options->version)
		return NULL;
	struct error *err = take_words(options, exec);
	if (!err && options->batch && !options->item_count &&
		options->subcommand != SUBCOMMAND_DUMP)
		err = error_create(ERROR_USAGE,
			"--batch without a command: add -e COMMAND or -x FILE, for example -e "
			"\"goroutines --group stack\"");
	return err;
}

void options_deinit(struct options *options)
{
	if (options->memory) {
		for (size_t i = 0; i < options->memory->count; i++)
			free(options->memory->strings[i]);
		free(options->memory->strings);
		poptFreeContext(options->memory->context);
		free(options->memory);
	}
	free(options->items);
	*options = (struct options){0};
}

const char *options_name(size_t index)
{
	return index < array_length(option_table) ? option_table[index].longName : NULL;
}

void options_print_help(FILE *stream)
{
	fputs("gctxdbg inspects the goroutines and contexts of a Go process or core dump.\n"
	      "\nUsage:\n",
		stream);
	for (size_t i = 0; i < array_length(subcommands); i++)
		fprintf(stream, "  gctxdbg %-6s [options] %-17s %s\n", subcommands[i].name,
			subcommands[i].words, subcommands[i].help);
	fputs("\nOptions:\n", stream);
	for (const struct poptOption *option = option_table; option->longName; option++) {
		char name[64], letter[8] = "    ";
		if (option->shortName)
			snprintf(letter, sizeof(letter), "-%c, ", option->shortName);
		snprintf(name, sizeof(name), "%s--%s%s%s", letter, option->longName,
			option->argDescrip ? "=" : "",
			option->argDescrip ? option->argDescrip : "");
		fprintf(stream, "  %-32s %s\n", name, option->descrip);
	}
	fputs("\nExamples:\n"
	      "  gctxdbg attach 4711                      opens a prompt; \"help\" lists the "
	      "commands\n"
	      "  gctxdbg attach 4711 --batch -e 'goroutines --group stack'\n"
	      "  gctxdbg core ./server core.4711 --batch -e 'goroutines --stacks --json'\n"
	      "\nExit status: 0 success, 1 a command failed, 2 bad usage or the target could not "
	      "be opened,\n3 a check found problems.\n",
		stream);
}
