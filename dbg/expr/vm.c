/* Runs the program of an expression on a stack machine. */
#include "dbg/expr/diagnose.h"
#include "dbg/expr/operate.h"
#include "dbg/expr/program.h"

struct expr_vm {
	const struct expr *expr;
	const struct expr_input *input;
	struct expr_value *top; /* the first free slot of `stack` */
	struct expr_value stack[EXPR_MAX_STACK];
};

static const struct expr_value false_value = {.present = true, .type = EXPR_BOOL};

static struct expr_value boolean(bool value)
{
	struct expr_value result = false_value;
	result.boolean = value;
	return result;
}

static struct expr_value condition(enum expr_outcome outcome)
{
	struct expr_value result = boolean(outcome == EXPR_HOLDS);
	result.uncertain = outcome == EXPR_UNKNOWN;
	return result;
}

/* An absent condition is false. */
static enum expr_outcome truth(const struct expr_value *value)
{
	if (!value->present)
		return EXPR_FAILS;
	if (value->uncertain)
		return EXPR_UNKNOWN;
	return value->boolean ? EXPR_HOLDS : EXPR_FAILS;
}

static enum expr_outcome opposite(enum expr_outcome outcome)
{
	if (outcome == EXPR_UNKNOWN)
		return EXPR_UNKNOWN;
	return outcome == EXPR_HOLDS ? EXPR_FAILS : EXPR_HOLDS;
}

/* `decisive` alone decides: false for &&, true for ||. */
static enum expr_outcome combine(
	enum expr_operator op, enum expr_outcome left, enum expr_outcome right)
{
	enum expr_outcome decisive = op == EXPR_OP_AND ? EXPR_FAILS : EXPR_HOLDS;
	if (left == decisive || right == decisive)
		return decisive;
	if (left == EXPR_UNKNOWN || right == EXPR_UNKNOWN)
		return EXPR_UNKNOWN;
	return opposite(decisive);
}

/* Gets a value from the caller, and checks that it has its declared type. */
static struct error *vm_load(const struct expr_vm *vm, const struct expr_instruction *instruction,
	enum expr_type type, size_t index, const char *key, struct expr_value *ret)
{
	*ret = (struct expr_value){.present = false, .type = type};
	const struct expr_input *input = vm->input;
	struct error *err = input->value(input->context, instruction->id, index, key, ret);
	if (err)
		return err;
	if (!ret->present)
		ret->type = type;
	if (ret->type != type)
		return expr_diagnose(vm->expr->text, instruction->offset,
			"this is a bug in gctxdbg; please report it",
			"a value does not have its declared type");
	if (type == EXPR_STRING && !ret->string.data)
		ret->string.size = 0;
	ret->large = ret->large && type == EXPR_INT;
	ret->cut = ret->cut && type == EXPR_STRING;
	ret->uncertain = ret->uncertain && type == EXPR_DURATION;
	return NULL;
}

static struct error *run_time_error(
	const struct expr_vm *vm, const struct expr_instruction *instruction, const char *problem)
{
	return expr_diagnose(vm->expr->text, instruction->offset, NULL, "%s", problem);
}

/* `*a` becomes `a` OP `b`. */
static struct error *calculate(const struct expr_vm *vm, const struct expr_instruction *instruction,
	struct expr_value *a, const struct expr_value *b)
{
	struct expr_value result = {.present = a->present && b->present, .type = instruction->type};
	bool divides = instruction->op == EXPR_OP_DIV || instruction->op == EXPR_OP_MOD;
	if (result.present && divides && !b->uncertain && expr_real_of(b) == 0)
		return run_time_error(vm, instruction, "division by zero");
	if (result.present && (a->uncertain || b->uncertain)) {
		expr_calculate_bounds(instruction->op, a, b, &result);
	} else if (result.present) {
		if (!expr_calculate(instruction->op, a, b, &result))
			return run_time_error(
				vm, instruction, "the result does not fit in 64 bits");
	}
	*a = result;
	return NULL;
}

static struct error *negate(const struct expr_vm *vm, const struct expr_instruction *instruction,
	struct expr_value *value)
{
	const struct expr_value zero = {.present = true, .type = EXPR_INT};
	struct expr_value result = {.present = value->present, .type = value->type};
	if (value->present && value->uncertain)
		expr_calculate_bounds(EXPR_OP_SUB, &zero, value, &result);
	else if (value->present && value->type == EXPR_FLOAT)
		result.real = -value->real;
	else if (value->present && !expr_calculate(EXPR_OP_SUB, &zero, value, &result))
		return run_time_error(vm, instruction, "the result does not fit in 64 bits");
	*value = result;
	return NULL;
}

static struct error *match(const struct expr_vm *vm, const struct expr_instruction *instruction,
	const struct expr_value *subject, enum expr_outcome *ret)
{
	return expr_patterns_match(&vm->expr->patterns, instruction->pattern, subject,
		vm->expr->text, instruction->offset, ret);
}

/* `*value`, a string, becomes the number of its bytes. */
static struct error *measure(const struct expr_vm *vm, const struct expr_instruction *instruction,
	struct expr_value *value)
{
	if (value->present && value->cut)
		return run_time_error(vm, instruction, "the text was too long to read");
	expr_value_integer(
		value, EXPR_INT, value->present, value->present ? (int64_t)value->string.size : 0);
	return NULL;
}

