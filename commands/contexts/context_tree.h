/*
 * Printing the forest of contexts as a tree. Similar siblings fold into one line with a count.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_TREE_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_TREE_H

#include "commands/contexts/context_view.h"

struct context_tree {
	struct session *session;
	const struct context_forest *forest;
	const bool *shown;	  /* which contexts to print, by number; NULL: all */
	const char *const *marks; /* name of the verdict on a context, by number; NULL: none */
	uint64_t depth;		  /* levels to print below the roots; 0: only the built-in limit */
	bool unfold;		  /* print each context on a line of its own */
};

/* Prints the trees below `roots`. */
struct error *context_tree_text(
	const struct context_tree *tree, const ptrdiff_t *roots, size_t root_count);

#endif
