/* `goroutines --since`: comparing the goroutines of two moments. See goroutine_diff.h. */
#include "commands/goroutines/goroutine_diff.h"

#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"
#include "dbg/go/go_program.h"
#include "dbg/go/goroutines/goroutine.h"

enum {
	MAX_NOTES = 4 << 20, /* 160 MiB */
	CHEAP = 10000,	     /* reading this many goroutines takes no noticeable time */
};

/*
 * One goroutine. `mark` changes when it moves: it is a hash of its status, its saved registers,
 * what it waits on and the number of times it stopped running (g.trackingSeq, modulo 256). The
 * runtime never reuses a goroutine ID.
 */
struct note {
	uint64_t goid;
	uint64_t start_pc, go_pc;
	uint64_t mark;
	bool system;
};

struct goroutine_diff {
	struct note *notes; /* sorted by ID */
	size_t count;
	int64_t at_ns; /* CLOCK_MONOTONIC */
};

enum change { BORN, GONE, UNMOVED, MOVED };

struct changed {
	struct note note;
	enum change change;
};

struct changes {
	struct changed *items;
	size_t count;
	size_t counts[MOVED + 1];
	int64_t between_ns;
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static struct note note_of(struct program *program, const struct goroutine *goroutine)
{
	uint64_t mark = mix(goroutine->status, goroutine->wait_reason);
	mark = mix(mark, goroutine->sched_pc);
	mark = mix(mark, goroutine->sched_sp);
	mark = mix(mark, goroutine->syscall_sp);
	mark = mix(mark, goroutine->waiting);
	mark = mix(mark, (uint64_t)goroutine->sleep_until);
	mark = mix(mark, goroutine->switches);
	/* The thread's counter distinguishes system calls. */
	const struct go_m *m = goroutine_in_syscall(program, goroutine)
				       ? program_m_at(program, goroutine->m)
				       : NULL;
	if (m)
		mark = mix(mix(mark, m->syscall_tick), (uint64_t)m->tid);
	/* A running goroutine always counts as moved, whatever registers were saved last. */
	if (goroutine_is_running(program, goroutine))
		mark = mix(mark, (uint64_t)program_now_ns(program));
	/* Goroutine 1 is created by the runtime's startup code, not by a go statement. */
	return (struct note){goroutine->goid, goroutine->start_pc,
		goroutine->goid == 1 ? 0 : goroutine->go_pc, mark, goroutine->system};
}

struct error *goroutine_diff_take(struct session *session, struct goroutine_diff **ret)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(session->program, &list);
	if (err)
		return err;
	if (list->count > MAX_NOTES)
		return error_create(ERROR_OTHER, "cannot compare %zu goroutines: the limit is %d",
			list->count, (int)MAX_NOTES);
	struct goroutine_diff *diff = calloc(1, sizeof(*diff));
	if (diff)
		diff->notes = calloc(list->count + 1, sizeof(*diff->notes));
	if (!diff || !diff->notes) {
		goroutine_diff_destroy(diff);
		return error_no_memory();
	}
	diff->count = list->count;
	diff->at_ns = session->target->stop_monotonic_ns;
	for (size_t i = 0; i < list->count; i++)
		diff->notes[i] = note_of(session->program, &list->items[i]);
	*ret = diff;
	return NULL;
}

void goroutine_diff_destroy(struct goroutine_diff *diff)
{
	if (diff)
		free(diff->notes);
	free(diff);
}

static void goroutine_diff_close(struct session *session)
{
	goroutine_diff_destroy(take_pointer(session->diff));
}

static const struct session_observer goroutine_diff_observer = {.close = goroutine_diff_close};

void goroutine_diff_warn(struct session *session, struct error *err)
{
	session_warn(
		session, "goroutines --since will have no data to compare with: %s", err->message);
	error_destroy(err);
}

void goroutine_diff_keep(struct session *session, struct goroutine_diff *diff)
{
	struct error *err = session_observe(session, &goroutine_diff_observer);
	goroutine_diff_close(session);
	if (err) {
		/* Without the observer the comparison would outlive the target. */
		goroutine_diff_destroy(diff);
		goroutine_diff_warn(session, err);
		return;
	}
	session->diff = diff;
}

void goroutine_diff_note(struct session *session)
{
	struct goroutine_diff *diff = NULL;
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

static void goroutine_diff_cleanup(struct goroutine_diff **diff)
{
	goroutine_diff_destroy(*diff);
}

/* ---- Comparing ---- */

static void add_change(
	struct changes *changes, const struct note *note, enum change change, bool system)
{
	if (note->system && !system)
		return;
	changes->counts[change]++;
	changes->items[changes->count++] = (struct changed){*note, change};
}

/* Merges the two lists, which are both sorted by ID. */
static struct error *compare_goroutines(const struct goroutine_diff *before,
	const struct goroutine_diff *now, bool system, struct changes *ret)
{
	*ret = (struct changes){.between_ns = now->at_ns - before->at_ns};
	ret->items = calloc(before->count + now->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0, k = 0; i < before->count || k < now->count;) {
		const struct note *old = i < before->count ? &before->notes[i] : NULL;
		const struct note *new = k < now->count ? &now->notes[k] : NULL;
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

static void kinds_text(struct session *session, const struct kind *kinds, size_t count)
{
	static const char *const titles[] = {"created", "ended", "not moved"};
	struct output *output = &session->out;
	for (size_t i = 0; i < count && !output_failed(output); i++) {
		const struct note *note = &kinds[i].first->note;
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
		if (kinds[i].count == 1)
			output_printf(output, STYLE_DIM, "  id %" PRIu64, note->goid);
		output_printf(output, STYLE_PLAIN, "\n");
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
	_cleanup_(goroutine_diff_cleanup) struct goroutine_diff *now = NULL;
	struct changes changes = {0};
	struct error *err = goroutine_diff_take(session, &now);
	if (!err)
		err = compare_goroutines(session->diff, now, system, &changes);
	if (!err)
		err = json ? changes_json(session, &changes) : changes_text(session, &changes);
	free(changes.items);
	return err;
}
