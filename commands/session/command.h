/*
 * What a command is. This header is also the plug-in interface (see plugin.h).
 *
 * A command is one registered struct; nothing else in the program knows the list. It computes a
 * result first and then renders it, as text or (--json) as one JSON document: it never prints while
 * it computes, so that a failure leaves no half answer on stdout.
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
	const char *name;     /* long option without dashes; NULL ends the table */
	char letter;	      /* short option or 0 */
	const char *argument; /* name of its argument for the help ("EXPR", "N"); NULL: a flag */
	const char *help;     /* one line */
	const char *const *values; /* NULL-terminated: the only arguments allowed (checked,
				      completed); or NULL */
};

enum { ARGUMENTS_MAX_WORDS = 64 };

/* A parsed command line. Strings live until run() returns. */
struct arguments {
	const struct command *command;
	const char *const *words; /* what is not an option, NULL-terminated */
	size_t word_count;
	const char *rest; /* raw text after the command's name, for commands with `raw` set; after
			     "if" for those with `condition`, "" when there is none */
	const char *const
		*option_values; /* parallel to command->options: NULL absent, "" for a flag */
};

enum command_group {
	GROUP_GOROUTINES, /* order of `help` */
	GROUP_CONTEXTS,
	GROUP_THREADS,
	GROUP_DATA,
	GROUP_RUNNING,
	GROUP_BREAKPOINTS,
	GROUP_SESSION,
	GROUP_PLUGIN,
};

struct command {
	const char *name;	    /* "goroutines"; a space makes a family: "plugin load" */
	const char *const *aliases; /* NULL-terminated, or NULL */
	enum command_group group;
	const char *usage;		      /* "goroutines [--stacks] [--where EXPR]" */
	const char *summary;		      /* one line, starts with a verb, no full stop */
	const char *help;		      /* what it answers, paragraphs; may be NULL */
	const char *example;		      /* a command line and what it is for */
	const struct command_option *options; /* ends with a NULL name; or NULL */
	size_t min_words, max_words;
	bool raw;	    /* no splitting into words and options: arguments->rest only */
	bool needs_target;  /* refuse with a sentence when there is none */
	bool expression;    /* quotes inside of a word are part of it: m["key"] */
	bool condition;	    /* "if EXPR" may follow the words: arguments->rest is EXPR as written */
	bool block;	    /* lines up to "end" follow and belong to it (block.h) */
	bool while_running; /* works while the process runs; those of GROUP_RUNNING do anyway */
	/* Adds candidates for the word under the cursor; `word` is its start. NULL: none but
	 * options. */
	void (*complete)(struct session *session, size_t word_index, const char *word,
		struct completions *candidates);
	/* The names that its EXPR (behind "if", of --where, behind a number when it is raw) may
	 * use, for completion; `before` is the text in front of that. NULL: it takes none. */
	struct error *(*fields)(
		struct session *session, const char *before, const struct expr_schema **ret);
	struct error *(*run)(struct session *session, const struct arguments *arguments);
};

#endif
