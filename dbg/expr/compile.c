/* Compiles the tree of an expression to its program, and queries programs: see expr.h. */
#include "dbg/expr/tree.h"

struct compiler {
	struct expr *expr;
	const struct expr_tree *tree;
	size_t *skips; /* per node: the instruction of an EXPR_NODE_SKIP */
	size_t stack, max_stack;
};

static void emit(struct compiler *compiler, const struct expr_node *node,
	struct expr_instruction instruction, int pushes)
{
	instruction.op = node->op;
	instruction.offset = (uint32_t)node->offset;
	compiler->expr->code[compiler->expr->count++] = instruction;
	compiler->stack = (size_t)((ssize_t)compiler->stack + pushes);
	if (compiler->stack > compiler->max_stack)
		compiler->max_stack = compiler->stack;
}

static void emit_compare(struct compiler *compiler, const struct expr_node *node)
{
	const struct expr_node *left = &compiler->tree->nodes[node->left];
	if (!left->absorbed) {
		emit(compiler, node, (struct expr_instruction){.opcode = EXPR_COMPARE}, -1);
		return;
	}
	/* For a list, != means that no element is equal. */
	struct expr_node any = *node;
	if (node->op == EXPR_OP_NE)
		any.op = EXPR_OP_EQ;
	emit(compiler, &any,
		(struct expr_instruction){.opcode = EXPR_ANY_COMPARES,
			.id = left->name->id,
			.negate = node->op == EXPR_OP_NE},
		0);
}

static struct error *emit_match(struct compiler *compiler, const struct expr_node *node)
{
	const struct expr_node *subject = &compiler->tree->nodes[node->left];
	const struct expr_node *pattern = &compiler->tree->nodes[node->right];
	struct expr_instruction instruction = {
		.opcode = EXPR_MATCHES, .negate = node->op == EXPR_OP_NOT_MATCH};
	struct error *err = expr_patterns_add(&compiler->expr->patterns, compiler->tree->text,
		pattern->offset, pattern->literal_end, pattern->value.string.data,
		pattern->value.string.size, &instruction.pattern);
	if (err)
		return err;
	if (subject->absorbed) {
		instruction.opcode = EXPR_ANY_MATCHES;
		instruction.id = subject->name->id;
	}
	emit(compiler, node, instruction, subject->absorbed ? 1 : 0);
	return NULL;
}

static void emit_skip(struct compiler *compiler, const struct expr_node *node, size_t index)
{
	compiler->skips[index] = compiler->expr->count;
	enum expr_opcode opcode = node->op == EXPR_OP_AND ? EXPR_JUMP_IF_FALSE : EXPR_JUMP_IF_TRUE;
	emit(compiler, node, (struct expr_instruction){.opcode = opcode}, 0);
}

static void emit_load(struct compiler *compiler, const struct expr_node *node)
{
	struct expr_instruction load = {
		.opcode = EXPR_LOAD, .id = node->name->id, .type = node->type, .key = node->key};
	emit(compiler, node, load, 1);
}

static void emit_length(struct compiler *compiler, const struct expr_node *node)
{
	const struct expr_node *operand = &compiler->tree->nodes[node->left];
	struct expr_instruction instruction = {.opcode = EXPR_LENGTH};
	if (operand->absorbed)
		instruction =
			(struct expr_instruction){.opcode = EXPR_COUNT, .id = operand->name->id};
	emit(compiler, node, instruction, operand->absorbed);
}

