/* The debugger's memory in the target while traps are set: see trap_area.h. */
#include "dbg/target/traps/trap_area.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dbg/target/tracing/inject.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/process/seccomp_check.h"
#include "dbg/target/traps/trap_handler.h"
#include "dbg/target/traps/trap_location.h"

enum {
	PAGE = 4096,
	CODE_SIZE = PAGE, /* the handler and its words */
	TABLE_SIZE = TRAPS_MAX * 8,
	SLOTS_SIZE = TRAPS_MAX * DISPLACED_SIZE,
	AREA_SIZE = PAGE + CODE_SIZE + TABLE_SIZE + SLOTS_SIZE,
	KERNEL_SIGNAL_SET = 8,
	RESETTING_FLAG = 0x80000000, /* SA_RESETHAND, as unsigned */
	/* Offsets in the data page. */
	OLD_ACTION = 0,
	OWN_ACTION = 64,
	CURRENT_ACTION = 128,
	STEP_MASK = 192,
};

int trap_write(int mem_fd, uint64_t address, const void *bytes, size_t size)
{
	ssize_t n = pwrite(mem_fd, bytes, size, (off_t)address);
	return n == (ssize_t)size ? 0 : n < 0 ? errno : EIO;
}

static struct error *write_failed(int errnum, uint64_t address)
{
	return error_system(
		errnum, "cannot write to the memory of the process at 0x%" PRIx64, address);
}

static struct error *write_area(
	struct trap_area *area, uint64_t address, const void *bytes, size_t size)
{
	int errnum = trap_write(area->mem_fd, address, bytes, size);
	return errnum ? write_failed(errnum, address) : NULL;
}

uint64_t trap_area_step_mask(const struct trap_area *area)
{
	return area->start + STEP_MASK;
}

/* ---- Calls in the target ---- */

static struct error *call(struct injection *injection, const char *what, long number,
	const uint64_t arguments[static INJECT_ARGUMENTS], int64_t *ret)
{
	struct error *err = inject_syscall(injection, number, arguments, ret);
	if (!err && *ret < 0 && *ret > -4096)
		err = error_system((int)-*ret, "the process cannot %s", what);
	return err ? error_wrap(err, "cannot set breakpoints") : NULL;
}

static struct error *map(struct trap_area *area, struct injection *injection, uint64_t location)
{
	const uint64_t mmap_arguments[INJECT_ARGUMENTS] = {location, AREA_SIZE,
		PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (location ? MAP_FIXED_NOREPLACE : 0),
		UINT64_MAX, 0};
	int64_t start;
	struct error *err =
		call(injection, "map memory for breakpoints", SYS_mmap, mmap_arguments, &start);
	if (err)
		return err;
	area->start = (uint64_t)start;
	area->end = area->start + AREA_SIZE;
	area->table = area->start + PAGE;
	area->code = area->table + TABLE_SIZE;
	area->slots = area->code + CODE_SIZE;
	const uint64_t unmap_arguments[INJECT_ARGUMENTS] = {area->start, AREA_SIZE};
	err = undo_log_note_undo(area->log, SYS_munmap, unmap_arguments);
	if (err)
		return err;
	const uint64_t protect_arguments[INJECT_ARGUMENTS] = {
		area->code, area->end - area->code, PROT_READ | PROT_EXEC};
	int64_t ignored;
	return call(injection, "make memory executable for breakpoints", SYS_mprotect,
		protect_arguments, &ignored);
}

/* Injects rt_sigaction(SIGTRAP, new, old); an address may be 0. */
static struct error *call_sigaction(
	struct injection *injection, uint64_t new_action, uint64_t old_action)
{
	const uint64_t arguments[INJECT_ARGUMENTS] = {
		SIGTRAP, new_action, old_action, KERNEL_SIGNAL_SET};
	int64_t ignored;
	return call(injection, "set its action for SIGTRAP", SYS_rt_sigaction, arguments, &ignored);
}

static struct error *read_action(
	struct trap_area *area, struct injection *injection, uint32_t at, struct trap_action *ret)
{
	struct error *err = call_sigaction(injection, 0, area->start + at);
	if (err)
		return err;
	if (pread(area->mem_fd, ret, sizeof(*ret), (off_t)(area->start + at)) != sizeof(*ret))
		return error_system(errno, "cannot read the process's action for SIGTRAP");
	return NULL;
}

/* ---- The handler ---- */

