/* The list of completion candidates: see completions.h. */
#include "commands/session/completions.h"

#include "dwarf/base/memory.h"

/* More completions than a person can read. */
enum { COMPLETIONS_MAX = 5000 };

void completions_deinit(struct completions *completions)
{
	for (size_t i = 0; i < completions->count; i++)
		free(completions->items[i]);
	free(completions->items);
	*completions = (struct completions){0};
}

void completions_add(struct completions *completions, const char *word, const char *text)
{
	if (strncmp(word, text, strlen(word)) != 0 || completions->count >= COMPLETIONS_MAX)
		return;
	for (size_t i = 0; i < completions->count; i++)
		if (!strcmp(completions->items[i], text))
			return;
	if (!array_reserve(&completions->items, &completions->capacity, completions->count + 1))
		return;
	char *copy = strdup(text);
	if (copy)
		completions->items[completions->count++] = copy;
}

void completions_add_files(struct completions *completions)
{
	completions->files = true;
}
