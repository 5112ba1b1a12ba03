/* Folding and printing the forest: see context_tree.h. */
#include "commands/contexts/context_tree.h"

#include <inttypes.h>

#include "dbg/go/contexts/context_check.h"
enum {
	FOLD_MIN = 4,			   /* similar siblings that are folded into one line */
	MAX_LEVELS = 48,		   /* deeper levels would not fit on a screen */
	PREFIX = 3 * 5 * (MAX_LEVELS + 2), /* bytes: "│  " of one level takes 5 */
};

struct drawing {
	const struct context_tree *tree;
	uint64_t *signatures; /* equal for contexts that look the same */
	size_t *sizes;	      /* number of contexts in the subtree */
	uint64_t *kinds;      /* scratch: signatures of one context's children */
	char prefix[PREFIX];
	size_t level;
};

struct nodes {
	ptrdiff_t *items;
	size_t count, capacity;
};

/* Siblings with the same signature. */
struct fold {
	uint64_t signature;
	struct nodes nodes;
	size_t size; /* number of contexts in all their subtrees */
	bool marked;
};

struct folds {
	struct fold *items;
	size_t count, capacity;
};

/* ---- Signatures ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
	return hash * 0xff51afd7ed558ccd;
}

/* Equal keys have equal signatures, wherever they are stored. */
static uint64_t key_signature(const struct context_tree *tree, const struct value *key)
{
	_cleanup_free_ char *text = NULL;
	uint64_t hash = mix(0, (uint64_t)(uintptr_t)key->type);
	if (!key->type)
		return 0;
	if (key->bytes) /* a pointer */
		return mix(hash, *(const uint64_t *)(const void *)key->bytes);
	error_destroy(context_key_text(tree->session->program, key, &text));
	for (const char *at = text; at && *at; at++)
		hash = mix(hash, (unsigned char)*at);
	return hash;
}

static uint64_t own_signature(const struct context_tree *tree, ptrdiff_t number)
{
	const struct context *context = &tree->forest->items[number];
	const char *mark = tree->marks ? tree->marks[number] : NULL;
	uint64_t hash = mix((uint64_t)(uintptr_t)context->type, context->state);
	hash = mix(hash, (uint64_t)(uintptr_t)mark);
	hash = mix(hash, context->has_deadline);
	hash = mix(hash, context->garbage);
	hash = mix(hash, key_signature(tree, &context->key));
	return mix(hash, context->waiter_count > 0);
}

