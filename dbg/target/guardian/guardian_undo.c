/* Undoing what is noted: restoring bytes, and making undo calls in threads of the target once no
 * thread needs the debugger's memory there. */
#include <errno.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "dbg/target/guardian/guardian_run.h"
#include "dbg/target/tracing/inject.h"
#include "dbg/target/tracing/tracee_table.h"

enum {
	REGION_ATTEMPTS = 200,
	UNDO_ATTEMPTS = 20,
	STACK_WORDS = 4096, /* searched in each stack for a return into the region */
};

/* ---- Bytes ---- */

static bool restore(int mem_fd, const struct bytes_note *note)
{
	uint8_t now[UNDO_BYTES];
	off_t location = (off_t)note->address;
	if (pread(mem_fd, now, note->size, location) != note->size)
		return true; /* no longer mapped */
	if (memcmp(now, note->replacement, note->size) != 0)
		return true;
	return pwrite(mem_fd, note->original, note->size, location) == note->size;
}

void guardian_restore_bytes(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	for (size_t i = notes->bytes_count; i > 0; i--) {
		struct bytes_note *note = &notes->bytes[i - 1];
		if (note->valid && note->size <= UNDO_BYTES && restore(guardian->mem_fd, note))
			note->valid = false;
	}
}

void guardian_restore_bytes_by_ptrace(struct guardian_process *guardian)
{
	guardian_restore_bytes(guardian);
	pid_t tid = tracees_any_stopped(&guardian->tracees);
	struct undo_notes *notes = guardian->notes;
	for (size_t i = notes->bytes_count; i > 0 && tid; i--) {
		const struct bytes_note *note = &notes->bytes[i - 1];
		if (!note->valid || note->size > UNDO_BYTES)
			continue;
		for (size_t k = 0; k < note->size; k++) {
			void *location = (void *)(uintptr_t)(note->address + k); // NOLINT
			errno = 0;
			long word = ptrace(PTRACE_PEEKTEXT, tid, location, NULL);
			memcpy(&word, &note->original[k], 1);
			if (!errno)
				ptrace(PTRACE_POKETEXT, tid, location, (void *)word); // NOLINT
		}
	}
}

/* ---- The region ---- */

/* Offsets in a signal frame, in words: of rip in struct ucontext, and of the signal stack. */
enum { UCONTEXT_RIP = 21, UCONTEXT_STACK = 2, UCONTEXT_STACK_SIZE = 4 };

/*
 * Whether words[i] of a stack is the rip of a signal frame in the region: in struct sigcontext,
 * flags and code segment follow it. The value alone proves nothing: the region has low addresses,
 * and a word such as 0x203000 is on many stacks of Go 1.19.
 */
static bool is_saved_rip(const uint64_t *words, size_t i, const struct region_note *region)
{
	enum { FLAG_ALWAYS_SET = 2, USER_CODE = 0x33 };
	return i >= UCONTEXT_RIP && words[i] >= region->start && words[i] < region->end &&
	       words[i + 1] >> 32 == 0 && (words[i + 1] & FLAG_ALWAYS_SET) &&
	       (words[i + 2] & 0xffff) == USER_CODE;
}

/* Whether that frame is on the same stack as `sp`, according to the frame. The words may extend
 * into a neighboring signal stack, which holds old frames. */
static bool is_on_stack(const uint64_t *words, size_t i, uint64_t sp)
{
	const uint64_t *ucontext = &words[i - UCONTEXT_RIP];
	uint64_t start = ucontext[UCONTEXT_STACK], size = ucontext[UCONTEXT_STACK_SIZE];
	uint64_t frame = sp + i * sizeof(*words);
	return frame - start >= size || sp - start < size;
}

static bool stack_leads_to(
	struct guardian_process *guardian, uint64_t sp, const struct region_note *region)
{
	uint64_t words[STACK_WORDS];
	sp &= ~UINT64_C(7);
	ssize_t n = pread(guardian->mem_fd, words, sizeof(words), (off_t)sp);
	size_t count = n > 0 ? (size_t)n / sizeof(words[0]) : 0;
	for (size_t i = 0; i + 2 < count; i++) {
		if (is_saved_rip(words, i, region) && is_on_stack(words, i, sp))
			return true;
	}
	return false;
}

static bool is_inside(const struct region_note *region, uint64_t rip)
{
	return rip >= region->start && rip < region->end;
}

static bool region_is_free(struct guardian_process *guardian, const struct region_note *region)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, guardian->tracees.table, tracee, next) {
		struct user_regs_struct regs;
		if (tracee->state != TRACEE_STOPPED || !tracee_get_regs(tracee->tid, &regs))
			continue;
		if (is_inside(region, regs.rip) || stack_leads_to(guardian, regs.rsp, region) ||
			tracee_has_pending_trap(tracee->tid))
			return false;
	}
	return true;
}

/* Waits until no thread is in the region. False: one stays in it, or seems to. */
static bool await_region(struct guardian_process *guardian, const struct region_note *region)
{
	for (int i = 0; i < REGION_ATTEMPTS; i++) {
		if (!region->end || region_is_free(guardian, region))
			return true;
		guardian_run_briefly(guardian, i);
		if (!guardian_stop_all(guardian))
			return false;
	}
	return false;
}

/* ---- Undo calls ---- */

/*
 * Makes as many calls as possible. Between two of them the thread may get a SIGTRAP of the
 * program's own, whose handler is in the region, which the next call may unmap.
 */
static struct error *run_some(
	struct guardian_process *guardian, const struct region_note *region, pid_t tid)
{
	struct undo_notes *notes = guardian->notes;
	struct injection injection;
	struct error *err = inject_begin(&guardian->tracees, tid, NULL, &injection);
	if (err)
		return err;
	while (!err && notes->undo_count && !is_inside(region, injection.own.regs.rip)) {
		const struct undo_note *note = &notes->undos[notes->undo_count - 1];
		int64_t result;
		err = inject_syscall(&injection, note->number, note->arguments, &result);
		if (!err)
			notes->undo_count--;
	}
	error_destroy(inject_end(&injection));
	return err;
}

static struct error *choose_thread(struct guardian_process *guardian, pid_t *ret)
{
	const struct undo_notes *notes = guardian->notes;
	struct seccomp_call calls[UNDO_CALLS];
	for (size_t i = 0; i < notes->undo_count; i++)
		calls[i] = (struct seccomp_call){
			notes->undos[i].number, notes->undos[i].arguments, "an undo call"};
	return inject_choose_allowed(&guardian->tracees, calls, notes->undo_count, ret);
}

void guardian_run_undos(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	const struct region_note none = {0, 0};
	int current = notes->region_current;
	const struct region_note *region = current ? &notes->regions[current - 1] : &none;
	for (int i = 0; i < UNDO_ATTEMPTS && notes->undo_count; i++) {
		pid_t tid;
		if (notes->undo_count > UNDO_CALLS || !await_region(guardian, region))
			return;
		struct error *err = choose_thread(guardian, &tid);
		if (!err)
			err = run_some(guardian, region, tid);
		error_destroy(err);
	}
}
