/*
 * What the user wrote behind `gctxdbg`: subcommand, options, commands to run.
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

struct options {
	enum subcommand subcommand;
	const char *const *words; /* what follows the subcommand, NULL-terminated */
	size_t word_count;
	struct run_item *items;
	size_t item_count, item_capacity;
	bool help, version, batch, quiet;
	bool pause_given, max_stop_given;
	enum pause_mode pause;
	int64_t max_stop_ns;
	enum color_mode color;
	const char *exe, *debug_file, *plugin_dir;
	struct options_memory *memory; /* owns the strings */
};

/*
 * Parses argv. With `help` or `version` set nothing else is checked. ERROR_USAGE is exit status 2.
 * The result lives until options_deinit(), which is needed after an error too.
 */
struct error *options_init(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

/* Prints what --help prints. */
void options_print_help(FILE *stream);

/* The name of option number `index` ("batch"), NULL after the last; for the tests of man page and
 * completion. */
const char *options_name(size_t index);

#endif
