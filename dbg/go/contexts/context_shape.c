/* The layout of a context type: see context_shape.h. */
#include "dbg/go/contexts/context_shape.h"
#include "dbg/go/program/program_state.h"

enum { MAX_DEPTH = 6 }; /* of nested structs */

struct search {
	struct program *program;
	struct context_shape *shape;
};

static bool is_package_context(const struct go_type *type, const char *name)
{
	return go_type_is(type, "context", name);
}

/* ---- Package context's own types ---- */

static struct error *offset_of(struct program *program, const struct go_type *body,
	const char *name, uint64_t base, int64_t *ret, const struct go_type **ret_type)
{
	struct go_field field;
	struct error *err = go_type_field(program, body, name, &field);
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		return NULL; /* this release does not have the field */
	}
	if (err)
		return err;
	*ret = (int64_t)(base + field.offset);
	if (ret_type)
		*ret_type = field.type;
	return NULL;
}

/* Finds the cancelCtx that `body` is, or that it embeds by value. */
static struct error *find_cancel(
	const struct search *search, const struct go_type *body, uint64_t base, int depth)
{
	struct context_shape *shape = search->shape;
	struct program *program = search->program;
	if (is_package_context(body, "cancelCtx")) {
		const struct go_type *err_type = NULL;
		shape->cancel = (int64_t)base;
		struct error *err = offset_of(program, body, "mu", base, &shape->mutex, NULL);
		if (!err)
			err = offset_of(program, body, "done", base, &shape->done, NULL);
		if (!err)
			err = offset_of(program, body, "err", base, &shape->err, &err_type);
		if (!err)
			err = offset_of(program, body, "cause", base, &shape->cause, NULL);
		if (!err)
			err = offset_of(program, body, "children", base, &shape->children,
				&shape->children_type);
		shape->err_is_atomic = err_type && err_type->kind == GO_STRUCT;
		return err;
	}
	const struct go_field *fields;
	size_t count;
	struct error *err =
		depth > MAX_DEPTH ? NULL : go_type_fields(program, body, &fields, &count);
	if (depth > MAX_DEPTH)
		return NULL;
	for (size_t i = 0; !err && shape->cancel == NO_OFFSET && i < count; i++) {
		if (fields[i].embedded && fields[i].type->kind == GO_STRUCT)
			err = find_cancel(
				search, fields[i].type, base + fields[i].offset, depth + 1);
	}
	return err;
}

/* Finds the cancelCtx, and its parent, that a timerCtx of 1.20 embeds by pointer. */
static struct error *find_detached_cancel(const struct search *search)
{
	struct context_shape *shape = search->shape;
	const struct go_type *body = NULL, *type = NULL, *parent_type = NULL;
	int64_t pointer = NO_OFFSET, parent = NO_OFFSET;
	struct error *err =
		offset_of(search->program, shape->body, "cancelCtx", 0, &pointer, &type);
	if (err || !type || type->kind != GO_POINTER)
		return err;
	err = go_type_element(search->program, type, &body);
	if (err || !is_package_context(body, "cancelCtx"))
		return err;
	shape->cancel_pointer = pointer;
	shape->cancel_size = body->size;
	err = find_cancel(search, body, shape->body->size, 0);
	if (!err)
		err = offset_of(
			search->program, body, "Context", shape->body->size, &parent, &parent_type);
	if (!err && parent != NO_OFFSET)
		shape->parents[shape->parent_count++] = (struct parent_field){
			PARENT_INTERFACE, (uint64_t)parent, parent_type, NO_OFFSET};
	return err;
}

