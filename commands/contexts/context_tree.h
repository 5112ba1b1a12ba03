/*
 * The forest of contexts as a tree on the screen: like siblings fold into one line with a count.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_TREE_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_TREE_H

#include "commands/contexts/context_view.h"

struct context_tree {
	struct session *session;
	const struct context_forest *forest;
	const bool *shown;	  /* by number; NULL: all */
	const char *const *marks; /* a verdict's name by number, or NULL; the array may be NULL */
	uint64_t depth;		  /* levels below the roots; 0: no limit but the screen's */
	bool unfold;
};

/* Prints the trees under `roots`. */
struct error *context_tree_text(
	const struct context_tree *tree, const ptrdiff_t *roots, size_t root_count);

#endif