static bool is_shown(const struct context_tree *tree, ptrdiff_t number)
{
	return !tree->shown || tree->shown[number];
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/*
 * Computes the signature of a node whose children have been signed. It includes each distinct
 * signature of a child once, so that two requests with one and with three workers look the same.
 */
static void sign_node(struct drawing *drawing, ptrdiff_t number)
{
	const struct context_tree *tree = drawing->tree;
	uint64_t hash = own_signature(tree, number), *kinds = drawing->kinds;
	size_t count = 0;
	drawing->sizes[number] = 1;
	for (ptrdiff_t child = tree->forest->items[number].first_embedded; child != CONTEXT_NONE;
		child = tree->forest->items[child].next_embedded) {
		if (!is_shown(tree, child))
			continue;
		drawing->sizes[number] += drawing->sizes[child];
		if (!count || drawing->signatures[child] != kinds[count - 1])
			kinds[count++] = drawing->signatures[child];
	}
	if (count)
		qsort(kinds, count, sizeof(*kinds), by_number);
	for (size_t i = 0; i < count; i++) {
		if (!i || kinds[i] != kinds[i - 1])
			hash = mix(hash, kinds[i]);
	}
	drawing->signatures[number] = hash;
}

static void sign_below(struct drawing *drawing, ptrdiff_t root)
{
	const struct context *items = drawing->tree->forest->items;
	ptrdiff_t at = root;
	while (true) {
		while (items[at].first_embedded != CONTEXT_NONE)
			at = items[at].first_embedded;
		sign_node(drawing, at);
		while (at != root && items[at].next_embedded == CONTEXT_NONE) {
			at = items[at].parent;
			sign_node(drawing, at);
		}
		if (at == root)
			return;
		at = items[at].next_embedded;
	}
}

/* ---- One level ---- */

static struct error *add_node(struct nodes *nodes, ptrdiff_t number)
{
	if (!array_reserve(&nodes->items, &nodes->capacity, nodes->count + 1))
		return error_no_memory();
	nodes->items[nodes->count++] = number;
	return NULL;
}

static struct error *add_children(
	const struct context_tree *tree, ptrdiff_t number, struct nodes *nodes)
{
	const struct context *items = tree->forest->items;
	struct error *err = NULL;
	for (ptrdiff_t child = items[number].first_embedded; !err && child != CONTEXT_NONE;
		child = items[child].next_embedded) {
		if (is_shown(tree, child))
			err = add_node(nodes, child);
	}
	return err;
}

static int by_signature(const void *a, const void *b, void *context)
{
	const uint64_t *signatures = context;
	ptrdiff_t x = *(const ptrdiff_t *)a, y = *(const ptrdiff_t *)b;
	if (signatures[x] != signatures[y])
		return signatures[x] < signatures[y] ? -1 : 1;
	return (x > y) - (x < y);
}

/* Folds with a verdict first, then by size. */
static int by_weight(const void *a, const void *b)
{
	const struct fold *x = a, *y = b;
	if (x->marked != y->marked)
		return x->marked ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return (x->nodes.items[0] > y->nodes.items[0]) - (x->nodes.items[0] < y->nodes.items[0]);
}

static void folds_deinit(struct folds *folds)
{
	for (size_t i = 0; i < folds->count; i++)
		free(folds->items[i].nodes.items);
	free(folds->items);
}

static struct error *fold_similar(struct drawing *drawing, struct nodes *nodes, struct folds *ret)
{
	const struct context_tree *tree = drawing->tree;
	struct error *err = NULL;
	if (nodes->count)
		qsort_r(nodes->items, nodes->count, sizeof(*nodes->items), by_signature,
			drawing->signatures);
	for (size_t i = 0; !err && i < nodes->count; i++) {
		ptrdiff_t number = nodes->items[i];
		struct fold *last = ret->count ? &ret->items[ret->count - 1] : NULL;
		if (!last || tree->unfold || last->signature != drawing->signatures[number]) {
			if (!array_reserve(&ret->items, &ret->capacity, ret->count + 1))
				return error_no_memory();
			last = &ret->items[ret->count++];
			*last = (struct fold){.signature = drawing->signatures[number]};
		}
		last->size += drawing->sizes[number];
		last->marked |= tree->marks && tree->marks[number];
		err = add_node(&last->nodes, number);
	}
	if (!err && ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_weight);
	return err;
}

/* ---- Lines ---- */

/* Red only for what changes the exit status. `mark` is the name of a verdict. */
static enum style style_of_mark(const char *mark)
{
	for (enum verdict_kind kind = 0; !verdict_is_mild(kind); kind++)
		if (strcmp(mark, verdict_name(kind)) == 0)
			return STYLE_FINDING;
	return STYLE_STRONG;
}

static void counts_text(struct output *output, size_t children, size_t waiters, const char *mark)
{
	if (children)
		output_printf(
			output, STYLE_PLAIN, "  %zu child%s", children, children == 1 ? "" : "ren");
	if (waiters)
		output_printf(output, STYLE_PLAIN, "  %zu waiting", waiters);
	if (mark)
		output_printf(output, style_of_mark(mark), "  ◀ %s", mark);
	output_printf(output, STYLE_PLAIN, "\n");
}

static void state_text(struct output *output, struct context_view *view)
{
	char state[256], deadline[64];
	const struct context *context = view_context(view);
	if (context->kind == CONTEXT_BACKGROUND)
		return;
	output_printf(output, STYLE_PLAIN, "  ");
	output_text(output, context->state == CONTEXT_CANCELED ? STYLE_STRONG : STYLE_PLAIN,
		context_state_text(view, state, sizeof(state)));
	if (context->kind == CONTEXT_TIMER &&
		(context->has_remaining || context->state != CONTEXT_CANCELED) &&
		context_deadline_text(view->session->program, view->forest, view->number, deadline,
			sizeof(deadline))[0])
		output_printf(output, STYLE_PLAIN, ", %s", deadline);
	if (context->garbage)
		output_printf(output, STYLE_DIM, "  (garbage)");
	if (context->partial)
		output_printf(output, STYLE_WARNING, "  (partly unreadable)");
}

static void draw_line(struct drawing *drawing, ptrdiff_t number, size_t similar, size_t waiters)
{
	const struct context_tree *tree = drawing->tree;
	struct output *output = &tree->session->out;
	struct context_view view = {
		.session = tree->session, .forest = tree->forest, .number = number};
	const struct context *context = view_context(&view);
	error_destroy(context_view_load(&view));
	if (similar > 1)
		output_printf(output, STYLE_STRONG, "%zu × ", similar);
	char type[256];
	output_text(output, STYLE_FUNCTION, context_type_text(context, type, sizeof(type)));
	output_printf(output, STYLE_ADDRESS, " 0x%" PRIx64 "%s", context->address,
		similar > 1 ? "…" : "");
	if (view.key) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, STYLE_PLAIN, view.key);
		if (similar == 1 && view.value) {
			output_printf(output, STYLE_PLAIN, " = ");
			output_text(output, STYLE_PLAIN, view.value);
		}
	}
	state_text(output, &view);
	counts_text(output, similar > 1 ? 0 : context->child_count + context->unknown_children,
		waiters, tree->marks ? tree->marks[number] : NULL);
	context_view_deinit(&view);
}

