/* Values from DWARF locations: see variable_location.h. */
#include "dbg/go/values/variable_location.h"

#include "dbg/go/program/program_debug.h"
#include "dbg/go/program/strings.h"
#include "dwarf/debug/debug_expression.h"

enum { MAX_GATHERED = 1 << 20 }; /* bytes of a variable in pieces */

static const char OPTIMIZED_OUT[] = "optimized out";
static const char PARTLY_OUT[] = "partly optimized out";
static const char NOT_SAVED[] = "in a register that was not saved";

/* Reads a register by its DWARF number (System V ABI for amd64, figure 3.36). */
static bool read_register(void *context, uint64_t number, uint64_t *ret)
{
	const struct frame_scope *scope = context;
	enum { RSP = 7, XMM0 = 17 };
	uint64_t vectors[VECTOR_REGISTERS];
	if (number == RSP && scope->sp) {
		*ret = scope->sp;
		return true;
	}
	if (!scope->thread)
		return false;
	if (number >= XMM0 && number < XMM0 + VECTOR_REGISTERS) {
		bool known = target_vectors(scope->target, scope->thread->tid, vectors);
		*ret = known ? vectors[number - XMM0] : 0;
		return known;
	}
	const struct user_regs_struct *r = &scope->thread->regs;
	const unsigned long long values[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp,
		r->rsp, r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
	if (number >= array_length(values))
		return false;
	*ret = values[number];
	return true;
}

bool variable_piece_repeats(const struct debug_piece *pieces, size_t index)
{
	if (index == 0)
		return false;
	const struct debug_piece *piece = &pieces[index], *before = &pieces[index - 1];
	return piece->kind == before->kind && piece->kind != PIECE_MISSING &&
	       piece->value == before->value && piece->size == before->size;
}

/*
 * Removes the pieces that Go 1.19 writes twice in a row. False if the pieces are larger than the
 * variable and do not match its size without the repetitions.
 */
static bool remove_repetitions(struct debug_piece *pieces, size_t *count, uint64_t size)
{
	uint64_t total = 0;
	for (size_t i = 0; i < *count; i++)
		total += pieces[i].size;
	if (total <= size)
		return true;
	size_t kept = 1;
	for (size_t i = 1; i < *count; i++) {
		if (variable_piece_repeats(pieces, i))
			total -= pieces[i].size;
		else
			pieces[kept++] = pieces[i];
	}
	*count = kept;
	return total == size;
}

/* Whether the variable is contiguous in memory: then nothing is copied. */
static bool is_memory(
	const struct debug_piece *pieces, size_t count, uint64_t size, uint64_t *ret_address)
{
	uint64_t next = pieces[0].value, total = 0;
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].kind != PIECE_MEMORY || pieces[i].value != next)
			return false;
		next += pieces[i].size;
		total += pieces[i].size;
	}
	*ret_address = pieces[0].value;
	return pieces[0].size == 0 || total >= size;
}

static struct error *copy_piece(struct program *program, const struct frame_scope *scope,
	const struct debug_piece *piece, uint8_t *to, size_t size, const char **ret_missing)
{
	uint64_t value = piece->value;
	union {
		const struct frame_scope *in;
		void *out;
	} context = {scope};
	switch (piece->kind) {
	case PIECE_MEMORY:
		return target_read(program->target, value, to, size);
	case PIECE_REGISTER:
		if (read_register(context.out, piece->value, &value))
			break;
		*ret_missing = NOT_SAVED;
		return NULL;
	case PIECE_VALUE:
		break;
	case PIECE_BYTES:
		memcpy(to, piece->bytes.data, piece->bytes.size < size ? piece->bytes.size : size);
		return NULL;
	case PIECE_MISSING:
		*ret_missing = PARTLY_OUT;
		return NULL;
	}
	memcpy(to, &value, size < sizeof(value) ? size : sizeof(value));
	return NULL;
}

