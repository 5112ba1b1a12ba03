/* Decodes one context: see context_state.h and context_shape.h. */
#include "dbg/go/contexts/context_state.h"
#include "dbg/go/values/map.h"
#include "dbg/go/values/value_time.h"
#include "dbg/go/program/program_state.h"

enum { MAX_BODY = 1 << 16, MAX_CHILDREN = 1 << 24 };

struct body {
	struct context_builder *builder;
	size_t number;
	const struct context_shape *shape;
	uint8_t *bytes;
	size_t size;
};

static struct context *context_of(const struct body *body)
{
	return &body->builder->forest->items[body->number];
}

/* The two words at `offset`; false if the type does not have the field. */
static bool words_at(const struct body *body, int64_t offset, uint64_t ret[2])
{
	if (offset < 0 || (uint64_t)offset + 16 > body->size)
		return false;
	memcpy(ret, body->bytes + offset, 16);
	return true;
}

/* Marks the context partial on an error about the data; passes other errors on. */
static struct error *mark_partial(const struct body *body, struct error *err)
{
	if (err) {
		err = error_ignore_unreadable(err);
		context_of(body)->partial |= !err;
	}
	return err;
}

/* The value that an interface holds, from its dynamic type and its data word. */
static struct error *dynamic_value(
	const struct body *body, uint64_t descriptor, uint64_t data, struct value *ret)
{
	struct error *err = program_type_at(body->builder->program, descriptor, &ret->type);
	if (err || !ret->type->direct) {
		ret->address = data;
		return mark_partial(body, err);
	}
	ret->bytes = malloc(sizeof(data));
	if (!ret->bytes)
		return error_no_memory();
	memcpy(ret->bytes, &data, sizeof(data));
	return NULL;
}

/* The interface value at `offset`: an any if `empty`, else one with an itab. */
static struct error *interface_at(
	const struct body *body, int64_t offset, bool empty, struct value *ret)
{
	uint64_t words[2];
	if (!words_at(body, offset, words) || !words[0])
		return NULL;
	uint64_t descriptor = empty ? words[0]
				    : context_types_dynamic(&body->builder->types,
					      body->builder->program, words[0]);
	return dynamic_value(body, descriptor, words[1], ret);
}

/* ---- Parent and children ---- */

static struct error *decode_parent(const struct body *body)
{
	struct context_builder *builder = body->builder;
	const struct context_shape *shape = body->shape, *parent = NULL;
	uint64_t words[2] = {0, 0}, address = 0;
	if (shape->parent == PARENT_INTERFACE) {
		if (!words_at(body, shape->parent_offset, words) || !words[0])
			return NULL;
		parent = context_types_shape(&builder->types,
			context_types_dynamic(&builder->types, builder->program, words[0]));
		address = words[1];
	} else if (shape->parent == PARENT_POINTER) {
		if ((uint64_t)shape->parent_offset + 8 > body->size)
			return NULL;
		memcpy(&address, body->bytes + shape->parent_offset, 8);
		parent = context_types_shape(&builder->types, shape->parent_type->descriptor);
	}
	if (!address)
		return NULL;
	context_of(body)->parent_address = address;
	ptrdiff_t number = CONTEXT_NONE;
	struct error *err = parent ? context_builder_add(builder, parent, address, &number) : NULL;
	context_of(body)->parent = number;
	context_of(body)->partial |= !err && number == CONTEXT_NONE;
	return err;
}

struct children {
	const struct body *body;
	size_t capacity;
};

static struct error *add_child(void *context, uint64_t key, uint64_t value)
{
	(void)value;
	struct children *children = context;
	const struct body *body = children->body;
	struct context_builder *builder = body->builder;
	uint64_t words[2];
	struct error *err = target_read(builder->program->target, key, words, sizeof(words));
	if (err)
		return err;
	const struct itab *itab = context_types_itab(&builder->types, words[0]);
	const struct context_shape *shape = context_types_shape(&builder->types,
		itab ? itab->type
		     : context_types_dynamic(&builder->types, builder->program, words[0]));
	ptrdiff_t number = CONTEXT_NONE;
	if (shape)
		err = context_builder_add(builder, shape, words[1], &number);
	struct context *parent = context_of(body);
	if (err || number == CONTEXT_NONE) {
		parent->unknown_children++;
		return err;
	}
	if (parent->child_count >= MAX_CHILDREN)
		return error_create(ERROR_BAD_DATA, "a context has too many children");
	if (!array_reserve(&parent->children, &children->capacity, parent->child_count + 1))
		return error_no_memory();
	parent->children[parent->child_count++] = number;
	return NULL;
}