static struct error *write_handler(struct trap_area *area)
{
	struct bytes code = trap_handler_code();
	uint8_t buffer[CODE_SIZE];
	if (code.size > sizeof(buffer))
		return error_create(ERROR_OTHER, "the handler for SIGTRAP is too large");
	memcpy(buffer, code.data, code.size);
	const struct trap_handler_words words = {
		.area_start = area->start,
		.area_end = area->end,
		.table = area->table,
		.table_count = area->table_count,
		.old_handler = area->old.handler,
		.old_action = area->start + OLD_ACTION,
		.step_mask = trap_area_step_mask(area),
	};
	memcpy(buffer, &words, sizeof(words));
	return write_area(area, area->code, buffer, code.size);
}

/* If the program has no handler yet, because its runtime has not started, the debugger's is not
 * installed: the program would replace it. */
static bool has_handler(const struct trap_action *action)
{
	return action->handler > 1 && action->restorer;
}

static struct error *install(struct trap_area *area, struct injection *injection)
{
	struct error *err = read_action(area, injection, OLD_ACTION, &area->old);
	if (err || !has_handler(&area->old))
		return err;
	area->own = area->old;
	area->own.handler = area->code + sizeof(struct trap_handler_words);
	area->own.flags =
		(area->old.flags | SA_SIGINFO | SA_ONSTACK) & ~(uint64_t)(uint32_t)RESETTING_FLAG;
	err = write_handler(area);
	if (!err)
		err = write_area(area, area->start + OWN_ACTION, &area->own, sizeof(area->own));
	if (err)
		return err;
	const uint64_t undo[INJECT_ARGUMENTS] = {
		SIGTRAP, area->start + OLD_ACTION, 0, KERNEL_SIGNAL_SET};
	err = undo_log_note_undo(area->log, SYS_rt_sigaction, undo);
	if (err)
		return err;
	err = call_sigaction(injection, area->start + OWN_ACTION, 0);
	if (err)
		undo_log_forget_undo(area->log);
	else
		area->action_changed = true;
	return err;
}

static void unmap(struct trap_area *area, struct injection *injection)
{
	/* The thread has got a SIGTRAP of the program's own between two calls and is in our
	 * handler. */
	if (injection->own.regs.rip >= area->code && injection->own.regs.rip < area->slots)
		injection->own.regs.rip = area->old.handler;
	const uint64_t arguments[INJECT_ARGUMENTS] = {area->start, area->end - area->start};
	int64_t result;
	struct error *err = inject_syscall(injection, SYS_munmap, arguments, &result);
	if (!err && result == 0) {
		undo_log_note_region(area->log, 0, 0);
		undo_log_forget_undo(area->log);
		area->start = area->end = 0;
	}
	error_destroy(err);
}

static struct error *create_in(
	struct trap_area *area, struct injection *injection, uint64_t location)
{
	struct error *err = map(area, injection, location);
	if (!err) {
		undo_log_note_region(area->log, area->code, area->slots);
		err = install(area, injection);
	}
	if (err && area->start)
		unmap(area, injection);
	return err;
}

/* A seccomp filter may kill the process for one of these calls. */
static struct error *check_filters(pid_t tid)
{
	static const uint64_t map_arguments[INJECT_ARGUMENTS] = {TRAP_AREA_LOWEST, AREA_SIZE,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0};
	static const uint64_t protect_arguments[INJECT_ARGUMENTS] = {
		TRAP_AREA_LOWEST, AREA_SIZE, PROT_READ | PROT_EXEC};
	static const uint64_t unmap_arguments[INJECT_ARGUMENTS] = {TRAP_AREA_LOWEST, AREA_SIZE};
	static const uint64_t action_arguments[INJECT_ARGUMENTS] = {
		SIGTRAP, TRAP_AREA_LOWEST, TRAP_AREA_LOWEST, KERNEL_SIGNAL_SET};
	static const struct seccomp_call calls[] = {
		{SYS_mmap, map_arguments, "mmap"},
		{SYS_mprotect, protect_arguments, "mprotect"},
		{SYS_munmap, unmap_arguments, "munmap"},
		{SYS_rt_sigaction, action_arguments, "rt_sigaction"},
	};
	struct error *err = seccomp_check(tid, calls, array_length(calls));
	return err ? error_wrap(err, "cannot set breakpoints") : NULL;
}

