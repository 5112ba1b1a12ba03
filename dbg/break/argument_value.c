/* Fetches variables at a hit: see arguments.h. */
#include "dbg/break/arguments.h"

enum { RSP = 7, MAX_BYTES = 16 };

/* `size` bytes at `offset` of the variable, which may be in several parts. False when some of them
 * are nowhere. */
static struct error *fetch(const struct hit *hit, const struct variable_recipe *recipe,
	uint64_t offset, uint8_t *ret, size_t size, bool *ret_found)
{
	size_t done = 0;
	for (size_t i = 0; i < recipe->count && done < size; i++) {
		const struct recipe_part *part = &recipe->parts[i];
		uint64_t at = offset + done;
		if (at < part->offset || at - part->offset >= part->size)
			continue;
		size_t inside = (size_t)(at - part->offset);
		size_t count = part->size - inside < size - done ? part->size - inside : size - done;
		uint64_t value = part->value;
		struct error *err = NULL;
		if (part->kind == RECIPE_REGISTER)
			value = hit_register(hit, part->value);
		else if (part->kind == RECIPE_STACK)
			value += hit_register(hit, RSP);
		if (part->kind == RECIPE_STACK || part->kind == RECIPE_MEMORY)
			err = hit_read(hit, value + inside, ret + done, count);
		else if (inside + count <= sizeof(value))
			memcpy(ret + done, (const uint8_t *)&value + inside, count);
		else
			break;
		if (err)
			return err;
		done += count;
	}
	*ret_found = done == size;
	return NULL;
}

/* The bytes of the argument itself; `*ret_found` false when they are nowhere or behind nil. */
static struct error *fetch_bytes(const struct hit *hit, const struct variable_recipe *recipe,
	const struct argument *argument, uint8_t *ret, size_t size, bool *ret_found)
{
	uint64_t pointer;
	if (argument->steps == 1)
		return fetch(hit, recipe, argument->offsets[0], ret, size, ret_found);
	struct error *err = fetch(hit, recipe, argument->offsets[0], (uint8_t *)&pointer,
		sizeof(pointer), ret_found);
	for (size_t i = 1; !err && *ret_found; i++) {
		bool last = i + 1 == argument->steps;
		*ret_found = pointer != 0;
		if (!pointer)
			return NULL;
		uint64_t address = pointer + argument->offsets[i];
		err = last ? hit_read(hit, address, ret, size)
			   : hit_read(hit, address, &pointer, sizeof(pointer));
		if (last)
			return err;
	}
	return err;
}

static size_t bytes_of(const struct argument *argument)
{
	bool words = argument->form == ARGUMENT_STRING || argument->form == ARGUMENT_INTERFACE ||
		     argument->form == ARGUMENT_ANY;
	return words ? 16 : argument->size;
}

static double real_of(uint64_t bits, size_t size)
{
	union {
		uint64_t bits;
		double real;
		float half;
	} value = {.bits = bits};
	return size == 4 ? (double)value.half : value.real;
}

static struct error *convert(struct hit *hit, const struct argument *argument,
	const uint64_t words[2], struct expr_value *ret, bool *ret_cut)
{
	const char *text = NULL;
	uint64_t type;
	struct error *err;
	unsigned unused = argument->size < 8 ? 64 - 8 * (unsigned)argument->size : 0;
	switch (argument->form) {
	case ARGUMENT_BOOL:
		expr_value_bool(ret, words[0] & 1);
		return NULL;
	case ARGUMENT_FLOAT:
		*ret = (struct expr_value){.present = true,
			.type = EXPR_FLOAT,
			.real = real_of(words[0], argument->size)};
		return NULL;
	case ARGUMENT_STRING:
		err = hit_text(hit, words[0], words[1], &text, ret_cut);
		expr_value_string(ret, text);
		return err;
	case ARGUMENT_INTERFACE:
	case ARGUMENT_ANY:
		err = hit_dynamic_type(hit, argument->form == ARGUMENT_ANY, words, &type);
		if (!err && type)
			err = hit_type_name(hit, type, &text);
		expr_value_string(ret, text);
		return err;
	case ARGUMENT_SIGNED:
	case ARGUMENT_DURATION:
		expr_value_integer(
			ret, argument->type, true, (int64_t)(words[0] << unused) >> unused);
		return NULL;
	default:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)words[0]);
		return NULL;
	}
}

/* Go's ABI: the order of its integer registers, by DWARF's numbers. */
static uint64_t argument_register(const struct hit *hit, size_t index)
{
	static const uint8_t order[ARGUMENT_REGISTERS] = {0, 3, 2, 5, 4, 8, 9, 10, 11};
	return hit_register(hit, order[index]);
}

struct error *argument_value(struct hit *hit, const struct arguments *arguments, size_t place,
	size_t index, struct expr_value *ret, bool *ret_cut)
{
	const struct argument *argument = &arguments->items[index];
	uint64_t words[MAX_BYTES / 8] = {0};
	bool found = false;
	*ret = (struct expr_value){.type = argument->type};
	*ret_cut = false;
	if (arguments->registers) {
		words[0] = argument_register(hit, argument->variable);
		return convert(hit, argument, words, ret, ret_cut);
	}
	const struct arguments_place *at = &arguments->places[place];
	if (argument->variable >= at->count)
		return NULL;
	struct error *err = fetch_bytes(hit, &at->recipes[argument->variable], argument,
		(uint8_t *)words, bytes_of(argument), &found);
	return err || !found ? err : convert(hit, argument, words, ret, ret_cut);
}
