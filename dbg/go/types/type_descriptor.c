/*
 * Types from the descriptors in the binary, and from those that reflect makes on the heap.
 *
 * Sources: internal/abi/type.go (1.21 and later), runtime/type.go (1.19), and reflect/type.go for
 * those on the heap. The names of the latter are not offsets in the type data but entries of a
 * table, so they are composed from their parts (type_name.c).
 */
#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_state.h"

enum {
	TFLAG_UNCOMMON = 1,
	TFLAG_EXTRA_STAR = 2, /* the name is stored with an extra '*' in front */
	TFLAG_NAMED = 4,
	TFLAG_DIRECT = 32, /* since 1.26 */
	KIND_DIRECT = 32,  /* until 1.25 */
	KIND_MASK = 31,
	NAME_TAG = 2,
	NAME_EMBEDDED = 8,
	MAX_VARINT = 3,
	MAX_DESCRIPTOR = 256,
	VARIADIC = 0x8000,
};

static const uint64_t max_type_bytes = 1ull << 47;

static struct error *damaged(const char *what)
{
	return error_create(ERROR_BAD_DATA, "damaged, or not a type descriptor: %s", what);
}

/* Reads a varint length and as many bytes at `*address`, and advances `*address` past them. */
static struct error *read_text(
	struct program *program, uint64_t *address, char ret[MAX_TYPE_NAME + 1])
{
	size_t size = 0;
	for (unsigned i = 0; i < MAX_VARINT; i++) {
		uint8_t byte;
		struct error *err = target_read(program->target, *address, &byte, 1);
		if (err)
			return err;
		(*address)++;
		size |= (size_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			break;
	}
	if (size > MAX_TYPE_NAME)
		return error_create(ERROR_BAD_DATA, "the type name before %#llx is %zu bytes long",
			(unsigned long long)*address, size);
	ret[size] = 0;
	struct error *err = target_read(program->target, *address, ret, size);
	*address += size;
	return err;
}

/* Reads the text and flags of the abi.Name at `address`: a byte of flags, the text, perhaps a
 * tag. */
static struct error *read_name(
	struct program *program, uint64_t address, char ret[MAX_TYPE_NAME + 1], uint8_t *ret_flags)
{
	struct error *err = target_read(program->target, address++, ret_flags, 1);
	return err ? err : read_text(program, &address, ret);
}

static struct error *read_tag(
	struct program *program, uint64_t address, char ret[MAX_TYPE_NAME + 1])
{
	uint8_t flags;
	ret[0] = 0;
	struct error *err = target_read(program->target, address++, &flags, 1);
	if (err || !(flags & NAME_TAG))
		return err;
	err = read_text(program, &address, ret);
	return err ? err : read_text(program, &address, ret);
}

/* Reads the name at `offset` in the type data of the module that has the descriptor. */
static struct error *read_name_at(
	struct program *program, uint64_t descriptor, uint64_t offset, char ret[MAX_TYPE_NAME + 1])
{
	uint8_t flags;
	const struct module *module = program_module_of_type(program, descriptor);
	if (!module || offset >= module->etypes - module->types)
		return error_create(ERROR_BAD_DATA, "a type's name is outside the type data");
	return read_name(program, module->types + offset, ret, &flags);
}

/* The size of a descriptor with the part that is specific to the kind; abi.UncommonType follows. */
static struct field whole_size(const struct runtime_layout *layout, enum go_kind kind)
{
	switch (kind) {
	case GO_ARRAY:
		return layout->array_type.size;
	case GO_CHAN:
		return layout->chan_type.size;
	case GO_FUNC:
		return layout->func_type.size;
	case GO_INTERFACE:
		return layout->interface_type.size;
	case GO_MAP:
		return layout->map_type.size;
	case GO_POINTER:
		return layout->ptr_type.size;
	case GO_SLICE:
		return layout->slice_type.size;
	case GO_STRUCT:
		return layout->struct_type.size;
	default:
		return layout->type.size;
	}
}

static struct error *decode_package(struct program *program, struct go_type *type)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t offset;
	char name[MAX_TYPE_NAME + 1];
	struct field whole = whole_size(layout, type->kind);
	if (!field_present(whole) || !field_present(layout->uncommon.pkgpath))
		return NULL;
	struct error *err = program_read_field(
		program, type->descriptor + whole.size, layout->uncommon.pkgpath, &offset);
	if (err || !offset)
		return err;
	err = read_name_at(program, type->descriptor, offset, name);
	return err || !name[0] ? err : type_intern(program, name, &type->package);
}

