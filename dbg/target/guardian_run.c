/* The guardian's own life: it waits for the debugger's death and then undoes what is noted. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dbg/target/fd.h"
#include "dbg/target/guardian_log.h"
#include "dbg/target/inject.h"
#include "dbg/target/proc_files.h"
#include "dbg/target/snapshot_child.h"
#include "dbg/target/tracee_table.h"

enum {
	DEBUGGER_MS = 10000, /* the kernel takes its time to tear a big debugger down */
	STOP_ATTEMPTS = 100,
	PAUSE_MS = 10,
	REGION_ATTEMPTS = 200,
	STACK_WORDS = 4096, /* of each stack, searched for a way back into the region */
};

struct guarding {
	struct guardian_log *log;
	int mem_fd;	       /* of the program that ran when the debugger attached */
	uint64_t some_address; /* that can be read there; 0: unknown */
	struct tracees tracees;
};

/* ---- Bytes ---- */

static bool restore(int mem_fd, const struct bytes_note *note)
{
	uint8_t now[GUARDIAN_BYTES];
	off_t place = (off_t)note->address;
	if (pread(mem_fd, now, note->size, place) != note->size)
		return true; /* nothing is mapped there any more */
	if (memcmp(now, note->replacement, note->size) != 0)
		return true;
	return pwrite(mem_fd, note->original, note->size, place) == note->size;
}

/* Restores all; a kernel may allow it only once we are the tracer, so what did not work stays
 * noted. */
static void restore_bytes(struct guarding *guarding)
{
	struct guardian_log *log = guarding->log;
	for (size_t i = log->bytes_count; i > 0; i--) {
		struct bytes_note *note = &log->bytes[i - 1];
		if (note->valid && note->size <= GUARDIAN_BYTES && restore(guarding->mem_fd, note))
			note->valid = false;
	}
}

static void restore_bytes_by_ptrace(struct guarding *guarding)
{
	restore_bytes(guarding);
	pid_t tid = tracees_any_stopped(&guarding->tracees);
	struct guardian_log *log = guarding->log;
	for (size_t i = log->bytes_count; i > 0 && tid; i--) {
		const struct bytes_note *note = &log->bytes[i - 1];
		if (!note->valid || note->size > GUARDIAN_BYTES)
			continue;
		for (size_t k = 0; k < note->size; k++) {
			void *place = (void *)(uintptr_t)(note->address + k); // NOLINT
			errno = 0;
			long word = ptrace(PTRACE_PEEKTEXT, tid, place, NULL);
			memcpy(&word, &note->original[k], 1);
			if (!errno)
				ptrace(PTRACE_POKETEXT, tid, place, (void *)word); // NOLINT
		}
	}
}

/* ---- Threads ---- */

/* Seizes and stops all. The dying debugger may still hold them for a moment. */
static bool stop_all(struct guarding *guarding)
{
	static const struct stop_limits limits = {INT64_C(5000000000), INT64_C(30000000000), NULL};
	for (int i = 0; i < STOP_ATTEMPTS; i++) {
		struct error *err = tracees_stop(&guarding->tracees, &limits);
		if (!err)
			return true;
		bool gone = err->code == ERROR_GONE;
		error_destroy(err);
		tracees_leave(&guarding->tracees);
		if (gone)
			return false;
		poll(NULL, 0, PAUSE_MS);
	}
	return false;
}

static void let_run_a_little(struct guarding *guarding)
{
	tracees_resume(&guarding->tracees);
	poll(NULL, 0, 1);
	while (tracees_pump(&guarding->tracees))
		;
}

static bool registers_of(pid_t tid, struct user_regs_struct *ret)
{
	struct iovec part = {ret, sizeof(*ret)};
	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) == 0; // NOLINT
}

/*
 * Puts the thread of the noted call back. It is in the gadget, or has never come there, or has left
 * it already; or it is in a signal handler that returns to the gadget, for which it gets some time.
 */
static void put_back(struct guarding *guarding, struct call_note *note)
{
	enum { ATTEMPTS = 20 };
	for (int i = 0; i < ATTEMPTS; i++) {
		struct user_regs_struct regs;
		const struct tracee *tracee = tracee_find(&guarding->tracees, note->tid);
		if (!tracee || tracee->condition != TRACEE_STOPPED ||
			!registers_of(note->tid, &regs))
			return;
		if (gadget_contains(note->gadget, regs.rip)) {
			struct iovec part = {&note->regs, sizeof(note->regs)};
			tracee_set_mask(note->tid, note->mask);
			ptrace(PTRACE_SETREGSET, note->tid, (void *)NT_PRSTATUS, &part); // NOLINT
			return;
		}
		let_run_a_little(guarding);
		if (!stop_all(guarding))
			return;
	}
}

static void end_call(struct guarding *guarding)
{
	struct guardian_log *log = guarding->log;
	int current = log->call_current;
	uint8_t now[GADGET_SIZE];
	if (!current)
		return;
	struct call_note *note = &log->calls[current - 1];
	if (note->tid)
		put_back(guarding, note);
	pid_t tid = tracees_any_stopped(&guarding->tracees);
	struct error *err = tid ? gadget_read(tid, note->gadget, now) : NULL;
	if (tid && !err && memcmp(now, gadget_code, GADGET_SIZE) == 0)
		err = gadget_write(tid, note->gadget, note->original);
	error_destroy(err);
	log->call_current = 0;
}

/* ---- The region ---- */