static struct error *decode_children(const struct body *body)
{
	const struct context_shape *shape = body->shape;
	uint64_t map;
	if (shape->children == NO_OFFSET || !shape->children_type ||
		(uint64_t)shape->children + 8 > body->size)
		return NULL;
	memcpy(&map, body->bytes + shape->children, 8);
	struct children children = {body, 0};
	return map ? mark_partial(body, map_visit(body->builder->program, shape->children_type, map,
						add_child, &children))
		   : NULL;
}

/* ---- Cancellation ---- */

/* sync.Mutex starts with its state, whose lowest bit is set while it is locked; all releases. */
static bool is_locked(const struct body *body)
{
	int32_t state = 0;
	int64_t offset = body->shape->mutex;
	if (offset >= 0 && (uint64_t)offset + sizeof(state) <= body->size)
		memcpy(&state, body->bytes + offset, sizeof(state));
	return state & 1;
}

static struct error *decode_cancel(const struct body *body)
{
	const struct context_shape *shape = body->shape;
	uint64_t words[2];
	struct value value = {0};
	context_of(body)->locked = is_locked(body);
	if (words_at(body, shape->done, words) && words[0])
		context_of(body)->done = words[1];
	struct error *err = interface_at(body, shape->err, shape->err_is_atomic, &value);
	struct context *context = context_of(body);
	context->err = value;
	context->state = value.type ? CONTEXT_CANCELED : CONTEXT_ACTIVE;
	if (!value.type && context->partial)
		context->state = CONTEXT_UNKNOWN;
	if (!err)
		err = interface_at(body, shape->cause, false, &context->cause);
	return err;
}

/* `words` are the fields wall and ext of a time.Time. */
static void set_deadline(const struct body *body, const uint64_t words[2])
{
	struct context *context = context_of(body);
	struct program *program = body->builder->program;
	struct go_time time = go_time_decode(words[0], words[1]);
	int64_t nanoseconds;
	context->has_deadline =
		!__builtin_mul_overflow(
			time.unix_seconds, (int64_t)1000, &context->deadline_unix_ms) &&
		!__builtin_add_overflow(context->deadline_unix_ms,
			(int64_t)time.nanoseconds / 1000000, &context->deadline_unix_ms);
	/*
	 * Prefer the monotonic clock: it does not jump. Its zero is the initialisation of package
	 * time, which is within milliseconds of the runtime's.
	 */
	uint64_t started = 0;
	if (time.has_monotonic && program->globals.runtime_init_time.address)
		error_destroy(target_read_u64(
			program->target, program->globals.runtime_init_time.address, &started));
	int64_t now = program_now_ns(program);
	if (started && now)
		context->has_remaining =
			!__builtin_add_overflow(
				time.monotonic, (int64_t)started, &context->remaining_ns) &&
			!__builtin_sub_overflow(context->remaining_ns, now, &context->remaining_ns);
	else if (context->has_deadline && program->target->stop_realtime_ns)
		context->has_remaining =
			!__builtin_mul_overflow(
				context->deadline_unix_ms, (int64_t)1000000, &nanoseconds) &&
			!__builtin_sub_overflow(nanoseconds, program->target->stop_realtime_ns,
				&context->remaining_ns);
}

/* ---- Methods of foreign types ---- */

/* The address that the last step of the path leads to. */
static struct error *walk_path(const struct body *body, const struct code_path *path, uint64_t *ret)
{
	uint64_t address = context_of(body)->address;
	for (size_t i = 0; i < path->count; i++) {
		address += (uint64_t)(int64_t)path->offsets[i];
		struct error *err =
			i + 1 < path->count
				? target_read_u64(body->builder->program->target, address, &address)
				: NULL;
		if (err)
			return err;
	}
	*ret = address;
	return NULL;
}

/* The context in the interface value at the end of the path. */
static struct error *context_at_path(
	const struct body *body, const struct code_path *path, ptrdiff_t *ret)
{
	struct context_builder *builder = body->builder;
	uint64_t address, words[2];
	struct error *err = walk_path(body, path, &address);
	if (!err)
		err = target_read(builder->program->target, address, words, sizeof(words));
	const struct context_shape *shape = err || !words[0]
						    ? NULL
						    : context_types_shape(&builder->types,
							      context_types_dynamic(&builder->types,
								      builder->program, words[0]));
	return err || !shape ? err : context_builder_add(builder, shape, words[1], ret);
}