static struct error *decode_name(
	struct program *program, uint64_t offset, uint64_t flags, struct go_type *type)
{
	char name[MAX_TYPE_NAME + 1];
	if (!program_module_of_type(program, type->descriptor))
		return type_synthesize_name(program, type, &type->name);
	struct error *err = read_name_at(program, type->descriptor, offset, name);
	if (err)
		return err;
	const char *text = (flags & TFLAG_EXTRA_STAR) && name[0] == '*' ? name + 1 : name;
	return text[0] ? type_intern(program, text, &type->name) : damaged("its name is empty");
}

/* Decodes what is specific to a kind. */
static struct error *decode_kind(struct program *program, struct go_type *type)
{
	const struct runtime_layout *layout = &program->layout;
	struct error *err = NULL;
	uint64_t direction = 0;
	if (type->kind == GO_ARRAY)
		err = program_read_field(
			program, type->descriptor, layout->array_type.len, &type->length);
	if (type->kind == GO_CHAN)
		err = program_read_field(
			program, type->descriptor, layout->chan_type.dir, &direction);
	if (!err && direction > (GO_CHAN_RECV | GO_CHAN_SEND))
		err = damaged("a channel with an unknown direction");
	type->direction = (int)direction;
	return err;
}

static struct error *decode_descriptor(
	struct program *program, uint64_t address, struct go_type *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint8_t common[MAX_DESCRIPTOR];
	size_t size = layout->type.size.size;
	if (!size || size > sizeof(common))
		return error_create(
			ERROR_NOT_FOUND, "the layout of the runtime's type descriptors is unknown");
	if (!address || address % 8)
		return damaged("not an aligned address");
	struct error *err = target_read(program->target, address, common, size);
	if (err)
		return err;
	uint64_t kind = object_field(common, size, layout->type.kind);
	uint64_t flags = object_field(common, size, layout->type.tflag);
	uint64_t bytes = object_field(common, size, layout->type.bytes);
	if ((kind & KIND_MASK) == GO_INVALID || (kind & KIND_MASK) > GO_UNSAFE_POINTER)
		return damaged("its kind is unknown");
	if (bytes > max_type_bytes)
		return damaged("its values are too large");
	*ret = (struct go_type){
		.kind = (enum go_kind)(kind & KIND_MASK),
		.size = bytes,
		.named = flags & TFLAG_NAMED,
		.direct = (kind & KIND_DIRECT) || (flags & TFLAG_DIRECT),
		.descriptor = address,
	};
	err = decode_kind(program, ret);
	if (!err)
		err = decode_name(
			program, object_field(common, size, layout->type.str), flags, ret);
	if (!err && ret->named && (flags & TFLAG_UNCOMMON) &&
		program_module_of_type(program, address))
		err = decode_package(program, ret);
	return err;
}

struct error *descriptor_decode(struct program *program, uint64_t address, struct go_type *ret)
{
	return error_wrap(decode_descriptor(program, address, ret),
		"cannot decode the type at "
		"%#llx",
		(unsigned long long)address);
}

struct error *descriptor_part(
	struct program *program, const struct go_type *type, enum type_part part, uint64_t *ret)
{
	const struct runtime_layout *layout = &program->layout;
	struct field element = {0, 0};
	switch (type->kind) {
	case GO_ARRAY:
		element = layout->array_type.elem;
		break;
	case GO_CHAN:
		element = layout->chan_type.elem;
		break;
	case GO_POINTER:
		element = layout->ptr_type.elem;
		break;
	case GO_SLICE:
		element = layout->slice_type.elem;
		break;
	default:
		element = part == TYPE_ELEMENT ? layout->map_type.elem
			  : part == TYPE_KEY   ? layout->map_type.key
					       : layout->map_type.group;
	}
	if (!field_present(element))
		return error_create(ERROR_NOT_FOUND,
			"the layout of the descriptor of %s is unknown", type->name);
	return program_read_field(program, type->descriptor, element, ret);
}

/* A slice header in the descriptor: the address of its array and its length. */
static struct error *read_slice(
	struct program *program, const struct go_type *type, struct field field, uint64_t ret[2])
{
	if (!field_present(field))
		return error_create(ERROR_NOT_FOUND,
			"the layout of the descriptor of %s is unknown", type->name);
	struct error *err = target_read(program->target, type->descriptor + field.offset, ret, 16);
	if (!err && ret[1] > MAX_TYPE_FIELDS)
		err = damaged("it has too many fields");
	return err;
}

