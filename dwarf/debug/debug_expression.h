/*
 * Location expressions: where a variable is.
 *
 * The result is a list of pieces, one after the other in the variable: memory, a register, a
 * number, bytes, or nothing. Nothing is read from the target: an expression that needs to
 * (DW_OP_deref) is refused, and Go's compiler writes none.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_EXPRESSION_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_EXPRESSION_H

#include "dwarf/debug/debug_units.h"

enum debug_piece_kind {
	PIECE_MISSING,	/* optimized out */
	PIECE_MEMORY,	/* `value` is its run-time address */
	PIECE_REGISTER, /* `value` is DWARF's number of it */
	PIECE_VALUE,	/* `value` itself */
	PIECE_BYTES,	/* `bytes` */
};

struct debug_piece {
	enum debug_piece_kind kind;
	uint64_t value;
	struct bytes bytes;
	uint64_t size; /* bytes; 0: the whole variable (then it is the only piece) */
};

struct debug_expression {
	const struct debug_units *units;
	const struct debug_unit *unit;
	uint64_t bias; /* run-time minus link-time addresses */
	uint64_t cfa;  /* of the frame, also Go's frame base; 0 none (a variable of no function) */
	/* The value of a register, by DWARF's number; false when it is not known. */
	bool (*read_register)(void *context, uint64_t number, uint64_t *ret);
	void *context;
};

enum { MAX_PIECES = 64 };

/*
 * Fills `ret` with the pieces of `code`. ERROR_NOT_FOUND when a register that the location counts
 * from is not known; ERROR_BAD_DATA for what cannot be understood.
 */
struct error *debug_expression_run(const struct debug_expression *expression, struct bytes code,
	struct debug_piece ret[MAX_PIECES], size_t *ret_count);

#endif
