/* Reads variables at a hit: see location_variables.h. */
#include "dbg/break/location_variables.h"

enum { RSP = 7, MAX_BYTES = 16 };

/*
 * Reads `size` bytes at `offset` of the variable, which may be in several parts. `*ret_found` is
 * false if some of them have no location.
 */
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
		size_t count =
			part->size - inside < size - done ? part->size - inside : size - done;
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

/* Reads the value by following its pointers; `*ret_found` is false if a pointer is nil or the bytes
 * have no location. */
static struct error *fetch_bytes(const struct hit *hit, const struct variable_recipe *recipe,
	const struct location_variable *variable, uint8_t *ret, size_t size, bool *ret_found)
{
	uint64_t pointer;
	if (variable->steps == 1)
		return fetch(hit, recipe, variable->offsets[0], ret, size, ret_found);
	struct error *err = fetch(
		hit, recipe, variable->offsets[0], (uint8_t *)&pointer, sizeof(pointer), ret_found);
	for (size_t i = 1; !err && *ret_found; i++) {
		bool last = i + 1 == variable->steps;
		*ret_found = pointer != 0 || (last && variable->form == VARIABLE_LENGTH);
		if (!pointer)
			return NULL; /* the bytes are 0 */
		uint64_t address = pointer + variable->offsets[i];
		err = last ? hit_read(hit, address, ret, size)
			   : hit_read(hit, address, &pointer, sizeof(pointer));
		if (last)
			return err;
	}
	return err;
}

static size_t bytes_of(const struct location_variable *variable)
{
	bool words = variable->form == VARIABLE_STRING || variable->form == VARIABLE_INTERFACE ||
		     variable->form == VARIABLE_ANY;
	return words ? 16 : variable->size;
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

static struct error *convert(struct hit *hit, const struct location_variable *variable,
	const uint64_t words[2], struct expr_value *ret)
{
	uint64_t type;
	struct error *err;
	unsigned unused = variable->size < 8 ? 64 - 8 * (unsigned)variable->size : 0;
	switch (variable->form) {
	case VARIABLE_BOOL:
		expr_value_bool(ret, words[0] & 1);
		return NULL;
	case VARIABLE_FLOAT:
		*ret = (struct expr_value){.present = true,
			.type = EXPR_FLOAT,
			.real = real_of(words[0], variable->size)};
		return NULL;
	case VARIABLE_STRING:
		return hit_text(hit, words[0], words[1], ret);
	case VARIABLE_INTERFACE:
	case VARIABLE_ANY:
		err = hit_dynamic_type(hit, variable->form == VARIABLE_ANY, words, &type);
		return err || !type ? err : hit_type_name(hit, type, ret);
	case VARIABLE_SIGNED:
	case VARIABLE_DURATION:
		expr_value_integer(
			ret, variable->type, true, (int64_t)(words[0] << unused) >> unused);
		return NULL;
	case VARIABLE_CONSTANT:
		expr_value_unsigned(ret, variable->constant);
		return NULL;
	case VARIABLE_LENGTH:
	case VARIABLE_UNSIGNED:
		expr_value_unsigned(ret, words[0]);
		return NULL;
	default:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)words[0]);
		return NULL;
	}
}

struct error *location_variable_value(struct hit *hit, const struct location_variables *variables,
	size_t item, size_t index, struct expr_value *ret)
{
	const struct location_variable *variable = &variables->items[index];
	uint64_t words[MAX_BYTES / 8] = {0};
	bool found = false;
	*ret = (struct expr_value){.type = variable->type};
	const struct located_variables *at = &variables->locations[item];
	if (variable->recipe >= at->count)
		return NULL;
	if (variable->form == VARIABLE_CONSTANT)
		return convert(hit, variable, words, ret);
	struct error *err = fetch_bytes(hit, &at->recipes[variable->recipe], variable,
		(uint8_t *)words, bytes_of(variable), &found);
	return err || !found ? err : convert(hit, variable, words, ret);
}
