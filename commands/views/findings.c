/* Deriving the findings: see findings.h. */
#include "commands/views/findings.h"

#include <inttypes.h>

#include "commands/contexts/verdict_groups.h"
#include "commands/views/lock_queues.h"
#include "dbg/go/waits/forever.h"
#include "dwarf/base/bisect.h"

static struct error *add_finding(
	struct report *report, const char *kind, bool is_note, struct finding **ret)
{
	if (!array_reserve(&report->findings, &report->finding_capacity, report->finding_count + 1))
		return error_no_memory();
	*ret = &report->findings[report->finding_count++];
	**ret = (struct finding){.kind = kind, .is_note = is_note};
	return NULL;
}

static struct error *add_goroutines(struct finding *finding, const uint64_t *goids, size_t count)
{
	if (!array_reserve(
		    &finding->goids, &finding->goid_capacity, finding->goid_count + count + 1))
		return error_no_memory();
	if (count)
		memcpy(finding->goids + finding->goid_count, goids, count * sizeof(*goids));
	finding->goid_count += count;
	return NULL;
}

/* ---- Verdicts ---- */

static struct error *add_verdict_groups(
	struct report *report, const struct verdict_groups *groups, const size_t *group_of)
{
	const struct verdicts *verdicts = &report->verdicts;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < groups->count; i++) {
		const struct verdict *first = &verdicts->items[groups->items[i].first];
		struct finding *finding;
		err = add_finding(
			report, verdict_name(first->kind), verdict_is_mild(first->kind), &finding);
		if (err)
			break;
		finding->contexts = groups->items[i].count;
		finding->why = verdict_sentence(report->session, report->forest, first);
		finding->next = verdict_next(report->forest, first);
		if (!finding->why || !finding->next)
			err = error_no_memory();
	}
	for (size_t i = 0; !err && i < verdicts->count; i++)
		err = add_goroutines(&report->findings[group_of[i]], verdicts->items[i].goids,
			verdicts->items[i].goid_count);
	return err;
}

static struct error *add_verdicts(struct report *report)
{
	const struct verdicts *verdicts = &report->verdicts;
	if (!verdicts->count)
		return NULL;
	_cleanup_(verdict_groups_deinit) struct verdict_groups groups = {0};
	_cleanup_free_ size_t *group_of = calloc(verdicts->count, sizeof(*group_of));
	if (!group_of)
		return error_no_memory();
	struct error *err =
		group_verdicts(report->session, report->forest, verdicts, false, group_of, &groups);
	return err ? err : add_verdict_groups(report, &groups, group_of);
}

/* ---- Goroutines that nothing can wake ---- */

enum { MAIN_GOID = 1 };

/* Whether the goroutines of the group are stuck because of `forever`, rather than parked. */
static bool is_stuck(const struct goroutine_group *group, enum forever forever)
{
	bool many = group->count > 1;
	switch (forever) {
	case FOREVER_LEAKED:
		return true;
	case FOREVER_NIL_CHANNEL:
		return group->first->goid != MAIN_GOID;
	case FOREVER_NO_CASES:
		return many && !group->first->locked_m;
	case FOREVER_NOT:
		break;
	}
	return false;
}

/* Goroutines, ascending. */
struct goids {
	uint64_t *items;
	size_t count, capacity;
};

static void goids_deinit(struct goids *goids)
{
	free(goids->items);
}

/* The goroutines of all findings so far that are no notes. */
static struct error *stuck_so_far(const struct report *report, struct goids *ret)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];
		size_t count = finding->is_note ? 0 : finding->goid_count;
		if (!array_reserve(&ret->items, &ret->capacity, ret->count + count + 1))
			return error_no_memory();
		if (count)
			memcpy(ret->items + ret->count, finding->goids,
				count * sizeof(*ret->items));
		ret->count += count;
	}
	ret->count = goids_sort_unique(ret->items, ret->count);
	return NULL;
}

static bool contains(const struct goids *goids, uint64_t goid)
{
	size_t at = bisect(i, goids->count, goids->items[i] >= goid);
	return at < goids->count && goids->items[at] == goid;
}

/* Findings about groups of goroutines that are stuck at the same place for the same reason. */
struct forever_finding {
	enum forever forever;
	size_t group;	/* the largest one */
	size_t finding; /* index */
};

struct forever_findings {
	struct forever_finding *items;
	size_t count, capacity;
};

static void forever_findings_deinit(struct forever_findings *findings)
{
	free(findings->items);
}

static struct error *add_forever(
	struct report *report, enum forever forever, uint64_t goid, struct finding **ret)
{
	static const struct {
		const char *kind, *why;
	} texts[] = {
		[FOREVER_NIL_CHANNEL] = {"nil-channel",
			"blocked on a nil channel, which never becomes ready"},
		[FOREVER_NO_CASES] = {"empty-select",
			"blocked in a select without cases, which never ends"},
		[FOREVER_LEAKED] = {"leaked",
			"Go's own leak profile found that nothing can ever wake them"},
	};
	struct error *err = add_finding(report, texts[forever].kind, false, ret);
	if (err)
		return err;
	(*ret)->why = strdup(texts[forever].why);
	bool fine = (*ret)->why && asprintf(&(*ret)->next, "bt -g %" PRIu64, goid) >= 0;
	return fine ? NULL : error_no_memory();
}

/* The finding for the group, which is added if there is none yet. */
static struct error *forever_finding(struct report *report, struct forever_findings *known,
	size_t group, enum forever forever, struct finding **ret)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct forever_finding *item = &known->items[i];
		if (item->forever == forever &&
			report_same_place(&report->places[item->group], &report->places[group])) {
			*ret = &report->findings[item->finding];
			return NULL;
		}
	}
	if (!array_reserve(&known->items, &known->capacity, known->count + 1))
		return error_no_memory();
	known->items[known->count++] =
		(struct forever_finding){forever, group, report->finding_count};
	return add_forever(report, forever, report->groups.items[group].goids[0], ret);
}

