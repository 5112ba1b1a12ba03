/*
 * Location expressions: where a variable is.
 *
 * The result is a list of consecutive pieces of the variable: memory, a register, a number, bytes,
 * or nothing. Evaluation does not read the target: it rejects an expression that needs memory
 * (DW_OP_deref), which Go's compiler never writes.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_EXPRESSION_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_EXPRESSION_H

#include "dwarf/debug/debug_units.h"

enum debug_piece_kind {
	PIECE_MISSING,	/* optimized out */
	PIECE_MEMORY,	/* `value` is its run-time address */
	PIECE_REGISTER, /* `value` is its DWARF number */
	PIECE_VALUE,	/* `value` itself */
	PIECE_BYTES,	/* `bytes` */
};

struct debug_piece {
	enum debug_piece_kind kind;
	uint64_t value;
	struct bytes bytes;
	uint64_t size; /* bytes; 0: the whole variable, which is then the only piece */
};

struct debug_expression {
	const struct debug_units *units;
	const struct debug_unit *unit;
	uint64_t bias; /* run-time minus link-time addresses */
	uint64_t cfa;  /* of the frame, also Go's frame base; 0: none (a global variable) */
	/* Reads a register by its DWARF number; false if its value is unknown. May be NULL. */
	bool (*read_register)(void *context, uint64_t number, uint64_t *ret);
	void *context;
};

enum { MAX_PIECES = 64 };

/*
 * Evaluates the expression `code` and fills `ret` with its pieces. ERROR_NOT_FOUND if a register or
 * the frame that the location is relative to is unknown; ERROR_BAD_DATA if the expression is
 * damaged or uses an unsupported operator.
 */
struct error *debug_expression_run(const struct debug_expression *expression, struct bytes code,
	struct debug_piece ret[MAX_PIECES], size_t *ret_count);

#endif