static struct error *emit_node(struct compiler *compiler, size_t index)
{
	const struct expr_node *node = &compiler->tree->nodes[index];
	if (node->absorbed)
		return NULL;
	switch (node->kind) {
	case EXPR_NODE_CONSTANT:
		emit(compiler, node,
			(struct expr_instruction){.opcode = EXPR_PUSH, .value = node->value}, 1);
		break;
	case EXPR_NODE_NAME:
		emit_load(compiler, node);
		break;
	case EXPR_NODE_NOT:
		emit(compiler, node, (struct expr_instruction){.opcode = EXPR_NOT}, 0);
		break;
	case EXPR_NODE_NEGATE:
		emit(compiler, node, (struct expr_instruction){.opcode = EXPR_NEGATE}, 0);
		break;
	case EXPR_NODE_LENGTH:
		emit_length(compiler, node);
		break;
	case EXPR_NODE_ARITHMETIC:
		emit(compiler, node,
			(struct expr_instruction){.opcode = EXPR_ARITHMETIC, .type = node->type},
			-1);
		break;
	case EXPR_NODE_COMPARE:
		emit_compare(compiler, node);
		break;
	case EXPR_NODE_MATCH:
		return emit_match(compiler, node);
	case EXPR_NODE_SKIP:
		emit_skip(compiler, node, index);
		break;
	case EXPR_NODE_LOGIC:
		emit(compiler, node, (struct expr_instruction){.opcode = EXPR_LOGIC}, -1);
		compiler->expr->code[compiler->skips[node->left]].target = compiler->expr->count;
		break;
	}
	return NULL;
}

static struct error *compile_tree(struct expr *expr, const struct expr_tree *tree)
{
	_cleanup_free_ size_t *skips = calloc(tree->count, sizeof(*skips));
	expr->code = calloc(tree->count, sizeof(*expr->code));
	if (!skips || !expr->code)
		return error_no_memory();
	struct compiler compiler = {.expr = expr, .tree = tree, .skips = skips};
	for (size_t i = 0; i < tree->count; i++) {
		struct error *err = emit_node(&compiler, i);
		if (err)
			return err;
	}
	/* The parser's depth limit prevents this, but expr_run() relies on it, so check. */
	if (compiler.max_stack > EXPR_MAX_STACK)
		return expr_diagnose(tree->text, 0, NULL, "the expression is nested too deeply");
	return NULL;
}

static void destroy_cleanup(struct expr **expr)
{
	expr_destroy(*expr);
}

struct error *expr_compile(const char *text, const struct expr_schema *schema, struct expr **ret)
{
	size_t size = strlen(text);
	if (size > EXPR_MAX_TEXT)
		return error_create(ERROR_USAGE,
			"the expression is %zu bytes long; the limit is %d", size, EXPR_MAX_TEXT);
	_cleanup_(destroy_cleanup) struct expr *expr = calloc(1, sizeof(*expr));
	if (!expr)
		return error_no_memory();
	expr->text = strdup(text);
	expr->pool = malloc(size + 1);
	if (!expr->text || !expr->pool)
		return error_no_memory();
	struct expr_tree tree = {.text = text, .schema = schema, .pool = expr->pool};
	size_t root;
	struct error *err = expr_parse(&tree, &root);
	if (!err)
		err = compile_tree(expr, &tree);
	free(tree.nodes);
	if (err)
		return err;
	*ret = take_pointer(expr);
	return NULL;
}

void expr_destroy(struct expr *expr)
{
	if (!expr)
		return;
	expr_patterns_deinit(&expr->patterns);
	free(expr->code);
	free(expr->pool);
	free(expr->text);
	free(expr);
}

bool expr_uses(const struct expr *expr, int id)
{
	for (size_t i = 0; i < expr->count; i++) {
		const struct expr_instruction *instruction = &expr->code[i];
		bool reads = instruction->opcode == EXPR_LOAD ||
			     instruction->opcode == EXPR_COUNT ||
			     instruction->opcode == EXPR_ANY_COMPARES ||
			     instruction->opcode == EXPR_ANY_MATCHES;
		if (reads && instruction->id == id)
			return true;
	}
	return false;
}

static bool same_load(const struct expr_instruction *a, const struct expr_instruction *b)
{
	if (a->opcode != b->opcode || a->id != b->id || !a->key != !b->key)
		return false;
	return !a->key || !strcmp(a->key, b->key);
}

static bool is_first(const struct expr *expr, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (same_load(&expr->code[i], &expr->code[at]))
			return false;
	}
	return true;
}

bool expr_used_name(const struct expr *expr, size_t index, int *ret_id, const char **ret_key)
{
	for (size_t i = 0, found = 0; i < expr->count; i++) {
		const struct expr_instruction *instruction = &expr->code[i];
		if (instruction->opcode != EXPR_LOAD || !is_first(expr, i) || found++ < index)
			continue;
		*ret_id = instruction->id;
		*ret_key = instruction->key;
		return true;
	}
	return false;
}
