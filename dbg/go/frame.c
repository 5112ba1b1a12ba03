/* What frames are, and which of a stack tell most: see stack.h. */
#include "dbg/go/stack.h"

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

bool frame_is_runtime(const struct frame *frame)
{
	static const char *const prefixes[] = {"runtime.", "runtime/internal/", "internal/runtime/",
		"internal/poll.runtime_", "sync.runtime_", "internal/sync.runtime_", NULL};
	return frame->stack == FRAME_SIGNAL || frame->stack == FRAME_SYSTEM ||
	       has_prefix(frame->function, prefixes);
}

const struct frame *stack_user_frame(const struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (!frame_is_runtime(&stack->frames[i]))
			return &stack->frames[i];
	}
	return stack->count ? &stack->frames[0] : NULL;
}

/* Not in the standard library: there the first element of a package's path has no dot, but main is
 * the program's. */
static bool is_users(const struct frame *frame)
{
	size_t first = strcspn(frame->function, "/");
	return frame->stack == FRAME_GOROUTINE &&
	       (strncmp(frame->function, "main.", 5) == 0 ||
		       (frame->function[first] == '/' && memchr(frame->function, '.', first)));
}

const struct frame *stack_telling_frame(const struct stack *stack)
{
	static const char *const low[] = {"internal/", "sync.", "syscall.", "time.", "net.", "os.",
		"io.", "bufio.", "bytes.", "crypto/", NULL};
	const struct frame *telling = NULL;
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (is_users(frame))
			return frame;
		if (!telling && !frame_is_runtime(frame) && frame->stack != FRAME_C &&
			!has_prefix(frame->function, low))
			telling = frame;
	}
	return telling ? telling : stack_user_frame(stack);
}
