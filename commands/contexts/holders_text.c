/* Printing goroutines, variables and objects that hold contexts: see holders_text.h. */
#include "commands/contexts/holders_text.h"

#include <inttypes.h>

#include "commands/render/json.h"
#include "dbg/go/stacks/function.h"
#include "dbg/go/values/variables.h"

static struct error *load_view(struct session *session, uint64_t goid, struct goroutine_view *ret)
{
	*ret = (struct goroutine_view){.program = session->program};
	struct error *err = program_goroutine(session->program, goid, &ret->goroutine);
	return err ? err : goroutine_view_load(ret, VIEW_STACK);
}

void goroutine_line(struct output *output, struct session *session, uint64_t goid)
{
	struct goroutine_view view;
	struct error *err = load_view(session, goid, &view);
	output_printf(output, STYLE_STRONG, "goroutine %" PRIu64, goid);
	if (!err) {
		char wait[72];
		struct wait_time time = goroutine_wait_time(session->program, view.goroutine);
		output_printf(output, STYLE_PLAIN, " [");
		output_text(output, STYLE_PLAIN, goroutine_state(session->program, view.goroutine));
		if (wait_time_is_known(&time))
			output_printf(output, STYLE_PLAIN, ", %s",
				format_wait_time(&time, wait, sizeof(wait)));
		output_printf(output, STYLE_PLAIN, "]  ");
		const struct frame *top = stack_summary_frame(&view.stack);
		output_text(output, STYLE_FUNCTION, top ? top->function : "?");
		if (top && top->file)
			output_printf(
				output, STYLE_PLAIN, " %s:%d", base_name(top->file), top->line);
	}
	output_printf(output, STYLE_PLAIN, "\n");
	error_destroy(err);
	goroutine_view_deinit(&view);
}

struct error *goroutine_brief_json(struct json *json, struct session *session, uint64_t goid)
{
	struct goroutine_view view;
	struct error *err = load_view(session, goid, &view);
	json_object(json, NULL);
	json_uint(json, "goid", goid);
	if (!err) {
		const struct frame *top = stack_summary_frame(&view.stack);
		struct wait_time time = goroutine_wait_time(session->program, view.goroutine);
		json_string(json, "state", goroutine_state(session->program, view.goroutine));
		wait_time_json(
			json, "", goroutine_wait_ns(session->program, view.goroutine), &time);
		if (top)
			frame_json(json, "top", top);
	}
	json_end(json);
	goroutine_view_deinit(&view);
	return error_ignore_unreadable(err);
}

/* The name of the variable in frame `index` that contains `address`; malloc'ed, NULL if none is
 * known. */
static char *variable_at(
	struct session *session, const struct stack *stack, size_t index, uint64_t address)
{
	struct variables variables;
	char *name = NULL;
	struct error *err = frame_variables(session->program, stack, index, NULL, &variables);
	if (err) {
		error_destroy(err);
		return NULL;
	}
	for (size_t i = 0; !name && i < variables.count; i++) {
		const struct value *value = &variables.items[i].value;
		if (value->type && value->address && address >= value->address &&
			address - value->address < value->type->size)
			name = strdup(variables.items[i].name);
	}
	variables_deinit(&variables);
	return name;
}

/* The frame that contains the holder, and the name of its variable (malloc'ed) if known. */
static const struct frame *holding_frame(struct session *session, const struct goroutine_view *view,
	const struct context_holder *holder, char **ret_variable)
{
	const struct frame *found = NULL;
	*ret_variable = NULL;
	for (size_t i = 0; i < view->stack.count && !*ret_variable; i++) {
		const struct frame *frame = &view->stack.frames[i];
		if (frame->fp != holder->frame || frame->stack != FRAME_GOROUTINE)
			continue;
		found = frame; /* the last match is the function that the others are inlined into */
		*ret_variable = variable_at(session, &view->stack, i, holder->address);
	}
	return found;
}

/* ---- Heap objects ---- */

static int by_object(const void *a, const void *b)
{
	const struct object_type *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

struct error *holder_objects_load(struct session *session, const struct context_holder *holders,
	size_t count, struct holder_objects *ret)
{
	struct object_type *items = calloc(count + 1, sizeof(*items));
	*ret = (struct holder_objects){items, 0};
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		const struct context_holder *holder = &holders[i];
		if (holder->kind == HOLDER_HEAP && holder->object && !holder->registered &&
			holder->inside == CONTEXT_NONE)
			items[ret->count++] = (struct object_type){
				.address = holder->object, .size = holder->object_size};
	}
	if (!ret->count)
		return NULL;
	qsort(items, ret->count, sizeof(*items), by_object);
	size_t kept = 0;
	for (size_t i = 0; i < ret->count; i++) {
		if (!kept || items[i].address != items[kept - 1].address)
			items[kept++] = items[i];
	}
	ret->count = kept;
	return program_object_types(session->program, items, kept);
}

void holder_objects_deinit(struct holder_objects *objects)
{
	free(objects->items);
	*objects = (struct holder_objects){0};
}

const struct object_type *holder_object(
	const struct holder_objects *objects, const struct context_holder *holder)
{
	const struct object_type key = {.address = holder->object};
	return holder->kind == HOLDER_HEAP && objects->count
		       ? bsearch(&key, objects->items, objects->count, sizeof(key), by_object)
		       : NULL;
}