static struct error *decode_done_method(const struct body *body)
{
	const struct context_method *method = &body->shape->done_method;
	struct context_link *link = &body->builder->links[body->number];
	struct target *target = body->builder->program->target;
	uint64_t address;
	ptrdiff_t number = CONTEXT_NONE;
	struct error *err = NULL;
	switch (method->kind) {
	case METHOD_CONTEXT:
		err = context_at_path(body, &method->path, &number);
		body->builder->links[body->number].done_of = number;
		break;
	case METHOD_FIELD:
		link->own_channel = true;
		err = walk_path(body, &method->path, &address);
		if (!err)
			err = target_read_u64(target, address, &context_of(body)->done);
		break;
	case METHOD_CANCEL:
		/* The receiver is the word at the end of the path, plus an offset. */
		err = walk_path(body, &method->path, &address);
		if (!err && method->path.count)
			err = target_read_u64(target, address, &address);
		link->cancel = err ? 0 : address + (uint64_t)(int64_t)method->path.add;
		break;
	default:
		break;
	}
	return err;
}

static struct error *decode_deadline_method(const struct body *body)
{
	const struct context_method *method = &body->shape->deadline_method;
	uint64_t address, time[2];
	ptrdiff_t number = CONTEXT_NONE;
	struct error *err = NULL;
	if (method->kind == METHOD_CONTEXT) {
		err = context_at_path(body, &method->path, &number);
		body->builder->links[body->number].deadline_of = number;
	} else if (method->kind == METHOD_FIELD) {
		err = walk_path(body, &method->path, &address);
		if (!err)
			err = target_read(
				body->builder->program->target, address, time, sizeof(time));
		if (!err)
			set_deadline(body, time);
	}
	return err;
}

static struct error *decode_parts(const struct body *body)
{
	const struct context_shape *shape = body->shape;
	struct error *err = NULL;
	if (shape->cancel != NO_OFFSET)
		err = decode_cancel(body);
	uint64_t time[2];
	if (words_at(body, shape->deadline, time))
		set_deadline(body, time);
	if (!err && shape->key != NO_OFFSET)
		err = interface_at(body, shape->key, true, &context_of(body)->key);
	if (!err && shape->value != NO_OFFSET)
		err = interface_at(body, shape->value, true, &context_of(body)->value);
	if (shape->after_func != NO_OFFSET && (uint64_t)shape->after_func + 8 <= body->size) {
		uint64_t closure; /* its first word is the code */
		memcpy(&closure, body->bytes + shape->after_func, 8);
		error_destroy(target_read_u64(
			body->builder->program->target, closure, &context_of(body)->after_func));
	}
	if (!err && shape->kind == CONTEXT_FOREIGN)
		err = mark_partial(body, decode_done_method(body));
	if (!err && shape->kind == CONTEXT_FOREIGN)
		err = mark_partial(body, decode_deadline_method(body));
	if (!err)
		err = decode_parent(body);
	return err ? err : decode_children(body);
}

struct error *context_decode(struct context_builder *builder, size_t index)
{
	struct body body = {
		.builder = builder, .number = index, .shape = builder->links[index].shape};
	struct context *context = context_of(&body);
	const struct context_shape *shape = body.shape;
	context->kind = shape->kind;
	context->state = CONTEXT_UNKNOWN;
	context->parent = context->done_source = CONTEXT_NONE;
	if (shape->kind == CONTEXT_BACKGROUND)
		return NULL;
	if (shape->body->size > MAX_BODY) {
		context->partial = true;
		return NULL;
	}
	_cleanup_free_ uint8_t *bytes = calloc(1, shape->body->size + 1);
	if (!bytes)
		return error_no_memory();
	body.bytes = bytes;
	body.size = (size_t)shape->body->size;
	if (shape->inline_body) {
		memcpy(bytes, &context->address, body.size < 8 ? body.size : 8);
		return decode_parts(&body);
	}
	struct error *err =
		target_read(builder->program->target, context->address, bytes, body.size);
	return err ? mark_partial(&body, err) : decode_parts(&body);
}
