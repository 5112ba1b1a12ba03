/* Finds the contexts that only stacks refer to: see context_state.h. */
#include "dbg/go/contexts/context_state.h"

#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/frame_code.h"
#include "dwarf/base/bisect.h"

/* One goroutine's stack. */
struct stack_words {
	struct stack stack;
	struct stack_roots roots; /* sorted by value */
};

static int by_value(const void *a, const void *b)
{
	const struct stack_root *x = a, *y = b;
	return (x->value > y->value) - (x->value < y->value);
}

enum liveness {
	DEAD,
	LIVE_DATA, /* a live word has the value of the data word */
	LIVE,	   /* both words of the interface value are live */
};

static enum liveness liveness_of(
	struct program *program, const struct stack_words *words, const struct iface_ref *ref)
{
	const struct stack_roots *roots = &words->roots;
	size_t first = bisect(i, roots->count, roots->items[i].value >= ref->data);
	enum liveness liveness = DEAD;
	for (size_t i = first; i < roots->count && roots->items[i].value == ref->data; i++) {
		const struct stack_root *root = &roots->items[i];
		liveness = LIVE_DATA;
		if (root->address == ref->location + 8 &&
			(!root->mapped || frame_slot_uses(program,
						  &words->stack.frames[root->frame], ref->location)
						  .read))
			return LIVE;
	}
	return liveness;
}

/*
 * Whether the object must be what the itab says. Package context's own types are recognised by
 * their pointers, and by their parents: it creates contexts without a parent only as Background and
 * TODO, which are not on the heap. Other types can look like anything.
 */
static bool is_plausible(
	struct context_builder *builder, const struct iface_ref *ref, enum liveness liveness)
{
	const struct context_shape *shape = ref->shape;
	uint64_t itab;
	if (liveness == DEAD)
		return false;
	if (shape->kind == CONTEXT_BACKGROUND) /* on the heap: an emptyCtx of 1.20 */
		return context_is_static(builder, shape, ref->data) ||
		       (shape->size && liveness == LIVE);
	if (shape->kind == CONTEXT_FOREIGN || shape->inline_body || !shape->parent_count ||
		shape->parents[0].location != PARENT_INTERFACE ||
		shape->parents[0].pointer != NO_OFFSET)
		return liveness == LIVE;
	struct error *err = context_shape_word(
		builder->program, shape, ref->data, (int64_t)shape->parents[0].offset, &itab);
	if (err) {
		error_destroy(err);
		return false;
	}
	return context_types_shape(
		&builder->types, context_types_dynamic(&builder->types, builder->program, itab));
}

/* Adds the contexts that only references on this goroutine's stack point to. */
static struct error *add_from_stack(struct context_builder *builder, const struct iface_ref *refs,
	size_t count, struct stack_words *words)
{
	struct stack_roots *roots = &words->roots;
	bool loaded = false;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < count; i++) {
		ptrdiff_t number;
		if (!context_is_new(builder, refs[i].shape, refs[i].data))
			continue;
		if (!loaded) {
			loaded = true;
			err = goroutine_stack(builder->program, refs[i].goroutine, &words->stack);
			if (!err)
				err = goroutine_stack_roots(
					builder->program, refs[i].goroutine, &words->stack, roots);
			if (!err && roots->count)
				qsort(roots->items, roots->count, sizeof(*roots->items), by_value);
		}
		if (!err && is_plausible(builder, &refs[i],
				    liveness_of(builder->program, words, &refs[i])))
			err = context_builder_add(builder, refs[i].shape, refs[i].data, &number);
	}
	return err;
}

static struct error *add_all(struct context_builder *builder, const struct iface_refs *refs)
{
	struct stack_words words = {0};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < refs->count;) {
		const struct goroutine *goroutine = refs->items[i].goroutine;
		size_t end = i + 1;
		while (end < refs->count && refs->items[end].goroutine == goroutine)
			end++;
		err = add_from_stack(builder, &refs->items[i], end - i, &words);
		i = end;
	}
	stack_deinit(&words.stack);
	free(words.roots.items);
	return err;
}

struct error *context_add_from_stacks(struct context_builder *builder, bool *ret_partial)
{
	struct iface_refs refs = {0};
	struct error *err = iface_refs_find_on_stacks(
		builder->program, &builder->types, &builder->index, &refs);
	if (!err)
		err = add_all(builder, &refs);
	*ret_partial |= refs.partial;
	iface_refs_deinit(&refs);
	return err;
}
