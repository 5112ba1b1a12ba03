/* Runs a program to the start of its shared Go runtime: see run_to_runtime.h. */
#include "dbg/break/run_to_runtime.h"

#include <poll.h>

#include "dbg/go/program/find_runtimes.h"
#include "dbg/target/native/native_module.h"
#include "dbg/target/traps/traps.h"
#include "dwarf/pclntab/find_pclntab.h"

enum { POLL_MS = 100 };

static enum trap_answer stop(void *context, const struct trap_hit *hit)
{
	(void)context;
	(void)hit;
	return TRAP_STOP;
}

/* Waits until the target has stopped at the trap. */
static struct error *await_trap(struct target *target)
{
	struct pollfd events = {target->event_fd, POLLIN, 0};
	struct target_event event;
	while (!target_next_event(target, &event)) {
		poll(&events, 1, POLL_MS);
		if (target->cancel && *target->cancel)
			return error_create(ERROR_CANCELLED, "interrupted");
	}
	if (event.kind == TARGET_EVENT_TRAP)
		return NULL;
	return error_create(ERROR_GONE,
		"process %d ended or was stopped before its Go runtime started", (int)target->pid);
}

static struct error *run_to(struct target *target, uint64_t address)
{
	struct trap_handler handler = {.hit = stop};
	struct error *err = target_set_traps(target, &address, 1, &handler);
	if (err)
		return err;
	err = target_continue(target);
	if (!err)
		err = await_trap(target);
	if (target->state == TARGET_STOPPED)
		error_destroy(target_set_traps(target, NULL, 0, NULL));
	return err;
}

static bool has_shared_runtime(struct target *target, struct elf_image *exe)
{
	const struct thread *threads;
	size_t count = 0;
	uint64_t table;
	if (!target->entry || !find_pclntab_section(exe, &table) || has_go_runtime(exe, table))
		return false;
	error_destroy(target_threads(target, &threads, &count));
	return count && threads[0].regs.rip != target->entry; /* else there is no dynamic linker */
}

/* The address of a function that the runtime calls once, when it starts; 0: none. */
static uint64_t find_start(struct target *target, struct elf_image *exe)
{
	static const char *const names[] = {"runtime.schedinit.abi0", "runtime.schedinit"};
	struct native_modules files = {0};
	struct runtime_files found = {0};
	struct elf_symbol symbol;
	uint64_t address = 0;
	error_destroy(find_runtimes(target, exe, &files, &found));
	for (size_t i = 0; i < array_length(names) && !address; i++) {
		if (found.count && found.items[0].image != exe &&
			elf_image_symbol(found.items[0].image, names[i], &symbol))
			address = symbol.address + found.items[0].bias;
	}
	native_modules_deinit(&files);
	return address;
}

struct error *run_to_runtime(struct target *target)
{
	_cleanup_(elf_image_cleanup) struct elf_image *exe = NULL;
	struct error *err = elf_image_open(target->exe_path, &exe);
	if (err || !has_shared_runtime(target, exe)) {
		error_destroy(err); /* opening the program reports it */
		return NULL;
	}
	err = run_to(target, target->entry);
	uint64_t start = err ? 0 : find_start(target, exe);
	return start ? run_to(target, start) : err;
}