/* "main.server 0x…, its conn.ctx" or "closure of main.serve.func1 0x…, at +16". */
static void object_text(struct output *output, struct session *session,
	const struct object_type *object, uint64_t offset)
{
	char path[256];
	if (object->function) {
		output_printf(output, STYLE_PLAIN, "closure of ");
		output_text(output, STYLE_FUNCTION, object->function);
		output_printf(output, STYLE_ADDRESS, " 0x%" PRIx64, object->address);
		output_printf(output, STYLE_PLAIN, ", at +%" PRIu64, offset);
		return;
	}
	error_destroy(object_type_path(session->program, object, offset, path, sizeof(path)));
	if (object->repeated)
		output_printf(output, STYLE_PLAIN, "[…]");
	output_text(output, STYLE_FUNCTION, object->type->name);
	output_printf(output, STYLE_ADDRESS, " 0x%" PRIx64, object->address + object->start);
	if (path[0])
		output_printf(output, STYLE_PLAIN, ", its %s", path[0] == '.' ? path + 1 : path);
}

static void heap_text(struct output *output, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder)
{
	const struct object_type *object = holder_object(objects, holder);
	uint64_t offset = holder->address - holder->object;
	if (holder->inside != CONTEXT_NONE)
		output_printf(output, STYLE_PLAIN, "%s 0x%" PRIx64 ", which is derived from it",
			forest->items[holder->inside].type->name,
			forest->items[holder->inside].address);
	else if (holder->registered)
		output_printf(output, STYLE_PLAIN,
			"its entry in an ancestor's map of children, at 0x%" PRIx64,
			holder->address);
	else if (object && (object->type || object->function))
		object_text(output, session, object, offset);
	else
		output_printf(output, STYLE_PLAIN,
			"heap object 0x%" PRIx64 " of %" PRIu64 " bytes, at +%" PRIu64,
			holder->object, holder->object_size, offset);
}

static void goroutine_text(
	struct output *output, struct session *session, const struct context_holder *holder)
{
	struct goroutine_view view;
	char *variable = NULL;
	struct error *err = load_view(session, holder->goid, &view);
	const struct frame *frame = err ? NULL : holding_frame(session, &view, holder, &variable);
	output_printf(output, STYLE_STRONG, "goroutine %" PRIu64, holder->goid);
	if (frame) {
		output_printf(output, STYLE_PLAIN, "  in ");
		output_text(output, STYLE_FUNCTION, frame->function);
		output_printf(output, STYLE_PLAIN, " %s:%d",
			frame->file ? base_name(frame->file) : "?", frame->line);
	}
	if (variable)
		output_printf(output, STYLE_PLAIN, "  (variable %s)", variable);
	if (!holder->mapped)
		output_printf(output, STYLE_DIM, "  (not certain: it was running)");
	free(variable);
	error_destroy(err);
	goroutine_view_deinit(&view);
}

void holder_line(struct output *output, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder)
{
	const char *name;
	switch (holder->kind) {
	case HOLDER_GOROUTINE:
		goroutine_text(output, session, holder);
		break;
	case HOLDER_HEAP:
		heap_text(output, session, forest, objects, holder);
		break;
	case HOLDER_GLOBAL:
		name = program_global_name(session->program, holder->address);
		output_printf(output, STYLE_PLAIN, "global ");
		output_text(output, STYLE_FUNCTION, name ? name : "variable");
		output_printf(output, STYLE_PLAIN, " at 0x%" PRIx64, holder->address);
		break;
	}
	output_printf(output, STYLE_PLAIN, "\n");
}

static struct error *object_json(struct json *json, struct session *session,
	const struct object_type *object, uint64_t offset)
{
	char path[256] = "";
	struct error *err = object_type_path(session->program, object, offset, path, sizeof(path));
	json_string(json, "object_type", object->type ? object->type->name : NULL);
	if (object->repeated)
		json_bool(json, "object_is_array", true);
	json_string(json, "field", path[0] ? path : NULL);
	json_string(json, "closure", object->function);
	return error_ignore_unreadable(err);
}

static struct error *goroutine_holder_json(
	struct json *json, struct session *session, const struct context_holder *holder)
{
	struct goroutine_view view;
	_cleanup_free_ char *variable = NULL;
	struct error *err = load_view(session, holder->goid, &view);
	const struct frame *frame = err ? NULL : holding_frame(session, &view, holder, &variable);
	json_uint(json, "goid", holder->goid);
	json_bool(json, "exact", holder->mapped);
	if (frame)
		frame_json(json, "frame", frame);
	json_string(json, "variable", variable);
	goroutine_view_deinit(&view);
	return error_ignore_unreadable(err);
}

static struct error *heap_json(struct json *json, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder)
{
	const struct object_type *object = holder_object(objects, holder);
	struct error *err = NULL;
	json_address(json, "object", holder->object);
	json_uint(json, "object_size", holder->object_size);
	if (object)
		err = object_json(json, session, object, holder->address - holder->object);
	if (holder->inside != CONTEXT_NONE)
		json_address(json, "ctx", forest->items[holder->inside].address);
	json_bool(json, "registration", holder->registered);
	return err;
}

struct error *holder_json(struct json *json, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder)
{
	static const char *const kinds[] = {[HOLDER_GOROUTINE] = "goroutine",
		[HOLDER_HEAP] = "heap",
		[HOLDER_GLOBAL] = "global"};
	struct error *err = NULL;
	json_object(json, NULL);
	json_string(json, "kind", kinds[holder->kind]);
	json_address(json, "at", holder->address);
	switch (holder->kind) {
	case HOLDER_GOROUTINE:
		err = goroutine_holder_json(json, session, holder);
		break;
	case HOLDER_HEAP:
		err = heap_json(json, session, forest, objects, holder);
		break;
	case HOLDER_GLOBAL:
		json_string(
			json, "variable", program_global_name(session->program, holder->address));
		break;
	}
	json_end(json);
	return err;
}
