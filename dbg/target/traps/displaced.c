/* Moving an instruction, with Zydis: see displaced.h. */
#include "dbg/target/traps/displaced.h"

#include <inttypes.h>

#include <Zydis/Zydis.h>

struct decoded {
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* The code that is being written. */
struct writer {
	struct displaced *displaced;
	uint8_t used;
	bool overflow, too_far;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	if (size > DISPLACED_SIZE - (size_t)writer->used) {
		writer->overflow = true;
		return;
	}
	memcpy(writer->displaced->code + writer->used, bytes, size);
	writer->used = (uint8_t)(writer->used + size);
}

static void put_byte(struct writer *writer, uint8_t byte)
{
	put(writer, &byte, 1);
}

/* Writes `target` relative to the end of an instruction that ends `after` bytes after these
 * four. */
static void put_relative(struct writer *writer, uint64_t target, uint8_t after)
{
	uint64_t end = writer->displaced->slot + writer->used + 4 + after;
	int64_t distance = (int64_t)(target - end);
	int32_t relative = (int32_t)distance;
	writer->too_far |= relative != distance;
	put(writer, &relative, sizeof(relative));
}

static bool is_near(const struct writer *writer, uint64_t target)
{
	int64_t distance = (int64_t)(target - (writer->displaced->slot + writer->used + 5));
	return distance == (int32_t)distance;
}

/* jmp target, at any distance. */
static void put_jump(struct writer *writer, uint64_t target)
{
	if (is_near(writer, target)) {
		put_byte(writer, 0xE9);
		put_relative(writer, target, 0);
		return;
	}
	static const uint8_t jump_to_next_word[] = {0xFF, 0x25, 0, 0, 0, 0};
	put(writer, jump_to_next_word, sizeof(jump_to_next_word));
	put(writer, &target, sizeof(target));
}

static void add_state(struct writer *writer, bool done, int8_t stack_change, uint64_t rip)
{
	struct displaced *displaced = writer->displaced;
	displaced->states[displaced->state_count++] =
		(struct displaced_state){writer->used, done, stack_change, rip};
}

/* jmp target, after the instruction: a thread has executed it. */
static void put_exit(struct writer *writer, uint64_t target)
{
	add_state(writer, true, 0, target);
	put_jump(writer, target);
}

/* The memory operand whose address is relative to rip, or NULL. */
static const ZydisDecodedOperand *rip_operand(const struct decoded *code)
{
	for (int i = 0; i < code->instruction.operand_count; i++) {
		const ZydisDecodedOperand *operand = &code->operands[i];
		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
			(operand->mem.base == ZYDIS_REGISTER_RIP ||
				operand->mem.base == ZYDIS_REGISTER_EIP))
			return operand;
	}
	return NULL;
}

static uint64_t end_of(const struct displaced *displaced)
{
	return displaced->address + displaced->length;
}

/* The instruction itself, with the displacement of a rip-relative operand corrected. */
static void put_copy(struct writer *writer, const struct decoded *code, const uint8_t *bytes)
{
	const ZydisDecodedOperand *operand = rip_operand(code);
	if (!operand) {
		put(writer, bytes, code->instruction.length);
		return;
	}
	uint8_t offset = code->instruction.raw.disp.offset;
	uint8_t after = (uint8_t)(code->instruction.length - offset - 4);
	put(writer, bytes, offset);
	put_relative(writer, end_of(writer->displaced) + (uint64_t)operand->mem.disp.value, after);
	put(writer, bytes + offset + 4, after);
}

/* A conditional branch over a jump to the next instruction, to a jump to its target. */
static void put_branch(
	struct writer *writer, const struct decoded *code, const uint8_t *bytes, uint64_t target)
{
	const ZydisDecodedInstruction *instruction = &code->instruction;
	if (instruction->opcode_map == ZYDIS_OPCODE_MAP_0F)
		put_byte(writer, (uint8_t)(0x70 | (instruction->opcode & 0xF)));
	else
		put(writer, bytes, instruction->raw.imm[0].offset);
	uint8_t distance_at = writer->used;
	put_byte(writer, 0);
	put_exit(writer, end_of(writer->displaced));
	if (!writer->overflow)
		writer->displaced->code[distance_at] = (uint8_t)(writer->used - distance_at - 1);
	put_exit(writer, target);
}

/* push [rip + distance to a word that put_return_word() adds] */
static uint8_t put_push(struct writer *writer)
{
	static const uint8_t push[] = {0xFF, 0x35, 0, 0, 0, 0};
	put(writer, push, sizeof(push));
	add_state(writer, false, 8, writer->displaced->address);
	return writer->used;
}

static void put_return_word(struct writer *writer, uint8_t push_end)
{
	uint64_t word = end_of(writer->displaced);
	if (!writer->overflow)
		writer->displaced->code[push_end - 4] = (uint8_t)(writer->used - push_end);
	put(writer, &word, sizeof(word));
}

