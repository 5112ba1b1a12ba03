/* See layout_check.h. */
#include "dbg/go/layout_check.h"

#include <stdio.h>

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/program_state.h"

enum {
	MAX_CHECKED = 4096,	/* goroutines, a sample of all of them */
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

/* Checks that `field` of the struct at `address` points back to `expected`, if it is readable. */
static void check_link(struct program *program, struct tally *tally, enum claim claim,
	uint64_t address, struct field field, uint64_t expected)
{
	uint64_t value;
	if (!address || !field_present(field))
		return;
	struct error *err = program_read_field(program, address, field, &value);
	if (!err)
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
	size_t step = list->count / MAX_CHECKED + 1;
	for (size_t i = 0; i < list->count; i += step) {
		check_goroutine(program, tally, &list->items[i], goid_limit);
		if (i > 0)
			check(tally, CLAIM_GOID, list->items[i].goid != list->items[i - 1].goid);
	}
}

static void check_ms(struct program *program, struct tally *tally)
{
	const struct runtime_layout *layout = &program->layout;
	for (size_t i = 0; i < tally->ms->count; i++) {
		const struct go_m *m = &tally->ms->items[i];
		uint64_t procid = 0;
		struct error *err =
			program_read_field(program, m->address, layout->m.procid, &procid);
		if (!err && procid) /* 0: not started, or waiting for C code to call Go */
			check(tally, CLAIM_THREAD, m->tid != 0);
		error_destroy(err);
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

static void warn(struct program *program, const char *message)
{
	if (program->warn)
		program->warn(program->warn_context, message);
}

static struct error *evaluate_tally(struct program *program, const struct tally *tally)
{
	const struct builtin_layout *table = program->builtin;
	const char *version = program_go_version(program);
	enum claim claim = worst(tally);
	char text[512];
	if (claim == CLAIMS) {
		if (!table->guessed)
			return NULL;
		snprintf(text, sizeof(text),
			"the program was built with %s; reading it with the struct layouts of %s, "
			"the newest release that this version of gctxdbg knows (%zu goroutines and "
			"%zu threads match them; to be certain, give the file with the program's "
			"DWARF with --debug-file)",
			version, table->release, tally->goroutines->count, tally->ms->count);
		warn(program, text);
		return NULL;
	}
	if (table->guessed)
		return error_create(ERROR_BAD_DATA,
			"the struct layouts of %s are not known, and those of %s do not fit: %s "
			"(%zu of %zu times); give the file with the program's DWARF with "
			"--debug-file",
			version, table->release, contradictions[claim], tally->failed[claim],
			tally->checked[claim]);
	snprintf(text, sizeof(text),
		"the struct layouts of %s do not seem to fit this program, "
		"so results may be wrong: %s (%zu of %zu times)",
		table->release, contradictions[claim], tally->failed[claim], tally->checked[claim]);
	warn(program, text);
	return NULL;
}

struct error *layout_check(struct program *program, const struct goroutine_list *goroutines)
{
	if (!program->builtin || program->layout_checked)
		return NULL;
	const struct go_m_list *ms;
	struct error *err = program_ms(program, &ms);
	if (err)
		return err;
	if (!ms->count || !(goroutines->count + goroutines->dead + goroutines->idle))
		return NULL; /* not started yet */
	struct tally tally = {.goroutines = goroutines, .ms = ms};
	check_goroutines(program, &tally);
	check_ms(program, &tally);
	err = evaluate_tally(program, &tally);
	program->layout_checked = !err;
	return err;
}

struct error *explain_guessed_layout(struct program *program, struct error *err)
{
	const struct builtin_layout *table = program->builtin;
	if (!err || !table || !table->guessed || program->layout_checked ||
		(err->code != ERROR_NOT_FOUND && err->code != ERROR_BAD_DATA))
		return err;
	struct error *explained = error_create(ERROR_BAD_DATA,
		"the struct layouts of %s are not known, and those of %s do not fit (%s); give the "
		"file with the program's DWARF with --debug-file",
		program_go_version(program), table->release, err->message);
	error_destroy(err);
	return explained;
}
