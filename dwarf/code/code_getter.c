/* Evaluates a short method symbolically, with Zydis: see code_getter.h. */
#include "dwarf/code/code_getter.h"

#include <Zydis/Zydis.h>

enum { MAX_INSTRUCTIONS = 128, REGISTERS = 16, SLOTS = 16 };

enum symbol_kind { SYMBOL_UNKNOWN, SYMBOL_ZERO, SYMBOL_PATH };

struct symbol {
	enum symbol_kind kind;
	struct code_path path;
};

struct slot {
	int64_t offset; /* from RSP at the method's entry */
	struct symbol symbol;
};

struct state {
	struct symbol registers[REGISTERS]; /* RAX, RCX, RDX, RBX, RSP, … in encoding order */
	struct symbol other;
	int64_t rsp; /* relative to RSP at the entry */
	struct slot slots[SLOTS];
	size_t slot_count;
	uint64_t start, at, end;
	struct code_getter *result;
};

struct decoded {
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* The number of the general register that `reg` is part of; REGISTERS for any other register. */
static unsigned register_number(ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
		return REGISTERS;
	return (unsigned)(whole - ZYDIS_REGISTER_RAX);
}

/* All registers that are not tracked share one symbol, which stays unknown. */
static struct symbol *register_symbol(struct state *state, ZydisRegister reg)
{
	state->other.kind = SYMBOL_UNKNOWN;
	unsigned number = register_number(reg);
	return number < REGISTERS ? &state->registers[number] : &state->other;
}

static bool is_rsp(ZydisRegister reg)
{
	return reg == ZYDIS_REGISTER_RSP;
}

static struct slot *find_slot(struct state *state, int64_t offset, bool make)
{
	for (size_t i = 0; i < state->slot_count; i++) {
		if (state->slots[i].offset == offset)
			return &state->slots[i];
	}
	if (!make || state->slot_count == SLOTS)
		return NULL;
	struct slot *slot = &state->slots[state->slot_count++];
	*slot = (struct slot){.offset = offset};
	return slot;
}

/* The symbol loaded from a memory operand. */
static struct symbol load_from(struct state *state, const ZydisDecodedOperand *operand)
{
	const struct symbol unknown = {SYMBOL_UNKNOWN, {{0}, 0, 0}};
	int64_t displacement = operand->mem.disp.value;
	if (operand->mem.index != ZYDIS_REGISTER_NONE || operand->size != 64 ||
		operand->mem.segment == ZYDIS_REGISTER_FS)
		return unknown;
	if (is_rsp(operand->mem.base)) {
		const struct slot *slot = find_slot(state, state->rsp + displacement, false);
		return slot ? slot->symbol : unknown;
	}
	const struct symbol *base = register_symbol(state, operand->mem.base);
	struct symbol result = *base;
	if (base->kind != SYMBOL_PATH || result.path.count == CODE_PATH_MAX)
		return unknown;
	result.path.offsets[result.path.count++] = (int32_t)(result.path.add + displacement);
	result.path.add = 0;
	return result;
}

static struct symbol address_of(struct state *state, const ZydisDecodedOperand *operand)
{
	struct symbol result = {SYMBOL_UNKNOWN, {{0}, 0, 0}};
	if (operand->mem.index != ZYDIS_REGISTER_NONE || is_rsp(operand->mem.base))
		return result;
	result = *register_symbol(state, operand->mem.base);
	result.path.add += (int32_t)operand->mem.disp.value;
	if (result.kind != SYMBOL_PATH)
		result.kind = SYMBOL_UNKNOWN;
	return result;
}

static struct symbol value_of(struct state *state, const ZydisDecodedOperand *operand)
{
	struct symbol result = {SYMBOL_UNKNOWN, {{0}, 0, 0}};
	if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
		result = *register_symbol(state, operand->reg.value);
	else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
		result = load_from(state, operand);
	else if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand->imm.value.u == 0)
		result.kind = SYMBOL_ZERO;
	return result;
}

static void store(struct state *state, const ZydisDecodedOperand *operand, struct symbol symbol)
{
	if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
		*register_symbol(state, operand->reg.value) = symbol;
	} else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && is_rsp(operand->mem.base) &&
		   operand->mem.index == ZYDIS_REGISTER_NONE) {
		struct slot *slot = find_slot(state, state->rsp + operand->mem.disp.value, true);
		if (slot)
			slot->symbol = symbol;
	}
}