static struct error *decode_field(struct program *program, const struct go_type *type,
	const uint8_t *object, struct go_field *ret)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->struct_field.size.size;
	char name[MAX_TYPE_NAME + 1];
	uint8_t flags;
	struct error *err = read_name(
		program, object_field(object, size, layout->struct_field.name), name, &flags);
	if (!err)
		err = type_intern(program, name, &ret->name);
	if (!err)
		err = program_type_at(
			program, object_field(object, size, layout->struct_field.type), &ret->type);
	if (err)
		return err;
	ret->embedded = flags & NAME_EMBEDDED;
	ret->offset = object_field(object, size, layout->struct_field.offset);
	if (ret->offset > type->size || ret->type->size > type->size - ret->offset)
		return damaged("a field is outside the struct");
	return NULL;
}

struct error *descriptor_fields(struct program *program, const struct go_type *type,
	struct go_field **ret, size_t *ret_count)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t slice[2];
	struct error *err = read_slice(program, type, layout->struct_type.fields, slice);
	if (err)
		return err;
	size_t size = layout->struct_field.size.size, count = (size_t)slice[1];
	_cleanup_free_ uint8_t *objects = malloc(count * size + 1);
	_cleanup_free_ struct go_field *fields = calloc(count + 1, sizeof(*fields));
	if (!objects || !fields)
		return error_no_memory();
	err = count ? target_read(program->target, slice[0], objects, count * size) : NULL;
	for (size_t i = 0; i < count && !err; i++)
		err = decode_field(program, type, objects + i * size, &fields[i]);
	if (err)
		return error_wrap(err, "cannot decode the fields of %s", type->name);
	*ret = take_pointer(fields);
	*ret_count = count;
	return NULL;
}

struct error *descriptor_tag(
	struct program *program, const struct go_type *type, size_t index, char **ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t slice[2], name;
	char tag[MAX_TYPE_NAME + 1];
	*ret = NULL;
	struct error *err = read_slice(program, type, layout->struct_type.fields, slice);
	if (!err && index >= slice[1])
		err = damaged("it has too few fields");
	if (!err)
		err = program_read_field(program, slice[0] + index * layout->struct_field.size.size,
			layout->struct_field.name, &name);
	if (!err)
		err = read_tag(program, name, tag);
	if (err || !tag[0])
		return err;
	*ret = strdup(tag);
	return *ret ? NULL : error_no_memory();
}

struct error *descriptor_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret)
{
	uint64_t slice[2];
	struct error *err =
		read_slice(program, type, program->layout.interface_type.methods, slice);
	*ret = !err && slice[1] == 0;
	return err;
}

struct error *descriptor_interface_has(
	struct program *program, const struct go_type *type, const char *name, bool *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t slice[2], offset;
	char found[MAX_TYPE_NAME + 1];
	*ret = false;
	struct error *err = read_slice(program, type, layout->interface_type.methods, slice);
	for (uint64_t i = 0; !err && !*ret && i < slice[1]; i++) {
		err = program_read_field(program, slice[0] + i * layout->imethod.size.size,
			layout->imethod.name, &offset);
		if (!err)
			err = read_name_at(program, type->descriptor, offset, found);
		*ret = !err && strcmp(found, name) == 0;
	}
	return err;
}

struct error *descriptor_signature(struct program *program, const struct go_type *type,
	uint64_t **ret, size_t *ret_in, size_t *ret_out, bool *ret_variadic)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t in, out, flags;
	struct error *err =
		program_read_field(program, type->descriptor, layout->func_type.in_count, &in);
	if (!err)
		err = program_read_field(
			program, type->descriptor, layout->func_type.out_count, &out);
	if (!err)
		err = program_read_field(program, type->descriptor, layout->type.tflag, &flags);
	if (err)
		return err;
	*ret_variadic = out & VARIADIC;
	*ret_in = (size_t)in;
	*ret_out = (size_t)out & (VARIADIC - 1);
	size_t count = *ret_in + *ret_out;
	uint64_t start = type->descriptor + layout->func_type.size.size;
	if (flags & TFLAG_UNCOMMON)
		start += layout->uncommon.size.size;
	_cleanup_free_ uint64_t *types = calloc(count + 1, sizeof(*types));
	if (!types)
		return error_no_memory();
	err = count ? target_read(program->target, start, types, count * sizeof(*types)) : NULL;
	if (!err)
		*ret = take_pointer(types);
	return err;
}
