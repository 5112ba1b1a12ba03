/* Runs the program of an expression on a small stack. */
#include "dbg/expr/diagnose.h"
#include "dbg/expr/program.h"

struct machine {
	const struct expr *expr;
	const struct expr_input *input;
	struct expr_value *top; /* the first free place of `stack` */
	struct expr_value stack[EXPR_MAX_STACK];
};

static const struct expr_value false_value = {.present = true, .type = EXPR_BOOL};

static struct expr_value boolean(bool value)
{
	struct expr_value result = false_value;
	result.boolean = value;
	return result;
}

/* An absent condition does not hold. */
static bool truth(const struct expr_value *value)
{
	return value->present && value->boolean;
}

static double real_of(const struct expr_value *value)
{
	return value->type == EXPR_FLOAT ? value->real : (double)value->integer;
}

/* Asks the caller for a value, and trusts it no further than its type. */
static struct error *load(const struct machine *machine, const struct expr_instruction *instruction,
	enum expr_type type, size_t index, const char *key, struct expr_value *ret)
{
	*ret = (struct expr_value){.present = false, .type = type};
	const struct expr_input *input = machine->input;
	struct error *err = input->value(input->context, instruction->id, index, key, ret);
	if (err)
		return err;
	if (!ret->present)
		ret->type = type;
	if (ret->type != type)
		return expr_diagnose(machine->expr->text, instruction->offset,
			"a mistake in gctxdbg, please report it",
			"a value has not its declared type");
	if (type == EXPR_STRING && !ret->string.data)
		ret->string.size = 0;
	return NULL;
}

