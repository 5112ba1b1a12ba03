/* Loading the report: see report.h. */
#include "commands/views/report.h"

#include "commands/views/findings.h"
#include "dwarf/base/bisect.h"

/* Runs the checks. A program without contexts has no verdicts. */
static struct error *load_verdicts(struct report *report)
{
	struct session *session = report->session;
	struct target *target = session->target;
	int64_t first_stop = target->stop_monotonic_ns, first_ns = target->stall_ns;
	struct error *err =
		verdicts_load(session, DEFAULT_GRACE_NS, true, &report->forest, &report->verdicts);
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		err = NULL;
		report->forest = NULL;
	}
	report->stopped_ns = target->is_snapshot ? target->stall_ns : -1;
	if (target->is_snapshot && target->stop_monotonic_ns != first_stop)
		report->stopped_ns += first_ns;
	return err;
}

/* Goroutines that belong to the runtime, although its tracebacks show them. */
static bool is_of_runtime(struct program *program, const struct goroutine *goroutine)
{
	const char *entry = program_function_name(program, goroutine->start_pc);
	return entry && strcmp(entry, "os/signal.loop") == 0;
}

static struct error *load_goroutines(struct report *report)
{
	struct goroutine_matches *matches = &report->goroutines;
	struct view_query query = {0};
	struct error *err = goroutine_matches_load(report->session, &query, matches);
	if (err)
		return err;
	size_t kept = 0;
	for (size_t i = 0; i < matches->count; i++) {
		if (!is_of_runtime(report->session->program, goroutine_match(matches, i)))
			matches->numbers[kept++] = matches->numbers[i];
	}
	report->runtime_goroutines = matches->hidden_system + matches->count - kept;
	matches->count = matches->matching = kept;
	return goroutine_groups_make(report->session, matches, GROUP_BY_STACK, 0, &report->groups);
}

static size_t index_of(const struct goroutine_list *list, uint64_t goid)
{
	size_t at = bisect(i, list->count, list->items[i].goid >= goid);
	return at < list->count && list->items[at].goid == goid ? at : SIZE_MAX;
}

static struct error *index_groups(struct report *report)
{
	const struct goroutine_list *list = report->goroutines.list;
	report->group_of = malloc((list->count + 1) * sizeof(*report->group_of));
	if (!report->group_of)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++)
		report->group_of[i] = UINT32_MAX;
	for (size_t i = 0; i < report->groups.count; i++) {
		const struct goroutine_group *group = &report->groups.items[i];
		for (size_t j = 0; j < group->count; j++) {
			size_t at = index_of(list, group->goids[j]);
			if (at != SIZE_MAX)
				report->group_of[at] = (uint32_t)i;
		}
	}
	return NULL;
}

size_t report_group_of(const struct report *report, uint64_t goid)
{
	size_t at = index_of(report->goroutines.list, goid);
	return at == SIZE_MAX || report->group_of[at] == UINT32_MAX ? NO_GROUP
								    : report->group_of[at];
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool report_same_place(const struct report_place *a, const struct report_place *b)
{
	return same_text(a->function, b->function) && same_text(a->file, b->file) &&
	       a->line == b->line && a->has_creator == b->has_creator &&
	       a->creator.pc == b->creator.pc;
}

static bool on_first(void *context, struct goroutine_view *view)
{
	struct report *report = context;
	struct report_place *place =
		&report->places[report_group_of(report, view->goroutine->goid)];
	const struct frame *frame = stack_summary_frame(&view->stack);
	if (frame) {
		place->function = frame->function;
		place->file = frame->file;
		place->line = frame->line;
	}
	place->has_creator = goroutine_creator(view->program, view->goroutine, &place->creator);
	return true;
}

/* Finds the place of each group, from the stack of its first goroutine. */
static struct error *load_places(struct report *report)
{
	const struct goroutine_groups *groups = &report->groups;
	struct goroutine_matches firsts = {.list = report->goroutines.list};
	report->places = calloc(groups->count + 1, sizeof(*report->places));
	if (!report->places || !array_reserve(&firsts.numbers, &firsts.capacity, groups->count + 1))
		return error_no_memory();
	for (size_t i = 0; i < groups->count; i++)
		firsts.numbers[firsts.count++] =
			(uint32_t)(groups->items[i].first - firsts.list->items);
	struct error *err = goroutine_matches_visit(
		report->session, &firsts, VIEW_STACK, false, on_first, report);
	goroutine_matches_deinit(&firsts);
	return err;
}

struct error *report_load(struct session *session, struct report *ret)
{
	*ret = (struct report){.session = session};
	/* First, because it may look at a later state of the process. */
	struct error *err = load_verdicts(ret);
	if (!err)
		err = program_summary(session->program, &ret->summary);
	if (!err)
		err = program_crash(session->program, &ret->crash);
	if (!err)
		err = load_goroutines(ret);
	if (!err)
		err = index_groups(ret);
	if (!err)
		err = load_places(ret);
	return err ? err : findings_load(ret);
}

static void finding_deinit(struct finding *finding)
{
	free(finding->goids);
	free(finding->groups);
	free(finding->why);
	free(finding->next);
}

void report_deinit(struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++)
		finding_deinit(&report->findings[i]);
	free(report->findings);
	verdicts_deinit(&report->verdicts);
	free(report->group_of);
	free(report->places);
	goroutine_groups_deinit(&report->groups);
	goroutine_matches_deinit(&report->goroutines);
	crash_deinit(&report->crash);
	*report = (struct report){0};
}

void report_sentence(const struct report *report, char *ret, size_t size)
{
	size_t total = report->goroutines.count;
	const char *plural = total == 1 ? "" : "s";
	bool found = report->finding_count && !report->findings[0].is_note;
	if (!report->summary.goroutines)
		snprintf(ret, size, "The Go runtime has not started yet");
	else if (report->stuck && total == 1)
		snprintf(ret, size, "1 goroutine, which is stuck");
	else if (report->stuck)
		snprintf(ret, size, "%zu goroutine%s, %zu of them stuck", total, plural,
			report->stuck);
	else if (found)
		snprintf(ret, size, "%zu goroutine%s, none of them stuck, but contexts are wrong",
			total, plural);
	else
		snprintf(ret, size, "%zu goroutine%s. Nothing stuck found%s", total, plural,
			report->forest && report->forest->partial
				? ", but some memory could not be read"
				: "");
}
