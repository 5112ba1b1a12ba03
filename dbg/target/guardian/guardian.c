/* The debugger's side of the guardian: starting it, notes, ending it. */
#include "dbg/target/guardian/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/guardian/guardian_log.h"

enum { END_MS = 1000 };

enum { CHAINS = 1 << 12 };

/* Where notes of bytes are, so that thousands are forgotten one by one in no time: chains of notes
 * whose addresses have the same hash. Numbers are indexes of notes + 1; 0: none. */
struct note_index {
	uint16_t chains[CHAINS];
	uint16_t next[GUARDIAN_MAX_BYTES_NOTES]; /* in its chain, or of those that are free */
	uint16_t free;
	size_t used;
};

struct guardian {
	pid_t pid;
	int hangup; /* writing end of the pipe; closed by our death */
	struct guardian_log *log;
	struct note_index index; /* of the debugger's side alone */
};

bool guardian_log_has_children_only(const struct guardian_log *log)
{
	if (log->call_current || log->cloning || log->undo_count)
		return false;
	for (size_t i = log->bytes_count; i > 0; i--) {
		if (log->bytes[i - 1].valid)
			return false;
	}
	return true;
}

bool guardian_log_is_empty(const struct guardian_log *log)
{
	for (size_t i = 0; i < GUARDIAN_CHILDREN; i++) {
		if (log->children[i].valid)
			return false;
	}
	return guardian_log_has_children_only(log);
}

/* ---- The other process ---- */

