/* Builds and type-checks the nodes of an expression's tree: see tree.h. */
#include "dbg/expr/tree.h"

#include "dbg/expr/names.h"

struct error *expr_tree_add(struct expr_tree *tree, const struct expr_node *node, size_t *ret)
{
	if (tree->count == EXPR_MAX_NODES)
		return expr_diagnose(tree->text, node->start, NULL,
			"the expression is too long: more than %d operands and operators",
			EXPR_MAX_NODES);
	if (!array_reserve(&tree->nodes, &tree->capacity, tree->count + 1))
		return error_no_memory();
	tree->nodes[tree->count] = *node;
	*ret = tree->count++;
	return NULL;
}

const char *expr_type_name(enum expr_type type)
{
	switch (type) {
	case EXPR_BOOL:
		return "a condition";
	case EXPR_INT:
	case EXPR_FLOAT:
		return "a number";
	case EXPR_STRING:
		return "a string";
	case EXPR_DURATION:
		return "a duration";
	case EXPR_STRINGS:
		return "a list of strings";
	case EXPR_MAP:
		return "a map";
	}
	return "a value of unknown type";
}

struct expr_excerpt expr_tree_excerpt(const struct expr_tree *tree, size_t node)
{
	return expr_excerpt(tree->text, tree->nodes[node].start, tree->nodes[node].end);
}

static bool is_number(const struct expr_node *node)
{
	return node->type == EXPR_INT || node->type == EXPR_FLOAT;
}

static bool is_zero(const struct expr_node *node)
{
	return node->kind == EXPR_NODE_CONSTANT && node->type == EXPR_INT && !node->value.integer;
}

struct error *expr_tree_condition(const struct expr_tree *tree, size_t index, const char *what)
{
	const struct expr_node *node = &tree->nodes[index];
	static const char *const examples[] = {
		[EXPR_INT] = " != 0",
		[EXPR_FLOAT] = " != 0",
		[EXPR_STRING] = " == \"...\"",
		[EXPR_DURATION] = " > 5m",
		[EXPR_STRINGS] = " =~ \"...\"",
		[EXPR_MAP] = "[\"key\"] == \"...\"",
	};
	if (node->type == EXPR_BOOL)
		return NULL;
	struct expr_excerpt excerpt = expr_tree_excerpt(tree, index);
	struct expr_hint hint = {.size = 0};
	if (node->kind == EXPR_NODE_CONSTANT)
		expr_hint_add(&hint, "compare it with something");
	else if (!strcmp(what, "\"!\""))
		expr_hint_add(&hint, "write !(%s%s)", excerpt.text, examples[node->type]);
	else
		expr_hint_add(&hint, "write %s%s", excerpt.text, examples[node->type]);
	return expr_diagnose(tree->text, node->start, hint.text,
		"%s needs a condition, but %s is %s", what, excerpt.text,
		expr_type_name(node->type));
}

/* The error for a number without a unit where a duration is needed. */
static struct error *bare_number(const struct expr_tree *tree, const struct expr_node *number)
{
	return expr_diagnose(
		tree->text, number->start, "write 5m or 300s", "a duration needs a unit");
}

/* True if the string literal looks like a quoted value of `type`. */
static bool is_quoted(const struct expr_node *literal, enum expr_type type)
{
	const char *data = literal->value.string.data; /* NUL-terminated */
	if (type == EXPR_BOOL)
		return !strcmp(data, "true") || !strcmp(data, "false");
	return data[0] >= '0' && data[0] <= '9';
}

/* Adds a hint for a constant with superfluous or missing quotes. */
static void hint_quotes(const struct expr_tree *tree, size_t index, const struct expr_node *other,
	struct expr_hint *hint)
{
	const struct expr_node *node = &tree->nodes[index];
	if (node->kind != EXPR_NODE_CONSTANT)
		return;
	bool other_is_string = other->type == EXPR_STRING || other->type == EXPR_STRINGS;
	struct expr_excerpt excerpt = expr_tree_excerpt(tree, index);
	if (other_is_string && node->type != EXPR_STRING)
		expr_hint_add(hint, "write \"%s\"", excerpt.text);
	else if (!other_is_string && node->type == EXPR_STRING && is_quoted(node, other->type))
		expr_hint_add(hint, "write it without quotes");
}

