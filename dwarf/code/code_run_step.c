/* What single instructions do to a path's registers, stack and overlay: see code_run_state.h. */
#include "dwarf/code/code_run_state.h"

static const struct code_value unknown = {CODE_UNKNOWN, 0, 0};

static struct code_value word(uint64_t value)
{
	return (struct code_value){CODE_WORD, 0, value};
}

static uint64_t mask(unsigned bits)
{
	return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
	if (bits >= 64)
		return value;
	uint64_t sign = 1ull << (bits - 1);
	return ((value & mask(bits)) ^ sign) - sign;
}

/* The `bits` of `value` from bit `shift` on. */
static struct code_value part_of(struct code_value value, unsigned shift, unsigned bits)
{
	if (bits >= 64)
		return value;
	bool part = value.kind == CODE_PART && shift + bits <= value.index;
	return value.kind == CODE_WORD || part ? word(value.word >> shift & mask(bits)) : unknown;
}

/* `old` with `bits` from bit `shift` on replaced by `value`. */
static struct code_value replace_part(
	struct code_value old, struct code_value value, unsigned shift, unsigned bits)
{
	if (bits >= 64)
		return value;
	bool part = old.kind == CODE_PART && shift + bits <= old.index;
	if (value.kind != CODE_WORD)
		return unknown;
	if (old.kind != CODE_WORD && !part)
		return shift ? unknown
			     : (struct code_value){CODE_PART, bits, value.word & mask(bits)};
	old.word &= ~(mask(bits) << shift);
	old.word |= (value.word & mask(bits)) << shift;
	return old;
}

/* ---- Memory ---- */

static bool on_stack(uint64_t address)
{
	return address - (STACK_TOP - STACK_SIZE) < 2 * STACK_SIZE;
}

/* The 8 bytes at `address`, a multiple of 8. */
static struct code_value load_word(
	const struct code_runner *runner, const struct path *path, uint64_t address)
{
	uint64_t value;
	for (size_t i = path->store_count; i-- > 0;) {
		if (path->stores[i].address == address)
			return path->stores[i].value;
	}
	if (address - GOROUTINE < GOROUTINE_KNOWN)
		return word(0);
	if (on_stack(address) || address - GOROUTINE < GOROUTINE_SIZE || path->forgotten ||
		!runner->world.read(runner->world.context, address, &value, sizeof(value)))
		return unknown;
	return word(value);
}

struct code_value code_load(
	const struct code_runner *runner, const struct path *path, uint64_t address, unsigned bits)
{
	unsigned shift = (unsigned)(address % 8) * 8;
	if (bits > 64 || shift + bits > 64)
		return unknown;
	return part_of(load_word(runner, path, address & ~7ull), shift, bits);
}

static void store_word(struct path *path, uint64_t address, struct code_value value)
{
	for (size_t i = 0; i < path->store_count; i++) {
		if (path->stores[i].address == address) {
			path->stores[i].value = value;
			return;
		}
	}
	if (path->store_count < STORES)
		path->stores[path->store_count++] = (struct store){address, value};
	else
		path->forgotten = true;
}

void code_store(const struct code_runner *runner, struct path *path, struct code_value address,
	struct code_value value, unsigned bits)
{
	if (address.kind != CODE_WORD) {
		/* It can be anywhere but on the stack. Only the prologue of a promoted method stores
		 * a stack address: in g._panic.argp. */
		path->forgotten |= value.kind != CODE_WORD || !on_stack(value.word);
		return;
	}
	if (address.word > UINT64_MAX - 64) { /* the end would wrap around */
		path->forgotten = true;
		return;
	}
	uint64_t start = address.word & ~7ull;
	unsigned shift = (unsigned)(address.word % 8) * 8;
	if (shift + bits <= 64)
		value = replace_part(load_word(runner, path, start), value, shift, bits);
	else
		value = unknown;
	for (uint64_t at = start; at < address.word + bits / 8; at += 8)
		store_word(path, at, value);
}

