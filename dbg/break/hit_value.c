/*
 * Decodes interface values at a hit: the type's name, and the text of errors and of panic values.
 *
 * Sources: internal/abi/type.go, runtime/error.go, errors/errors.go, fmt/errors.go,
 * context/context.go, releases 1.19 to 1.27.
 */
#include "dbg/break/hit.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type.h"

enum {
	MAX_DESCRIPTOR = 128,
	TFLAG_EXTRA_STAR = 2, /* the name is stored with an extra '*' */
	KIND_MASK = 31,
};

struct descriptor {
	uint8_t bytes[MAX_DESCRIPTOR];
};

static struct error *read_descriptor(
	const struct hit *hit, uint64_t address, struct descriptor *ret)
{
	size_t size = hit->program->layout.type.size.size;
	memset(ret, 0, sizeof(*ret));
	return hit_read(hit, address, ret->bytes, size < MAX_DESCRIPTOR ? size : MAX_DESCRIPTOR);
}

static uint64_t descriptor_field(const struct descriptor *descriptor, struct field field)
{
	return object_field(descriptor->bytes, sizeof(descriptor->bytes), field);
}

struct error *hit_dynamic_type(
	struct hit *hit, bool empty, const uint64_t words[2], uint64_t *ret_type)
{
	*ret_type = words[0];
	if (empty || !words[0])
		return NULL;
	return hit_read(
		hit, words[0] + hit->program->layout.itab.type.offset, ret_type, sizeof(*ret_type));
}

/* Reads the abi.Name at `address`: flags, length as varint, text. */
static struct error *read_name(struct hit *hit, uint64_t address, struct expr_value *ret)
{
	uint8_t head[4];
	struct error *err = hit_read(hit, address, head, sizeof(head));
	if (err)
		return err;
	size_t size = head[1] & 0x7f, used = 2;
	if (head[1] & 0x80) {
		size |= (size_t)(head[2] & 0x7f) << 7;
		used++;
	}
	return hit_text(hit, address + used, size, ret);
}

struct error *hit_type_name(struct hit *hit, uint64_t descriptor, struct expr_value *ret)
{
	const struct program *program = hit->program;
	struct descriptor type;
	struct error *err = read_descriptor(hit, descriptor, &type);
	if (err)
		return err;
	uint64_t offset = descriptor_field(&type, program->layout.type.str);
	const struct module *module = program_module_of_type(program, descriptor);
	if (!module || offset >= module->etypes - module->types) {
		/* Created by reflect, which keeps the names of its types elsewhere. */
		expr_value_string(ret, "?");
		return NULL;
	}
	err = read_name(hit, module->types + offset, ret);
	bool star = descriptor_field(&type, program->layout.type.tflag) & TFLAG_EXTRA_STAR;
	if (!err && star && *ret->string.data == '*') {
		ret->string.data++;
		ret->string.size--;
	}
	return err;
}

/* True for error types whose first field is their text. */
static bool begins_with_text(const char *type)
{
	static const char *const types[] = {
		"*errors.errorString", "*fmt.wrapError", "*fmt.wrapErrors"};
	for (size_t i = 0; i < array_length(types); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

static struct error *read_string(struct hit *hit, uint64_t address, struct expr_value *ret)
{
	uint64_t header[2];
	struct error *err = hit_read(hit, address, header, sizeof(header));
	return err ? err : hit_text(hit, header[0], header[1], ret);
}

/* Formats the integer of `size` bytes at `data`. */
static struct error *format_integer(
	struct hit *hit, enum go_kind kind, uint64_t size, uint64_t data, struct expr_value *ret)
{
	uint64_t bits = 0;
	struct error *err = hit_read(hit, data, &bits, size < 8 ? (size_t)size : 8);
	if (err)
		return err;
	unsigned unused = size && size < 8 ? 64 - 8 * (unsigned)size : 0;
	const char *text =
		kind <= GO_INT64
			? hit_format(hit, "%lld", (long long)((int64_t)(bits << unused) >> unused))
			: hit_format(hit, "%llu", (unsigned long long)bits);
	expr_value_string(ret, text);
	return NULL;
}

struct error *hit_describe(
	struct hit *hit, uint64_t descriptor, uint64_t data, struct expr_value *ret)
{
	struct descriptor type;
	struct expr_value name;
	expr_value_string(ret, NULL);
	if (!descriptor)
		return NULL;
	struct error *err = read_descriptor(hit, descriptor, &type);
	if (!err)
		err = hit_type_name(hit, descriptor, &name);
	if (err)
		return err;
	const struct runtime_layout *layout = &hit->program->layout;
	enum go_kind kind = (enum go_kind)(descriptor_field(&type, layout->type.kind) & KIND_MASK);
	if (strcmp(name.string.data, "context.deadlineExceededError") == 0) {
		expr_value_string(ret, "context deadline exceeded");
		return NULL;
	}
	if (kind == GO_STRING || begins_with_text(name.string.data))
		return read_string(hit, data, ret);
	if (kind >= GO_INT && kind <= GO_UINTPTR)
		return format_integer(
			hit, kind, descriptor_field(&type, layout->type.bytes), data, ret);
	return NULL;
}
