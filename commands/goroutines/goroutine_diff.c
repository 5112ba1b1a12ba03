/* `goroutines --since`: comparing the goroutines of two moments. See goroutine_diff.h. */
#include "commands/goroutines/goroutine_diff.h"

#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"
#include "dbg/go/go_program.h"
#include "dbg/go/goroutines/goroutine.h"

enum { CHEAP = 10000 /* reading this many goroutines takes no noticeable time */ };

enum change { BORN, GONE, UNMOVED, MOVED };

struct changed {
	struct sighting note;
	enum change change;
};

struct changes {
	struct changed *items;
	size_t count;
	size_t counts[MOVED + 1];
	int64_t between_ns;
};

struct error *goroutine_diff_take(struct session *session, struct sightings **ret)
{
	return sightings_take(session->program, session->diff, ret);
}

static void goroutine_diff_close(struct session *session)
{
	if (session->program)
		program_compare_with(session->program, NULL);
	sightings_destroy(take_pointer(session->diff));
}

static const struct session_observer goroutine_diff_observer = {.close = goroutine_diff_close};

void goroutine_diff_warn(struct session *session, struct error *err)
{
	session_warn(
		session, "goroutines --since will have no data to compare with: %s", err->message);
	error_destroy(err);
}

void goroutine_diff_keep(struct session *session, struct sightings *diff)
{
	struct error *err = session_observe(session, &goroutine_diff_observer);
	goroutine_diff_close(session);
	if (err) {
		/* Without the observer the comparison would outlive the target. */
		sightings_destroy(diff);
		goroutine_diff_warn(session, err);
		return;
	}
	session->diff = diff;
	program_compare_with(session->program, diff);
}

void goroutine_diff_note(struct session *session)
{
	struct sightings *diff = NULL;
	uint64_t count = 0;
	if (!session->program || session->target->state != TARGET_STOPPED)
		return;
	struct error *err = program_goroutine_count(session->program, &count);
	if (!err && count && (program_goroutines_are_loaded(session->program) || count <= CHEAP))
		err = goroutine_diff_take(session, &diff);
	error_destroy(err);
	if (diff)
		goroutine_diff_keep(session, diff);
}

static void goroutine_diff_cleanup(struct sightings **diff)
{
	sightings_destroy(*diff);
}

/* ---- Comparing ---- */

static void add_change(
	struct changes *changes, const struct sighting *note, enum change change, bool system)
{
	if (note->system && !system)
		return;
	changes->counts[change]++;
	changes->items[changes->count++] = (struct changed){*note, change};
}

/* Merges the two lists, which are both sorted by ID. */
static struct error *compare_goroutines(const struct sightings *before, const struct sightings *now,
	bool system, struct changes *ret)
{
	*ret = (struct changes){.between_ns = now->at_ns - before->at_ns};
	ret->items = calloc(before->count + now->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0, k = 0; i < before->count || k < now->count;) {
		const struct sighting *old = i < before->count ? &before->items[i] : NULL;
		const struct sighting *new = k < now->count ? &now->items[k] : NULL;
		if (!new || (old && old->goid < new->goid))
			add_change(ret, old, GONE, system), i++;
		else if (!old || new->goid < old->goid)
			add_change(ret, new, BORN, system), k++;
		else
			add_change(ret, new, old->mark == new->mark ? UNMOVED : MOVED, system), i++,
				k++;
	}
	return NULL;
}

/* ---- Showing ---- */

static const char *function_name(struct session *session, uint64_t pc)
{
	const char *name = pc ? program_function_name(session->program, pc) : NULL;
	return name ? name : "?";
}

/* Sorts by what happened, function and go statement, so that goroutines of one kind are
 * adjacent. */
static int compare_kinds(const void *left, const void *right)
{
	const struct changed *a = left, *b = right;
	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	if (a->note.start_pc != b->note.start_pc)
		return a->note.start_pc < b->note.start_pc ? -1 : 1;
	if (a->note.go_pc != b->note.go_pc)
		return a->note.go_pc < b->note.go_pc ? -1 : 1;
	return (a->note.goid > b->note.goid) - (a->note.goid < b->note.goid);
}

struct kind {
	const struct changed *first;
	size_t count;
};