struct code_value code_address(const struct path *path, const struct operand *operand)
{
	uint64_t address = (uint64_t)operand->value;
	if (operand->segment)
		return unknown;
	if (operand->reg != NO_REGISTER) {
		if (path->registers[operand->reg].kind != CODE_WORD)
			return unknown;
		address += path->registers[operand->reg].word;
	}
	if (operand->index != NO_REGISTER) {
		if (path->registers[operand->index].kind != CODE_WORD)
			return unknown;
		address += path->registers[operand->index].word * operand->scale;
	}
	return word(address);
}

/* ---- Operands ---- */

struct code_value code_operand(
	const struct code_runner *runner, const struct path *path, const struct operand *operand)
{
	struct code_value value;
	switch (operand->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER:
		if (operand->reg >= REGISTERS || operand->vector || operand->high_byte)
			return unknown;
		return part_of(path->registers[operand->reg], 0, operand->bits);
	case ZYDIS_OPERAND_TYPE_MEMORY:
		value = code_address(path, operand);
		return value.kind == CODE_WORD ? code_load(runner, path, value.word, operand->bits)
					       : unknown;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		return word((uint64_t)operand->value);
	default:
		return unknown;
	}
}

static void set_register(struct path *path, const struct operand *operand, struct code_value value)
{
	if (operand->reg >= REGISTERS)
		return;
	struct code_value *reg = &path->registers[operand->reg];
	if (operand->high_byte)
		*reg = unknown;
	else if (operand->bits == 32)
		*reg = value.kind == CODE_WORD ? word(value.word & mask(32)) : unknown;
	else
		*reg = replace_part(*reg, value, 0, operand->bits);
}

static void set_operand(const struct code_runner *runner, struct path *path,
	const struct operand *operand, struct code_value value)
{
	if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
		code_store(runner, path, code_address(path, operand), value, operand->bits);
	} else if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && operand->vector) {
		path->vectors[operand->reg][0] = path->vectors[operand->reg][1] = unknown;
	} else if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
		set_register(path, operand, value);
	}
}

/* Makes everything that the instruction writes unknown. */
static void forget(const struct code_runner *runner, struct path *path, const struct op *op)
{
	for (size_t i = 0; i < op->operand_count; i++) {
		if (op->operands[i].written)
			set_operand(runner, path, &op->operands[i], unknown);
	}
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (op->other_written >> i & 1)
			path->registers[i] = unknown;
	}
	if (op->writes_flags)
		path->flags.known = false;
}

/* ---- Instructions ---- */

/* Moves 16 bytes between memory and a vector register. */
static void move_vector(const struct code_runner *runner, struct path *path, const struct op *op)
{
	const struct operand *to = &op->operands[0], *from = &op->operands[1];
	struct code_value words[2] = {unknown, unknown}, address;
	if (from->vector) {
		memcpy(words, path->vectors[from->reg], sizeof(words));
	} else {
		address = code_address(path, from);
		for (uint64_t i = 0; address.kind == CODE_WORD && i < 2; i++)
			words[i] = code_load(runner, path, address.word + 8 * i, 64);
	}
	if (to->vector) {
		memcpy(path->vectors[to->reg], words, sizeof(words));
		return;
	}
	address = code_address(path, to);
	code_store(runner, path, address, words[0], 64);
	address.word += 8;
	code_store(runner, path, address, words[1], 64);
}

static bool same_register(const struct op *op)
{
	const struct operand *a = &op->operands[0], *b = &op->operands[1];
	return a->type == ZYDIS_OPERAND_TYPE_REGISTER && b->type == a->type && a->reg == b->reg &&
	       a->vector == b->vector && a->high_byte == b->high_byte;
}

static bool compute(ZydisMnemonic mnemonic, uint64_t a, uint64_t b, unsigned bits, uint64_t *ret)
{
	switch (mnemonic) {
	case ZYDIS_MNEMONIC_ADD:
		*ret = a + b;
		return true;
	case ZYDIS_MNEMONIC_SUB:
		*ret = a - b;
		return true;
	case ZYDIS_MNEMONIC_AND:
		*ret = a & b;
		return true;
	case ZYDIS_MNEMONIC_OR:
		*ret = a | b;
		return true;
	case ZYDIS_MNEMONIC_XOR:
		*ret = a ^ b;
		return true;
	case ZYDIS_MNEMONIC_SHL:
		*ret = b < bits ? a << b : 0;
		return b < bits;
	case ZYDIS_MNEMONIC_SHR:
		*ret = b < bits ? (a & mask(bits)) >> b : 0;
		return b < bits;
	case ZYDIS_MNEMONIC_SAR:
		*ret = b < bits ? (uint64_t)((int64_t)sign_extend(a, bits) >> b) : 0;
		return b < bits;
	default:
		return false;
	}
}

