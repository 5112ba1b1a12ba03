/*
 * The command line of gctxdbg: subcommand, options, commands to run.
 */
#ifndef GCTXDBG_COMMANDS_CLI_OPTIONS_H
#define GCTXDBG_COMMANDS_CLI_OPTIONS_H

#include "commands/session/session.h"
#include "dbg/target/target.h"

enum subcommand { SUBCOMMAND_ATTACH, SUBCOMMAND_CORE, SUBCOMMAND_EXEC, SUBCOMMAND_DUMP };

/* -e or -x, in the order given. */
struct run_item {
	bool is_script;
	const char *text; /* a command line or a file name */
};

/* Options of `dump`. */
struct dump_options {
	bool stacks, json;
	const char *limit; /* a number; NULL: not given */
};

struct options {
	enum subcommand subcommand;
	const char *const *words; /* arguments after the subcommand, NULL-terminated */
	size_t word_count;
	struct run_item *items;
	size_t item_count, item_capacity;
	bool help, version, batch, quiet;
	bool pause_given, max_stop_given;
	enum pause_mode pause;
	int64_t max_stop_ns;
	enum color_mode color;
	const char *exe, *debug_file, *plugin_dir;
	struct dump_options dump;
	const char *runtime;	       /* number or file of the Go runtime; NULL: not given */
	struct options_memory *memory; /* owns the strings */
};

/*
 * Parses argv. If `help` or `version` is set, nothing else was checked. Free with options_deinit(),
 * also after an error; all strings are valid until then.
 */
struct error *options_init(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

/* Prints the text of --help. */
void options_print_help(FILE *stream);

/* Returns the name of option number `index` ("batch"), NULL past the last. For the tests of the man
 * page and the shell completion. */
const char *options_name(size_t index);

#endif