static int compare_strings(const struct expr_value *a, const struct expr_value *b)
{
	size_t a_size = a->string.size, b_size = b->string.size;
	size_t common = a_size < b_size ? a_size : b_size;
	int order = common ? memcmp(a->string.data, b->string.data, common) : 0;
	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static bool order_fits(enum expr_operator op, int order)
{
	switch (op) {
	case EXPR_OP_EQ:
		return order == 0;
	case EXPR_OP_NE:
		return order != 0;
	case EXPR_OP_LT:
		return order < 0;
	case EXPR_OP_LE:
		return order <= 0;
	case EXPR_OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

/* The compiler has seen to it that the types fit. */
static bool compare(enum expr_operator op, const struct expr_value *a, const struct expr_value *b)
{
	if (!a->present || !b->present)
		return false;
	if (a->type == EXPR_STRING)
		return order_fits(op, compare_strings(a, b));
	if (a->type == EXPR_BOOL)
		return order_fits(op, a->boolean - b->boolean);
	if (a->type != EXPR_FLOAT && b->type != EXPR_FLOAT)
		return order_fits(op, (a->integer > b->integer) - (a->integer < b->integer));
	double x = real_of(a), y = real_of(b);
	/* Not a number: it is unequal to everything, and has no order. */
	if (x != x || y != y)
		return op == EXPR_OP_NE;
	return order_fits(op, (x > y) - (x < y));
}

static struct error *complain(const struct machine *machine,
	const struct expr_instruction *instruction, const char *problem)
{
	return expr_diagnose(machine->expr->text, instruction->offset, NULL, "%s", problem);
}

/* False on overflow. `b` is not 0 where it divides. */
static bool integer_arithmetic(enum expr_operator op, int64_t a, int64_t b, int64_t *ret)
{
	switch (op) {
	case EXPR_OP_ADD:
		return !__builtin_add_overflow(a, b, ret);
	case EXPR_OP_SUB:
		return !__builtin_sub_overflow(a, b, ret);
	case EXPR_OP_MUL:
		return !__builtin_mul_overflow(a, b, ret);
	case EXPR_OP_DIV:
		/* The processor traps on the smallest number / -1. */
		if (b == -1)
			return !__builtin_sub_overflow((int64_t)0, a, ret);
		*ret = a / b;
		return true;
	default:
		*ret = b == -1 ? 0 : a % b;
		return true;
	}
}

static double real_arithmetic(enum expr_operator op, double a, double b)
{
	switch (op) {
	case EXPR_OP_ADD:
		return a + b;
	case EXPR_OP_SUB:
		return a - b;
	case EXPR_OP_MUL:
		return a * b;
	default:
		return a / b;
	}
}

static struct error *arithmetic(const struct machine *machine,
	const struct expr_instruction *instruction, struct expr_value *a,
	const struct expr_value *b)
{
	struct expr_value result = {.present = a->present && b->present, .type = instruction->type};
	if (!result.present) {
		*a = result;
		return NULL;
	}
	bool divides = instruction->op == EXPR_OP_DIV || instruction->op == EXPR_OP_MOD;
	if (divides && real_of(b) == 0)
		return complain(machine, instruction, "division by zero");
	if (result.type == EXPR_FLOAT)
		result.real = real_arithmetic(instruction->op, real_of(a), real_of(b));
	else if (!integer_arithmetic(instruction->op, a->integer, b->integer, &result.integer))
		return complain(machine, instruction, "the result does not fit into 64 bits");
	*a = result;
	return NULL;
}

static struct error *negate(const struct machine *machine,
	const struct expr_instruction *instruction, struct expr_value *value)
{
	if (!value->present)
		return NULL;
	if (value->type == EXPR_FLOAT) {
		value->real = -value->real;
		return NULL;
	}
	if (!integer_arithmetic(EXPR_OP_SUB, 0, value->integer, &value->integer))
		return complain(machine, instruction, "the result does not fit into 64 bits");
	return NULL;
}

static struct error *match(const struct machine *machine,
	const struct expr_instruction *instruction, const struct expr_value *subject, bool *ret)
{
	return expr_patterns_match(&machine->expr->patterns, instruction->pattern,
		subject->string.data, subject->string.size, machine->expr->text,
		instruction->offset, ret);
}

/* Whether an element of a list compares with `other`, or matches when that is NULL. */
static struct error *any(const struct machine *machine, const struct expr_instruction *instruction,
	const struct expr_value *other, bool *ret)
{
	*ret = false;
	for (size_t index = 0; index < EXPR_MAX_ELEMENTS && !*ret; index++) {
		struct expr_value element;
		struct error *err = load(machine, instruction, EXPR_STRING, index, NULL, &element);
		if (err || !element.present)
			return err;
		if (other)
			*ret = compare(instruction->op, &element, other);
		else
			err = match(machine, instruction, &element, ret);
		if (err)
			return err;
	}
	return NULL;
}

/* The instructions that compare and match: each ends with a condition on the stack. */
static struct error *test(struct machine *machine, const struct expr_instruction *instruction)
{
	struct error *err = NULL;
	bool holds = false;
	/* One with an absent value does not hold, not even the negative ones. */
	bool absent = false;
	if (instruction->opcode == EXPR_ANY_MATCHES) {
		err = any(machine, instruction, NULL, &holds);
		machine->top++;
	} else if (instruction->opcode == EXPR_COMPARE) {
		machine->top--;
		holds = compare(instruction->op, &machine->top[-1], &machine->top[0]);
	} else if (!machine->top[-1].present) {
		absent = true;
	} else if (instruction->opcode == EXPR_MATCHES) {
		err = match(machine, instruction, &machine->top[-1], &holds);
	} else {
		err = any(machine, instruction, &machine->top[-1], &holds);
	}
	machine->top[-1] = boolean(!absent && holds != instruction->negate);
	return err;
}

/* Carries out one instruction; `*next` is the index of the one after it. */
static struct error *step(
	struct machine *machine, const struct expr_instruction *instruction, size_t *next)
{
	switch (instruction->opcode) {
	case EXPR_PUSH:
		*machine->top++ = instruction->value;
		return NULL;
	case EXPR_LOAD:
		return load(machine, instruction, instruction->type, 0, instruction->key,
			machine->top++);
	case EXPR_TRUTH:
		machine->top[-1] = boolean(truth(&machine->top[-1]));
		return NULL;
	case EXPR_NOT:
		machine->top[-1] = boolean(!truth(&machine->top[-1]));
		return NULL;
	case EXPR_NEGATE:
		return negate(machine, instruction, &machine->top[-1]);
	case EXPR_ARITHMETIC:
		machine->top--;
		return arithmetic(machine, instruction, &machine->top[-1], &machine->top[0]);
	case EXPR_COMPARE:
	case EXPR_MATCHES:
	case EXPR_ANY_COMPARES:
	case EXPR_ANY_MATCHES:
		return test(machine, instruction);
	case EXPR_JUMP_IF_FALSE:
	case EXPR_JUMP_IF_TRUE: {
		bool holds = truth(&machine->top[-1]);
		if (holds == (instruction->opcode == EXPR_JUMP_IF_TRUE)) {
			machine->top[-1] = boolean(holds);
			*next = instruction->target;
		} else {
			machine->top--;
		}
		return NULL;
	}
	}
	return NULL;
}

struct error *expr_run(const struct expr *expr, const struct expr_input *input, bool *ret)
{
	struct machine machine;
	machine.expr = expr;
	machine.input = input;
	machine.top = machine.stack;
	for (size_t next = 0; next < expr->count;) {
		const struct expr_instruction *instruction = &expr->code[next++];
		struct error *err = step(&machine, instruction, &next);
		if (err)
			return err;
	}
	*ret = truth(&machine.top[-1]);
	return NULL;
}
