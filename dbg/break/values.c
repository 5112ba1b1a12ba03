/* Reads the values at a hit: see values.h. */
#include "dbg/break/values.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/stack.h"

/* The innermost function outside the runtime. */
static struct error *user_function(struct hit *hit, struct expr_value *ret)
{
	const struct unwind_line *frame;
	struct error *err = hit_user_frame(hit, &frame);
	expr_value_string(ret, frame ? frame->function : NULL);
	return err;
}

/* The entry or creator of a goroutine, with function names as in tracebacks. */
static void code_value(
	struct hit *hit, int id, const struct hit_goroutine *goroutine, struct expr_value *ret)
{
	const struct runtime_layout *layout = &hit->program->layout;
	bool creator = id == VALUE_CREATOR || id == VALUE_CREATOR_FILE || id == VALUE_CREATOR_LINE;
	uint64_t pc = hit_goroutine_field(goroutine, creator ? layout->g.gopc : layout->g.startpc);
	const struct unwind_info *info =
		pc ? unwind_info_in(hit->program, hit->unwind, pc, !creator) : NULL;
	if (!info)
		return;
	const struct unwind_line *physical = &info->lines[info->line_count - 1];
	const struct unwind_line *line = creator ? &info->lines[0] : physical;
	if (id == VALUE_FILE || id == VALUE_CREATOR_FILE)
		expr_value_string(ret, line->file);
	else if (id == VALUE_LINE || id == VALUE_CREATOR_LINE)
		expr_value_integer(ret, EXPR_INT, line->line > 0, line->line);
	else
		expr_value_string(ret, physical->function);
}

static void goid_value(
	const struct hit *hit, const struct hit_goroutine *goroutine, struct expr_value *ret)
{
	uint64_t goid = goroutine->address
				? hit_goroutine_field(goroutine, hit->program->layout.g.goid)
				: 0;
	expr_value_integer(ret, EXPR_INT, goid != 0, (int64_t)goid);
}

/* A value of the goroutine that the location is about. */
static struct error *other_value(struct value_input *input, int id, struct expr_value *ret)
{
	struct hit *hit = input->hit;
	struct hit_goroutine *goroutine;
	const struct runtime_layout *layout = &hit->program->layout;
	struct error *err = hit_other(hit, &goroutine);
	int64_t born;
	uint64_t reason;
	if (err || !goroutine->address)
		return err;
	switch (id) {
	case VALUE_NEW_GOID:
	case VALUE_READY_GOID:
		goid_value(hit, goroutine, ret);
		break;
	case VALUE_CALLS:
		expr_value_string(ret, wrapped_call(hit->program, hit->unwind, &hit->calls,
					       input->source->wrapper_id,
					       hit_goroutine_field(goroutine, layout->g.startpc)));
		break;
	case VALUE_AGE:
		if (births_find(
			    input->births, hit_goroutine_field(goroutine, layout->g.goid), &born))
			expr_value_integer(ret, EXPR_DURATION, true, hit->monotonic_ns - born);
		break;
	case VALUE_REASON:
		reason = hit_goroutine_field(goroutine, layout->g.waitreason);
		if (reason < hit->program->wait_reason_count)
			expr_value_string(ret, hit->program->wait_reasons[reason]);
		break;
	default:
		code_value(hit, id, goroutine, ret);
	}
	return NULL;
}

/* timerCtx and afterFuncCtx embed a cancelCtx and cancel it from their own cancel methods. */
static const char *context_type(struct hit *hit)
{
	static const char *const methods[][2] = {
		{"context.(*timerCtx).cancel", "*context.timerCtx"},
		{"context.(*afterFuncCtx).cancel", "*context.afterFuncCtx"},
	};
	uint64_t pc = hit_return_address(hit);
	const struct unwind_info *info =
		pc ? unwind_info_in(hit->program, hit->unwind, pc, false) : NULL;
	for (size_t i = 0; info && i < info->line_count; i++) {
		for (size_t j = 0; j < array_length(methods); j++) {
			if (strcmp(info->lines[i].function, methods[j][0]) == 0)
				return methods[j][1];
		}
	}
	return "*context.cancelCtx";
}

/* The text of an error field of the context, or else its type. */
static struct error *context_error(
	struct hit *hit, int64_t offset, bool any, struct expr_value *ret)
{
	uint64_t words[2], type;
	if (offset < 0)
		return NULL;
	struct error *err = hit_read(hit, hit->subject + (uint64_t)offset, words, sizeof(words));
	if (!err)
		err = hit_dynamic_type(hit, any, words, &type);
	if (!err && type)
		err = hit_describe(hit, type, words[1], ret);
	if (!err && type && !ret->present)
		err = hit_type_name(hit, type, ret);
	return err;
}

