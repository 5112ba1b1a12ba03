/* pile-up: a context accumulates children that were never canceled and that nothing uses any more.
 * See context_check.h. */
#include "dbg/go/contexts/context_check_handles.h"

enum { DEFAULT_PILE = 500 };

/*
 * Marks the contexts that are referenced other than by their ancestors' maps of children: by a
 * goroutine that holds or waits for one, by a variable or an object, or by a used descendant.
 */
static void mark_used(const struct context_forest *forest, bool *used)
{
	for (size_t i = 0; i < forest->count; i++) {
		bool direct = forest->items[i].waiter_count > 0;
		size_t count;
		const struct context_holder *holders =
			context_holders(forest, (ptrdiff_t)i, &count);
		for (size_t j = 0; j < count && !direct; j++)
			direct = holders[j].kind == HOLDER_GOROUTINE ||
				 (!holders[j].registered && holders[j].inside == CONTEXT_NONE);
		for (ptrdiff_t at = direct ? (ptrdiff_t)i : CONTEXT_NONE;
			at != CONTEXT_NONE && !used[at]; at = forest->items[at].parent)
			used[at] = true;
	}
}

/* The creation site of any goroutine that holds the context hints at what creates the children. */
static void find_creator(struct check *check, ptrdiff_t number, struct verdict *verdict)
{
	size_t count;
	const struct context_holder *holders = context_holders(check->forest, number, &count);
	for (size_t i = 0; i < count && !verdict->has_created; i++) {
		const struct goroutine *goroutine;
		if (holders[i].kind != HOLDER_GOROUTINE)
			continue;
		struct error *err = program_goroutine(check->program, holders[i].goid, &goroutine);
		if (!err)
			verdict->has_created =
				goroutine_creator(check->program, goroutine, &verdict->created);
		error_destroy(err);
	}
}

/* The number of unused children of the most common type. */
static size_t alike(const struct context_forest *forest, const struct context *context,
	const bool *used, ptrdiff_t *ret_example)
{
	enum { KINDS = 16 };
	const struct go_type *types[KINDS];
	size_t counts[KINDS] = {0}, kinds = 0, best = 0;
	*ret_example = CONTEXT_NONE;
	for (size_t i = 0; i < context->child_count; i++) {
		const struct context *child = &forest->items[context->children[i]];
		if (used[context->children[i]] || child->state != CONTEXT_ACTIVE)
			continue;
		size_t kind = 0;
		while (kind < kinds && types[kind] != child->type)
			kind++;
		if (kind == KINDS)
			continue;
		if (kind == kinds)
			types[kinds++] = child->type;
		if (++counts[kind] > best) {
			best = counts[kind];
			*ret_example = context->children[i];
		}
	}
	return best;
}

/* Also marks contexts that a function can still cancel, and their ancestors. */
static struct error *mark_ended_by_functions(struct check *check, bool *used)
{
	const struct context_forest *forest = check->forest;
	_cleanup_free_ ptrdiff_t *numbers = calloc(forest->count + 1, sizeof(*numbers));
	_cleanup_free_ bool *held = calloc(forest->count + 1, sizeof(*held));
	if (!numbers || !held)
		return error_no_memory();
	size_t count = 0;
	for (size_t i = 0; i < forest->count; i++) {
		const struct context *context = &forest->items[i];
		if (!used[i] && !context->garbage && context->state == CONTEXT_ACTIVE)
			numbers[count++] = (ptrdiff_t)i;
	}
	struct error *err = check_mark_handles(check, numbers, count, held);
	for (size_t i = 0; !err && i < count; i++) {
		for (ptrdiff_t at = held[numbers[i]] ? numbers[i] : CONTEXT_NONE;
			at != CONTEXT_NONE && !used[at]; at = forest->items[at].parent)
			used[at] = true;
	}
	return err;
}

static struct error *check_pile(
	struct check *check, ptrdiff_t number, size_t pile, bool *used, bool *functions_known)
{
	const struct context_forest *forest = check->forest;
	const struct context *context = &forest->items[number];
	if (context->garbage || context->locked || context->child_count < pile)
		return NULL;
	ptrdiff_t example;
	size_t count = alike(forest, context, used, &example);
	if (count >= pile && !*functions_known) { /* costs another scan of memory */
		struct error *err = mark_ended_by_functions(check, used);
		if (err)
			return err;
		*functions_known = true;
		count = alike(forest, context, used, &example);
	}
	if (count < pile)
		return NULL;
	struct verdict *verdict = check_add(check, VERDICT_PILE_UP, number);
	if (!verdict)
		return error_no_memory();
	verdict->other = example;
	verdict->count = count;
	find_creator(check, number, verdict);
	return NULL;
}

struct error *check_piles(struct check *check)
{
	const struct context_forest *forest = check->forest;
	size_t pile = check->options->pile ? check->options->pile : DEFAULT_PILE;
	_cleanup_free_ bool *used = calloc(forest->count + 1, sizeof(*used));
	if (!used)
		return error_no_memory();
	mark_used(forest, used);
	bool functions_known = false;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < forest->count; i++)
		err = check_pile(check, (ptrdiff_t)i, pile, used, &functions_known);
	return err;
}
