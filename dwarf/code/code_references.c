/* Collects the addresses and constants in machine code, with Zydis: see code_references.h. */
#include "dwarf/code/code_references.h"

#include <Zydis/Zydis.h>

enum { MAX_FUNCTION_SIZE = 1 << 20 };

void code_references_deinit(struct code_references *references)
{
	free(references->items);
	*references = (struct code_references){0};
}

static bool append_reference(struct code_references *references, struct code_reference reference)
{
	if (!array_reserve(&references->items, &references->capacity, references->count + 1))
		return false;
	references->items[references->count++] = reference;
	return true;
}

struct decoded {
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static uint8_t kinds_of(const ZydisDecodedOperand *operand)
{
	if (operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
		return CODE_ADDRESS;
	uint8_t kinds = 0;
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		kinds |= CODE_READ;
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		kinds |= CODE_WRITE;
	return kinds;
}

/* Adds operands of the form [rip + displacement]. */
static bool add_addresses(
	struct code_references *references, const struct decoded *code, uint64_t at)
{
	for (size_t i = 0; i < code->instruction.operand_count_visible; i++) {
		const ZydisDecodedOperand *operand = &code->operands[i];
		if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
			operand->mem.base != ZYDIS_REGISTER_RIP)
			continue;
		struct code_reference reference = {
			.at = at,
			.value = at + code->instruction.length + (uint64_t)operand->mem.disp.value,
			.kinds = kinds_of(operand),
		};
		if (reference.kinds != CODE_ADDRESS)
			reference.size = (uint8_t)(operand->size / 8);
		if (reference.kinds && !append_reference(references, reference))
			return false;
	}
	return true;
}

/* The immediate operand; false if there is none. */
static bool constant_operand(const struct decoded *code, uint64_t *ret)
{
	for (size_t i = 0; i < code->instruction.operand_count_visible; i++) {
		if (code->operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			*ret = code->operands[i].imm.value.u;
			return true;
		}
	}
	return false;
}

/* Adds the constant of CMP x, constant followed by a branch, or of IMUL by a constant. */
static bool add_constants(struct code_references *references, const struct decoded *code,
	const struct decoded *next, uint64_t at)
{
	uint64_t value;
	uint8_t kind = 0;
	if (!constant_operand(code, &value))
		return true;
	if (code->instruction.mnemonic == ZYDIS_MNEMONIC_IMUL)
		kind = CODE_MULTIPLY;
	if (code->instruction.mnemonic == ZYDIS_MNEMONIC_CMP && next) {
		ZydisMnemonic branch = next->instruction.mnemonic;
		if (branch == ZYDIS_MNEMONIC_JB || branch == ZYDIS_MNEMONIC_JNB) {
			kind = CODE_BOUND;
		} else if (branch == ZYDIS_MNEMONIC_JBE || branch == ZYDIS_MNEMONIC_JNBE) {
			kind = CODE_BOUND;
			value++;
		}
	}
	return !kind || append_reference(references, (struct code_reference){at, value, 0, kind});
}

static bool decode_at(
	const ZydisDecoder *decoder, struct bytes code, uint64_t offset, struct decoded *ret)
{
	return offset < code.size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, code.data + offset, code.size - offset,
		       &ret->instruction, ret->operands));
}

struct error *code_references_add(const struct elf_image *image, uint64_t start, uint64_t end,
	struct code_references *references)
{
	struct bytes code;
	if (end <= start)
		return NULL;
	uint64_t size = end - start < MAX_FUNCTION_SIZE ? end - start : MAX_FUNCTION_SIZE;
	if (!elf_image_bytes_at(image, start, size, &code))
		return NULL;
	ZydisDecoder decoder;
	if (ZYAN_FAILED(
		    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
		return error_create(ERROR_OTHER, "Zydis cannot decode 64-bit code");
	struct decoded buffers[2];
	struct decoded *current = &buffers[0], *next = &buffers[1];
	uint64_t offset = 0;
	bool valid = decode_at(&decoder, code, offset, current);
	while (offset < code.size) {
		if (!valid) {
			valid = decode_at(&decoder, code, ++offset, current);
			continue;
		}
		uint64_t after = offset + current->instruction.length;
		bool next_valid = decode_at(&decoder, code, after, next);
		if (!add_addresses(references, current, start + offset) ||
			!add_constants(
				references, current, next_valid ? next : NULL, start + offset))
			return error_no_memory();
		struct decoded *spare = current;
		current = next;
		next = spare;
		valid = next_valid;
		offset = after;
	}
	return NULL;
}
