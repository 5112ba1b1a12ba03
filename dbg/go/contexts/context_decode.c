/* Decodes one context: see context_state.h and context_shape.h. */
#include "dbg/go/contexts/context_method.h"
#include "dbg/go/contexts/context_state.h"
#include "dbg/go/goroutines/timers.h"
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

/* Reads the field; false if the body is too small, or it is behind a nil or bad pointer. */
static bool read_parent(const struct body *body, const struct parent_field *field, uint64_t ret[2])
{
	size_t size = field->location == PARENT_POINTER ? 8 : 16;
	uint64_t pointer;
	if (field->pointer == NO_OFFSET) {
		if (field->offset + size > body->size)
			return false;
		memcpy(ret, body->bytes + field->offset, size);
		return true;
	}
	if ((uint64_t)field->pointer + 8 > body->size)
		return false;
	memcpy(&pointer, body->bytes + field->pointer, 8);
	struct error *err = pointer ? target_read(body->builder->program->target,
					      pointer + field->offset, ret, size)
				    : error_stop;
	if (err && err != error_stop)
		error_destroy(err);
	return !err;
}

/* The context in the field: its address (0: nil) and its shape (NULL: of an unknown type). */
static const struct context_shape *parent_in(
	const struct body *body, const struct parent_field *field, uint64_t *ret_address)
{
	struct context_builder *builder = body->builder;
	uint64_t words[2] = {0, 0};
	*ret_address = 0;
	if (!read_parent(body, field, words) || !words[0])
		return NULL;
	bool pointer = field->location == PARENT_POINTER;
	*ret_address = words[!pointer];
	return context_types_shape(&builder->types,
		pointer ? field->type->descriptor
			: context_types_dynamic(&builder->types, builder->program, words[0]));
}

/* Of several fields, the one whose context Done delegates to, or the first. */
static const struct parent_field *choose_parent(const struct body *body)
{
	const struct context_shape *shape = body->shape;
	const struct context_link *link = &body->builder->links[body->number];
	size_t chosen = 0;
	uint64_t address, wanted = link->cancel;
	if (link->done_of != CONTEXT_NONE)
		wanted = body->builder->forest->items[link->done_of].address;
	for (size_t i = shape->parent_count; wanted && i-- > 0;) {
		parent_in(body, &shape->parents[i], &address);
		chosen = address == wanted ? i : chosen;
	}
	return &shape->parents[chosen];
}

static struct error *decode_parent(const struct body *body)
{
	struct context_builder *builder = body->builder;
	ptrdiff_t number = CONTEXT_NONE;
	uint64_t address;
	if (!body->shape->parent_count)
		return NULL;
	const struct context_shape *parent = parent_in(body, choose_parent(body), &address);
	if (!address)
		return NULL;
	context_of(body)->parent_address = address;
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

/* Whether the itab in the first word of an interface value is one of the interface `error`. */
static bool is_error_itab(const struct context_builder *builder, uint64_t address)
{
	const struct context_types *types = &builder->types;
	const struct itab *itab = itabs_find(types->itabs, types->itab_count, address);
	const struct go_type *interface;
	if (!itab) /* added while or after the table was read */
		return true;
	struct error *err = program_type_at(builder->program, itab->interface, &interface);
	error_destroy(err);
	return err || strcmp(interface->name, "error") == 0;
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
	if (!shape->err_is_atomic && words_at(body, shape->err, words) && words[0] &&
		!is_error_itab(body->builder, words[0]))
		context->partial = true;
	context->state = context->partial ? CONTEXT_UNKNOWN
			 : value.type	  ? CONTEXT_CANCELED
					  : CONTEXT_ACTIVE;
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

/* If the context's time.Timer belongs to a bubble of testing/synctest, the deadline is on the
 * bubble's clock, which counts from 1970. */
static void set_bubble_deadline(const struct body *body)
{
	struct program *program = body->builder->program;
	struct context *context = context_of(body);
	struct field inner = program->layout.time_timer.timer;
	uint64_t timer[2];
	int64_t now = 0, deadline;
	bool fake;
	if (!field_present(inner) || !words_at(body, body->shape->timer, timer) || !timer[0])
		return;
	uint64_t bubble = bubble_of_timer(program, timer[0] + inner.offset, &fake);
	if (fake)
		context->has_remaining =
			bubble_now(program, bubble, &now) &&
			!__builtin_mul_overflow(
				context->deadline_unix_ms, (int64_t)1000000, &deadline) &&
			!__builtin_sub_overflow(deadline, now, &context->remaining_ns);
}

/* ---- Methods of foreign types ---- */

static struct error *decode_done_method(const struct body *body)
{
	struct context_builder *builder = body->builder;
	struct context *context = context_of(body);
	struct method_result result;
	ptrdiff_t number = CONTEXT_NONE;
	struct error *err = NULL;
	context_method_done(builder->methods, body->shape, context->address, &result);
	switch (result.kind) {
	case METHOD_CONTEXT:
		err = context_builder_add(builder, result.shape, result.address, &number);
		builder->links[body->number].done_of = number;
		break;
	case METHOD_OWN:
		builder->links[body->number].own_channel = true;
		context->done = result.words[0];
		break;
	case METHOD_CANCEL:
		builder->links[body->number].cancel = result.address;
		break;
	case METHOD_NIL:
		builder->links[body->number].never = true;
		break;
	default:
		break;
	}
	return err;
}

static struct error *decode_deadline_method(const struct body *body)
{
	struct context_builder *builder = body->builder;
	struct method_result result;
	ptrdiff_t number = CONTEXT_NONE;
	struct error *err = NULL;
	context_method_deadline(builder->methods, body->shape, context_of(body)->address, &result);
	if (result.kind == METHOD_CONTEXT) {
		err = context_builder_add(builder, result.shape, result.address, &number);
		builder->links[body->number].deadline_of = number;
	} else if (result.kind == METHOD_OWN) {
		set_deadline(body, result.words);
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
	set_bubble_deadline(body);
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
	uint64_t size = context_shape_bytes(shape);
	if (size > MAX_BODY) {
		context->partial = true;
		return NULL;
	}
	_cleanup_free_ uint8_t *bytes = calloc(1, size + 1);
	if (!bytes)
		return error_no_memory();
	body.bytes = bytes;
	body.size = (size_t)size;
	if (shape->inline_body) {
		memcpy(bytes, &context->address, body.size < 8 ? body.size : 8);
		return decode_parts(&body);
	}
	struct error *err = context_shape_read(builder->program, shape, context->address, bytes);
	if (err)
		return mark_partial(&body, err);
	err = context_builder_add_cancel(builder, index, bytes);
	return err ? err : decode_parts(&body);
}