static struct error *find_standard(const struct search *search)
{
	struct context_shape *shape = search->shape;
	struct program *program = search->program;
	const struct go_type *body = shape->body;
	struct error *err = NULL;
	if (is_package_context(body, "cancelCtx")) {
		shape->kind = CONTEXT_CANCEL;
	} else if (is_package_context(body, "timerCtx")) {
		shape->kind = CONTEXT_TIMER;
		err = offset_of(program, body, "deadline", 0, &shape->deadline, NULL);
		if (!err)
			err = offset_of(program, body, "timer", 0, &shape->timer, NULL);
	} else if (is_package_context(body, "afterFuncCtx")) {
		shape->kind = CONTEXT_AFTER_FUNC;
		err = offset_of(program, body, "f", 0, &shape->after_func, NULL);
	} else if (is_package_context(body, "valueCtx")) {
		shape->kind = CONTEXT_VALUE;
		err = offset_of(program, body, "key", 0, &shape->key, NULL);
		if (!err)
			err = offset_of(program, body, "val", 0, &shape->value, NULL);
	} else if (is_package_context(body, "withoutCancelCtx")) {
		shape->kind = CONTEXT_WITHOUT_CANCEL;
	} else if (is_package_context(body, "backgroundCtx") ||
		   is_package_context(body, "todoCtx") || is_package_context(body, "emptyCtx")) {
		shape->kind = CONTEXT_BACKGROUND;
	}
	return err;
}

struct error *context_shape_load(struct program *program, uint64_t descriptor,
	const uint64_t code[CONTEXT_METHODS], const struct context_lookup *lookup,
	struct context_shape *ret)
{
	*ret = (struct context_shape){.descriptor = descriptor,
		.cancel = NO_OFFSET,
		.cancel_pointer = NO_OFFSET,
		.mutex = NO_OFFSET,
		.done = NO_OFFSET,
		.err = NO_OFFSET,
		.cause = NO_OFFSET,
		.children = NO_OFFSET,
		.deadline = NO_OFFSET,
		.timer = NO_OFFSET,
		.key = NO_OFFSET,
		.value = NO_OFFSET,
		.after_func = NO_OFFSET};
	memcpy(ret->code, code, sizeof(ret->code));
	struct search search = {program, ret};
	struct error *err = program_type_at(program, descriptor, &ret->type);
	if (err)
		return err;
	ret->body = ret->type;
	if (ret->type->kind == GO_POINTER)
		err = go_type_element(program, ret->type, &ret->body);
	else
		ret->inline_body = ret->type->direct;
	if (err)
		return err;
	ret->size = ret->inline_body ? 0 : ret->body->size;
	err = find_standard(&search);
	if (err || ret->kind == CONTEXT_BACKGROUND)
		return err;
	if (ret->body->kind != GO_STRUCT)
		return NULL;
	err = find_cancel(&search, ret->body, 0, 0);
	if (!err && ret->kind == CONTEXT_TIMER && ret->cancel == NO_OFFSET)
		err = find_detached_cancel(&search);
	if (!err && ret->cancel_pointer == NO_OFFSET)
		err = context_parent_find(program, lookup, ret);
	return err;
}

/* The address of the cancelCtx that is an object of its own. */
static struct error *read_cancel_pointer(
	struct program *program, const struct context_shape *shape, uint64_t address, uint64_t *ret)
{
	return target_read_u64(program->target, address + (uint64_t)shape->cancel_pointer, ret);
}

struct error *context_shape_read(
	struct program *program, const struct context_shape *shape, uint64_t address, uint8_t *ret)
{
	uint64_t cancel, size = shape->body->size;
	struct error *err = target_read(program->target, address, ret, size);
	if (err || shape->cancel_pointer == NO_OFFSET)
		return err;
	err = read_cancel_pointer(program, shape, address, &cancel);
	return err ? err : target_read(program->target, cancel, ret + size, shape->cancel_size);
}

struct error *context_shape_word(struct program *program, const struct context_shape *shape,
	uint64_t address, int64_t offset, uint64_t *ret)
{
	uint64_t at = (uint64_t)offset, size = shape->body->size;
	if (shape->cancel_pointer != NO_OFFSET && at >= size) {
		struct error *err = read_cancel_pointer(program, shape, address, &address);
		if (err)
			return err;
		at -= size;
	}
	return target_read_u64(program->target, address + at, ret);
}