static struct error *count(const struct expr_vm *vm, const struct expr_instruction *instruction,
	struct expr_value *ret)
{
	size_t index = 0;
	for (bool more = true; more && index < EXPR_MAX_ELEMENTS; index += more) {
		struct expr_value element;
		struct error *err = vm_load(vm, instruction, EXPR_STRING, index, NULL, &element);
		if (err)
			return err;
		more = element.present;
	}
	expr_value_integer(ret, EXPR_INT, true, (int64_t)index);
	return NULL;
}

/* Tests whether any element of a list compares with `other` or, if that is NULL, matches. */
static struct error *any(const struct expr_vm *vm, const struct expr_instruction *instruction,
	const struct expr_value *other, enum expr_outcome *ret)
{
	*ret = EXPR_FAILS;
	for (size_t index = 0; index < EXPR_MAX_ELEMENTS; index++) {
		struct expr_value element;
		enum expr_outcome outcome = EXPR_FAILS;
		struct error *err = vm_load(vm, instruction, EXPR_STRING, index, NULL, &element);
		if (err || !element.present)
			return err;
		if (other)
			outcome = expr_compare(instruction->op, &element, other);
		else
			err = match(vm, instruction, &element, &outcome);
		if (err)
			return err;
		if (outcome != EXPR_FAILS)
			*ret = outcome;
		if (outcome == EXPR_HOLDS)
			return NULL;
	}
	return NULL;
}

/* Executes a comparison or match, which leaves a condition on the stack. */
static struct error *test(struct expr_vm *vm, const struct expr_instruction *instruction)
{
	struct error *err = NULL;
	enum expr_outcome outcome = EXPR_FAILS;
	/* Any test of an absent value is false, including != and !~. */
	bool absent = false, uncertain = false;
	if (instruction->opcode == EXPR_ANY_MATCHES) {
		err = any(vm, instruction, NULL, &outcome);
		vm->top++;
	} else if (instruction->opcode == EXPR_COMPARE) {
		vm->top--;
		uncertain = vm->top[-1].uncertain || vm->top[0].uncertain;
		outcome = expr_compare(instruction->op, &vm->top[-1], &vm->top[0]);
	} else if (!vm->top[-1].present) {
		absent = true;
	} else if (instruction->opcode == EXPR_MATCHES) {
		err = match(vm, instruction, &vm->top[-1], &outcome);
	} else {
		err = any(vm, instruction, &vm->top[-1], &outcome);
	}
	if (!err && outcome == EXPR_UNKNOWN && !uncertain)
		err = run_time_error(vm, instruction,
			"the text was too long to read, and the rest could change the result");
	outcome = instruction->negate ? opposite(outcome) : outcome;
	vm->top[-1] = condition(absent ? EXPR_FAILS : outcome);
	return err;
}

/* Executes one instruction; `*next` is the index of the one to execute after it. */
static struct error *vm_step(
	struct expr_vm *vm, const struct expr_instruction *instruction, size_t *next)
{
	switch (instruction->opcode) {
	case EXPR_PUSH:
		*vm->top++ = instruction->value;
		return NULL;
	case EXPR_LOAD:
		return vm_load(vm, instruction, instruction->type, 0, instruction->key, vm->top++);
	case EXPR_LOGIC:
		vm->top--;
		vm->top[-1] = condition(
			combine(instruction->op, truth(&vm->top[-1]), truth(&vm->top[0])));
		return NULL;
	case EXPR_NOT:
		vm->top[-1] = condition(opposite(truth(&vm->top[-1])));
		return NULL;
	case EXPR_NEGATE:
		return negate(vm, instruction, &vm->top[-1]);
	case EXPR_LENGTH:
		return measure(vm, instruction, &vm->top[-1]);
	case EXPR_COUNT:
		return count(vm, instruction, vm->top++);
	case EXPR_ARITHMETIC:
		vm->top--;
		return calculate(vm, instruction, &vm->top[-1], &vm->top[0]);
	case EXPR_COMPARE:
	case EXPR_MATCHES:
	case EXPR_ANY_COMPARES:
	case EXPR_ANY_MATCHES:
		return test(vm, instruction);
	case EXPR_JUMP_IF_FALSE:
	case EXPR_JUMP_IF_TRUE: {
		enum expr_outcome left = truth(&vm->top[-1]);
		vm->top[-1] = condition(left);
		if (left == (instruction->opcode == EXPR_JUMP_IF_TRUE ? EXPR_HOLDS : EXPR_FAILS))
			*next = instruction->target;
		return NULL;
	}
	}
	return NULL;
}

struct error *expr_decide(
	const struct expr *expr, const struct expr_input *input, enum expr_outcome *ret)
{
	struct expr_vm vm;
	vm.expr = expr;
	vm.input = input;
	vm.top = vm.stack;
	for (size_t next = 0; next < expr->count;) {
		const struct expr_instruction *instruction = &expr->code[next++];
		struct error *err = vm_step(&vm, instruction, &next);
		if (err)
			return err;
	}
	*ret = truth(&vm.top[-1]);
	return NULL;
}

struct error *expr_run(const struct expr *expr, const struct expr_input *input, bool *ret)
{
	enum expr_outcome outcome = EXPR_FAILS;
	struct error *err = expr_decide(expr, input, &outcome);
	*ret = outcome == EXPR_HOLDS;
	return err;
}
