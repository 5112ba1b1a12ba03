/* Follows the paths from an instruction to the accesses of a stack slot: see code_slots.h. */
#include "dwarf/code/code_slots.h"

#include <Zydis/Zydis.h>

enum {
	MAX_CODE = 1 << 20, /* bytes of one function */
	SLOT = 8,
	/* A variable whose address is taken extends this far. Larger ones are rare, and the slots
	 * in question are those of interface values, which would have to be inside. */
	MAX_VARIABLE = 256,
};

enum effect { PASSES, READS, OVERWRITES };

struct search {
	ZydisDecoder decoder;
	struct bytes code;
	int64_t slot;
	uint8_t *seen;	 /* by offset */
	size_t *pending; /* offsets still to be followed */
	size_t count;
};

static void add(struct search *search, uint64_t offset)
{
	if (offset >= search->code.size || search->seen[offset])
		return;
	search->seen[offset] = 1;
	search->pending[search->count++] = (size_t)offset;
}

static bool on_frame(const ZydisDecodedOperand *operand)
{
	return operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       operand->mem.base == ZYDIS_REGISTER_RSP;
}

/* What an access of `operand` does to the slot. */
static enum effect effect_of(const struct search *search, const ZydisDecodedOperand *operand)
{
	int64_t start = operand->mem.disp.value, size = operand->size / 8;
	bool address = operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN;
	if (address || operand->mem.index != ZYDIS_REGISTER_NONE)
		return search->slot >= start && search->slot - start < MAX_VARIABLE ? READS
										    : PASSES;
	if (search->slot + SLOT <= start || start + size <= search->slot)
		return PASSES;
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		return READS;
	return start <= search->slot && start + size >= search->slot + SLOT ? OVERWRITES : PASSES;
}

/* Conditional writes overwrite nothing for certain, but Go's compiler has no such stores. */
static enum effect effect_on_slot(const struct search *search,
	const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands)
{
	enum effect effect = PASSES;
	for (size_t i = 0; i < instruction->operand_count_visible; i++) {
		if (!on_frame(&operands[i]))
			continue;
		enum effect one = effect_of(search, &operands[i]);
		if (one == READS)
			return READS;
		if (one != PASSES)
			effect = one;
	}
	return effect;
}

/* Adds the instructions that can follow; false if they are not known. */
static bool add_successors(struct search *search, size_t offset,
	const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands)
{
	ZyanU64 target;
	bool jumps = instruction->meta.category == ZYDIS_CATEGORY_UNCOND_BR;
	if (instruction->meta.category == ZYDIS_CATEGORY_RET ||
		instruction->mnemonic == ZYDIS_MNEMONIC_UD2 ||
		instruction->mnemonic == ZYDIS_MNEMONIC_INT3)
		return true;
	if (jumps || instruction->meta.category == ZYDIS_CATEGORY_COND_BR) {
		if (operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
			ZYAN_FAILED(ZydisCalcAbsoluteAddress(
				instruction, &operands[0], offset, &target)))
			return false; /* a jump table */
		add(search, target);
	}
	if (!jumps)
		add(search, offset + instruction->length);
	return true;
}

struct slot_uses code_slot_uses(struct bytes code, size_t from, int64_t slot)
{
	const struct slot_uses unknown = {true, false};
	struct slot_uses uses = {false, false};
	struct search search = {.code = code, .slot = slot};
	if (code.size > MAX_CODE || from >= code.size ||
		ZYAN_FAILED(ZydisDecoderInit(
			&search.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
		return unknown;
	_cleanup_free_ uint8_t *seen = calloc(code.size, 1);
	_cleanup_free_ size_t *pending = calloc(code.size, sizeof(*pending));
	if (!seen || !pending)
		return unknown;
	search.seen = seen;
	search.pending = pending;
	add(&search, from);
	while (search.count) {
		size_t offset = search.pending[--search.count];
		ZydisDecodedInstruction instruction;
		ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
		if (ZYAN_FAILED(ZydisDecoderDecodeFull(&search.decoder, code.data + offset,
			    code.size - offset, &instruction, operands)))
			return unknown;
		enum effect effect = effect_on_slot(&search, &instruction, operands);
		uses.read |= effect == READS;
		uses.overwritten |= effect == OVERWRITES;
		if (effect == PASSES && !add_successors(&search, offset, &instruction, operands))
			return unknown;
	}
	return uses;
}
