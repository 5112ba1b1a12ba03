/*
 * Parses an expression into a typed tree, by recursive descent over the precedence levels with
 * bounded depth.
 */
#include "dbg/expr/tree.h"

#include "dbg/expr/lexer.h"
#include "dbg/expr/literals.h"
#include "dbg/expr/names.h"

/* Loosest first. */
enum level { LEVEL_OR, LEVEL_AND, LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

struct parser {
	struct expr_tree *tree;
	struct expr_token token; /* the next one, not yet consumed */
	unsigned int depth;
	bool string_possible; /* the next operand is compared with a string */
};

static struct error *parse_level(struct parser *parser, enum level level, size_t *ret);

static struct error *advance(struct parser *parser)
{
	return expr_lex(parser->tree->text, parser->token.end, &parser->token);
}

static bool is_operator(const struct parser *parser, enum expr_operator op)
{
	return parser->token.kind == EXPR_TOKEN_OPERATOR && parser->token.op == op;
}

static struct error *unexpected(const struct parser *parser, const char *wanted)
{
	const struct expr_token *token = &parser->token;
	const char *text = parser->tree->text;
	if (token->kind == EXPR_TOKEN_END)
		return expr_diagnose(
			text, token->start, NULL, "expected %s, but the expression ends", wanted);
	struct expr_excerpt excerpt = expr_excerpt(text, token->start, token->end);
	const char *hint = NULL;
	if (!strcmp(excerpt.text, "and"))
		hint = "write &&";
	else if (!strcmp(excerpt.text, "or"))
		hint = "write ||";
	else if (!strcmp(excerpt.text, "not"))
		hint = "write !";
	const char *quote = token->kind == EXPR_TOKEN_STRING ? "" : "\"";
	return expr_diagnose(text, token->start, hint, "expected %s, found %s%s%s", wanted, quote,
		excerpt.text, quote);
}

/* Adds the constant that starts at `start` and ends with the current token; consumes the token. */
static struct error *add_constant(
	struct parser *parser, size_t start, const struct expr_value *value, size_t *ret)
{
	struct expr_node node = {.kind = EXPR_NODE_CONSTANT,
		.type = value->type,
		.start = start,
		.end = parser->token.end,
		.offset = start,
		.literal_end = parser->token.end,
		.value = *value};
	struct error *err = expr_tree_add(parser->tree, &node, ret);
	return err ? err : advance(parser);
}

/* Decodes the current token, a string, into the pool, with a NUL after it. */
static struct error *decode_string(struct parser *parser, const char **ret_data, size_t *ret_size)
{
	struct expr_tree *tree = parser->tree;
	char *buffer = tree->pool + tree->pool_used;
	struct error *err = expr_literal_string(
		tree->text, parser->token.start, parser->token.end, buffer, ret_size);
	if (err)
		return err;
	tree->pool_used += *ret_size + 1;
	*ret_data = buffer;
	return NULL;
}

static struct error *parse_string(struct parser *parser, size_t *ret)
{
	struct expr_value value = {.present = true, .type = EXPR_STRING};
	struct error *err = decode_string(parser, &value.string.data, &value.string.size);
	return err ? err : add_constant(parser, parser->token.start, &value, ret);
}

static struct error *parse_number(struct parser *parser, size_t start, bool negative, size_t *ret)
{
	struct expr_value value;
	struct error *err = expr_literal_number(
		parser->tree->text, parser->token.start, parser->token.end, negative, &value);
	return err ? err : add_constant(parser, start, &value, ret);
}

/* Parses ["key"], which only maps have and always need. */
static struct error *parse_subscript(struct parser *parser, struct expr_node *node)
{
	const char *text = parser->tree->text;
	struct expr_hint hint = {.size = 0};
	bool has_subscript = parser->token.kind == EXPR_TOKEN_OPEN_BRACKET;
	if (node->type != EXPR_MAP) {
		if (!has_subscript)
			return NULL;
		return expr_diagnose(text, parser->token.start, NULL,
			"%s is %s and takes no [\"key\"]", node->name->name,
			expr_type_name(node->type));
	}
	expr_hint_add(&hint, "write %s[\"key\"]", node->name->name);
	if (!has_subscript)
		return expr_diagnose(text, node->start, hint.text, "%s is a map and needs a key",
			node->name->name);
	struct error *err = advance(parser);
	if (err)
		return err;
	if (parser->token.kind != EXPR_TOKEN_STRING)
		return unexpected(parser, "a key in quotes");
	size_t size;
	err = decode_string(parser, &node->key, &size);
	if (err)
		return err;
	if (memchr(node->key, '\0', size))
		return expr_diagnose(
			text, parser->token.start, NULL, "a key cannot contain a NUL character");
	err = advance(parser);
	if (err)
		return err;
	if (parser->token.kind != EXPR_TOKEN_CLOSE_BRACKET)
		return unexpected(parser, "\"]\"");
	node->type = EXPR_STRING;
	node->end = parser->token.end;
	return advance(parser);
}

static bool token_is(const struct parser *parser, const char *word)
{
	size_t size = parser->token.end - parser->token.start;
	return strlen(word) == size &&
	       !memcmp(parser->tree->text + parser->token.start, word, size);
}

static bool is_call(const struct parser *parser)
{
	struct expr_token next;
	struct error *err = expr_lex(parser->tree->text, parser->token.end, &next);
	error_destroy(err);
	return !err && next.kind == EXPR_TOKEN_OPEN;
}

static struct error *parse_name(struct parser *parser, bool string_possible, size_t *ret);

/* The name "len(x)" or "cap(x)" in the schema, where the current token is x; NULL: none. */
static const struct expr_name *find_measure(const struct parser *parser, bool capacity)
{
	const struct expr_schema *schema = parser->tree->schema;
	size_t size = parser->token.end - parser->token.start;
	for (size_t i = 0; i < schema->count; i++) {
		const char *name = schema->names[i].name;
		if (strncmp(name, capacity ? "cap(" : "len(", 4) == 0 && strlen(name) == size + 5 &&
			memcmp(name + 4, parser->tree->text + parser->token.start, size) == 0)
			return &schema->names[i];
	}
	return NULL;
}

/* Parses len(name) or cap(name). */
static struct error *parse_call(struct parser *parser, size_t *ret)
{
	struct expr_tree *tree = parser->tree;
	size_t start = parser->token.start, operand;
	bool capacity = token_is(parser, "cap");
	struct error *err = advance(parser);
	if (!err)
		err = advance(parser); /* past the "(" */
	if (!err && parser->token.kind != EXPR_TOKEN_NAME)
		err = unexpected(parser, "a name");
	if (err)
		return err;
	struct expr_node node = {.kind = EXPR_NODE_NAME,
		.start = start,
		.offset = start,
		.name = find_measure(parser, capacity)};
	if (node.name) {
		node.type = node.name->type;
		err = advance(parser);
	} else {
		err = parse_name(parser, false, &operand);
		if (!err && capacity)
			err = expr_diagnose(tree->text, tree->nodes[operand].start, NULL,
				"cap needs a slice, an array or a channel");
	}
	if (!err && parser->token.kind != EXPR_TOKEN_CLOSE)
		err = unexpected(parser, "\")\"");
	if (err)
		return err;
	node.end = parser->token.end;
	err = node.name ? expr_tree_add(tree, &node, ret)
			: expr_tree_length(tree, start, operand, ret);
	if (!err)
		tree->nodes[*ret].end = parser->token.end;
	return err ? err : advance(parser);
}

static struct error *parse_name(struct parser *parser, bool string_possible, size_t *ret)
{
	struct expr_tree *tree = parser->tree;
	if (token_is(parser, "true") || token_is(parser, "false")) {
		struct expr_value value = {.present = true, .type = EXPR_BOOL};
		value.boolean = token_is(parser, "true");
		return add_constant(parser, parser->token.start, &value, ret);
	}
	struct expr_node node = {.kind = EXPR_NODE_NAME,
		.start = parser->token.start,
		.end = parser->token.end,
		.offset = parser->token.start};
	for (size_t i = 0; i < tree->schema->count && !node.name; i++) {
		if (token_is(parser, tree->schema->names[i].name))
			node.name = &tree->schema->names[i];
	}
	if (!node.name && (token_is(parser, "len") || token_is(parser, "cap")) && is_call(parser))
		return parse_call(parser, ret);
	if (!node.name)
		return expr_unknown_name(
			tree->text, node.start, node.end, tree->schema, string_possible);
	node.type = node.name->type;
	struct error *err = advance(parser);
	if (!err)
		err = parse_subscript(parser, &node);
	return err ? err : expr_tree_add(tree, &node, ret);
}

static struct error *parse_parentheses(struct parser *parser, size_t *ret)
{
	size_t open = parser->token.start;
	struct error *err = advance(parser);
	if (!err)
		err = parse_level(parser, LEVEL_OR, ret);
	if (err)
		return err;
	if (parser->token.kind == EXPR_TOKEN_END)
		return expr_diagnose(parser->tree->text, open, NULL, "\"(\" without a \")\"");
	if (parser->token.kind != EXPR_TOKEN_CLOSE)
		return unexpected(parser, "an operator or \")\"");
	/* Include the parentheses when a message quotes the operand. */
	parser->tree->nodes[*ret].start = open;
	parser->tree->nodes[*ret].end = parser->token.end;
	return advance(parser);
}

static struct error *parse_not(struct parser *parser, size_t *ret)
{
	size_t start = parser->token.start, operand;
	struct error *err = advance(parser);
	if (!err)
		err = parse_level(parser, LEVEL_UNARY, &operand);
	if (!err)
		err = expr_tree_condition(parser->tree, operand, "\"!\"");
	if (err)
		return err;
	struct expr_node node = {.kind = EXPR_NODE_NOT,
		.type = EXPR_BOOL,
		.start = start,
		.end = parser->tree->nodes[operand].end,
		.offset = start,
		.left = operand};
	return expr_tree_add(parser->tree, &node, ret);
}

static struct error *parse_minus(struct parser *parser, size_t *ret)
{
	size_t start = parser->token.start, operand;
	struct error *err = advance(parser);
	if (err)
		return err;
	if (parser->token.kind == EXPR_TOKEN_NUMBER)
		return parse_number(parser, start, true, ret);
	err = parse_level(parser, LEVEL_UNARY, &operand);
	return err ? err : expr_tree_negate(parser->tree, start, operand, ret);
}

static struct error *parse_operand(struct parser *parser, size_t *ret)
{
	bool string_possible = parser->string_possible;
	parser->string_possible = false;
	switch (parser->token.kind) {
	case EXPR_TOKEN_NAME:
		return parse_name(parser, string_possible, ret);
	case EXPR_TOKEN_NUMBER:
		return parse_number(parser, parser->token.start, false, ret);
	case EXPR_TOKEN_STRING:
		return parse_string(parser, ret);
	case EXPR_TOKEN_OPEN:
		return parse_parentheses(parser, ret);
	default:
		break;
	}
	if (is_operator(parser, EXPR_OP_NOT))
		return parse_not(parser, ret);
	if (is_operator(parser, EXPR_OP_SUB))
		return parse_minus(parser, ret);
	return unexpected(parser, "a name, a value or \"(\"");
}

/* Every recursion passes through here, so this bounds the depth. */
static struct error *parse_unary(struct parser *parser, size_t *ret)
{
	if (parser->depth == EXPR_MAX_DEPTH)
		return expr_diagnose(parser->tree->text, parser->token.start, NULL,
			"the expression is nested more than %d levels deep", EXPR_MAX_DEPTH);
	parser->depth++;
	struct error *err = parse_operand(parser, ret);
	parser->depth--;
	return err;
}

static enum level operator_level(enum expr_operator op)
{
	switch (op) {
	case EXPR_OP_OR:
		return LEVEL_OR;
	case EXPR_OP_AND:
		return LEVEL_AND;
	case EXPR_OP_ADD:
	case EXPR_OP_SUB:
		return LEVEL_SUM;
	case EXPR_OP_MUL:
	case EXPR_OP_DIV:
	case EXPR_OP_MOD:
		return LEVEL_PRODUCT;
	case EXPR_OP_NOT:
		return LEVEL_UNARY;
	default:
		return LEVEL_COMPARISON;
	}
}

static bool at_level(const struct parser *parser, enum level level)
{
	return parser->token.kind == EXPR_TOKEN_OPERATOR && level != LEVEL_UNARY &&
	       operator_level(parser->token.op) == level;
}

/* Parses the right side of && or ||. */
static struct error *parse_logic(
	struct parser *parser, enum expr_operator op, size_t offset, size_t left, size_t *ret)
{
	struct expr_tree *tree = parser->tree;
	const char *what = op == EXPR_OP_AND ? "\"&&\"" : "\"||\"";
	struct error *err = expr_tree_condition(tree, left, what);
	if (err)
		return err;
	struct expr_node node = {.kind = EXPR_NODE_SKIP,
		.op = op,
		.type = EXPR_BOOL,
		.start = tree->nodes[left].start,
		.end = tree->nodes[left].end,
		.offset = offset,
		.left = left};
	size_t skip, right;
	err = expr_tree_add(tree, &node, &skip);
	if (!err)
		err = parse_level(parser, op == EXPR_OP_AND ? LEVEL_COMPARISON : LEVEL_AND, &right);
	if (!err)
		err = expr_tree_condition(tree, right, what);
	if (err)
		return err;
	node.kind = EXPR_NODE_LOGIC;
	node.left = skip;
	node.right = right;
	node.end = tree->nodes[right].end;
	return expr_tree_add(tree, &node, ret);
}

static struct error *parse_comparison(
	struct parser *parser, enum expr_operator op, size_t offset, size_t left, size_t *ret)
{
	struct expr_tree *tree = parser->tree;
	enum expr_type type = tree->nodes[left].type;
	parser->string_possible = type == EXPR_STRING || type == EXPR_STRINGS;
	size_t right;
	struct error *err = parse_level(parser, LEVEL_SUM, &right);
	if (err)
		return err;
	if (at_level(parser, LEVEL_COMPARISON)) {
		struct expr_excerpt shared = expr_tree_excerpt(tree, right);
		struct expr_hint hint = {.size = 0};
		expr_hint_add(&hint, "write ... && %s ...", shared.text);
		return expr_diagnose(tree->text, parser->token.start, hint.text,
			"comparisons cannot be chained");
	}
	if (op == EXPR_OP_MATCH || op == EXPR_OP_NOT_MATCH)
		return expr_tree_match(tree, op, offset, left, right, ret);
	return expr_tree_compare(tree, op, offset, left, right, ret);
}

static struct error *parse_arithmetic(
	struct parser *parser, enum expr_operator op, size_t offset, size_t left, size_t *ret)
{
	size_t right;
	enum level operands = operator_level(op) == LEVEL_SUM ? LEVEL_PRODUCT : LEVEL_UNARY;
	struct error *err = parse_level(parser, operands, &right);
	return err ? err : expr_tree_arithmetic(parser->tree, op, offset, left, right, ret);
}

static struct error *parse_level(struct parser *parser, enum level level, size_t *ret)
{
	if (level == LEVEL_UNARY)
		return parse_unary(parser, ret);
	size_t left = 0;
	struct error *err = parse_level(parser, level + 1, &left);
	while (!err && at_level(parser, level)) {
		enum expr_operator op = parser->token.op;
		size_t offset = parser->token.start;
		err = advance(parser);
		if (err)
			break;
		if (level <= LEVEL_AND)
			err = parse_logic(parser, op, offset, left, &left);
		else if (level == LEVEL_COMPARISON)
			err = parse_comparison(parser, op, offset, left, &left);
		else
			err = parse_arithmetic(parser, op, offset, left, &left);
	}
	*ret = left;
	return err;
}

struct error *expr_parse(struct expr_tree *tree, size_t *ret)
{
	struct parser parser = {.tree = tree};
	struct error *err = advance(&parser);
	if (err)
		return err;
	if (parser.token.kind == EXPR_TOKEN_END)
		return expr_diagnose(tree->text, 0, NULL, "the expression is empty");
	err = parse_level(&parser, LEVEL_OR, ret);
	if (err)
		return err;
	if (parser.token.kind != EXPR_TOKEN_END)
		return unexpected(&parser, "an operator or the end");
	return expr_tree_condition(tree, *ret, "the expression");
}
