/* `ctx tree`: the forest of contexts. */
#include "commands/contexts/context_tree.h"
#include "commands/contexts/garbage_note.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/contexts/verdict_text.h"
#include "dbg/go/go_program.h"

/* Marks the matching contexts and all their ancestors. */
static struct error *mark_matching(struct session *session, const struct context_forest *forest,
	const char *where, bool *shown, size_t *ret_count)
{
	_cleanup_free_ ptrdiff_t *numbers = NULL;
	struct error *err = contexts_matching(session, forest, where, &numbers, ret_count);
	for (size_t i = 0; !err && i < *ret_count; i++) {
		for (ptrdiff_t at = numbers[i]; at != CONTEXT_NONE && !shown[at];
			at = forest->items[at].parent)
			shown[at] = true;
	}
	return err;
}

/* Names of verdicts, by number of context. Does not let the process run. */
static struct error *load_marks(
	struct session *session, const struct context_forest *forest, const char ***ret)
{
	const struct check_options options = {.grace_ns = DEFAULT_GRACE_NS};
	struct verdicts verdicts = {0};
	*ret = calloc(forest->count + 1, sizeof(**ret));
	struct error *err = *ret ? contexts_check(session->program, forest, &options, &verdicts)
				 : error_no_memory();
	for (size_t i = verdicts.count; i-- > 0;) /* the most severe one overwrites the others */
		(*ret)[verdicts.items[i].context] = verdict_name(verdicts.items[i].kind);
	verdicts_deinit(&verdicts);
	return err;
}

static struct error *node_json(
	const struct context_tree *tree, struct json *json, ptrdiff_t number, uint64_t depth)
{
	struct context_view view = {.session = tree->session,
		.forest = tree->forest,
		.number = number,
		.verdict = tree->marks ? tree->marks[number] : NULL};
	if (tree->shown && !tree->shown[number])
		return NULL;
	struct error *err = target_check(tree->session->target);
	if (!err)
		err = context_json(json, &view, (int64_t)depth);
	context_view_deinit(&view);
	return err;
}

/* Writes `root` and everything below it, depth first, so that a reader can rebuild the tree from
 * "depth". */
static struct error *nodes_json(const struct context_tree *tree, struct json *json, ptrdiff_t root)
{
	const struct context *items = tree->forest->items;
	uint64_t depth = 0, limit = tree->depth;
	ptrdiff_t at = root;
	while (at != CONTEXT_NONE && !output_failed(&tree->session->out)) {
		struct error *err = node_json(tree, json, at, depth);
		if (err)
			return err;
		if (items[at].first_embedded != CONTEXT_NONE && (!limit || depth < limit)) {
			at = items[at].first_embedded;
			depth++;
			continue;
		}
		while (at != root && items[at].next_embedded == CONTEXT_NONE) {
			at = items[at].parent;
			depth--;
		}
		at = at == root ? CONTEXT_NONE : items[at].next_embedded;
	}
	return NULL;
}

static struct error *tree_json(
	const struct context_tree *tree, const ptrdiff_t *roots, size_t root_count)
{
	struct session *session = tree->session;
	struct json *json = json_create(&session->out);
	struct error *err = json ? NULL : error_no_memory();
	if (err)
		return err;
	json_string(json, "go", program_go_version(session->program));
	json_array(json, "contexts");
	for (size_t i = 0; !err && i < root_count; i++)
		err = nodes_json(tree, json, roots[i]);
	json_end(json);
	if (tree->forest->partial)
		json_bool(json, "partial", true);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static struct error *ctx_tree_run(struct session *session, const struct arguments *arguments)
{
	const struct context_forest *forest;
	const char *where = argument_value(arguments, "where");
	_cleanup_free_ bool *shown = NULL;
	ptrdiff_t root;
	uint64_t depth = 0;
	size_t matching = 1;
	bool json = argument_given(arguments, "json");
	struct error *err =
		argument_value(arguments, "depth")
			? argument_number(argument_value(arguments, "depth"), "--depth", &depth)
			: NULL;
	if (!err)
		err = contexts_load(session,
			CONTEXTS_HOLDERS |
				(argument_given(arguments, "garbage") ? CONTEXTS_GARBAGE : 0),
			&forest);
	if (!err && arguments->word_count)
		err = context_argument(forest, arguments->words[0], &root);
	if (!err && where) {
		shown = calloc(forest->count + 1, sizeof(*shown));
		err = shown ? mark_matching(session, forest, where, shown, &matching)
			    : error_no_memory();
	}
	if (err)
		return err;
	const ptrdiff_t *roots = arguments->word_count ? &root : forest->roots;
	size_t root_count = arguments->word_count ? 1 : forest->root_count;
	if ((!matching || !forest->count) && !json) {
		output_printf(&session->out, STYLE_PLAIN, "%s\n",
			forest->count ? "no context matches" : "the program has no contexts");
		return NULL;
	}
	_cleanup_free_ const char **marks = NULL;
	err = load_marks(session, forest, &marks);
	if (err)
		return err;
	const struct context_tree tree = {.session = session,
		.forest = forest,
		.marks = marks,
		.shown = shown,
		.depth = depth,
		.unfold = argument_given(arguments, "all")};
	if (json)
		return tree_json(&tree, roots, root_count);
	err = context_tree_text(&tree, roots, root_count);
	if (!err && !where && !arguments->word_count)
		garbage_note_text(session, forest);
	return err;
}

static const struct command_option options[] = {
	{"where", 'w', "EXPR", "only contexts for which EXPR is true, and their ancestors", NULL},
	{"depth", 'd', "N", "at most N levels below the roots", NULL},
	{"all", 'a', NULL, "one line per context: do not fold similar siblings", NULL},
	{"garbage", 0, NULL, "include contexts that a garbage collection found unreachable", NULL},
	{"json", 0, NULL, "print one JSON document, depth first", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_tree_command = {
	.name = "ctx tree",
	.group = GROUP_CONTEXTS,
	.usage = "ctx tree [ADDR] [--where EXPR] [--depth N] [--all] [--garbage] [--json]",
	.summary = "Shows contexts as a tree, with similar siblings folded into one line",
	.help = "Below each context are the contexts derived from it. A folded line stands for "
		"siblings of the same type and state that have the same kinds of contexts below "
		"them; its address is that of one of them. Contexts with a verdict are marked and "
		"come first, then the largest subtrees. \"ctx check\" may find more verdicts, "
		"because it inspects a live process a second time. With ADDR, shows only "
		"that context and its descendants.",
	.example = "ctx tree --where 'state == \"canceled\"'",
	.options = options,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_context,
	.fields = context_expr_fields,
	.run = ctx_tree_run,
};
REGISTER_COMMAND(ctx_tree_command);
