/* Names of types from the binary's own descriptors: see rtype.h. */
#include "dbg/go/rtype.h"

#include "dbg/go/pc_plan.h"
#include "dbg/go/program_state.h"

enum {
	TFLAG_EXTRA_STAR = 2, /* internal/abi/type.go: the name is stored with a '*' too many */
	MAX_NAME = 4096,
	MAX_VARINT = 3,
};

/* Decodes internal/abi.Name at `address`: a flag byte, the length as varint, the text. */
static struct error *read_name(struct program *program, uint64_t address, char ret[MAX_NAME + 1])
{
	uint8_t head[1 + MAX_VARINT];
	struct error *err = target_read(program->target, address, head, sizeof(head));
	if (err)
		return err;
	size_t size = 0, used = 1;
	for (unsigned shift = 0; used <= MAX_VARINT; shift += 7) {
		uint8_t byte = head[used++];
		size |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	if (size > MAX_NAME)
		return error_create(ERROR_BAD_DATA, "a type's name is %zu bytes long", size);
	ret[size] = 0;
	return target_read(program->target, address + used, ret, size);
}

const char *rtype_name(struct program *program, uint64_t type)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t offset, flags;
	char name[MAX_NAME + 1];
	/* A descriptor made by reflect lies in the heap; its name does not have a types offset: not
	 * shown. */
	if (!field_present(layout->type.str) || type < program->types || type >= program->etypes)
		return NULL;
	struct error *err = program_read_field(program, type, layout->type.str, &offset);
	if (!err)
		err = program_read_field(program, type, layout->type.tflag, &flags);
	if (!err && offset >= program->etypes - program->types)
		err = error_create(ERROR_BAD_DATA, "a type's name lies outside of the type data");
	if (!err)
		err = read_name(program, program->types + offset, name);
	if (err) {
		error_destroy(err);
		return NULL;
	}
	bool star = (flags & TFLAG_EXTRA_STAR) && name[0] == '*';
	return pc_plans_intern(program->plans, star ? name + 1 : name);
}
