/* What the age of the last garbage collection says about contexts: see garbage_note.h. */
#include "commands/contexts/garbage_note.h"

#include "dbg/go/waits/wait_time.h"

void garbage_note_text(struct session *session, const struct context_forest *forest)
{
	char age[32];
	size_t canceled = 0;
	int64_t since = program_since_gc_ns(session->program);
	for (size_t i = 0; i < forest->count; i++)
		canceled += forest->items[i].state == CONTEXT_CANCELED;
	if (!canceled)
		return;
	if (since < 0)
		snprintf(age, sizeof(age), "none has run yet");
	else
		format_duration(since, age, sizeof(age));
	output_printf(&session->out, STYLE_DIM,
		"\nContexts of finished requests are listed until a garbage collection frees them "
		"(the last one: %s%s).\n",
		age, since < 0 ? "" : " ago");
}

void garbage_note_json(struct json *json, struct session *session)
{
	int64_t since = program_since_gc_ns(session->program);
	if (since < 0)
		json_null(json, "gc_age_seconds");
	else
		json_double(json, "gc_age_seconds", (double)since / 1e9);
}
