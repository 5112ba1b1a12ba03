/* Classifying functions and frames: see stack.h. */
#include "dbg/go/stacks/stack.h"

const char *frame_stack_name(enum frame_stack stack)
{
	static const char *const names[] = {[FRAME_GOROUTINE] = "goroutine",
		[FRAME_SYSTEM] = "system",
		[FRAME_SIGNAL] = "signal",
		[FRAME_C] = "c"};
	return names[stack];
}

static bool has_prefix(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++) {
		if (strncmp(text, *prefixes, strlen(*prefixes)) == 0)
			return true;
	}
	return false;
}

enum function_kind function_kind(const char *name)
{
	static const char *const internal[] = {"runtime.", "runtime/internal/", "internal/runtime/",
		"internal/poll.runtime_", "sync.runtime_", "internal/sync.runtime_", NULL};
	static const char *const low[] = {"internal/", "sync.", "syscall.", "time.", "net.", "os.",
		"io.", "bufio.", "bytes.", "crypto/", NULL};
	/* In the standard library, the first element of a package path has no dot. Package main is
	 * the program's own. */
	size_t first = strcspn(name, "/");
	if (strncmp(name, "main.", 5) == 0 || (name[first] == '/' && memchr(name, '.', first)))
		return FUNCTION_PROGRAM;
	if (has_prefix(name, internal))
		return FUNCTION_INTERNAL;
	return has_prefix(name, low) ? FUNCTION_LOW : FUNCTION_OTHER;
}

bool frame_is_runtime(const struct frame *frame)
{
	return frame->stack == FRAME_SIGNAL || frame->stack == FRAME_SYSTEM ||
	       frame->kind == FUNCTION_INTERNAL;
}

const struct frame *stack_user_frame(const struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (!frame_is_runtime(&stack->frames[i]))
			return &stack->frames[i];
	}
	return stack->count ? &stack->frames[0] : NULL;
}

const struct frame *stack_summary_frame(const struct stack *stack)
{
	const struct frame *found = NULL;
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (frame->stack == FRAME_GOROUTINE && frame->kind == FUNCTION_PROGRAM)
			return frame;
		if (!found && !frame_is_runtime(frame) && frame->stack != FRAME_C &&
			frame->kind != FUNCTION_LOW)
			found = frame;
	}
	return found ? found : stack_user_frame(stack);
}
