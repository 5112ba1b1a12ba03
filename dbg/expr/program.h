/*
 * A compiled expression: operators, a flat array of instructions for a stack machine, and the data
 * that they refer to.
 *
 * Jumps only go forward, so a run takes at most as many steps as there are instructions. An
 * instruction on an EXPR_STRINGS loops over that list, which is bounded too. Private to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_PROGRAM_H
#define GCTXDBG_EXPR_PROGRAM_H

#include "dbg/expr/patterns.h"

enum {
	EXPR_MAX_TEXT = 16384,		 /* bytes */
	EXPR_MAX_DEPTH = 64,		 /* nested parentheses, "!" and unary "-" */
	EXPR_MAX_NODES = 8192,		 /* also bounds the instructions */
	EXPR_MAX_STACK = 512,		 /* values; each of the 64 levels needs fewer than 7 */
	EXPR_MAX_ELEMENTS = 1024 * 1024, /* of one EXPR_STRINGS value */
};

enum expr_operator {
	EXPR_OP_OR,
	EXPR_OP_AND,
	EXPR_OP_EQ,
	EXPR_OP_NE,
	EXPR_OP_LT,
	EXPR_OP_LE,
	EXPR_OP_GT,
	EXPR_OP_GE,
	EXPR_OP_MATCH,
	EXPR_OP_NOT_MATCH,
	EXPR_OP_ADD,
	EXPR_OP_SUB,
	EXPR_OP_MUL,
	EXPR_OP_DIV,
	EXPR_OP_MOD,
	EXPR_OP_NOT,
};

enum expr_opcode {
	EXPR_PUSH,	   /* push `value` */
	EXPR_LOAD,	   /* push the value of the name `id` (of its element `key`) */
	EXPR_LOGIC,	   /* pop right; top = top OP right, with the truths of both */
	EXPR_NOT,	   /* top = not the truth of top */
	EXPR_NEGATE,	   /* top = -top */
	EXPR_LENGTH,	   /* top = number of bytes of top, a string */
	EXPR_COUNT,	   /* push the number of elements of the list `id` */
	EXPR_ARITHMETIC,   /* pop right; top = top OP right, of type `type` */
	EXPR_COMPARE,	   /* pop right; top = top OP right */
	EXPR_MATCHES,	   /* top = top matches `pattern`; `negate`: does not match */
	EXPR_ANY_COMPARES, /* top = any element of the list `id` OP top; `negate`: none */
	EXPR_ANY_MATCHES, /* push: any element of the list `id` matches `pattern`; `negate`: none */
	EXPR_JUMP_IF_FALSE, /* top = the truth of top; if that is false, go to `target` */
	EXPR_JUMP_IF_TRUE,  /* the same if it is true */
};

struct expr_instruction {
	enum expr_opcode opcode;
	enum expr_operator op;
	enum expr_type type;
	bool negate;
	uint32_t offset; /* into the text, for messages */
	int id;
	union {
		struct expr_value value;
		const char *key;
		size_t pattern;
		size_t target;
	};
};

struct expr {
	char *text;
	char *pool; /* the decoded string literals and keys */
	struct expr_instruction *code;
	size_t count;
	struct expr_patterns patterns;
};

#endif