static void arithmetic(const struct code_runner *runner, struct path *path, const struct op *op)
{
	const struct operand *to = &op->operands[0];
	struct code_value a = code_operand(runner, path, to), result = unknown;
	struct code_value b = code_operand(runner, path, &op->operands[1]);
	uint64_t value;
	if (op->mnemonic == ZYDIS_MNEMONIC_XOR && same_register(op))
		a = b = word(0);
	if (a.kind == CODE_WORD && b.kind == CODE_WORD &&
		compute(op->mnemonic, a.word, b.word, to->bits, &value))
		result = word(value & mask(to->bits));
	path->flags.known = false;
	if (op->mnemonic == ZYDIS_MNEMONIC_SUB && a.kind == CODE_WORD && b.kind == CODE_WORD)
		path->flags = (struct flags){
			true, false, a.word & mask(to->bits), b.word & mask(to->bits), to->bits};
	else if (op->mnemonic == ZYDIS_MNEMONIC_AND && result.kind == CODE_WORD)
		path->flags = (struct flags){true, true, result.word, 0, to->bits};
	set_operand(runner, path, to, result);
}

static void compare(const struct code_runner *runner, struct path *path, const struct op *op)
{
	struct code_value a = code_operand(runner, path, &op->operands[0]);
	struct code_value b = code_operand(runner, path, &op->operands[1]);
	unsigned bits = op->operands[0].bits;
	bool test = op->mnemonic == ZYDIS_MNEMONIC_TEST;
	path->flags.known = a.kind == CODE_WORD && b.kind == CODE_WORD;
	uint64_t left = a.word & mask(bits), right = b.word & mask(bits);
	if (path->flags.known)
		path->flags = (struct flags){
			true, test, test ? left & right : left, test ? 0 : right, bits};
}

static void push(const struct code_runner *runner, struct path *path, const struct op *op)
{
	struct code_value value = code_operand(runner, path, &op->operands[0]);
	path->registers[RSP].word -= 8;
	code_store(runner, path, path->registers[RSP], value, 64);
}

static void pop(const struct code_runner *runner, struct path *path, const struct op *op)
{
	struct code_value address = path->registers[RSP];
	struct code_value value =
		address.kind == CODE_WORD ? code_load(runner, path, address.word, 64) : unknown;
	path->registers[RSP].word += 8;
	set_operand(runner, path, &op->operands[0], value);
}

static void move_if(const struct code_runner *runner, struct path *path, const struct op *op)
{
	enum truth truth = code_condition(path, op->mnemonic);
	struct code_value value = code_operand(runner, path, &op->operands[1]);
	struct code_value old = code_operand(runner, path, &op->operands[0]);
	bool same = value.kind == old.kind && value.word == old.word && value.index == old.index;
	if (truth == TRUE)
		set_operand(runner, path, &op->operands[0], value);
	else if (truth == UNDECIDED && !same)
		set_operand(runner, path, &op->operands[0], unknown);
}

static bool is_between(ZydisMnemonic mnemonic, ZydisMnemonic first, ZydisMnemonic last)
{
	return mnemonic >= first && mnemonic <= last;
}

