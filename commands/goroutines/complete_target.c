/* Completion from what the target has: see complete_target.h. */
#include "commands/goroutines/complete_target.h"

#include <inttypes.h>

#include "commands/session/session.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/stacks/function.h"

void complete_goroutine(struct session *session, size_t word_index, const char *word,
	struct completions *completions)
{
	const struct goroutine_list *list;
	if (word_index > 0 || !session->program)
		return;
	struct error *err = program_goroutines(session->program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		char text[24];
		snprintf(text, sizeof(text), "%" PRIu64, list->items[i].goid);
		completions_add(completions, word, text);
	}
	error_destroy(err);
}

void complete_goroutine_value(struct session *session, const struct command_option *option,
	const char *word, struct completions *completions)
{
	if (strcmp(option->name, "goroutine") == 0)
		complete_goroutine(session, 0, word, completions);
}

void complete_thread(struct session *session, size_t word_index, const char *word,
	struct completions *completions)
{
	const struct thread *threads;
	size_t count;
	if (word_index > 0 || !session->target)
		return;
	struct error *err = target_threads(session->target, &threads, &count);
	for (size_t i = 0; !err && i < count; i++) {
		char text[24];
		snprintf(text, sizeof(text), "%d", threads[i].tid);
		completions_add(completions, word, text);
	}
	error_destroy(err);
}

struct function_completion {
	const char *word;
	struct completions *completions;
	size_t count;
};

static bool complete_one_function(void *context, const char *name)
{
	enum { MOST = 5000 };
	struct function_completion *completion = context;
	if (strncmp(name, completion->word, strlen(completion->word)) == 0) {
		completions_add(completion->completions, completion->word, name);
		completion->count++;
	}
	return completion->count < MOST;
}

void complete_function(struct session *session, const char *word, struct completions *completions)
{
	struct function_completion completion = {word, completions, 0};
	program_visit_functions(session->program, complete_one_function, &completion);
}
