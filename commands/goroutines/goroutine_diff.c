/* `goroutines --since`: comparing two moments, goroutine by goroutine. */
#include "commands/goroutines/goroutine_diff.h"

#include <inttypes.h>

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/program/program.h"

enum {
	MAX_NOTES = 4 << 20, /* 160 MiB */
	CHEAP = 10000,	     /* goroutines that take no noticeable time to read */
};

/*
 * `mark` differs when the goroutine has moved: it is made of its status, where it stands, what it
 * waits on and a count of the times it stopped running (g.trackingSeq, modulo 256). Ids are never
 * used twice.
 */
struct note {
	uint64_t goid;
	uint64_t start_pc, go_pc;
	uint64_t mark;
	bool system;
};

struct since {
	struct note *notes; /* by id */
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
	/* A system call is one of many of a thread. */
	const struct machine *machine = goroutine_in_syscall(program, goroutine)
						? program_machine_at(program, goroutine->machine)
						: NULL;
	if (machine)
		mark = mix(mix(mark, machine->syscall_tick), (uint64_t)machine->tid);
	/* One that runs moves, wherever it was switched to last. */
	if (goroutine_is_running(program, goroutine))
		mark = mix(mark, (uint64_t)program_now_ns(program));
	/* The first one is made by the runtime's start: no `go` statement. */
	return (struct note){goroutine->goid, goroutine->start_pc,
		goroutine->goid == 1 ? 0 : goroutine->go_pc, mark, goroutine->system};
}

struct error *since_take(struct shell *shell, struct since **ret)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(shell->program, &list);
	if (err)
		return err;
	if (list->count > MAX_NOTES)
		return error_create(
			ERROR_OTHER, "%zu goroutines are more than can be compared", list->count);
	struct since *since = calloc(1, sizeof(*since));
	if (since)
		since->notes = calloc(list->count + 1, sizeof(*since->notes));
	if (!since || !since->notes) {
		since_destroy(since);
		return error_no_memory();
	}
	since->count = list->count;
	since->at_ns = shell->target->stop_monotonic_ns;
	for (size_t i = 0; i < list->count; i++)
		since->notes[i] = note_of(shell->program, &list->items[i]);
	*ret = since;
	return NULL;
}

void since_destroy(struct since *since)
{
	if (since)
		free(since->notes);
	free(since);
}

void since_note(struct shell *shell)
{
	struct since *since = NULL;
	uint64_t count = 0;
	if (!shell->program || shell->target->state != TARGET_STOPPED)
		return;
	struct error *err = program_goroutine_count(shell->program, &count);
	if (!err && count && (program_goroutines_are_loaded(shell->program) || count <= CHEAP))
		err = since_take(shell, &since);
	error_destroy(err);
	if (since) {
		since_destroy(shell->since);
		shell->since = since;
	}
}

static void since_cleanup(struct since **since)
{
	since_destroy(*since);
}

/* ---- Comparing ---- */

static void add(struct changes *changes, const struct note *note, enum change change, bool system)
{
	if (note->system && !system)
		return;
	changes->counts[change]++;
	changes->items[changes->count++] = (struct changed){*note, change};
}

/* Both are in the order of ids. */
static struct error *compare(
	const struct since *before, const struct since *now, bool system, struct changes *ret)
{
	*ret = (struct changes){.between_ns = now->at_ns - before->at_ns};
	ret->items = calloc(before->count + now->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0, k = 0; i < before->count || k < now->count;) {
		const struct note *old = i < before->count ? &before->notes[i] : NULL;
		const struct note *new = k < now->count ? &now->notes[k] : NULL;
		if (!new || (old && old->goid < new->goid))
			add(ret, old, GONE, system), i++;
		else if (!old || new->goid < old->goid)
			add(ret, new, BORN, system), k++;
		else
			add(ret, new, old->mark == new->mark ? UNMOVED : MOVED, system), i++, k++;
	}
	return NULL;
}

/* ---- Showing ---- */

static const char *function_name(struct shell *shell, uint64_t pc)
{
	const char *name = pc ? program_function_name(shell->program, pc) : NULL;
	return name ? name : "?";
}

/* Equal ones side by side: by what happened, function, and the `go` statement. */
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

static void kinds_text(struct shell *shell, const struct kind *kinds, size_t count)
{
	static const char *const titles[] = {"born", "gone", "not moved"};
	struct output *output = &shell->out;
	for (size_t i = 0; i < count && !output_failed(output); i++) {
		const struct note *note = &kinds[i].first->note;
		enum change change = kinds[i].first->change;
		if (change == MOVED)
			break;
		if (!i || kinds[i - 1].first->change != change)
			output_printf(output, STYLE_STRONG, "\n%s\n", titles[change]);
		output_printf(output, STYLE_PLAIN, "%8zu  ", kinds[i].count);
		output_text(output, STYLE_FUNCTION, function_name(shell, note->start_pc));
		if (note->go_pc) {
			output_printf(output, STYLE_DIM, "  created by ");
			output_text(output, STYLE_DIM, function_name(shell, note->go_pc - 1));
		}
		if (kinds[i].count == 1)
			output_printf(output, STYLE_DIM, "  id %" PRIu64, note->goid);
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

static struct error *render_text(struct shell *shell, struct changes *changes)
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
	output_printf(&shell->out, STYLE_STRONG,
		"in the %s between the two looks: %zu born, %zu gone, %zu moved, %zu have not\n",
		between, changes->counts[BORN], changes->counts[GONE], changes->counts[MOVED],
		changes->counts[UNMOVED]);
	kinds_text(shell, kinds, count);
	return NULL;
}

static void list_json(
	struct shell *shell, struct json *json, const struct changes *changes, enum change change)
{
	for (size_t i = 0; i < changes->count && !output_failed(&shell->out); i++) {
		const struct changed *changed = &changes->items[i];
		if (changed->change != change)
			continue;
		json_object(json, NULL);
		json_uint(json, "goid", changed->note.goid);
		json_string(json, "entry", function_name(shell, changed->note.start_pc));
		json_string(json, "creator",
			changed->note.go_pc ? function_name(shell, changed->note.go_pc - 1) : NULL);
		json_bool(json, "system", changed->note.system);
		json_end(json);
	}
}

static struct error *render_json(struct shell *shell, const struct changes *changes)
{
	static const char *const keys[] = {"born", "gone", "unmoved", "moved"};
	struct json *json = json_create(&shell->out);
	if (!json)
		return error_no_memory();
	json_double(json, "between_seconds", (double)changes->between_ns / 1e9);
	for (enum change change = BORN; change <= MOVED; change++) {
		json_array(json, keys[change]);
		list_json(shell, json, changes, change);
		json_end(json);
	}
	json_finish(json);
	return NULL;
}

struct error *since_show(struct shell *shell, bool system, bool json)
{
	if (!shell->since)
		return error_create(ERROR_USAGE,
			"goroutines --since compares with how it was before "
			"it ran: make another \"snapshot\", or "
			"list goroutines and \"continue\", first");
	_cleanup_(since_cleanup) struct since *now = NULL;
	struct changes changes = {0};
	struct error *err = since_take(shell, &now);
	if (!err)
		err = compare(shell->since, now, system, &changes);
	if (!err)
		err = json ? render_json(shell, &changes) : render_text(shell, &changes);
	free(changes.items);
	return err;
}