/* jmp through the operand of an indirect call, with the value that it had before the push. */
static bool put_call_jump(struct writer *writer, const struct decoded *code, const uint8_t *bytes)
{
	const ZydisDecodedInstruction *instruction = &code->instruction;
	const ZydisDecodedOperand *operand = &code->operands[0];
	bool in_memory = operand->type == ZYDIS_OPERAND_TYPE_MEMORY;
	if ((in_memory ? operand->mem.base == ZYDIS_REGISTER_ESP
		       : operand->reg.value == ZYDIS_REGISTER_RSP) ||
		operand->size != 64)
		return false;
	struct displaced *displaced = writer->displaced;
	uint8_t start = writer->used, modrm_at = instruction->raw.modrm.offset;
	if (in_memory && operand->mem.base == ZYDIS_REGISTER_RSP) {
		int64_t moved = operand->mem.disp.value + 8;
		int32_t displacement = (int32_t)moved;
		/* The push overwrites what is below the stack pointer. */
		if (displacement != moved || operand->mem.disp.value < 0)
			return false;
		put(writer, bytes, modrm_at);
		put_byte(writer, 0x80 | 4 << 3 | 4); /* disp32, jmp, SIB */
		put_byte(writer, bytes[modrm_at + 1]);
		put(writer, &displacement, sizeof(displacement));
	} else {
		put_copy(writer, code, bytes);
		if (!writer->overflow) /* call is FF /2, jmp FF /4 */
			displaced->code[start + modrm_at] ^= 0x6 << 3;
	}
	return true;
}

static bool put_call(
	struct writer *writer, const struct decoded *code, const uint8_t *bytes, uint64_t target)
{
	uint8_t push_end = put_push(writer);
	if (code->instruction.raw.imm[0].is_relative)
		put_jump(writer, target);
	else if (!put_call_jump(writer, code, bytes))
		return false;
	put_return_word(writer, push_end);
	return true;
}

static bool is_relative_branch(const ZydisDecodedInstruction *instruction)
{
	return instruction->raw.imm[0].is_relative && instruction->raw.imm[0].size;
}

/* False: it cannot be moved. */
static bool put_instruction(struct writer *writer, const struct decoded *code, const uint8_t *bytes)
{
	const ZydisDecodedInstruction *instruction = &code->instruction;
	bool relative = is_relative_branch(instruction);
	uint64_t target =
		relative ? end_of(writer->displaced) + (uint64_t)instruction->raw.imm[0].value.s
			 : 0;
	/* Processors disagree about 16-bit branches. */
	if (relative && instruction->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE)
		return false;
	if (instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
		instruction->mnemonic == ZYDIS_MNEMONIC_CALL)
		return false;
	if (instruction->mnemonic == ZYDIS_MNEMONIC_XBEGIN)
		return false;
	add_state(writer, false, 0, writer->displaced->address);
	if (instruction->mnemonic == ZYDIS_MNEMONIC_CALL)
		return put_call(writer, code, bytes, target);
	if (relative && instruction->mnemonic == ZYDIS_MNEMONIC_JMP) {
		put_jump(writer, target);
	} else if (relative) {
		put_branch(writer, code, bytes, target);
	} else {
		put_copy(writer, code, bytes);
		put_exit(writer, end_of(writer->displaced));
	}
	return true;
}

struct error *displaced_make(
	uint64_t address, struct bytes bytes, uint64_t slot, struct displaced *ret)
{
	ZydisDecoder decoder;
	struct decoded code;
	size_t size = bytes.size < INSTRUCTION_MAX ? bytes.size : INSTRUCTION_MAX;
	if (ZYAN_FAILED(
		    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
		ZYAN_FAILED(ZydisDecoderDecodeFull(
			&decoder, bytes.data, size, &code.instruction, code.operands)))
		return error_create(ERROR_BAD_DATA,
			"cannot set a breakpoint at 0x%" PRIx64 ": no instruction starts there",
			address);
	*ret = (struct displaced){.address = address, .slot = slot};
	ret->length = code.instruction.length;
	ret->restarts = code.instruction.mnemonic == ZYDIS_MNEMONIC_SYSCALL ||
			code.instruction.mnemonic == ZYDIS_MNEMONIC_SYSENTER ||
			code.instruction.mnemonic == ZYDIS_MNEMONIC_INT;
	memset(ret->code, INT3, sizeof(ret->code));
	struct writer writer = {.displaced = ret};
	if (!put_instruction(&writer, &code, bytes.data) || writer.overflow)
		return error_create(ERROR_OTHER,
			"cannot set a breakpoint at 0x%" PRIx64
			": the instruction (%s) cannot be executed out of line; choose another "
			"instruction nearby",
			address, ZydisMnemonicGetString(code.instruction.mnemonic));
	if (writer.too_far)
		return error_create(ERROR_OTHER,
			"cannot set a breakpoint at 0x%" PRIx64
			": no free memory within 2 GiB of what the instruction refers to; choose "
			"another instruction nearby",
			address);
	return NULL;
}

const struct displaced_state *displaced_locate(const struct displaced *displaced, uint64_t rip)
{
	for (size_t i = 0; i < displaced->state_count; i++) {
		if (displaced->slot + displaced->states[i].offset == rip)
			return &displaced->states[i];
	}
	return NULL;
}
