/* Finds instructions in compiled Go code: see code_locations.h. */
#include "dwarf/code/code_locations.h"

#include <Zydis/Zydis.h>

enum {
	MAX_CODE = 1 << 20, /* bytes of one function */
	STACK_GUARD = 0x10, /* g.stackguard0: the third word, in all releases (runtime2.go) */
	STACK_GUARD_SYSTEM = 0x18, /* g.stackguard1, for functions that run on the system stack */
};

struct instruction {
	ZydisDecodedInstruction info;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* Iterates over the instructions of `code`. Skips undecodable bytes one by one. */
struct walk {
	ZydisDecoder decoder;
	struct bytes code;
	size_t offset, next;
	struct instruction at;
};

static bool walk_init(struct walk *walk, struct bytes code)
{
	*walk = (struct walk){.code = code};
	return code.size <= MAX_CODE && ZYAN_SUCCESS(ZydisDecoderInit(&walk->decoder,
						ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
}

static bool decode_at(struct walk *walk, size_t offset, struct instruction *ret)
{
	return offset < walk->code.size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&walk->decoder, walk->code.data + offset,
		       walk->code.size - offset, &ret->info, ret->operands));
}

static bool walk_next(struct walk *walk)
{
	for (; walk->next < walk->code.size; walk->next++) {
		walk->offset = walk->next;
		if (!decode_at(walk, walk->offset, &walk->at))
			continue;
		walk->next = walk->offset + walk->at.info.length;
		return true;
	}
	return false;
}

static bool is_stack_guard(const ZydisDecodedOperand *operand)
{
	return operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       operand->mem.base == ZYDIS_REGISTER_R14 && !operand->mem.index &&
	       (operand->mem.disp.value == STACK_GUARD ||
		       operand->mem.disp.value == STACK_GUARD_SYSTEM);
}

/*
 * cmd/internal/obj/x86/obj6.go, stacksplit: for small frames CMP SP, guard; for larger ones first
 * LEA (or MOV and SUB, with a check for wraparound) to R12 or R13; then a jump to the call of
 * morestack. Go 1.19 compares with the operands swapped.
 */
size_t code_after_stack_check(struct bytes code)
{
	enum { MAX_BEFORE = 6 };
	struct walk walk;
	if (!walk_init(&walk, code))
		return 0;
	for (int i = 0; i < MAX_BEFORE && walk_next(&walk); i++) {
		const struct instruction *at = &walk.at;
		if (at->info.mnemonic == ZYDIS_MNEMONIC_CMP &&
			(is_stack_guard(&at->operands[0]) || is_stack_guard(&at->operands[1]))) {
			bool jumps = walk_next(&walk) &&
				     walk.at.info.meta.category == ZYDIS_CATEGORY_COND_BR;
			return jumps ? walk.next : 0;
		}
		bool computes = at->info.mnemonic == ZYDIS_MNEMONIC_LEA ||
				at->info.mnemonic == ZYDIS_MNEMONIC_MOV ||
				at->info.mnemonic == ZYDIS_MNEMONIC_SUB ||
				at->info.meta.category == ZYDIS_CATEGORY_COND_BR;
		if (!computes)
			return 0;
	}
	return 0;
}

size_t code_returns(struct bytes code, size_t *ret, size_t max)
{
	struct walk walk;
	size_t count = 0;
	if (!walk_init(&walk, code))
		return 0;
	while (walk_next(&walk)) {
		if (walk.at.info.meta.category != ZYDIS_CATEGORY_RET)
			continue;
		if (count < max)
			ret[count] = walk.offset;
		count++;
	}
	return count;
}

/* The DWARF number of a 64-bit register (System V ABI, figure 3.36); -1 for other registers. */
static int dwarf_register(ZydisRegister reg)
{
	static const ZydisRegister order[] = {ZYDIS_REGISTER_RAX, ZYDIS_REGISTER_RDX,
		ZYDIS_REGISTER_RCX, ZYDIS_REGISTER_RBX, ZYDIS_REGISTER_RSI, ZYDIS_REGISTER_RDI,
		ZYDIS_REGISTER_RBP, ZYDIS_REGISTER_RSP, ZYDIS_REGISTER_R8, ZYDIS_REGISTER_R9,
		ZYDIS_REGISTER_R10, ZYDIS_REGISTER_R11, ZYDIS_REGISTER_R12, ZYDIS_REGISTER_R13,
		ZYDIS_REGISTER_R14, ZYDIS_REGISTER_R15};
	for (size_t i = 0; i < array_length(order); i++) {
		if (order[i] == reg)
			return (int)i;
	}
	return -1;
}

bool code_only_access(struct bytes code, enum code_access access, int64_t displacement,
	size_t *ret_offset, int *ret_register)
{
	struct walk walk;
	size_t found = 0;
	if (!walk_init(&walk, code))
		return false;
	while (walk_next(&walk)) {
		const struct instruction *at = &walk.at;
		const ZydisDecodedOperand *memory = &at->operands[access == CODE_LOADS];
		const ZydisDecodedOperand *other = &at->operands[access != CODE_LOADS];
		if (at->info.mnemonic != ZYDIS_MNEMONIC_MOV || at->info.operand_width != 64 ||
			memory->type != ZYDIS_OPERAND_TYPE_MEMORY ||
			other->type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		int base = dwarf_register(memory->mem.base);
		if (memory->mem.index || memory->mem.disp.value != displacement || base < 0 ||
			memory->mem.base == ZYDIS_REGISTER_RSP)
			continue;
		*ret_offset = walk.offset;
		*ret_register = base;
		found++;
	}
	return found == 1;
}

bool code_next_call(struct bytes code, size_t from, int64_t target, size_t *ret_offset)
{
	struct walk walk;
	if (!walk_init(&walk, code))
		return false;
	while (walk_next(&walk)) {
		const struct instruction *at = &walk.at;
		if (walk.offset < from || at->info.mnemonic != ZYDIS_MNEMONIC_CALL ||
			at->operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
			(int64_t)walk.next + at->operands[0].imm.value.s != target)
			continue;
		*ret_offset = walk.offset;
		return true;
	}
	return false;
}

static bool is_among(int64_t target, const int64_t *targets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (targets[i] == target)
			return true;
	}
	return false;
}

bool code_calls(struct bytes code, int64_t *ret, size_t max, size_t *ret_count)
{
	struct walk walk;
	*ret_count = 0;
	if (!walk_init(&walk, code))
		return false;
	while (walk_next(&walk)) {
		const struct instruction *at = &walk.at;
		bool call = at->info.meta.category == ZYDIS_CATEGORY_CALL;
		if (!call && at->info.meta.category != ZYDIS_CATEGORY_UNCOND_BR)
			continue;
		if (at->operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return false;
		int64_t target = (int64_t)walk.next + at->operands[0].imm.value.s;
		if (target >= 0 && (uint64_t)target < code.size)
			continue;
		size_t known = *ret_count < max ? *ret_count : max;
		if (is_among(target, ret, known))
			continue;
		if (*ret_count < max)
			ret[*ret_count] = target;
		++*ret_count;
	}
	return true;
}

/* The target of a direct jump, as an offset in the code; false for other instructions and for jumps
 * out of the code. */
static bool jump_target(const struct walk *walk, size_t *ret)
{
	const struct instruction *at = &walk->at;
	bool jumps = at->info.meta.category == ZYDIS_CATEGORY_COND_BR ||
		     at->info.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
	if (!jumps || at->operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
		!at->operands[0].imm.is_relative)
		return false;
	int64_t target = (int64_t)walk->next + at->operands[0].imm.value.s;
	if (target < 0 || (uint64_t)target >= walk->code.size)
		return false;
	*ret = (size_t)target;
	return true;
}

bool code_is_jump_target(struct bytes code, size_t offset,
	bool (*inside)(void *context, size_t offset), void *context)
{
	struct walk walk;
	size_t target;
	if (!walk_init(&walk, code))
		return false;
	while (walk_next(&walk)) {
		if (jump_target(&walk, &target) && target == offset &&
			(!inside || inside(context, walk.offset)))
			return true;
	}
	return false;
}

bool code_falls_through(struct bytes code, size_t from, size_t to)
{
	struct walk walk;
	if (!walk_init(&walk, code))
		return false;
	for (walk.offset = from; walk.offset < to; walk.offset += walk.at.info.length) {
		if (!decode_at(&walk, walk.offset, &walk.at))
			return false;
		ZydisInstructionCategory category = walk.at.info.meta.category;
		if (category == ZYDIS_CATEGORY_COND_BR || category == ZYDIS_CATEGORY_UNCOND_BR ||
			category == ZYDIS_CATEGORY_CALL || category == ZYDIS_CATEGORY_RET ||
			category == ZYDIS_CATEGORY_INTERRUPT)
			return false;
	}
	return walk.offset == to;
}

/*
 * Marks the instructions that are reachable from the function's entry without entering the region,
 * and collects the instructions of the region where that walk stops. Does not follow jumps through
 * a table, so at worst it misses a region that is entered only that way.
 */
size_t code_region_entries(struct bytes code, bool (*inside)(void *context, size_t offset),
	void *context, size_t *ret, size_t max)
{
	enum { SEEN = 1 };
	struct walk walk;
	size_t count = 0, pending = 0;
	if (!walk_init(&walk, code) || !code.size)
		return 0;
	_cleanup_free_ uint8_t *marks = calloc(code.size, 1);
	_cleanup_free_ size_t *stack = calloc(code.size, sizeof(*stack));
	if (!marks || !stack)
		return 0;
	marks[0] = SEEN;
	stack[pending++] = 0;
	while (pending) {
		walk.next = walk.offset = stack[--pending];
		if (inside(context, walk.offset)) {
			if (count < max)
				ret[count] = walk.offset;
			count++;
			continue;
		}
		if (!decode_at(&walk, walk.offset, &walk.at))
			continue;
		walk.next = walk.offset + walk.at.info.length;
		size_t target;
		if (jump_target(&walk, &target) && !marks[target]) {
			marks[target] = SEEN;
			stack[pending++] = target;
		}
		ZydisInstructionCategory category = walk.at.info.meta.category;
		bool ends = category == ZYDIS_CATEGORY_UNCOND_BR ||
			    category == ZYDIS_CATEGORY_RET ||
			    walk.at.info.mnemonic == ZYDIS_MNEMONIC_UD2 ||
			    walk.at.info.mnemonic == ZYDIS_MNEMONIC_INT3;
		if (!ends && walk.next < code.size && !marks[walk.next]) {
			marks[walk.next] = SEEN;
			stack[pending++] = walk.next;
		}
	}
	return count;
}
