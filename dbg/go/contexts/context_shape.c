/* The layout of a context type: see context_shape.h. */
#include "dbg/go/contexts/context_method.h"
#include "dbg/go/contexts/context_shape.h"
#include "dbg/go/program/program_state.h"

enum { MAX_DEPTH = 6 }; /* of nested structs */

struct search {
	struct program *program;
	struct context_shape *shape;
	bool (*is_context)(void *context, const struct go_type *type);
	void *context;
};

static bool is_package_context(const struct go_type *type, const char *name)
{
	return go_type_is(type, "context", name);
}

/* ---- The parent ---- */

static struct error *field_as_parent(const struct search *search, const struct go_field *field,
	uint64_t offset, bool embedded_only, bool *ret)
{
	struct context_shape *shape = search->shape;
	const struct go_type *type = field->type;
	*ret = false;
	bool empty = true;
	if (type->kind == GO_INTERFACE) {
		bool standard = is_package_context(type, "Context");
		struct error *err = go_type_is_empty_interface(search->program, type, &empty);
		if (err)
			return err;
		if (!empty && (standard || field->embedded)) {
			shape->parent = PARENT_INTERFACE;
			*ret = true;
		}
	} else if (type->kind == GO_POINTER && (field->embedded || !embedded_only) &&
		   search->is_context(search->context, type)) {
		shape->parent = PARENT_POINTER;
		shape->parent_type = type;
		*ret = true;
	}
	if (*ret)
		shape->parent_offset = (int64_t)offset;
	return NULL;
}

/*
 * Embedded fields take precedence over named ones (the caller searches twice). Each level of
 * embedding is searched completely before the next, as Go does for promoted methods.
 */
static struct error *find_parent(const struct search *search, const struct go_type *body,
	uint64_t base, bool embedded_only, int depth, bool *ret)
{
	const struct go_field *fields;
	size_t count;
	*ret = false;
	if (depth > MAX_DEPTH)
		return NULL;
	struct error *err = go_type_fields(search->program, body, &fields, &count);
	for (size_t i = 0; !err && !*ret && i < count; i++) {
		if (fields[i].embedded || !embedded_only)
			err = field_as_parent(
				search, &fields[i], base + fields[i].offset, embedded_only, ret);
	}
	for (size_t i = 0; !err && !*ret && i < count; i++) {
		if (fields[i].type->kind == GO_STRUCT && (fields[i].embedded || !embedded_only))
			err = find_parent(search, fields[i].type, base + fields[i].offset,
				embedded_only, depth + 1, ret);
	}
	return err;
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
	const uint64_t code[2], bool (*is_context)(void *context, const struct go_type *type),
	void *context, struct context_shape *ret)
{
	*ret = (struct context_shape){.descriptor = descriptor,
		.cancel = NO_OFFSET,
		.mutex = NO_OFFSET,
		.done = NO_OFFSET,
		.err = NO_OFFSET,
		.cause = NO_OFFSET,
		.children = NO_OFFSET,
		.deadline = NO_OFFSET,
		.key = NO_OFFSET,
		.value = NO_OFFSET,
		.after_func = NO_OFFSET};
	struct search search = {program, ret, is_context, context};
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
	bool found = false;
	if (ret->body->kind == GO_STRUCT) {
		err = find_cancel(&search, ret->body, 0, 0);
		if (!err)
			err = find_parent(&search, ret->body, 0, true, 0, &found);
		ret->embeds = !err && found;
		if (!err && !found)
			err = find_parent(&search, ret->body, 0, false, 0, &found);
	}
	if (err || ret->kind != CONTEXT_FOREIGN || ret->cancel != NO_OFFSET)
		return err;
	err = context_method_read(program, code[0], ret, &ret->deadline_method);
	return err ? err : context_method_read(program, code[1], ret, &ret->done_method);
}
