/*
 * The tree of an expression between parsing and compiling: typed nodes with their positions in the
 * text.
 *
 * The nodes are in one array in evaluation order (operands before their operator) and refer to each
 * other by index. So compiling is one pass over the array; only the parser is recursive, and it
 * bounds its depth. Private to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_TREE_H
#define GCTXDBG_EXPR_TREE_H

#include "dbg/expr/diagnose.h"
#include "dbg/expr/program.h"

enum expr_node_kind {
	EXPR_NODE_CONSTANT,
	EXPR_NODE_NAME, /* with or without a key */
	EXPR_NODE_NOT,
	EXPR_NODE_NEGATE,
	EXPR_NODE_LENGTH, /* of a string, or of an absorbed list */
	EXPR_NODE_ARITHMETIC,
	EXPR_NODE_COMPARE,
	EXPR_NODE_MATCH, /* =~ and !~ */
	EXPR_NODE_SKIP,	 /* between the operands of && and ||: skips the right one */
	EXPR_NODE_LOGIC, /* && and ||: left is the EXPR_NODE_SKIP */
};

struct expr_node {
	enum expr_node_kind kind;
	enum expr_operator op;
	enum expr_type type;
	size_t start, end; /* the node's bytes of the text */
	size_t offset; /* position for messages: the operator, or the start without parentheses */
	size_t literal_end; /* of EXPR_NODE_CONSTANT: [offset, literal_end) is the token */
	size_t left, right;
	bool absorbed; /* not pushed: the operator reads this operand itself */
	struct expr_value value;
	const struct expr_name *name;
	const char *key; /* in the pool */
};

struct expr_tree {
	const char *text;
	const struct expr_schema *schema;
	struct expr_node *nodes;
	size_t count, capacity;
	/* Decoded strings. As large as the text, so it never has to grow and move. */
	char *pool;
	size_t pool_used;
};

/* Appends a node; `*ret` is its index. */
struct error *expr_tree_add(struct expr_tree *tree, const struct expr_node *node, size_t *ret);

/*
 * Parses the text of `tree`, in which the caller has set `text`, `schema` and `pool`. `*ret` is the
 * root, an EXPR_BOOL. The caller frees `nodes`, also after an error.
 */
struct error *expr_parse(struct expr_tree *tree, size_t *ret);

/*
 * Add an operator on the nodes `left` and `right`; `offset` is its position. ERROR_USAGE if the
 * types do not match.
 */
struct error *expr_tree_negate(struct expr_tree *tree, size_t offset, size_t operand, size_t *ret);
struct error *expr_tree_length(struct expr_tree *tree, size_t offset, size_t operand, size_t *ret);
struct error *expr_tree_arithmetic(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret);
struct error *expr_tree_compare(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret);
struct error *expr_tree_match(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret);

/*
 * ERROR_USAGE with a suggestion unless the node is an EXPR_BOOL. `what` is the operator that needs
 * one: "\"&&\"".
 */
struct error *expr_tree_condition(const struct expr_tree *tree, size_t node, const char *what);

/* "a string", "a duration", … */
const char *expr_type_name(enum expr_type type);

/* The piece of the text that a node came from. */
struct expr_excerpt expr_tree_excerpt(const struct expr_tree *tree, size_t node);

#endif
