/*
 * The report of `dump`: what is wrong with the program, and what that is based on.
 *
 * It is loaded completely before the first line is printed, from one observation, or from the
 * second of two (see verdicts_load()). Then it is rendered as text (report_text.c) or JSON
 * (report_json.c).
 */
#ifndef GCTXDBG_COMMANDS_VIEWS_REPORT_H
#define GCTXDBG_COMMANDS_VIEWS_REPORT_H

#include "commands/contexts/verdict_text.h"
#include "commands/goroutines/goroutine_groups.h"
#include "dbg/go/goroutines/crash.h"
#include "dbg/go/goroutines/summary.h"

/* Where the goroutines of a group are, and where they come from. Strings belong to the program. */
struct report_place {
	const char *function, *file; /* of the frame that says most; NULL: unknown */
	int line;
	bool has_creator;
	struct code_location creator;
};

/* Whether both are the same line, and created by the same go statement. */
bool report_same_place(const struct report_place *a, const struct report_place *b);

/* Something that is wrong, or a note. */
struct finding {
	const char *kind; /* "cancel-ignored", "nil-channel"…: static */
	bool is_note;	  /* may be intended, or end by itself: its goroutines are not stuck */
	uint64_t *goids;  /* the goroutines concerned, ascending; may be empty */
	size_t goid_count, goid_capacity;
	size_t contexts; /* number of verdicts that it stands for; 0: not from verdicts */
	char *why;	 /* one sentence, malloc'ed; about the first one if it stands for several */
	char *next;	 /* the command to type next, malloc'ed */
	/* The groups that its goroutines belong to, the one with most of them first. */
	size_t *groups;
	size_t group_count, group_capacity;
};

enum { NO_GROUP = SIZE_MAX };

struct report {
	struct session *session;
	struct summary summary;
	struct crash crash;
	int64_t stopped_ns; /* for how long the process was stopped; -1: it has been all the time */
	/* The program's own goroutines; those of the runtime are only counted. */
	struct goroutine_matches goroutines;
	size_t runtime_goroutines;
	struct goroutine_groups groups;	     /* by stack, largest first */
	struct report_place *places;	     /* one per group */
	uint32_t *group_of;		     /* by index into goroutines.list; UINT32_MAX: none */
	const struct context_forest *forest; /* NULL: the program has no contexts */
	struct verdicts verdicts;
	/* Largest first, notes last. */
	struct finding *findings;
	size_t finding_count, finding_capacity;
	size_t stuck; /* number of different goroutines in findings that are no notes */
};

/*
 * Loads everything. A live process whose verdicts need a second look runs for a second meanwhile.
 * Free with report_deinit(), also after an error.
 */
struct error *report_load(struct session *session, struct report *ret);
void report_deinit(struct report *report);

/* The group of the goroutine; NO_GROUP if it is in none. */
size_t report_group_of(const struct report *report, uint64_t goid);
/* "77 goroutines, 71 of them stuck", "77 goroutines. Nothing stuck found." */
void report_sentence(const struct report *report, char *ret, size_t size);

struct report_options {
	uint64_t limit; /* of findings, groups and stacks; 0: all */
	bool limit_given;
	bool stacks; /* also the stack of each goroutine */
};

struct error *report_text(struct report *report, const struct report_options *options);
struct error *report_json(struct report *report, const struct report_options *options);

#endif