static struct error *types_differ(
	const struct expr_tree *tree, size_t offset, const char *verb, size_t left, size_t right)
{
	const struct expr_node *a = &tree->nodes[left], *b = &tree->nodes[right];
	if (a->type == EXPR_DURATION && is_number(b))
		return bare_number(tree, b);
	if (b->type == EXPR_DURATION && is_number(a))
		return bare_number(tree, a);
	struct expr_hint hint = {.size = 0};
	hint_quotes(tree, right, a, &hint);
	if (!hint.size)
		hint_quotes(tree, left, b, &hint);
	return expr_diagnose(tree->text, offset, hint.text, "cannot %s %s with %s", verb,
		expr_type_name(a->type), expr_type_name(b->type));
}

/* The operator as written in the expression. */
static struct expr_excerpt operator_text(const struct expr_tree *tree, size_t offset)
{
	size_t size = strspn(tree->text + offset, "=<>!~");
	return expr_excerpt(tree->text, offset, offset + (size > 2 ? 2 : size ? size : 1));
}

struct error *expr_tree_negate(struct expr_tree *tree, size_t offset, size_t operand, size_t *ret)
{
	const struct expr_node *node = &tree->nodes[operand];
	if (!is_number(node) && node->type != EXPR_DURATION)
		return expr_diagnose(tree->text, node->start,
			node->type == EXPR_BOOL ? "write ! for not" : NULL,
			"\"-\" needs a number or a duration, not %s", expr_type_name(node->type));
	struct expr_node negate = {.kind = EXPR_NODE_NEGATE,
		.type = node->type,
		.start = offset,
		.end = node->end,
		.offset = offset,
		.left = operand};
	return expr_tree_add(tree, &negate, ret);
}

struct error *expr_tree_length(struct expr_tree *tree, size_t offset, size_t operand, size_t *ret)
{
	struct expr_node *node = &tree->nodes[operand];
	if (node->type != EXPR_STRING && node->type != EXPR_STRINGS)
		return expr_diagnose(tree->text, node->start, NULL,
			"len needs a string or a list, "
			"not %s",
			expr_type_name(node->type));
	node->absorbed = node->type == EXPR_STRINGS;
	struct expr_node length = {.kind = EXPR_NODE_LENGTH,
		.type = EXPR_INT,
		.start = offset,
		.end = node->end,
		.offset = offset,
		.left = operand};
	return expr_tree_add(tree, &length, ret);
}

/* The type of `a op b`; false if there is no such operation. */
static bool arithmetic_type(
	enum expr_operator op, enum expr_type a, enum expr_type b, enum expr_type *ret)
{
	bool a_number = a == EXPR_INT || a == EXPR_FLOAT,
	     b_number = b == EXPR_INT || b == EXPR_FLOAT;
	if (a_number && b_number) {
		*ret = a == EXPR_FLOAT || b == EXPR_FLOAT ? EXPR_FLOAT : EXPR_INT;
		return op != EXPR_OP_MOD || *ret == EXPR_INT;
	}
	if (a == EXPR_DURATION && b == EXPR_DURATION) {
		/* The quotient of two durations is a plain number. */
		*ret = op == EXPR_OP_DIV ? EXPR_FLOAT : EXPR_DURATION;
		return op != EXPR_OP_MUL;
	}
	*ret = EXPR_DURATION;
	if (a == EXPR_DURATION && b == EXPR_INT)
		return op == EXPR_OP_MUL || op == EXPR_OP_DIV;
	return a == EXPR_INT && b == EXPR_DURATION && op == EXPR_OP_MUL;
}

static struct error *no_such_arithmetic(const struct expr_tree *tree, enum expr_operator op,
	size_t offset, size_t left, size_t right)
{
	enum expr_type a = tree->nodes[left].type, b = tree->nodes[right].type;
	bool sum = op == EXPR_OP_ADD || op == EXPR_OP_SUB;
	if (sum && (a == EXPR_DURATION || b == EXPR_DURATION) && a != b)
		return types_differ(tree, offset, "add or subtract", left, right);
	const char *hint = NULL;
	if (a == EXPR_STRING || b == EXPR_STRING)
		hint = "strings can be compared and matched with =~";
	else if (a == EXPR_DURATION || b == EXPR_DURATION)
		hint = "durations can be multiplied and divided by integers";
	return expr_diagnose(tree->text, offset, hint, "\"%c\" cannot combine %s and %s",
		tree->text[offset], expr_type_name(a), expr_type_name(b));
}

struct error *expr_tree_arithmetic(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret)
{
	const struct expr_node *a = &tree->nodes[left], *b = &tree->nodes[right];
	struct expr_node node = {.kind = EXPR_NODE_ARITHMETIC,
		.op = op,
		.start = a->start,
		.end = b->end,
		.offset = offset,
		.left = left,
		.right = right};
	if (!arithmetic_type(op, a->type, b->type, &node.type))
		return no_such_arithmetic(tree, op, offset, left, right);
	return expr_tree_add(tree, &node, ret);
}

