/* Decodes instructions for code_run(), with Zydis: see code_run_state.h. */
#include "dwarf/code/code_run_state.h"

enum { CACHE = 1 << 12 };

static uint8_t register_number(ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
		return NO_REGISTER;
	return (uint8_t)(whole - ZYDIS_REGISTER_RAX);
}

static void decode_register(const ZydisDecodedOperand *from, struct operand *ret)
{
	ZydisRegister reg = from->reg.value;
	ret->reg = register_number(reg);
	ret->high_byte = reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
	if (reg >= ZYDIS_REGISTER_XMM0 && reg <= ZYDIS_REGISTER_XMM15) {
		ret->vector = true;
		ret->reg = (uint8_t)(reg - ZYDIS_REGISTER_XMM0);
	}
}

static void decode_memory(const ZydisDecodedInstruction *instruction,
	const ZydisDecodedOperand *from, uint64_t address, struct operand *ret)
{
	ZyanU64 absolute;
	ret->reg = ret->index = NO_REGISTER;
	ret->value = from->mem.disp.value;
	ret->segment =
		from->mem.segment == ZYDIS_REGISTER_FS || from->mem.segment == ZYDIS_REGISTER_GS;
	if (from->mem.base == ZYDIS_REGISTER_RIP) {
		if (ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(instruction, from, address, &absolute)))
			ret->value = (int64_t)absolute;
		return;
	}
	if (from->mem.base != ZYDIS_REGISTER_NONE)
		ret->reg = register_number(from->mem.base);
	if (from->mem.index != ZYDIS_REGISTER_NONE) {
		ret->index = register_number(from->mem.index);
		ret->scale = from->mem.scale;
	}
}

static void decode_operand(const ZydisDecodedInstruction *instruction,
	const ZydisDecodedOperand *from, uint64_t address, struct operand *ret)
{
	ZyanU64 target;
	*ret = (struct operand){.type = from->type,
		.bits = from->size,
		.written = from->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE};
	switch (from->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER:
		decode_register(from, ret);
		break;
	case ZYDIS_OPERAND_TYPE_MEMORY:
		decode_memory(instruction, from, address, ret);
		break;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		ret->value = from->imm.value.s;
		if (from->imm.is_relative &&
			ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(instruction, from, address, &target)))
			ret->value = (int64_t)target;
		break;
	default:
		break;
	}
}

static bool decode(const struct code_runner *runner, uint64_t pc, struct op *ret)
{
	struct bytes code;
	uint64_t start;
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	if (!runner->world.code(runner->world.context, pc, &code, &start) || pc < start ||
		pc - start >= code.size ||
		ZYAN_FAILED(ZydisDecoderDecodeFull(&runner->decoder, code.data + (pc - start),
			code.size - (pc - start), &instruction, operands)))
		return false;
	*ret = (struct op){.address = pc,
		.mnemonic = instruction.mnemonic,
		.length = instruction.length,
		.writes_flags =
			instruction.cpu_flags &&
			(instruction.cpu_flags->modified | instruction.cpu_flags->set_0 |
				instruction.cpu_flags->set_1 | instruction.cpu_flags->undefined)};
	for (size_t i = 0; i < instruction.operand_count; i++) {
		if (operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) {
			uint8_t number = operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER
						 ? register_number(operands[i].reg.value)
						 : NO_REGISTER;
			if (number != NO_REGISTER &&
				operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
				ret->other_written |= 1u << number;
		} else if (ret->operand_count < OPERANDS) {
			decode_operand(&instruction, &operands[i], pc,
				&ret->operands[ret->operand_count++]);
		}
	}
	return true;
}

const struct op *code_op_at(struct code_runner *runner, uint64_t pc)
{
	struct op *op = &runner->ops[pc % CACHE];
	if (op->length && op->address == pc)
		return op;
	*op = (struct op){0};
	return decode(runner, pc, op) ? op : NULL;
}

struct code_runner *code_runner_create(struct code_world world)
{
	struct code_runner *runner = calloc(1, sizeof(*runner));
	if (!runner)
		return NULL;
	runner->world = world;
	runner->ops = calloc(CACHE, sizeof(*runner->ops));
	if (!runner->ops || ZYAN_FAILED(ZydisDecoderInit(&runner->decoder,
				    ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64))) {
		code_runner_destroy(runner);
		return NULL;
	}
	return runner;
}

void code_runner_destroy(struct code_runner *runner)
{
	if (!runner)
		return;
	free(runner->ops);
	free(runner);
}
