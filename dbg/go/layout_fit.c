/* See layout_fit.h. */
#include "dbg/go/layout_fit.h"

#include <stdio.h>

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/program/program_state.h"

enum {
	SAMPLES = 512,		/* goroutines; the first ones are never reused */
	MAX_STACK = 1 << 30,	/* the runtime's own limit on amd64 is 1 GB */
	TOLERATED_FRACTION = 4, /* fewer than 1 failure in 4 is tolerated: the target may be torn */
};

enum claim {
	CLAIM_IDLE,
	CLAIM_ALIVE,
	CLAIM_STATUS,
	CLAIM_GOID,
	CLAIM_PARENT,
	CLAIM_STACK,
	CLAIM_SAVED_SP,
	CLAIM_SAVED_PC,
	CLAIM_START,
	CLAIM_CREATOR,
	CLAIM_REASON,
	CLAIM_M,
	CLAIM_SUDOG,
	CLAIM_LIST,
	CLAIM_THREAD,
	CLAIM_SYSTEM_G,
	CLAIM_CURRENT_G,
	CLAIM_P,
	CLAIMS,
};

/* What is wrong if a claim fails. */
static const char *const contradictions[CLAIMS] = {
	[CLAIM_IDLE] = "g.atomicstatus is that of a goroutine not yet initialised",
	[CLAIM_ALIVE] = "no goroutine is in use",
	[CLAIM_STATUS] = "g.atomicstatus is not a known status",
	[CLAIM_GOID] = "g.goid was never assigned, or assigned twice",
	[CLAIM_PARENT] = "g.parentGoid was never assigned",
	[CLAIM_STACK] = "g.stack is not a stack",
	[CLAIM_SAVED_SP] = "g.sched.sp is outside the stack",
	[CLAIM_SAVED_PC] = "g.sched.pc is outside the code",
	[CLAIM_START] = "g.startpc is outside the code",
	[CLAIM_CREATOR] = "g.gopc is outside the code",
	[CLAIM_REASON] = "g.waitreason is not a known reason",
	[CLAIM_M] = "g.m is not one of the runtime's threads",
	[CLAIM_SUDOG] = "g.waiting is a sudog of another goroutine",
	[CLAIM_LIST] = "m.alllink does not lead to all of the runtime's threads",
	[CLAIM_THREAD] = "m.procid is not a thread",
	[CLAIM_SYSTEM_G] = "m.g0 belongs to another m",
	[CLAIM_CURRENT_G] = "m.curg belongs to another m",
	[CLAIM_P] = "m.p belongs to another m",
};

struct tally {
	const struct goroutine_list *goroutines;
	const struct go_m_list *ms;
	size_t checked[CLAIMS], failed[CLAIMS];
};

static void check(struct tally *tally, enum claim claim, bool holds)
{
	tally->checked[claim]++;
	tally->failed[claim] += !holds;
}

/*
 * Checks that `field` of the struct at `address` points back to `expected`, if it is readable. 0 says
 * nothing: the runtime sets and clears one direction after the other (runtime/proc.go execute, dropg,
 * wirep, allocm).
 */
static void check_link(struct program *program, struct tally *tally, enum claim claim,
	uint64_t address, struct field field, uint64_t expected)
{
	uint64_t value;
	if (!address || !field_present(field))
		return;
	struct error *err = program_read_field(program, address, field, &value);
	if (!err && value)
		check(tally, claim, value == expected);
	error_destroy(err);
}

static bool is_known_status(const struct status_constants *status, int64_t value)
{
	return value == status->runnable || value == status->running || value == status->syscall ||
	       value == status->waiting || value == status->copystack ||
	       value == status->preempted || (value >= 0 && value == status->leaked);
}

