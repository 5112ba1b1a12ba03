/*
 * A command: its names, options, help and functions. Part of the plug-in interface (plugin.h).
 *
 * Each command is one registered struct (registry.h). Its run() computes the result first and then
 * renders it, as text or with --json as one JSON document. It does not print while it computes, so
 * that a failure leaves no partial answer on stdout.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_COMMAND_H
#define GCTXDBG_COMMANDS_SESSION_COMMAND_H

#include <stdio.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct session;
struct target;
struct program;
struct completions;
struct expr_schema;

struct command_option {
	const char *name;	   /* long option without dashes; NULL ends the table */
	char letter;		   /* short option; 0: none */
	const char *argument;	   /* its argument's name in the help ("EXPR"); NULL: a flag */
	const char *help;	   /* one line */
	const char *const *values; /* the allowed arguments, NULL-terminated; NULL: any */
};

enum { ARGUMENTS_MAX_WORDS = 64 };

/* A parsed command line. Its strings are valid until run() returns. */
struct arguments {
	const struct command *command;
	const char *const *words; /* the arguments that are not options, NULL-terminated */
	size_t word_count;
	const char *rest; /* unparsed text: after the name for a command with `raw`; after
				     "if" for one with `condition`, "" if there is none */
	const char *const *option_values; /* parallel to command->options; NULL: not given, "" for a
					     flag */
};

enum command_group {
	GROUP_GOROUTINES, /* `help` prints the groups in this order */
	GROUP_CONTEXTS,
	GROUP_THREADS,
	GROUP_DATA,
	GROUP_RUNNING,
	GROUP_BREAKPOINTS,
	GROUP_SESSION,
	GROUP_PLUGIN,
};

struct command {
	const char *name;	    /* "goroutines"; with a space in a family: "plugin load" */
	const char *const *aliases; /* NULL-terminated, or NULL */
	enum command_group group;
	const char *usage;		      /* "goroutines [--stacks] [--where EXPR]" */
	const char *summary;		      /* one line, starts with a verb, no full stop */
	const char *help;		      /* paragraphs with the details; or NULL */
	const char *example;		      /* a command line */
	const struct command_option *options; /* ends with a NULL name; or NULL */
	size_t min_words, max_words;
	bool raw;	    /* the line is not parsed: only arguments->rest is set */
	bool needs_target;  /* an error without a target */
	bool expression;    /* quotes inside a word are part of it: m["key"] */
	bool condition;	    /* "if EXPR" may follow the words: arguments->rest is EXPR as written */
	bool block;	    /* lines up to "end" follow and belong to the command (block.h) */
	bool while_running; /* works while the process runs; implied by GROUP_RUNNING */
	/*
	 * Adds completion candidates for argument number `word_index`, which starts with `word`.
	 * NULL: only options are completed. With `needs_target` it is called only while the target
	 * can be read.
	 */
	void (*complete)(struct session *session, size_t word_index, const char *word,
		struct completions *candidates);
	/* The same for the argument of an option without a list of values. NULL: not completed. */
	void (*complete_value)(struct session *session, const struct command_option *option,
		const char *word, struct completions *candidates);
	/*
	 * For completion: the names that the command's EXPR may use (after "if", after --where, or
	 * for a raw command after a number). `before` is the text before EXPR. NULL: the command
	 * takes no expression.
	 */
	struct error *(*fields)(
		struct session *session, const char *before, const struct expr_schema **ret);
	struct error *(*run)(struct session *session, const struct arguments *arguments);
};

#endif
