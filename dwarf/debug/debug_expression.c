/* Evaluates location expressions: see debug_expression.h. */
#include "dwarf/debug/debug_expression.h"

#include <inttypes.h>

#include "dwarf/debug/byte_reader.h"

enum { MAX_STACK = 64 };

/* DW_OP_skip and DW_OP_bra are not supported, so there are no loops: each operator runs once. */
struct run {
	const struct debug_expression *expression;
	struct byte_reader reader;
	uint64_t stack[MAX_STACK];
	size_t depth;
	struct debug_piece current; /* the next piece, if `decided`; else it is on the stack */
	bool decided;
};

static struct error *push(struct run *run, uint64_t value)
{
	if (run->depth == MAX_STACK)
		return error_create(
			ERROR_BAD_DATA, "a location expression needs too large a stack");
	run->stack[run->depth++] = value;
	return NULL;
}

static uint64_t pop(struct run *run)
{
	if (!run->depth) {
		run->reader.failed = true;
		return 0;
	}
	return run->stack[--run->depth];
}

static void decide(struct run *run, enum debug_piece_kind kind, uint64_t value, struct bytes bytes)
{
	run->current = (struct debug_piece){.kind = kind, .value = value, .bytes = bytes};
	run->decided = true;
}

static struct error *push_register(struct run *run, uint64_t number, int64_t offset)
{
	const struct debug_expression *expression = run->expression;
	uint64_t value;
	if (!expression->read_register ||
		!expression->read_register(expression->context, number, &value))
		return error_create(ERROR_NOT_FOUND, "in a register that was not saved");
	return push(run, value + (uint64_t)offset);
}

static struct error *push_address(struct run *run, bool indexed)
{
	const struct debug_expression *expression = run->expression;
	uint64_t address;
	if (!indexed)
		address = reader_unsigned(&run->reader, 8);
	else if (!debug_unit_address(
			 expression->units, expression->unit, reader_uleb(&run->reader), &address))
		return error_create(ERROR_BAD_DATA, "a location refers to a missing address");
	return push(run, address + expression->bias);
}

static struct error *push_frame(struct run *run, int64_t offset)
{
	if (!run->expression->cfa)
		return error_create(ERROR_NOT_FOUND, "in a frame whose address is unknown");
	return push(run, run->expression->cfa + (uint64_t)offset);
}

static struct error *arithmetic(struct run *run, uint8_t op)
{
	uint64_t right = pop(run), left = pop(run);
	switch (op) {
	case DW_OP_plus:
		return push(run, left + right);
	case DW_OP_minus:
		return push(run, left - right);
	case DW_OP_and:
		return push(run, left & right);
	default:
		return push(run, left | right);
	}
}

/* DW_OP_const1u to DW_OP_const8s: unsigned and signed in turn, of 1, 2, 4, 8 bytes. */
static struct error *push_constant(struct run *run, uint8_t op)
{
	size_t size = (size_t)1 << ((op - DW_OP_const1u) / 2);
	bool is_signed = (op - DW_OP_const1u) % 2;
	return push(run, is_signed ? (uint64_t)reader_signed(&run->reader, size)
				   : reader_unsigned(&run->reader, size));
}

static struct error *run_operator(struct run *run, uint8_t op)
{
	static const struct bytes none = {NULL, 0};
	struct byte_reader *reader = &run->reader;
	switch (op) {
	case DW_OP_addr:
		return push_address(run, false);
	case DW_OP_addrx:
		return push_address(run, true);
	case DW_OP_call_frame_cfa:
		return push_frame(run, 0);
	case DW_OP_fbreg:
		return push_frame(run, reader_sleb(reader));
	case DW_OP_lit0 ... DW_OP_lit31:
		return push(run, op - DW_OP_lit0);
	case DW_OP_const1u ... DW_OP_const8s:
		return push_constant(run, op);
	case DW_OP_constu:
		return push(run, reader_uleb(reader));
	case DW_OP_consts:
		return push(run, (uint64_t)reader_sleb(reader));
	case DW_OP_plus_uconst:
		return push(run, pop(run) + reader_uleb(reader));
	case DW_OP_plus:
	case DW_OP_minus:
	case DW_OP_and:
	case DW_OP_or:
		return arithmetic(run, op);
	case DW_OP_breg0 ... DW_OP_breg31:
		return push_register(run, op - DW_OP_breg0, reader_sleb(reader));
	case DW_OP_bregx: {
		uint64_t number = reader_uleb(reader);
		return push_register(run, number, reader_sleb(reader));
	}
	case DW_OP_reg0 ... DW_OP_reg31:
		decide(run, PIECE_REGISTER, op - DW_OP_reg0, none);
		return NULL;
	case DW_OP_regx:
		decide(run, PIECE_REGISTER, reader_uleb(reader), none);
		return NULL;
	case DW_OP_stack_value:
		decide(run, PIECE_VALUE, pop(run), none);
		return NULL;
	case DW_OP_implicit_value:
		decide(run, PIECE_BYTES, 0, reader_bytes(reader, reader_uleb(reader)));
		return NULL;
	case DW_OP_nop:
		return NULL;
	default:
		return error_create(
			ERROR_BAD_DATA, "its location uses the unsupported operator 0x%x", op);
	}
}

/* The result since the last piece; the piece is missing if nothing was computed. */
static struct debug_piece take_piece(struct run *run)
{
	struct debug_piece piece = {.kind = PIECE_MISSING};
	if (run->decided)
		piece = run->current;
	else if (run->depth)
		piece = (struct debug_piece){.kind = PIECE_MEMORY, .value = pop(run)};
	run->decided = false;
	run->depth = 0;
	return piece;
}

struct error *debug_expression_run(const struct debug_expression *expression, struct bytes code,
	struct debug_piece ret[MAX_PIECES], size_t *ret_count)
{
	struct run run = {.expression = expression, .reader = {.data = code}};
	size_t count = 0;
	struct error *err = NULL;
	while (!err && !reader_at_end(&run.reader)) {
		uint8_t op = (uint8_t)reader_unsigned(&run.reader, 1);
		if (op != DW_OP_piece) {
			err = run_operator(&run, op);
			continue;
		}
		uint64_t size = reader_uleb(&run.reader);
		if (count == MAX_PIECES || !size)
			return error_create(ERROR_BAD_DATA, "its location has too many pieces");
		ret[count] = take_piece(&run);
		ret[count++].size = size;
	}
	if (!err && run.reader.failed)
		err = error_create(ERROR_BAD_DATA, "its location is damaged");
	if (err)
		return err;
	if (!count)
		ret[count++] = take_piece(&run);
	*ret_count = count;
	return NULL;
}