static void check_goroutine(struct program *program, struct tally *tally,
	const struct goroutine *goroutine, uint64_t goid_limit)
{
	const struct status_constants *status = &program->layout.status;
	uint64_t low = goroutine->stack_low, high = goroutine->stack_high;
	check(tally, CLAIM_STATUS, is_known_status(status, goroutine->status));
	check(tally, CLAIM_GOID, goroutine->goid && goroutine->goid <= goid_limit);
	check(tally, CLAIM_PARENT, goroutine->parent_goid <= goid_limit);
	check(tally, CLAIM_STACK, low < high && high - low <= MAX_STACK);
	if (goroutine->status == status->waiting || goroutine->status == status->runnable) {
		uint64_t sp = goroutine->sched_sp;
		check(tally, CLAIM_SAVED_SP, sp >= low && sp <= high);
		check(tally, CLAIM_SAVED_PC, program_is_go_pc(program, goroutine->sched_pc));
	}
	if (goroutine->start_pc) /* 0 for a thread of C code that called into Go */
		check(tally, CLAIM_START, program_is_go_pc(program, goroutine->start_pc));
	if (goroutine->go_pc)
		check(tally, CLAIM_CREATOR, program_is_go_pc(program, goroutine->go_pc));
	if (goroutine->status == status->waiting && program->wait_reason_count) {
		check(tally, CLAIM_REASON,
			goroutine->wait_reason &&
				goroutine->wait_reason < program->wait_reason_count);
		check_link(program, tally, CLAIM_SUDOG, goroutine->waiting, program->layout.sudog.g,
			goroutine->address);
	}
	if (goroutine->m)
		check(tally, CLAIM_M, program_m_at(program, goroutine->m));
}

static void check_goroutines(struct program *program, struct tally *tally)
{
	const struct goroutine_list *list = tally->goroutines;
	uint64_t goid_limit = UINT64_MAX;
	if (program->globals.sched.address && field_present(program->layout.sched.goidgen)) {
		struct error *err = program_read_field(program, program->globals.sched.address,
			program->layout.sched.goidgen, &goid_limit);
		if (err)
			goid_limit = UINT64_MAX;
		error_destroy(err);
	}
	tally->checked[CLAIM_IDLE] += list->idle + list->dead + list->count;
	tally->failed[CLAIM_IDLE] += list->idle;
	check(tally, CLAIM_ALIVE, list->count); /* main's, or those that outlive it */
	for (size_t i = 0; i < list->count; i++) {
		check_goroutine(program, tally, &list->items[i], goid_limit);
		if (i > 0)
			check(tally, CLAIM_GOID, list->items[i].goid != list->items[i - 1].goid);
	}
}

static void check_ms(struct program *program, struct tally *tally)
{
	const struct runtime_layout *layout = &program->layout;
	tally->checked[CLAIM_LIST] += tally->ms->count;
	tally->failed[CLAIM_LIST] += tally->ms->unlisted + tally->ms->broken;
	for (size_t i = 0; i < tally->ms->count; i++) {
		const struct go_m *m = &tally->ms->items[i];
		if (m->started) /* else not yet, or waiting for C code to call Go */
			check(tally, CLAIM_THREAD, m->named_tid && m->named_tid == m->tid);
		check_link(program, tally, CLAIM_SYSTEM_G, m->g0, layout->g.m, m->address);
		check_link(program, tally, CLAIM_CURRENT_G, m->current_g, layout->g.m, m->address);
		check_link(program, tally, CLAIM_P, m->p, layout->p.m, m->address);
	}
}

/* The first claim that failed too often; CLAIMS if there is none. */
static enum claim worst(const struct tally *tally)
{
	for (enum claim i = 0; i < CLAIMS; i++)
		if (tally->failed[i] * TOLERATED_FRACTION > tally->checked[i])
			return i;
	return CLAIMS;
}

struct error *layout_fit(struct program *program, struct layout_fit *ret)
{
	const struct go_m_list *ms;
	const struct goroutine_list *goroutines;
	*ret = (struct layout_fit){.fits = false};
	struct error *err = program_ms(program, &ms);
	if (!err)
		err = program_sample_goroutines(program, SAMPLES, &goroutines);
	if (err)
		return err;
	ret->ms = ms->count;
	ret->goroutines = goroutines->count + goroutines->dead + goroutines->idle;
	struct tally tally = {.goroutines = goroutines, .ms = ms};
	check_goroutines(program, &tally);
	check_ms(program, &tally);
	enum claim claim = worst(&tally);
	ret->fits = claim == CLAIMS;
	if (!ret->fits)
		snprintf(ret->contradiction, sizeof(ret->contradiction), "%s (%zu of %zu times)",
			contradictions[claim], tally.failed[claim], tally.checked[claim]);
	return NULL;
}
