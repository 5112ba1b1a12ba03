/* Follows the paths through a function: see code_run.h. */
#include "dwarf/code/code_run_state.h"

enum {
	MAX_STEPS = 4096, /* of all paths together */
	MAX_FORKS = 24,	  /* undecided branches whose other side has not been followed yet */
};

/* The results that all paths so far agree on. */
struct outcome {
	struct code_value results[CODE_RESULTS];
	bool returned;
};

static const unsigned result_registers[CODE_RESULTS] = {RAX, RBX, RCX, RDI};

static bool same_value(struct code_value a, struct code_value b)
{
	return a.kind == b.kind && a.word == b.word && a.index == b.index;
}

static void add_outcome(const struct path *path, struct outcome *outcome)
{
	for (size_t i = 0; i < CODE_RESULTS; i++) {
		struct code_value value = path->registers[result_registers[i]];
		if (!outcome->returned)
			outcome->results[i] = value;
		else if (!same_value(outcome->results[i], value))
			outcome->results[i] = (struct code_value){0};
	}
	outcome->returned = true;
}

/* A call leaves only RSP, R14 (g) and X15 as they were; RBP is the frame pointer. */
static void forget_registers(struct path *path)
{
	enum { ZERO_VECTOR = 15 };
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (i != RSP && i != RBP)
			path->registers[i] = (struct code_value){0};
	}
	path->registers[R14] = (struct code_value){CODE_WORD, 0, GOROUTINE};
	memset(path->vectors, 0, sizeof(path->vectors));
	path->vectors[ZERO_VECTOR][0] = path->vectors[ZERO_VECTOR][1] =
		(struct code_value){.kind = CODE_WORD};
	path->flags.known = false;
}

/* Returns to the address on the stack, or ends the path. False if it cannot be followed. */
static bool do_return(const struct code_runner *runner, struct path *path, struct outcome *outcome,
	bool *ret_ended)
{
	if (!path->depth) {
		add_outcome(path, outcome);
		*ret_ended = true;
		return true;
	}
	struct code_value to = code_load(runner, path, path->registers[RSP].word, 64);
	path->registers[RSP].word += 8;
	path->depth--;
	path->pc = to.word;
	return to.kind == CODE_WORD;
}

/* A call, or, with `tail`, a jump to another function. */
static bool do_call(const struct code_runner *runner, struct path *path, struct code_value target,
	uint64_t next, bool tail, struct outcome *outcome, bool *ret_ended)
{
	uint64_t result = 0;
	enum code_call_kind kind = target.kind == CODE_WORD
					   ? runner->world.call(runner->world.context, target.word,
						     path->registers[RAX], &result)
					   : CODE_CALL_OPAQUE;
	if (kind == CODE_CALL_END) {
		*ret_ended = true;
		return true;
	}
	if (kind == CODE_CALL_ENTER) {
		if (!tail) {
			path->registers[RSP].word -= 8;
			code_store(runner, path, path->registers[RSP],
				(struct code_value){CODE_WORD, 0, next}, 64);
			path->depth++;
		}
		path->pc = target.word;
		return path->depth < CALLS;
	}
	if (kind == CODE_CALL_BARRIER)
		path->registers[R11] =
			(struct code_value){CODE_WORD, 0, STACK_TOP + STACK_SIZE / 2};
	else
		forget_registers(path);
	path->forgotten |= kind == CODE_CALL_OPAQUE;
	for (unsigned i = 0; kind == CODE_CALL_RESULT && i < CODE_RESULTS; i++)
		path->registers[result_registers[i]] = (struct code_value){CODE_RESULT, i, result};
	path->pc = next;
	return tail ? do_return(runner, path, outcome, ret_ended) : true;
}

static bool is_conditional_jump(const struct op *op)
{
	return op->mnemonic >= ZYDIS_MNEMONIC_JB && op->mnemonic <= ZYDIS_MNEMONIC_JZ &&
	       op->mnemonic != ZYDIS_MNEMONIC_JMP && op->operand_count &&
	       op->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

/* Whether `target` is in the function that contains `pc`. */
static bool in_same_function(const struct code_runner *runner, uint64_t pc, uint64_t target)
{
	struct bytes code;
	uint64_t start;
	return runner->world.code(runner->world.context, pc, &code, &start) && target >= start &&
	       target - start < code.size;
}

/* Follows the path up to its end or to an undecided branch, where `*ret_other` is set to the
 * second side. False if it cannot be followed. */
static bool follow(
	struct code_runner *runner, struct path *path, struct outcome *outcome, uint64_t *ret_other)
{
	bool ended = false, ok = true;
	*ret_other = 0;
	while (ok && !ended && !*ret_other) {
		const struct op *op = runner->steps ? code_op_at(runner, path->pc) : NULL;
		if (!op || path->registers[RSP].kind != CODE_WORD)
			return false;
		runner->steps--;
		uint64_t next = op->address + op->length;
		if (op->mnemonic == ZYDIS_MNEMONIC_RET) {
			ok = do_return(runner, path, outcome, &ended);
		} else if (op->mnemonic == ZYDIS_MNEMONIC_CALL ||
			   op->mnemonic == ZYDIS_MNEMONIC_JMP) {
			bool jump = op->mnemonic == ZYDIS_MNEMONIC_JMP;
			struct code_value target = code_operand(runner, path, &op->operands[0]);
			if (jump && target.kind == CODE_WORD &&
				in_same_function(runner, op->address, target.word))
				path->pc = target.word;
			else
				ok = do_call(runner, path, target, next, jump, outcome, &ended);
		} else if (op->mnemonic == ZYDIS_MNEMONIC_INT3 ||
			   op->mnemonic == ZYDIS_MNEMONIC_UD2) {
			return true; /* never returns */
		} else if (is_conditional_jump(op)) {
			enum truth truth = code_condition(path, op->mnemonic);
			uint64_t target = (uint64_t)op->operands[0].value;
			path->pc = truth == TRUE ? target : next;
			if (truth == UNDECIDED)
				*ret_other = target;
		} else {
			code_step(runner, path, op);
			path->pc = next;
		}
	}
	return ok;
}

/* Follows all paths, depth first; the other sides of undecided branches wait in `paths`. */
static bool run_all(struct code_runner *runner, struct path *paths, struct outcome *outcome)
{
	size_t waiting = 1;
	while (waiting) {
		struct path path = paths[--waiting];
		uint64_t other = 0;
		do {
			if (!follow(runner, &path, outcome, &other))
				return false;
			if (other && waiting == MAX_FORKS)
				return false;
			if (other) {
				paths[waiting] = path;
				paths[waiting++].pc = other;
			}
		} while (other);
	}
	return outcome->returned;
}

bool code_run(struct code_runner *runner, uint64_t entry, uint64_t receiver,
	struct code_value ret[CODE_RESULTS])
{
	struct outcome outcome = {.returned = false};
	_cleanup_free_ struct path *paths = calloc(MAX_FORKS, sizeof(*paths));
	if (!paths)
		return false;
	forget_registers(&paths[0]);
	paths[0].registers[RSP] = (struct code_value){CODE_WORD, 0, STACK_TOP};
	paths[0].registers[RAX] = (struct code_value){CODE_WORD, 0, receiver};
	paths[0].pc = entry;
	runner->steps = MAX_STEPS;
	if (!run_all(runner, paths, &outcome))
		return false;
	memcpy(ret, outcome.results, sizeof(outcome.results));
	return true;
}