struct error *trap_area_create(
	struct trap_area *area, struct tracees *tracees, uint64_t low, uint64_t high)
{
	pid_t tid = inject_choose(tracees);
	if (!tid)
		return error_create(
			ERROR_GONE, "process %d has no stopped thread", (int)tracees->pid);
	struct mapping *mappings;
	size_t count;
	struct error *err = proc_read_maps(tid, &mappings, &count);
	if (err)
		return err;
	uint64_t location = trap_location_find(mappings, count, AREA_SIZE, low, high);
	mappings_free(mappings, count);
	struct injection injection;
	err = check_filters(tid);
	if (err)
		return err;
	err = inject_begin(tracees, tid, area->log, &injection);
	if (err)
		return err;
	err = create_in(area, &injection, location);
	struct error *end_err = inject_end(&injection);
	if (err)
		error_destroy(end_err);
	return err ? err : end_err;
}

/* ---- The end ---- */

/* Whether it is the debugger's, perhaps reset by the kernel, which clears only the handler. */
static bool is_own(const struct trap_area *area, const struct trap_action *action)
{
	return action->flags == area->own.flags && action->restorer == area->own.restorer &&
	       action->mask == area->own.mask &&
	       (action->handler == area->own.handler || action->handler == 0);
}

static struct error *remove_in(struct trap_area *area, struct injection *injection)
{
	if (area->action_changed) {
		struct trap_action current;
		struct error *err = read_action(area, injection, CURRENT_ACTION, &current);
		if (!err && is_own(area, &current))
			err = call_sigaction(injection, area->start + OLD_ACTION, 0);
		if (err)
			return err;
		undo_log_forget_undo(area->log);
		area->action_changed = false;
	}
	unmap(area, injection);
	return area->start ? error_create(ERROR_OTHER, "cannot unmap the memory of the breakpoints")
			   : NULL;
}

struct error *trap_area_destroy(struct trap_area *area, struct tracees *tracees)
{
	if (!area->start)
		return NULL;
	pid_t tid = inject_choose(tracees);
	if (!tid)
		return error_create(
			ERROR_GONE, "process %d has no stopped thread", (int)tracees->pid);
	struct injection injection;
	struct error *err = inject_begin(tracees, tid, area->log, &injection);
	if (err)
		return err;
	err = remove_in(area, &injection);
	struct error *end_err = inject_end(&injection);
	if (err)
		error_destroy(end_err);
	return err ? err : end_err;
}

void trap_area_forget(struct trap_area *area)
{
	if (!area->start)
		return;
	undo_log_note_region(area->log, 0, 0);
	if (area->action_changed)
		undo_log_forget_undo(area->log);
	undo_log_forget_undo(area->log);
	area->start = area->end = 0;
}

struct error *trap_area_renew_action(
	struct trap_area *area, struct tracees *tracees, pid_t tid, bool *ret_was_reset)
{
	*ret_was_reset = false;
	struct injection injection;
	struct error *err = inject_begin(tracees, tid, area->log, &injection);
	if (err)
		return err;
	struct trap_action current;
	err = read_action(area, &injection, CURRENT_ACTION, &current);
	if (!err && !area->action_changed) {
		/* The program has installed its own in the meantime. */
		if (has_handler(&current))
			err = install(area, &injection);
	} else if (!err && current.handler == 0 && is_own(area, &current)) {
		err = call_sigaction(&injection, area->start + OWN_ACTION, 0);
		*ret_was_reset = !err;
	}
	struct error *end_err = inject_end(&injection);
	if (err)
		error_destroy(end_err);
	return err ? err : end_err;
}

/* ---- Contents ---- */

struct error *trap_area_write_slot(
	struct trap_area *area, size_t index, const struct displaced *displaced)
{
	/* Only what is in use: the guardian takes any word on a stack that is in this range for an
	 * address. */
	uint64_t end = trap_area_slot(area, index + 1);
	if (end > area->used_end) {
		area->used_end = end;
		undo_log_note_region(area->log, area->code, end);
	}
	return write_area(area, trap_area_slot(area, index), displaced->code, DISPLACED_SIZE);
}

struct error *trap_area_write_table(struct trap_area *area, const uint64_t *addresses, size_t count)
{
	struct error *err =
		count ? write_area(area, area->table, addresses, count * sizeof(*addresses)) : NULL;
	uint64_t number = count;
	area->table_count = count;
	if (!err)
		err = write_area(area,
			area->code + offsetof(struct trap_handler_words, table_count), &number,
			sizeof(number));
	return err;
}

bool trap_area_write_step_mask(const struct trap_area *area, uint64_t mask)
{
	return trap_write(area->mem_fd, trap_area_step_mask(area), &mask, sizeof(mask)) == 0;
}
