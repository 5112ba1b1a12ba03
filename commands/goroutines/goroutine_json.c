/* Goroutines and stacks as JSON: see goroutine_view.h. */
#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"

void frame_json(struct json *json, const char *key, const struct frame *frame)
{
	json_object(json, key);
	json_string(json, "func", frame->function);
	json_string(json, "file", frame->file);
	json_int(json, "line", frame->line);
	json_address(json, "pc", frame->pc);
	json_address(json, "sp", frame->sp);
	json_address(json, "fp", frame->fp);
	json_bool(json, "inlined", frame->inlined);
	json_string(json, "stack", frame_stack_name(frame->stack));
	json_end(json);
}

void stack_json(struct json *json, const struct stack *stack)
{
	json_array(json, "frames");
	for (size_t i = 0; i < stack->count; i++)
		frame_json(json, NULL, &stack->frames[i]);
	json_end(json);
	if (stack->problem)
		json_string(json, "problem", stack->problem);
}

static void seconds_json(
	struct json *json, const char *prefix, const char *key, bool known, int64_t nanoseconds)
{
	char name[64];
	snprintf(name, sizeof(name), "%s%s", prefix, key);
	if (known)
		json_double(json, name, (double)nanoseconds / 1e9);
	else
		json_null(json, name);
}

void wait_time_json(
	struct json *json, const char *prefix, int64_t wait_ns, const struct wait_time *time)
{
	seconds_json(json, prefix, "wait_seconds", wait_ns >= 0, wait_ns);
	seconds_json(
		json, prefix, "wait_min_seconds", time->waits && time->min_ns > 0, time->min_ns);
	seconds_json(json, prefix, "wait_max_seconds",
		time->waits && time->max_ns != WAIT_UNBOUNDED, time->max_ns);
}

static void waits_json(struct json *json, const struct goroutine_view *view)
{
	json_array(json, "waiting_on");
	for (size_t i = 0; i < view->wait_count; i++) {
		const struct wait *wait = &view->waits[i];
		json_object(json, NULL);
		json_string(json, "kind", wait_kind_name(wait->kind));
		json_address(json, "addr", wait->address);
		if (wait->op)
			json_string(json, "op", wait->op);
		if (wait->type)
			json_string(json, "type", wait->type);
		const struct context *context = goroutine_view_context(view, i);
		if (context)
			json_address(json, "ctx", context->address);
		if (wait->kind == WAIT_SYSCALL)
			json_string(json, "name", wait->name);
		if (wait->kind == WAIT_NETWORK && wait->fd >= 0)
			json_int(json, "fd", wait->fd);
		if (wait->timer)
			json_string(json, "timer", wait->until_ns > 0 ? "pending" : "stopped");
		if (wait->goid)
			json_uint(json, "resumed_by", wait->goid);
		int64_t now = program_now_ns(view->program);
		if (wait->until_ns > 0 && now > 0)
			json_double(json, "seconds_left", (double)(wait->until_ns - now) / 1e9);
		json_end(json);
	}
	json_end(json);
}

static void labels_json(struct json *json, const struct goroutine_view *view)
{
	json_object(json, "labels");
	for (size_t i = 0; i < view->label_count; i++)
		json_string(json, view->labels[i].key, view->labels[i].value);
	json_end(json);
}

void creator_json(struct json *json, const struct goroutine_view *view)
{
	struct code_location location;
	if (!goroutine_creator(view->program, view->goroutine, &location)) {
		json_null(json, "created_by");
		return;
	}
	json_object(json, "created_by");
	json_string(json, "func", location.function);
	json_string(json, "file", location.file);
	json_int(json, "line", location.line);
	json_address(json, "pc", location.pc);
	json_end(json);
}

void goroutine_json(struct json *json, struct goroutine_view *view, bool frames)
{
	const struct goroutine *goroutine = view->goroutine;
	struct program *program = view->program;
	struct wait_time time = goroutine_wait_time(program, goroutine);
	json_object(json, NULL);
	json_uint(json, "goid", goroutine->goid);
	json_address(json, "addr", goroutine->address);
	json_string(json, "status", goroutine_status(program, goroutine));
	json_string(json, "wait_reason", goroutine_wait_reason(program, goroutine));
	wait_time_json(json, "", goroutine_wait_ns(program, goroutine), &time);
	json_bool(json, "system", goroutine->system);
	if (goroutine->tid)
		json_int(json, "thread", goroutine->tid);
	else
		json_null(json, "thread");
	json_bool(json, "locked", goroutine->locked_m != 0);
	if (goroutine->bubble_id)
		json_uint(json, "synctest_bubble", goroutine->bubble_id);
	labels_json(json, view);
	if (view->labels_partial)
		json_bool(json, "labels_partial", true);
	if (goroutine->parent_goid)
		json_uint(json, "parent_goid", goroutine->parent_goid);
	else
		json_null(json, "parent_goid");
	json_string(json, "entry", program_function_name(program, goroutine->start_pc));
	waits_json(json, view);
	if (view->waits_partial)
		json_bool(json, "waiting_on_partial", true);
	creator_json(json, view);
	if (frames)
		stack_json(json, &view->stack);
	json_end(json);
}