/* ---- The tree ---- */

static struct error *draw_level(struct drawing *drawing, struct nodes *nodes, ptrdiff_t above);

/* The node that a line shows: a child of the one that the line above shows, if there is one, so
 * that the lines form a chain. */
static ptrdiff_t choose_sample(const struct drawing *drawing, const struct nodes *nodes,
	size_t first, size_t count, ptrdiff_t above)
{
	for (size_t i = first; i < first + count; i++) {
		if (drawing->tree->forest->items[nodes->items[i]].parent == above)
			return nodes->items[i];
	}
	return nodes->items[first];
}

/* Prints `count` of the nodes as one line, followed by what is below all of them. `above` is the
 * context that the line above shows. */
static struct error *draw_node(struct drawing *drawing, const struct nodes *nodes, size_t first,
	size_t count, bool last, ptrdiff_t above)
{
	const struct context_tree *tree = drawing->tree;
	size_t length = strlen(drawing->prefix), waiters = 0;
	struct nodes below = {0};
	struct error *err = target_check(tree->session->target);
	for (size_t i = first; !err && i < first + count; i++) {
		waiters += tree->forest->items[nodes->items[i]].waiter_count;
		err = add_children(tree, nodes->items[i], &below);
	}
	if (!err) {
		if (drawing->level)
			output_printf(&tree->session->out, STYLE_DIM, "%s%s", drawing->prefix,
				last ? "└─ " : "├─ ");
		ptrdiff_t sample = choose_sample(drawing, nodes, first, count, above);
		draw_line(drawing, sample, count, waiters);
		if (drawing->level)
			strcat(drawing->prefix, last ? "   " : "│  ");
		drawing->level++;
		err = draw_level(drawing, &below, sample);
		drawing->level--;
		drawing->prefix[length] = 0;
	}
	free(below.items);
	return err;
}

static struct error *draw_level(struct drawing *drawing, struct nodes *nodes, ptrdiff_t above)
{
	const struct context_tree *tree = drawing->tree;
	struct folds folds = {0};
	if (!nodes->count || output_failed(&tree->session->out))
		return NULL;
	if ((tree->depth && drawing->level > tree->depth) || drawing->level > MAX_LEVELS) {
		size_t below = 0;
		for (size_t i = 0; i < nodes->count; i++)
			below += drawing->sizes[nodes->items[i]];
		output_printf(&tree->session->out, STYLE_DIM, "%s└─ … %zu more below\n",
			drawing->prefix, below);
		return NULL;
	}
	struct error *err = fold_similar(drawing, nodes, &folds);
	for (size_t i = 0; !err && i < folds.count; i++) {
		const struct nodes *similar = &folds.items[i].nodes;
		bool last = i + 1 == folds.count;
		if (similar->count >= FOLD_MIN) {
			err = draw_node(drawing, similar, 0, similar->count, last, above);
			continue;
		}
		for (size_t j = 0; !err && j < similar->count; j++)
			err = draw_node(
				drawing, similar, j, 1, last && j + 1 == similar->count, above);
	}
	folds_deinit(&folds);
	return err;
}

struct error *context_tree_text(
	const struct context_tree *tree, const ptrdiff_t *roots, size_t root_count)
{
	size_t count = tree->forest->count;
	_cleanup_free_ uint64_t *signatures = calloc(count + 1, sizeof(*signatures));
	_cleanup_free_ size_t *sizes = calloc(count + 1, sizeof(*sizes));
	_cleanup_free_ uint64_t *kinds = calloc(count + 1, sizeof(*kinds));
	struct nodes nodes = {0};
	if (!signatures || !sizes || !kinds)
		return error_no_memory();
	struct drawing drawing = {
		.tree = tree, .signatures = signatures, .sizes = sizes, .kinds = kinds};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < root_count; i++) {
		if (!is_shown(tree, roots[i]))
			continue;
		sign_below(&drawing, roots[i]);
		err = add_node(&nodes, roots[i]);
	}
	if (!err)
		err = draw_level(&drawing, &nodes, CONTEXT_NONE);
	free(nodes.items);
	return err;
}