/* `a op b` is the same as `b mirrored(op) a`. */
static enum expr_operator mirrored(enum expr_operator op)
{
	switch (op) {
	case EXPR_OP_LT:
		return EXPR_OP_GT;
	case EXPR_OP_LE:
		return EXPR_OP_GE;
	case EXPR_OP_GT:
		return EXPR_OP_LT;
	case EXPR_OP_GE:
		return EXPR_OP_LE;
	default:
		return op;
	}
}

static struct error *check_value(
	const struct expr_tree *tree, const struct expr_node *name, const struct expr_node *literal)
{
	if (name->kind != EXPR_NODE_NAME || literal->kind != EXPR_NODE_CONSTANT)
		return NULL;
	return expr_check_value(tree->text, literal->offset, literal->literal_end, tree->schema,
		name->name, literal->value.string.data, literal->value.string.size);
}

/*
 * Both operands are strings or lists of strings. Moves a list to the left; the operator reads it.
 */
static struct error *compare_strings(struct expr_tree *tree, struct expr_node *node)
{
	struct expr_node *a = &tree->nodes[node->left], *b = &tree->nodes[node->right];
	if (a->type == EXPR_STRINGS && b->type == EXPR_STRINGS)
		return expr_diagnose(tree->text, node->offset, "compare each with a string",
			"cannot compare two lists of strings");
	if (node->op == EXPR_OP_EQ || node->op == EXPR_OP_NE) {
		struct error *err = check_value(tree, a, b);
		if (!err)
			err = check_value(tree, b, a);
		if (err)
			return err;
	}
	if (b->type == EXPR_STRINGS) {
		size_t left = node->left;
		node->left = node->right;
		node->right = left;
		node->op = mirrored(node->op);
	}
	if (tree->nodes[node->left].type == EXPR_STRINGS)
		tree->nodes[node->left].absorbed = true;
	return NULL;
}

struct error *expr_tree_compare(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret)
{
	struct expr_node *a = &tree->nodes[left], *b = &tree->nodes[right];
	if (a->type == EXPR_DURATION && is_zero(b))
		b->type = b->value.type = EXPR_DURATION;
	if (b->type == EXPR_DURATION && is_zero(a))
		a->type = a->value.type = EXPR_DURATION;
	struct expr_node node = {.kind = EXPR_NODE_COMPARE,
		.op = op,
		.type = EXPR_BOOL,
		.start = a->start,
		.end = b->end,
		.offset = offset,
		.left = left,
		.right = right};
	bool a_string = a->type == EXPR_STRING || a->type == EXPR_STRINGS;
	bool b_string = b->type == EXPR_STRING || b->type == EXPR_STRINGS;
	if (a_string && b_string) {
		struct error *err = compare_strings(tree, &node);
		if (err)
			return err;
	} else if (a->type != b->type && !(is_number(a) && is_number(b))) {
		return types_differ(tree, offset, "compare", left, right);
	}
	if (a->type == EXPR_BOOL && op != EXPR_OP_EQ && op != EXPR_OP_NE)
		return expr_diagnose(tree->text, offset,
			"conditions support only == and !=", "\"%s\" cannot compare conditions",
			operator_text(tree, offset).text);
	return expr_tree_add(tree, &node, ret);
}

struct error *expr_tree_match(struct expr_tree *tree, enum expr_operator op, size_t offset,
	size_t left, size_t right, size_t *ret)
{
	struct expr_node *subject = &tree->nodes[left], *pattern = &tree->nodes[right];
	struct expr_excerpt operator= operator_text(tree, offset);
	if (subject->type != EXPR_STRING && subject->type != EXPR_STRINGS)
		return expr_diagnose(tree->text, subject->start, NULL,
			"\"%s\" needs a string on its left, not %s", operator.text,
			expr_type_name(subject->type));
	if (pattern->kind != EXPR_NODE_CONSTANT || pattern->type != EXPR_STRING)
		return expr_diagnose(tree->text, pattern->start, "a regular expression in quotes",
			"\"%s\" needs a pattern on its right, not %s", operator.text,
			pattern->type == EXPR_STRING ? "a string computed at run time"
						     : expr_type_name(pattern->type));
	pattern->absorbed = true;
	subject->absorbed = subject->type == EXPR_STRINGS;
	struct expr_node node = {.kind = EXPR_NODE_MATCH,
		.op = op,
		.type = EXPR_BOOL,
		.start = subject->start,
		.end = pattern->end,
		.offset = offset,
		.left = left,
		.right = right};
	return expr_tree_add(tree, &node, ret);
}