/* Reads the number of entries of the map `children`, of either map implementation. */
static struct error *count_children(struct hit *hit, int64_t offset, struct expr_value *ret)
{
	const struct runtime_layout *layout = &hit->program->layout;
	struct field count =
		field_present(layout->swiss_map.used) ? layout->swiss_map.used : layout->hmap.count;
	uint64_t map, number = 0;
	if (offset < 0 || !field_present(count))
		return NULL;
	struct error *err = hit_read(hit, hit->subject + (uint64_t)offset, &map, sizeof(map));
	if (!err && map)
		err = hit_read(hit, map + count.offset, &number, sizeof(number));
	expr_value_integer(ret, EXPR_INT, !err, (int64_t)number);
	return err;
}

static struct error *context_value(
	struct hit *hit, const struct context_parts *parts, int id, struct expr_value *ret)
{
	switch (id) {
	case VALUE_CTX:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)hit->subject);
		return NULL;
	case VALUE_CTX_TYPE:
		expr_value_string(ret, context_type(hit));
		return NULL;
	case VALUE_ERR:
		return context_error(hit, parts->err, parts->err_is_any, ret);
	case VALUE_CAUSE:
		return context_error(hit, parts->cause, false, ret);
	default:
		return count_children(hit, parts->children, ret);
	}
}

/* The argument of gopanic: type and data words, in the first two argument registers. */
static struct error *panic_value(struct hit *hit, int id, struct expr_value *ret)
{
	enum { RAX = 0, RBX = 3 };
	uint64_t type = hit_register(hit, RAX);
	if (!type)
		return NULL;
	if (id == VALUE_PANIC)
		return hit_describe(hit, type, hit_register(hit, RBX), ret);
	return hit_type_name(hit, type, ret);
}

/* A value of the goroutine that hit. */
static struct error *current_value(
	struct value_input *input, int id, const char *key, struct expr_value *ret)
{
	struct hit *hit = input->hit;
	struct hit_goroutine *goroutine;
	if (id == VALUE_LABELS)
		return hit_label(hit, key, ret);
	struct error *err = hit_current(hit, &goroutine);
	if (!err)
		goid_value(hit, goroutine, ret);
	return err;
}

static struct error *stack_value(
	struct value_input *input, int id, size_t index, struct expr_value *ret)
{
	struct hit *hit = input->hit;
	const struct location *location = input->source->location;
	if (id == VALUE_FUNCTION && location->kind >= LOCATION_FUNCTION) {
		expr_value_string(ret, location->items[input->item].code.function);
		return NULL;
	}
	if (id == VALUE_FUNCTION)
		return user_function(hit, ret);
	struct error *err = hit_stack(hit);
	size_t at = id == VALUE_CALLER ? 1 : index;
	if (!err && at < hit->frame_count)
		expr_value_string(ret, hit->frames[at]->function);
	else if (!err && hit->stack_cut)
		err = error_create(ERROR_FAULT,
			"the stack has more than %d frames, and the others could change the result",
			HIT_MAX_FRAMES);
	return err;
}

struct error *value_at_hit(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	struct value_input *input = context;
	struct hit *hit = input->hit;
	switch (id) {
	case VALUE_HITS:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)hit->number);
		return NULL;
	case VALUE_THREAD:
		expr_value_integer(ret, EXPR_INT, true, hit->trap->tid);
		return NULL;
	case VALUE_GOID:
	case VALUE_LABELS:
		return current_value(input, id, key, ret);
	case VALUE_FUNCTION:
	case VALUE_CALLER:
	case VALUE_STACK:
		return stack_value(input, id, index, ret);
	case VALUE_CTX:
	case VALUE_CTX_TYPE:
	case VALUE_ERR:
	case VALUE_CAUSE:
	case VALUE_CHILDREN:
		return context_value(hit, &input->source->context, id, ret);
	case VALUE_PANIC:
	case VALUE_PANIC_TYPE:
		return panic_value(hit, id, ret);
	default:
		if (id < VALUE_VARIABLES)
			return other_value(input, id, ret);
		return location_variable_value(hit, input->source->variables, input->item,
			(size_t)(id - VALUE_VARIABLES), ret);
	}
}