/* Keeps `count` descriptors as 3, 4, …; 0 to 2 become /dev/null and the rest is closed. */
static void keep_only(int *fds, int count)
{
	int moved[8];
	/* First out of the way of the places that they are to have. */
	for (int i = 0; i < count; i++)
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
	for (int i = 0; i < count; i++) {
		dup2(moved[i], 3 + i);
		fds[i] = 3 + i;
	}
	close_range((unsigned)(3 + count), ~0U, 0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static void ignore_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	for (int signal = 1; signal < NSIG; signal++) {
		if (signal != SIGCHLD && signal != SIGSEGV && signal != SIGBUS && signal != SIGABRT)
			sigaction(signal, &action, NULL);
	}
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become_guardian(
	struct guardian_log *log, int hangup, int debugger, int target)
{
	int fds[] = {hangup, debugger, target};
	setsid();
	ignore_signals();
	prctl(PR_SET_NAME, "gctxdbg-guard");
	keep_only(fds, array_length(fds));
	if (chdir("/") == 0)
		guardian_run(log, fds[0], fds[1], fds[2]);
	_exit(0);
}

/* ---- Starting and ending ---- */

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static struct error *guardian_start(struct guardian *guardian, pid_t pid)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_system(errno, "cannot create a pipe");
	guardian->hangup = ends[1];
	_cleanup_fd_ int hangup = ends[0];
	_cleanup_fd_ int debugger = open_pidfd(getpid());
	_cleanup_fd_ int target = open_pidfd(pid);
	if (debugger < 0 || target < 0)
		return error_system(errno, "cannot watch process %d", pid);
	guardian->log->pid = pid;
	guardian->pid = fork();
	if (guardian->pid == 0)
		become_guardian(guardian->log, hangup, debugger, target);
	return guardian->pid > 0 ? NULL : error_system(errno, "cannot start the guardian process");
}

static void release(struct guardian *guardian)
{
	close_fd(&guardian->hangup);
	if (guardian->log)
		munmap(guardian->log, sizeof(*guardian->log));
	free(guardian);
}

struct error *guardian_create(pid_t pid, struct guardian **ret)
{
	struct guardian *guardian = calloc(1, sizeof(*guardian));
	if (!guardian)
		return error_no_memory();
	guardian->hangup = -1;
	guardian->log = mmap(NULL, sizeof(*guardian->log), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guardian->log == MAP_FAILED) {
		guardian->log = NULL;
		release(guardian);
		return error_no_memory();
	}
	struct error *err = guardian_start(guardian, pid);
	if (err) {
		release(guardian);
		return error_wrap(err, "process %d cannot be protected from our sudden death", pid);
	}
	*ret = guardian;
	return NULL;
}

void guardian_destroy(struct guardian *guardian)
{
	if (!guardian)
		return;
	atomic_store(&guardian->log->quit, true);
	close_fd(&guardian->hangup);
	for (int ms = 0; ms < END_MS && waitpid(guardian->pid, NULL, __WALL | WNOHANG) == 0; ms++)
		poll(NULL, 0, 1);
	release(guardian);
}

pid_t guardian_pid(const struct guardian *guardian)
{
	return guardian->pid;
}

/* ---- Notes ---- */

static struct error *too_many(void)
{
	return error_create(ERROR_OTHER, "too many changes to the process at once");
}

static uint16_t *chain_of(struct note_index *index, uint64_t address)
{
	return &index->chains[address * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

/* A note that is not in use, entered for `address`; GUARDIAN_MAX_BYTES_NOTES when there is none. */
static size_t index_add(struct note_index *index, size_t bytes_count, uint64_t address)
{
	uint16_t *chain = chain_of(index, address);
	uint16_t number = index->free;
	if (number)
		index->free = index->next[number - 1];
	else if (bytes_count < GUARDIAN_MAX_BYTES_NOTES)
		number = (uint16_t)(bytes_count + 1);
	else
		return GUARDIAN_MAX_BYTES_NOTES;
	index->next[number - 1] = *chain;
	*chain = number;
	index->used++;
	return number - 1U;
}

/* Frees the note of `address`; GUARDIAN_MAX_BYTES_NOTES when there is none. */
static size_t index_remove(
	struct note_index *index, const struct guardian_log *log, uint64_t address)
{
	uint16_t *link = chain_of(index, address);
	while (*link && log->bytes[*link - 1].address != address)
		link = &index->next[*link - 1];
	uint16_t number = *link;
	if (!number)
		return GUARDIAN_MAX_BYTES_NOTES;
	*link = index->next[number - 1];
	index->next[number - 1] = index->free;
	index->free = number;
	index->used--;
	return number - 1U;
}

struct error *guardian_note_bytes(struct guardian *guardian, uint64_t address, const void *original,
	const void *replacement, size_t size)
{
	struct guardian_log *log = guardian->log;
	if (size > GUARDIAN_BYTES)
		return too_many();
	size_t i = index_add(&guardian->index, log->bytes_count, address);
	if (i == GUARDIAN_MAX_BYTES_NOTES)
		return too_many();
	struct bytes_note *note = &log->bytes[i];
	note->size = (uint8_t)size;
	note->address = address;
	memcpy(note->original, original, size);
	memcpy(note->replacement, replacement, size);
	atomic_store(&note->valid, true);
	if (i >= log->bytes_count)
		atomic_store(&log->bytes_count, i + 1);
	return NULL;
}

void guardian_forget_bytes(struct guardian *guardian, uint64_t address)
{
	struct guardian_log *log = guardian->log;
	size_t i = index_remove(&guardian->index, log, address);
	if (i == GUARDIAN_MAX_BYTES_NOTES)
		return;
	atomic_store(&log->bytes[i].valid, false);
	if (guardian->index.used)
		return;
	atomic_store(&log->bytes_count, 0);
	guardian->index.free = 0;
}

/* The index of the note that is not in use, and what to store to make it the current one. */
#define OTHER(current) ((current) == 1 ? 1 : 0)

void guardian_note_call(struct guardian *guardian, const struct call_note *note)
{
	struct guardian_log *log = guardian->log;
	int i = OTHER(log->call_current);
	log->calls[i] = *note;
	atomic_store(&log->call_current, i + 1);
}

void guardian_forget_call(struct guardian *guardian)
{
	atomic_store(&guardian->log->call_current, 0);
}

void guardian_note_clone(struct guardian *guardian, bool under_way)
{
	atomic_store(&guardian->log->cloning, under_way);
}

bool guardian_log_add_child(
	struct guardian_log *log, pid_t pid, pid_t ns_pid, uint64_t guardian_start)
{
	for (size_t i = 0; i < GUARDIAN_CHILDREN; i++) {
		struct child_note *note = &log->children[i];
		if (note->valid)
			continue;
		note->pid = pid;
		note->ns_pid = ns_pid;
		note->start = guardian_start;
		atomic_store(&note->valid, true);
		return true;
	}
	return false;
}

struct error *guardian_note_child(
	struct guardian *guardian, pid_t pid, pid_t ns_pid, uint64_t guardian_start)
{
	if (!guardian_log_add_child(guardian->log, pid, ns_pid, guardian_start))
		return too_many();
	atomic_store(&guardian->log->cloning, false);
	return NULL;
}

void guardian_forget_child(struct guardian *guardian, pid_t pid)
{
	for (size_t i = 0; i < GUARDIAN_CHILDREN; i++) {
		struct child_note *note = &guardian->log->children[i];
		if (note->valid && note->pid == pid)
			atomic_store(&note->valid, false);
	}
}

void guardian_note_region(struct guardian *guardian, uint64_t guardian_start, uint64_t end)
{
	struct guardian_log *log = guardian->log;
	int i = OTHER(log->region_current);
	log->regions[i] = (struct region_note){guardian_start, end};
	atomic_store(&log->region_current, end ? i + 1 : 0);
}

struct error *guardian_note_undo(
	struct guardian *guardian, long number, const uint64_t arguments[static 6])
{
	struct guardian_log *log = guardian->log;
	size_t i = log->undo_count;
	if (i == GUARDIAN_UNDOS)
		return too_many();
	log->undos[i].number = number;
	memcpy(log->undos[i].arguments, arguments, sizeof(log->undos[i].arguments));
	atomic_store(&log->undo_count, i + 1);
	return NULL;
}

void guardian_forget_undo(struct guardian *guardian)
{
	if (guardian->log->undo_count)
		atomic_fetch_sub(&guardian->log->undo_count, 1);
}