/* Leaves out goroutines that a verdict explains already. */
static struct error *add_all_forever(struct report *report)
{
	_cleanup_(goids_deinit) struct goids explained = {0};
	_cleanup_(forever_findings_deinit) struct forever_findings known = {0};
	struct error *err = stuck_so_far(report, &explained);
	for (size_t i = 0; !err && i < report->groups.count; i++) {
		const struct goroutine_group *group = &report->groups.items[i];
		enum forever forever =
			goroutine_waits_forever(report->session->program, group->first);
		struct finding *finding = NULL;
		if (!is_stuck(group, forever))
			continue;
		for (size_t j = 0; !err && j < group->count; j++) {
			if (contains(&explained, group->goids[j]))
				continue;
			if (!finding)
				err = forever_finding(report, &known, i, forever, &finding);
			if (!err)
				err = add_goroutines(finding, &group->goids[j], 1);
		}
	}
	return err;
}

/* ---- Deadlocks and locks ---- */

/* The runtime ends a program in which no goroutine can run (runtime/proc.go checkdead). */
static struct error *add_deadlock(struct report *report)
{
	struct finding *finding;
	if (report->crash.kind != CRASH_FATAL ||
		!strstr(report->crash.text, "all goroutines are asleep - deadlock!"))
		return NULL;
	struct error *err = add_finding(report, "deadlock", false, &finding);
	for (size_t i = 0; !err && i < report->goroutines.count; i++)
		err = add_goroutines(finding, &goroutine_match(&report->goroutines, i)->goid, 1);
	if (err)
		return err;
	finding->why = strdup("Go's runtime found that no goroutine can run any more");
	finding->next = strdup("goroutines --group stack");
	return finding->why && finding->next ? NULL : error_no_memory();
}

/* Notes about locks that several goroutines wait for. */
static struct error *add_locks(struct report *report)
{
	enum { FEW = 3 };
	_cleanup_(lock_queues_deinit) struct lock_queues queues = {0};
	_cleanup_(goids_deinit) struct goids explained = {0};
	struct error *err = stuck_so_far(report, &explained);
	if (!err)
		err = lock_queues_find(report, &queues);
	for (size_t i = 0; !err && i < queues.count; i++) {
		const struct lock_queue *queue = &queues.items[i];
		const char *type = queue->wait.kind == WAIT_MUTEX ? "sync.Mutex" : "sync.RWMutex";
		struct finding *finding;
		if (queue->count < FEW || contains(&explained, queue->goids[0]))
			continue;
		err = add_finding(report, "lock-queue", true, &finding);
		if (!err)
			err = add_goroutines(finding, queue->goids, queue->count);
		if (err)
			break;
		if (asprintf(&finding->why, "all wait for the %s 0x%" PRIx64, type,
			    queue->wait.address) < 0 ||
			asprintf(&finding->next, "bt -g %" PRIu64, queue->goids[0]) < 0)
			err = error_no_memory();
	}
	return err;
}

/* ---- Where, and in which order ---- */

/* Finds the groups of the finding's goroutines. `counts` has a zero for each group. */
static struct error *locate(struct report *report, struct finding *finding, size_t *counts)
{
	finding->goid_count = goids_sort_unique(finding->goids, finding->goid_count);
	for (size_t i = 0; i < finding->goid_count; i++) {
		size_t group = report_group_of(report, finding->goids[i]);
		if (group == NO_GROUP || counts[group]++)
			continue;
		if (!array_reserve(
			    &finding->groups, &finding->group_capacity, finding->group_count + 1))
			return error_no_memory();
		finding->groups[finding->group_count++] = group;
	}
	size_t most = 0;
	for (size_t i = 0; i < finding->group_count; i++) {
		if (counts[finding->groups[i]] > counts[finding->groups[most]])
			most = i;
	}
	for (size_t i = 0; i < finding->group_count; i++)
		counts[finding->groups[i]] = 0;
	if (finding->group_count) {
		size_t first = finding->groups[0];
		finding->groups[0] = finding->groups[most];
		finding->groups[most] = first;
	}
	return NULL;
}

static struct error *locate_all(struct report *report)
{
	_cleanup_free_ size_t *counts = calloc(report->groups.count + 1, sizeof(*counts));
	struct error *err = counts ? NULL : error_no_memory();
	for (size_t i = 0; !err && i < report->finding_count; i++)
		err = locate(report, &report->findings[i], counts);
	return err;
}

static int by_size(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	if (x->is_note != y->is_note)
		return x->is_note ? 1 : -1;
	if (x->goid_count != y->goid_count)
		return x->goid_count < y->goid_count ? 1 : -1;
	if (x->contexts != y->contexts)
		return x->contexts < y->contexts ? 1 : -1;
	uint64_t i = x->goid_count ? x->goids[0] : 0, j = y->goid_count ? y->goids[0] : 0;
	return i != j ? (i > j) - (i < j) : strcmp(x->kind, y->kind);
}

struct error *findings_load(struct report *report)
{
	struct error *err = add_verdicts(report);
	if (!err)
		err = add_all_forever(report);
	if (!err)
		err = add_deadlock(report);
	if (!err)
		err = add_locks(report);
	if (!err)
		err = locate_all(report);
	_cleanup_(goids_deinit) struct goids stuck = {0};
	if (!err)
		err = stuck_so_far(report, &stuck);
	if (err)
		return err;
	report->stuck = stuck.count;
	if (report->finding_count)
		qsort(report->findings, report->finding_count, sizeof(*report->findings), by_size);
	return NULL;
}