/*
 * A signal frame's rip, with the flags and code segment behind it (struct sigcontext). The address
 * alone tells nothing: the region lies low, and 0x203000, say, is on many a stack of Go 1.19.
 */
static bool is_saved_rip(const uint64_t *words, const struct region_note *region)
{
	enum { FLAG_ALWAYS_SET = 2, USER_CODE = 0x33 };
	return words[0] >= region->start && words[0] < region->end && words[1] >> 32 == 0 &&
	       (words[1] & FLAG_ALWAYS_SET) && (words[2] & 0xffff) == USER_CODE;
}

static bool stack_leads_to(struct guarding *guarding, uint64_t sp, const struct region_note *region)
{
	uint64_t words[STACK_WORDS];
	ssize_t n = pread(guarding->mem_fd, words, sizeof(words), (off_t)(sp & ~UINT64_C(7)));
	for (ssize_t i = 0; i + 2 < n / (ssize_t)sizeof(words[0]); i++) {
		if (is_saved_rip(&words[i], region))
			return true;
	}
	return false;
}

static bool region_is_free(struct guarding *guarding, const struct region_note *region)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, guarding->tracees.table, tracee, next) {
		struct user_regs_struct regs;
		if (tracee->condition != TRACEE_STOPPED || !registers_of(tracee->tid, &regs))
			continue;
		if ((regs.rip >= region->start && regs.rip < region->end) ||
			stack_leads_to(guarding, regs.rsp, region) ||
			tracee_has_pending_int3(tracee->tid))
			return false;
	}
	return true;
}

/* False: somebody stays in it, or seems to. */
static bool await_region(struct guarding *guarding)
{
	int current = guarding->log->region_current;
	if (!current)
		return true;
	const struct region_note *region = &guarding->log->regions[current - 1];
	for (int i = 0; i < REGION_ATTEMPTS; i++) {
		if (region_is_free(guarding, region))
			return true;
		let_run_a_little(guarding);
		if (!stop_all(guarding))
			return false;
	}
	return false;
}

/* ---- Calls to be made in the target ---- */

static void run_undos(struct guarding *guarding)
{
	struct guardian_log *log = guarding->log;
	struct injection injection;
	struct seccomp_call calls[GUARDIAN_UNDOS];
	size_t count = log->undo_count <= GUARDIAN_UNDOS ? log->undo_count : 0;
	pid_t tid;
	for (size_t i = 0; i < count; i++)
		calls[i] = (struct seccomp_call){
			log->undos[i].number, log->undos[i].arguments, "a call that undoes"};
	if (!count)
		return;
	struct error *err = inject_choose_allowed(&guarding->tracees, calls, count, &tid);
	if (!err)
		err = inject_begin(&guarding->tracees, tid, NULL, &injection);
	if (!err) {
		while (!err && log->undo_count && log->undo_count <= GUARDIAN_UNDOS) {
			const struct undo_note *note = &log->undos[log->undo_count - 1];
			int64_t result;
			err = inject_syscall(&injection, note->number, note->arguments, &result);
			log->undo_count--;
		}
		error_destroy(inject_end(&injection));
	}
	error_destroy(err);
}

/* The gadget of the noted call; must come before put_back() forgets it. */
static void find_child(struct guarding *guarding, struct snapshot_child *ret)
{
	const struct guardian_log *log = guarding->log;
	int current = log->child_current, call = log->call_current;
	*ret = (struct snapshot_child){0};
	if (current)
		*ret = (struct snapshot_child){
			log->children[current - 1].pid, log->children[current - 1].ns_pid, 0};
	else if (log->cloning && call)
		snapshot_child_find(log->pid, log->calls[call - 1].gadget, ret);
}

static void undo_all(struct guarding *guarding)
{
	if (!stop_all(guarding))
		return;
	struct snapshot_child child;
	bool same = proc_memory_lives(guarding->mem_fd, guarding->some_address);
	find_child(guarding, &child);
	if (same) {
		restore_bytes_by_ptrace(guarding);
		end_call(guarding);
	}
	if (child.pid)
		error_destroy(snapshot_child_end(&guarding->tracees, NULL, &child));
	if (same && await_region(guarding))
		run_undos(guarding);
	tracees_leave(&guarding->tracees);
}

/* ---- Waiting ---- */

static bool is_over(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	return poll(&fd, 1, 0) > 0;
}

static int open_child_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Until the debugger is dead or has closed the pipe; false when the target is gone first. */
static bool await_end(int hangup, int debugger, int target)
{
	struct pollfd fds[] = {{.fd = hangup, .events = POLLIN}, {.fd = debugger, .events = POLLIN},
		{.fd = target, .events = POLLIN}};
	while (poll(fds, array_length(fds), -1) < 0 && errno == EINTR)
		;
	return !is_over(target);
}

void guardian_run(struct guardian_log *log, int hangup, int debugger, int target)
{
	struct guarding guarding = {.log = log, .mem_fd = proc_open_memory(log->pid, O_RDWR)};
	error_destroy(gadget_find(log->pid, &guarding.some_address));
	guarding.tracees.pid = log->pid;
	guarding.tracees.tracer = getpid();
	guarding.tracees.child_fd = open_child_signals();
	if (!await_end(hangup, debugger, target) || (log->quit && guardian_log_is_empty(log)))
		return;
	restore_bytes(&guarding);
	for (int ms = 0; ms < DEBUGGER_MS && !log->quit && !is_over(debugger); ms++)
		poll(NULL, 0, 1);
	if (!is_over(target) && !guardian_log_is_empty(log))
		undo_all(&guarding);
}