/* Marks everything that the instruction writes as unknown. */
static void forget_written(struct state *state, const struct decoded *code)
{
	const struct symbol unknown = {SYMBOL_UNKNOWN, {{0}, 0, 0}};
	for (size_t i = 0; i < code->instruction.operand_count; i++) {
		if (code->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			store(state, &code->operands[i], unknown);
	}
}

static void finish(struct state *state, enum code_getter_kind kind, const struct symbol *symbol)
{
	state->result->kind = kind;
	state->result->path = symbol->path;
}

static void on_return(struct state *state)
{
	const struct symbol *rax = &state->registers[0];
	if (rax->kind == SYMBOL_ZERO)
		finish(state, CODE_GETTER_ZERO, rax);
	else if (rax->kind == SYMBOL_PATH && rax->path.count && !rax->path.add)
		finish(state, CODE_GETTER_WORD, rax);
}

/* A call of an interface method: of [itab + offset], directly or through a register. */
static void on_indirect_call(struct state *state, const ZydisDecodedOperand *operand)
{
	struct symbol target = value_of(state, operand);
	if (target.kind != SYMBOL_PATH || target.path.count < 2 || target.path.add)
		return;
	state->result->method = target.path.offsets[--target.path.count];
	finish(state, CODE_GETTER_INTERFACE, &target);
}

static void on_direct_call(
	struct state *state, const struct decoded *code, const ZydisDecodedOperand *operand)
{
	const struct symbol *rax = &state->registers[0];
	ZyanU64 target;
	if (rax->kind != SYMBOL_PATH || ZYAN_FAILED(ZydisCalcAbsoluteAddress(
						&code->instruction, operand, state->at, &target)))
		return;
	state->result->target = target;
	finish(state, CODE_GETTER_CALL, rax);
}

/* True for a direct jump within the function. */
static bool jump_inside(const struct state *state, const struct decoded *code, ZyanU64 *ret_target)
{
	return code->instruction.mnemonic == ZYDIS_MNEMONIC_JMP &&
	       ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(
		       &code->instruction, &code->operands[0], state->at, ret_target)) &&
	       *ret_target >= state->start && *ret_target < state->end;
}

/* Executes one instruction; false if the path ends here. */
static bool step(struct state *state, const struct decoded *code)
{
	const ZydisDecodedOperand *operands = code->operands;
	ZyanU64 target;
	switch (code->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_RET:
		on_return(state);
		return false;
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
		if (operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			on_indirect_call(state, &operands[0]);
		else if (jump_inside(state, code, &target)) {
			if (target <= state->at)
				return false; /* a loop */
			state->at = target - code->instruction.length;
			return true;
		} else {
			on_direct_call(state, code, &operands[0]);
		}
		return false;
	case ZYDIS_MNEMONIC_MOV:
		store(state, &operands[0], value_of(state, &operands[1]));
		return true;
	case ZYDIS_MNEMONIC_LEA:
		store(state, &operands[0], address_of(state, &operands[1]));
		return true;
	case ZYDIS_MNEMONIC_PUSH:
		state->rsp -= 8;
		return true;
	case ZYDIS_MNEMONIC_POP:
		forget_written(state, code);
		state->rsp += 8;
		return true;
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_ADD:
		if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
			is_rsp(operands[0].reg.value) &&
			operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			int64_t by = operands[1].imm.value.s;
			state->rsp += code->instruction.mnemonic == ZYDIS_MNEMONIC_ADD ? by : -by;
			return true;
		}
		break;
	case ZYDIS_MNEMONIC_XOR:
		if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
			operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
			operands[0].reg.value == operands[1].reg.value) {
			store(state, &operands[0], (struct symbol){.kind = SYMBOL_ZERO});
			return true;
		}
		break;
	default:
		break;
	}
	forget_written(state, code);
	return true;
}

void code_getter_read(struct bytes code, uint64_t start, struct code_getter *ret)
{
	*ret = (struct code_getter){.kind = CODE_GETTER_UNKNOWN};
	struct state state = {.start = start, .at = start, .end = start + code.size, .result = ret};
	state.registers[0].kind = SYMBOL_PATH;
	ZydisDecoder decoder;
	if (ZYAN_FAILED(
		    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
		return;
	for (int i = 0; i < MAX_INSTRUCTIONS; i++) {
		struct decoded decoded;
		uint64_t offset = state.at - start;
		if (offset >= code.size ||
			ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code.data + offset,
				code.size - offset, &decoded.instruction, decoded.operands)) ||
			!step(&state, &decoded))
			return;
		state.at += decoded.instruction.length;
	}
}

bool code_path_append(
	const struct code_path *first, const struct code_path *second, struct code_path *ret)
{
	struct code_path path = *first;
	for (size_t i = 0; i < second->count; i++) {
		if (path.count == CODE_PATH_MAX)
			return false;
		path.offsets[path.count++] = path.add + second->offsets[i];
		path.add = 0;
	}
	path.add += second->add;
	*ret = path;
	return true;
}
