/* Loading what is printed for one goroutine: see goroutine_view.h. */
#include "commands/goroutines/goroutine_view.h"

struct error *goroutine_view_load(struct goroutine_view *view, unsigned parts)
{
	unsigned missing = (parts & VIEW_CONTEXTS ? parts | VIEW_WAITS : parts) & ~view->loaded;
	struct error *err = NULL;
	if (missing & VIEW_STACK)
		err = goroutine_stack(view->program, view->goroutine, &view->stack);
	if (!err && (missing & VIEW_WAITS))
		err = goroutine_waits(view->program, view->goroutine, &view->waits,
			&view->wait_count, &view->waits_partial);
	if (!err && (missing & VIEW_CONTEXTS)) {
		err = program_contexts(view->program, 0, &view->forest);
		if (err && err->code == ERROR_NOT_FOUND) {
			error_destroy(err);
			err = NULL;
			view->forest = NULL;
		}
	}
	if (!err && (missing & VIEW_LABELS))
		err = goroutine_labels(view->program, view->goroutine, &view->labels,
			&view->label_count, &view->labels_partial);
	if (!err)
		view->loaded |= missing;
	return err;
}

const struct context *goroutine_view_context(const struct goroutine_view *view, size_t index)
{
	const struct wait *wait = &view->waits[index];
	size_t count;
	if (!view->forest || wait->kind != WAIT_CHANNEL || !wait->address)
		return NULL;
	const struct context_channel *channel =
		context_of_channel(view->forest, wait->address, &count);
	return count ? &view->forest->items[channel->context] : NULL;
}

const struct context *goroutine_view_first_context(const struct goroutine_view *view)
{
	const struct context *context = NULL;
	for (size_t i = 0; i < view->wait_count && !context; i++)
		context = goroutine_view_context(view, i);
	return context;
}

/* Drops what was loaded; the memory of the stack is reused for the next goroutine. */
static void unload(struct goroutine_view *view)
{
	free(take_pointer(view->waits));
	labels_free(take_pointer(view->labels), view->label_count);
	view->wait_count = view->label_count = 0;
	view->waits_partial = view->labels_partial = false;
	view->forest = NULL;
	view->loaded = 0;
}

void goroutine_view_move(struct goroutine_view *view, const struct goroutine *goroutine)
{
	unload(view);
	view->goroutine = goroutine;
}

void goroutine_view_deinit(struct goroutine_view *view)
{
	unload(view);
	stack_deinit(&view->stack);
	*view = (struct goroutine_view){0};
}
