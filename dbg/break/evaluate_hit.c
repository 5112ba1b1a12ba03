/* Handles a hit in the tracer thread: evaluates conditions, counts, and sends events. */
#include <stdio.h>

#include "dbg/break/hit_capture.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"
#include "dwarf/base/clock.h"

static void send(struct breakpoints *breakpoints, const struct armed_trap *armed,
	struct hit_capture *capture, const char *problem, bool stops)
{
	const struct breakpoint_entry *entry = armed->entry;
	struct event_slot *slot = break_events_next(&breakpoints->events);
	struct break_event *event = &slot->event;
	struct hit *hit = capture->input.hit;
	struct hit_goroutine *goroutine;
	event->number = entry->number;
	event->kind = entry->kind;
	event->what = event_slot_text(slot, entry->what, strlen(entry->what), NULL);
	event->stops = stops;
	event->hit = hit->number;
	event->tid = hit->trap->tid;
	event->address = hit->trap->address;
	event->time_ns = clock_now(CLOCK_REALTIME) - (monotonic_now() - hit->monotonic_ns);
	event->location = entry->location.items[armed->item].code;
	event->of_runtime = entry->location.kind < LOCATION_FUNCTION;
	struct error *err = hit_current(hit, &goroutine);
	if (!err && goroutine->address) {
		event->g = goroutine->address;
		event->goid = hit_goroutine_field(goroutine, hit->program->layout.g.goid);
	}
	error_destroy(err);
	if (problem)
		event->problem = event_slot_text(slot, problem, strlen(problem), NULL);
	hit_capture_fill(capture, slot);
	break_events_send(&breakpoints->events);
}

/* Handles a condition that cannot be evaluated: the first time, stops and reports why. */
static enum trap_answer failed(struct breakpoints *breakpoints, const struct armed_trap *armed,
	struct hit_capture *capture, const struct error *err)
{
	struct breakpoint_entry *entry = armed->entry;
	entry->failures++;
	if (entry->has_problem)
		return TRAP_GO_ON;
	snprintf(entry->problem, sizeof(entry->problem), "%s", err->message);
	entry->has_problem = true;
	send(breakpoints, armed, capture, entry->problem, true);
	return TRAP_STOP;
}

static enum trap_answer evaluate_hit(
	struct breakpoints *breakpoints, const struct armed_trap *armed, struct hit *hit)
{
	struct breakpoint_entry *entry = armed->entry;
	struct hit_capture capture; /* not zeroed: that would clear its table per hit */
	capture.entry = entry;
	capture.known = 0;
	capture.input = (struct value_input){.hit = hit,
		.source = &entry->source,
		.births = &breakpoints->births,
		.item = armed->item};
	struct expr_input values = {hit_capture_value, &capture};
	bool holds = true;
	if (entry->spent)
		return TRAP_GO_ON;
	hit->number = ++entry->hits;
	if (entry->expr) {
		struct error *err = expr_run(entry->expr, &values, &holds);
		if (err) {
			enum trap_answer answer = failed(breakpoints, armed, &capture, err);
			error_destroy(err);
			return answer;
		}
	}
	if (!holds) {
		entry->times_false++;
		return TRAP_GO_ON;
	}
	if (entry->ignore_left) {
		entry->ignore_left--;
		entry->ignored++;
		return TRAP_GO_ON;
	}
	bool stops = entry->kind != BREAKPOINT_TRACE;
	entry->spent = entry->kind == BREAKPOINT_TEMPORARY;
	send(breakpoints, armed, &capture, NULL, stops);
	return stops ? TRAP_STOP : TRAP_GO_ON;
}

/* The first armed trap at `address`. */
static size_t find_armed(const struct breakpoints *breakpoints, uint64_t address)
{
	return bisect(i, breakpoints->armed_count, breakpoints->armed[i].address >= address);
}

static size_t count_armed(const struct breakpoints *breakpoints, size_t first, uint64_t address)
{
	size_t end = first;
	while (end < breakpoints->armed_count && breakpoints->armed[end].address == address)
		end++;
	return end - first;
}

static bool is_lifetime(enum location_kind kind)
{
	return kind == LOCATION_NEWPROC || kind == LOCATION_GOEXIT;
}

/* Records the creation of a goroutine, or removes one that ends. */
static void note_lifetime(struct breakpoints *breakpoints, struct hit *hit)
{
	struct hit_goroutine *goroutine;
	struct error *err = hit_other(hit, &goroutine);
	uint64_t goid = err ? 0 : hit_goroutine_field(goroutine, hit->program->layout.g.goid);
	error_destroy(err);
	if (hit->kind == LOCATION_NEWPROC)
		births_add(&breakpoints->births, goid, hit->monotonic_ns);
	else
		births_remove(&breakpoints->births, goid);
}

static enum location_kind kind_of(const struct armed_trap *armed)
{
	return armed->entry ? armed->entry->location.kind : LOCATION_NEWPROC;
}

static void begin(struct hit *hit, const struct trap_hit *trap, const struct armed_trap *armed)
{
	hit_begin(hit, trap, kind_of(armed), armed->subject, armed->subject_offset);
}

enum trap_answer breakpoints_hit(void *context, const struct trap_hit *trap)
{
	struct breakpoints *breakpoints = context;
	struct hit *hit = breakpoints->hit;
	enum trap_answer answer = TRAP_GO_ON;
	size_t first = find_armed(breakpoints, trap->address);
	size_t count = count_armed(breakpoints, first, trap->address);
	if (break_events_room(&breakpoints->events) < count)
		return TRAP_AGAIN;
	const struct armed_trap *lifetime = NULL;
	int64_t start = hit->monotonic_ns = monotonic_now();
	for (size_t i = 0; i < count; i++) {
		const struct armed_trap *armed = &breakpoints->armed[first + i];
		if (is_lifetime(kind_of(armed)))
			lifetime = armed;
		if (!armed->entry)
			continue;
		begin(hit, trap, armed);
		if (evaluate_hit(breakpoints, armed, hit) == TRAP_STOP)
			answer = TRAP_STOP;
		int64_t end = monotonic_now();
		armed->entry->evaluation_ns += (uint64_t)(end - start);
		start = end;
	}
	bool removes =
		lifetime && kind_of(lifetime) == LOCATION_GOEXIT && breakpoints->births.count;
	if (lifetime && (breakpoints->note_births || removes)) {
		begin(hit, trap, lifetime);
		note_lifetime(breakpoints, hit);
	}
	return answer;
}