static int compare_sizes(const void *left, const void *right)
{
	const struct kind *a = left, *b = right;
	if (a->first->change != b->first->change)
		return a->first->change < b->first->change ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static bool same_kind(const struct changed *a, const struct changed *b)
{
	return a->change == b->change && a->note.start_pc == b->note.start_pc &&
	       a->note.go_pc == b->note.go_pc;
}

/* The members of a kind are adjacent, in the order of their IDs. */
static void ids_text(struct output *output, const struct kind *kind)
{
	enum { SHOWN = 12 };
	output_printf(output, STYLE_DIM, "          id%s", kind->count == 1 ? "" : "s");
	for (size_t i = 0; i < kind->count && i < SHOWN; i++)
		output_printf(output, STYLE_DIM, " %" PRIu64, kind->first[i].note.goid);
	if (kind->count > SHOWN)
		output_printf(output, STYLE_DIM, " … %zu more", kind->count - SHOWN);
	output_printf(output, STYLE_DIM, "\n");
}

static void kinds_text(struct session *session, const struct kind *kinds, size_t count)
{
	static const char *const titles[] = {"created", "ended", "not moved"};
	struct output *output = &session->out;
	for (size_t i = 0; i < count && !output_failed(output); i++) {
		const struct sighting *note = &kinds[i].first->note;
		enum change change = kinds[i].first->change;
		if (change == MOVED)
			break;
		if (!i || kinds[i - 1].first->change != change)
			output_printf(output, STYLE_STRONG, "\n%s\n", titles[change]);
		output_printf(output, STYLE_PLAIN, "%8zu  ", kinds[i].count);
		output_text(output, STYLE_FUNCTION, function_name(session, note->start_pc));
		if (note->go_pc) {
			output_printf(output, STYLE_DIM, "  created by ");
			output_text(output, STYLE_DIM, function_name(session, note->go_pc - 1));
		}
		output_printf(output, STYLE_PLAIN, "\n");
		ids_text(output, &kinds[i]);
	}
}

static struct error *changes_text(struct session *session, struct changes *changes)
{
	char between[32];
	_cleanup_free_ struct kind *kinds = calloc(changes->count + 1, sizeof(*kinds));
	if (!kinds)
		return error_no_memory();
	qsort(changes->items, changes->count, sizeof(*changes->items), compare_kinds);
	size_t count = 0;
	for (size_t i = 0; i < changes->count; i++) {
		if (!i || !same_kind(&changes->items[i - 1], &changes->items[i]))
			kinds[count++].first = &changes->items[i];
		kinds[count - 1].count++;
	}
	qsort(kinds, count, sizeof(*kinds), compare_sizes);
	format_duration(changes->between_ns, between, sizeof(between));
	output_printf(&session->out, STYLE_STRONG,
		"within %s: %zu created, %zu ended, %zu moved, %zu not moved\n", between,
		changes->counts[BORN], changes->counts[GONE], changes->counts[MOVED],
		changes->counts[UNMOVED]);
	kinds_text(session, kinds, count);
	return NULL;
}

static void list_json(struct session *session, struct json *json, const struct changes *changes,
	enum change change)
{
	for (size_t i = 0; i < changes->count && !output_failed(&session->out); i++) {
		const struct changed *changed = &changes->items[i];
		if (changed->change != change)
			continue;
		json_object(json, NULL);
		json_uint(json, "goid", changed->note.goid);
		json_string(json, "entry", function_name(session, changed->note.start_pc));
		json_string(json, "creator",
			changed->note.go_pc ? function_name(session, changed->note.go_pc - 1)
					    : NULL);
		json_bool(json, "system", changed->note.system);
		json_end(json);
	}
}

static struct error *changes_json(struct session *session, const struct changes *changes)
{
	static const char *const keys[] = {"born", "gone", "unmoved", "moved"};
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_double(json, "between_seconds", (double)changes->between_ns / 1e9);
	for (enum change change = BORN; change <= MOVED; change++) {
		json_array(json, keys[change]);
		list_json(session, json, changes, change);
		json_end(json);
	}
	json_finish(json);
	return NULL;
}

struct error *goroutine_diff_show(struct session *session, bool system, bool json)
{
	if (!session->diff)
		return error_create(ERROR_USAGE,
			"goroutines --since has nothing to compare with yet: run \"snapshot\" "
			"again, or run \"goroutines\" and then \"continue\"");
	_cleanup_(goroutine_diff_cleanup) struct sightings *now = NULL;
	struct changes changes = {0};
	struct error *err = goroutine_diff_take(session, &now);
	if (!err)
		err = compare_goroutines(session->diff, now, system, &changes);
	if (!err)
		err = json ? changes_json(session, &changes) : changes_text(session, &changes);
	free(changes.items);
	return err;
}