void code_step(const struct code_runner *runner, struct path *path, const struct op *op)
{
	const struct operand *operands = op->operands;
	struct code_value value;
	switch (op->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVZX:
		set_operand(runner, path, &operands[0], code_operand(runner, path, &operands[1]));
		return;
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
		value = code_operand(runner, path, &operands[1]);
		if (value.kind == CODE_WORD)
			value.word = sign_extend(value.word, operands[1].bits);
		set_operand(runner, path, &operands[0], value.kind == CODE_WORD ? value : unknown);
		return;
	case ZYDIS_MNEMONIC_LEA:
		set_operand(runner, path, &operands[0], code_address(path, &operands[1]));
		return;
	case ZYDIS_MNEMONIC_PUSH:
		push(runner, path, op);
		return;
	case ZYDIS_MNEMONIC_POP:
		pop(runner, path, op);
		return;
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_TEST:
		compare(runner, path, op);
		return;
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_AND:
	case ZYDIS_MNEMONIC_OR:
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_SHL:
	case ZYDIS_MNEMONIC_SHR:
	case ZYDIS_MNEMONIC_SAR:
		arithmetic(runner, path, op);
		return;
	case ZYDIS_MNEMONIC_MOVUPS:
	case ZYDIS_MNEMONIC_MOVUPD:
	case ZYDIS_MNEMONIC_MOVAPS:
	case ZYDIS_MNEMONIC_MOVDQU:
		move_vector(runner, path, op);
		return;
	case ZYDIS_MNEMONIC_XORPS:
	case ZYDIS_MNEMONIC_PXOR:
		forget(runner, path, op);
		if (same_register(op) && operands[0].vector)
			path->vectors[operands[0].reg][0] = path->vectors[operands[0].reg][1] =
				word(0);
		return;
	default:
		break;
	}
	enum truth truth = code_condition(path, op->mnemonic);
	if (is_between(op->mnemonic, ZYDIS_MNEMONIC_CMOVB, ZYDIS_MNEMONIC_CMOVZ))
		move_if(runner, path, op);
	else if (is_between(op->mnemonic, ZYDIS_MNEMONIC_SETB, ZYDIS_MNEMONIC_SETZ) &&
		 truth != UNDECIDED)
		set_operand(runner, path, &operands[0], word(truth == TRUE));
	else
		forget(runner, path, op);
}

/* ---- Conditions ---- */

enum condition { BELOW, EQUAL, LESS, BELOW_OR_EQUAL, LESS_OR_EQUAL, SIGN, NO_CONDITION };

/* Jcc, CMOVcc and SETcc with the same condition, and whether it is negated. */
static enum condition condition_of(ZydisMnemonic mnemonic, bool *ret_not)
{
	static const struct {
		ZydisMnemonic yes[3], no[3];
	} all[] = {
#define CONDITION(yes, no)                                                                         \
	{{ZYDIS_MNEMONIC_J##yes, ZYDIS_MNEMONIC_CMOV##yes, ZYDIS_MNEMONIC_SET##yes},               \
		{ZYDIS_MNEMONIC_J##no, ZYDIS_MNEMONIC_CMOV##no, ZYDIS_MNEMONIC_SET##no}}
		[BELOW] = CONDITION(B, NB),
		[EQUAL] = CONDITION(Z, NZ),
		[LESS] = CONDITION(L, NL),
		[BELOW_OR_EQUAL] = CONDITION(BE, NBE),
		[LESS_OR_EQUAL] = CONDITION(LE, NLE),
		[SIGN] = CONDITION(S, NS),
#undef CONDITION
	};
	for (enum condition i = BELOW; i < NO_CONDITION; i++) {
		for (size_t j = 0; j < 3; j++) {
			*ret_not = all[i].no[j] == mnemonic;
			if (*ret_not || all[i].yes[j] == mnemonic)
				return i;
		}
	}
	return NO_CONDITION;
}

enum truth code_condition(const struct path *path, ZydisMnemonic mnemonic)
{
	const struct flags *flags = &path->flags;
	bool negated, holds;
	enum condition condition = condition_of(mnemonic, &negated);
	if (!flags->known || condition == NO_CONDITION)
		return UNDECIDED;
	int64_t a = (int64_t)sign_extend(flags->a, flags->bits);
	int64_t b = (int64_t)sign_extend(flags->b, flags->bits);
	switch (condition) {
	case BELOW:
		holds = flags->a < flags->b;
		break;
	case EQUAL:
		holds = flags->a == flags->b;
		break;
	case LESS:
		holds = a < b;
		break;
	case BELOW_OR_EQUAL:
		holds = flags->a <= flags->b;
		break;
	case LESS_OR_EQUAL:
		holds = a <= b;
		break;
	default:
		holds = sign_extend((flags->a - flags->b) & mask(flags->bits), flags->bits) >> 63;
		break;
	}
	return holds != negated ? TRUE : FALSE;
}
