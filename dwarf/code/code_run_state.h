/* The state of a path through a function. Private to code_run*.c. */
#ifndef GCTXDBG_DWARF_CODE_CODE_RUN_STATE_H
#define GCTXDBG_DWARF_CODE_CODE_RUN_STATE_H

#include <Zydis/Zydis.h>

#include "dwarf/code/code_run.h"

enum { REGISTERS = 16, VECTORS = 16, OPERANDS = 3, STORES = 64, CALLS = 8 };

/* Registers by number in the encoding: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, … */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R11 = 11, R14 = 14, NO_REGISTER = 0xff };

/* The stack is at addresses that no process has. */
static const uint64_t STACK_TOP = 0xfffe000000000000, STACK_SIZE = 1 << 20;

/* R14 points to a g at this address. Its words up to `_panic` are 0 (runtime2.go, all releases): the
 * stack need not grow, and a wrapper finds no panic whose argument pointer it would adjust. */
static const uint64_t GOROUTINE = 0xfffc000000000000, GOROUTINE_KNOWN = 0x28;
enum { GOROUTINE_SIZE = 1 << 12 };

struct operand {
	ZydisOperandType type;
	uint16_t bits;
	bool written, vector;
	bool high_byte; /* AH to BH */
	bool segment;	/* relative to FS or GS */
	uint8_t reg;	/* or the base of a memory operand */
	uint8_t index, scale;
	int64_t value; /* an immediate or a displacement; absolute if relative to RIP */
};

/* A decoded instruction, reduced to what is needed. */
struct op {
	uint64_t address;
	ZydisMnemonic mnemonic;
	uint8_t length, operand_count;
	struct operand operands[OPERANDS]; /* the explicit ones */
	uint32_t other_written;		   /* registers that implicit operands write */
	bool writes_flags;
};

/* An 8-byte word that the path has written. */
struct store {
	uint64_t address;
	struct code_value value;
};

/* The operands of the last comparison. */
struct flags {
	bool known, test; /* of TEST: `a` is the result of the AND */
	uint64_t a, b;
	unsigned bits;
};

struct path {
	struct code_value registers[REGISTERS];
	struct code_value vectors[VECTORS][2];
	struct store stores[STORES];
	size_t store_count;
	struct flags flags;
	uint64_t pc;
	size_t depth;	/* of calls that were entered */
	bool forgotten; /* other memory may have changed */
};

struct code_runner {
	struct code_world world;
	ZydisDecoder decoder;
	struct op *ops; /* a cache by address */
	unsigned steps; /* left for the current run */
};

/* The instruction at `pc`; NULL if there is none. Valid until the next call. */
const struct op *code_op_at(struct code_runner *runner, uint64_t pc);

struct code_value code_load(
	const struct code_runner *runner, const struct path *path, uint64_t address, unsigned bits);
void code_store(const struct code_runner *runner, struct path *path, struct code_value address,
	struct code_value value, unsigned bits);
/* The value of an operand, zero-extended. */
struct code_value code_operand(
	const struct code_runner *runner, const struct path *path, const struct operand *operand);
struct code_value code_address(const struct path *path, const struct operand *operand);
/* Executes an instruction other than a jump, call or return. */
void code_step(const struct code_runner *runner, struct path *path, const struct op *op);

enum truth { FALSE, TRUE, UNDECIDED };

/* Whether the condition of a conditional jump, move or set holds. */
enum truth code_condition(const struct path *path, ZydisMnemonic mnemonic);

#endif