static struct error *gather(struct program *program, const struct frame_scope *scope,
	const struct debug_piece *pieces, size_t count, struct variable *ret)
{
	size_t size = (size_t)ret->type->size, used = 0;
	if (ret->type->size > MAX_GATHERED) {
		ret->missing = "too large to collect from pieces";
		return NULL;
	}
	_cleanup_free_ uint8_t *bytes = calloc(1, size + 1);
	if (!bytes)
		return error_no_memory();
	for (size_t i = 0; i < count && !ret->missing; i++) {
		size_t part = size - used;
		if (pieces[i].size && pieces[i].size < part)
			part = (size_t)pieces[i].size;
		struct error *err =
			copy_piece(program, scope, &pieces[i], bytes + used, part, &ret->missing);
		if (err)
			return err;
		used += part;
	}
	if (!ret->missing && used < size)
		ret->missing = PARTLY_OUT;
	if (!ret->missing)
		ret->value = (struct value){.type = ret->type, .bytes = take_pointer(bytes)};
	return NULL;
}

/* Turns an error about the data into the reason why the variable is missing; passes others on. */
static struct error *explain(struct program *program, struct error *err, struct variable *ret)
{
	if (!err)
		return NULL;
	const char *reason = string_pool_intern(program->strings, err->message);
	err = error_ignore_unreadable(err);
	if (!err)
		ret->missing = reason ? reason : "unreadable";
	return err;
}

static struct error *value_at_location(struct program *program, const struct frame_scope *scope,
	struct bytes location, struct variable *ret)
{
	union {
		const struct frame_scope *in;
		void *out;
	} context = {scope};
	struct debug_expression expression = {
		.units = scope->units,
		.unit = scope->unit,
		.bias = scope->module->bias,
		.cfa = scope->cfa,
		.read_register = read_register,
		.context = context.out,
	};
	struct debug_piece pieces[MAX_PIECES];
	size_t count;
	ret->missing = NULL;
	if (!location.size) {
		ret->missing = OPTIMIZED_OUT;
		return NULL;
	}
	struct error *err = debug_expression_run(&expression, location, pieces, &count);
	if (err)
		return explain(program, err, ret);
	uint64_t address;
	if (count == 1 && pieces[0].kind == PIECE_MISSING)
		ret->missing = OPTIMIZED_OUT;
	else if (!remove_repetitions(pieces, &count, ret->type->size))
		ret->missing = "its DWARF location is wrong";
	else if (is_memory(pieces, count, ret->type->size, &address) && address)
		ret->value = (struct value){.type = ret->type, .address = address};
	else
		err = gather(program, scope, pieces, count, ret);
	return explain(program, err, ret);
}

struct error *variable_location_value(struct program *program, const struct frame_scope *scope,
	const struct debug_variable *described, struct variable *ret)
{
	struct error *err = program_type_of_entry(
		program, program_entry(scope->module, described->type), &ret->type);
	if (err) {
		ret->type = NULL;
		return explain(program, err, ret);
	}
	err = value_at_location(program, scope, described->location, ret);
	if (err || ret->missing != NOT_SAVED || !scope->in_call)
		return err;
	/*
	 * A variable that is both in a register and in memory is described as in the register up to
	 * the call. If it is in memory after the call, it is there now: no callee writes it.
	 */
	err = value_at_location(program, scope, described->location_after, ret);
	if (ret->missing)
		ret->missing = NOT_SAVED;
	return err;
}

struct error *variable_location_follow(struct program *program, struct variable *ret)
{
	uint64_t address = 0;
	if (ret->value.type && ret->value.type->size != sizeof(address))
		return NULL;
	struct error *err = value_read(program, &ret->value, &address);
	value_deinit(&ret->value);
	if (!err && !address)
		ret->missing = "not allocated yet";
	else if (!err)
		ret->value = (struct value){.type = ret->type, .address = address};
	return explain(program, err, ret);
}
