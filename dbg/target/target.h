/*
 * Where bytes and registers come from.
 *
 * A target is a live process (ptrace), a core file, or later a snapshot. Everything above asks this interface and
 * cannot tell which it is, except that a core cannot continue. All memory goes through one cache that coalesces
 * neighbouring reads and is dropped whenever the target runs.
 *
 * Threading: one thread (the user's) calls these functions; target_read_runs() also a reading thread of its own beside it (read_ahead.h). A live target has a tracer thread of its own behind
 * them, which does the ptrace calls, the watchdog and the events.
 */
#ifndef GCTXDBG_TARGET_TARGET_H
#define GCTXDBG_TARGET_TARGET_H

#include <stdatomic.h>
#include <sys/types.h>
#include <sys/user.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct target;
struct memory_cache;
struct trap_handler;

/* A stretch of memory to be read into `buffer`. */
struct memory_run {
	uint64_t address;
	size_t size;
	void *buffer;
	size_t done; /* out: bytes read from the start; less than size: the rest is unreadable */
};

/* A line of the memory map. */
struct mapping {
	uint64_t start, end;
	uint64_t file_offset;
	bool readable, writable, executable;
	bool shared; /* with whoever maps the same file or memory: a snapshot of it is not frozen */
	char *path;  /* NULL when anonymous; belongs to the target */
};

struct thread {
	pid_t tid;
	pid_t ns_tid; /* as the target's own PID namespace numbers it (NSpid): what runtime.m.procid holds */
	char name[16];		      /* comm; empty when unknown (a core has only the process's) */
	struct user_regs_struct regs; /* at the stop */
	bool regs_valid;
	int signal; /* the signal it died of or was stopped with; 0 if none */
};

enum target_event_kind {
	TARGET_EVENT_EXITED,   /* value: exit status; -1: unknown, because it was not traced */
	TARGET_EVENT_KILLED,   /* value: signal */
	TARGET_EVENT_EXEC,     /* it runs another program now; the target has been left running */
	TARGET_EVENT_WATCHDOG, /* stood still for longer than allowed; has been resumed and left */
	TARGET_EVENT_SNAPSHOT, /* it ran and was to be looked at again: as a snapshot, so it runs on */
	TARGET_EVENT_STOPPED, /* stopped after target_continue(): by interrupt or a signal (value) */
	TARGET_EVENT_LEAVE,   /* SIGTERM or SIGHUP asked the debugger to leave (value: signal) */
	TARGET_EVENT_TRAP, /* stopped because a trap's handler said so (value: tid); see traps.h */
};

struct target_event {
	enum target_event_kind kind;
	int value;
};

enum target_state {
	TARGET_STOPPED, /* can be read; a core is always so */
	TARGET_RUNNING,
	TARGET_GONE, /* exited, killed, detached, left by the watchdog */
};

/* How a live process is looked at. */
enum pause_mode {
	PAUSE_STOP, /* it stands still meanwhile */
	PAUSE_FORK, /* a frozen copy of its memory is made, and it runs on at once */
};

struct target_ops {
	const char *kind; /* "live process", "snapshot of live process", "core" */
	/*
	 * Frees what the source owns and the structure itself (a source embeds struct target as its first member).
	 * target_destroy() has freed cache, threads, mappings, exe_path and exe_name before. Leaves a live process running.
	 */
	void (*destroy)(struct target *target);
	/*
	 * Reads all runs; unreadable parts are not an error but a short `done`. An error means: no reading at all.
	 * Without `peek`, two threads may call it at once (read_ahead.h).
	 */
	struct error *(*read)(struct target *target, struct memory_run *runs, size_t count);
	/* Fill the arrays below (`threads`, `mappings`), owned by the target, valid until it runs. */
	struct error *(*load_threads)(struct target *target);
	struct error *(*load_mappings)(struct target *target);
	/* NULL where impossible. */
	struct error *(*cont)(struct target *target);
	struct error *(*interrupt)(struct target *target);
	struct error *(*detach)(struct target *target);
	struct error *(*kill)(struct target *target);
	bool (*next_event)(struct target *target, struct target_event *ret); /* NULL: never any */
	/* See target_set_traps() in traps.h; NULL where impossible. */
	struct error *(*set_traps)(struct target *target, const uint64_t *addresses, size_t count,
		const struct trap_handler *handler);
	/* See target_snapshot() and target_hold(); NULL where impossible. */
	struct error *(*snapshot)(struct target *target);
	struct error *(*hold)(struct target *target);
	/* See target_program_lives(); NULL: as the state says. */
	bool (*lives)(struct target *target);
	/* Memory in use now, bytes; NULL where it is not known. False when it cannot be read. */
	bool (*resident)(struct target *target, uint64_t *ret);
	/* Zero-copy reading, where all memory is mapped here already (cores); NULL otherwise. Short reads as above. */
	struct bytes (*peek)(struct target *target, uint64_t address, size_t size);
	/* The ERROR_FAULT for an unreadable address where the source knows why; NULL: a plain one is made. */
	struct error *(*fault)(struct target *target, uint64_t address);
};

struct target {
	const struct target_ops *ops;
	pid_t pid;
	char *exe_path; /* file to open as the executable (for a live one /proc/PID/exe or through it) */
	char *exe_name;	   /* what to call it in messages */
	_Atomic int state; /* enum target_state; the tracer thread changes it too */
	const char *_Atomic
		gone_reason; /* once GONE: a static text such as "it exited"; NULL: unknown. Set before state */
	struct memory_cache *cache; /* made by target.c on the first read */
	const atomic_bool
		*cancel; /* set by Ctrl-C; NULL: never. Long loops ask target_check_cancel() */

	struct thread *threads;
	size_t thread_count;
	struct mapping *mappings;
	size_t mapping_count;

	uint64_t entry;		   /* AT_ENTRY; 0 unknown */
	uint64_t phdr;		   /* AT_PHDR; 0 unknown */
	uint64_t vdso;		   /* AT_SYSINFO_EHDR; 0 unknown */
	int64_t stop_monotonic_ns; /* the target's CLOCK_MONOTONIC when it stopped; 0 unknown (a core) */
	int64_t stop_realtime_ns; /* CLOCK_REALTIME at the same moment; 0 unknown */
	/*
	 * Of a live process. What target_interrupt() does, may be changed at any time; whether what one reads now is a snapshot, the process
	 * itself running, and for how long it stood still for that; and one sentence on why it stands still itself though `pause` is
	 * PAUSE_FORK (malloc'ed; whoever shows it frees it and sets NULL).
	 */
	enum pause_mode pause;
	bool is_snapshot;
	size_t trap_count; /* that are in now; a snapshot takes them out, see traps.h */
	int64_t stall_ns;
	char *notice;
	int event_fd; /* readable when target_next_event() has something; -1: never */
};

/* ---- Opening (live.c, core.c) ---- */

/*
 * While a live target exists SIGCHLD, SIGTERM and SIGHUP are blocked in the thread that opened it (its tracer thread takes
 * them: the latter two leave the target at once and queue TARGET_EVENT_LEAVE; should nobody take that event within 3 s, or a second
 * signal come first, the process ends by the signal). target_destroy(), by the same thread, restores that. Whoever starts a child meanwhile
 * must give it the original mask (posix_spawnattr_setsigmask; not popen). One live target at a time.
 */

struct live_options {
	int64_t max_stop_ns; /* watchdog; 0: off */
	enum pause_mode pause;
	const atomic_bool *cancel;
};

/*
 * Attaches to process `pid` and stops all of its threads. Errors say who traces it already, which of Yama,
 * capabilities, seccomp or a container forbids it and what to do, and that it is a zombie, 32-bit, or does not exist. On any
 * error the process runs on untouched.
 */
struct error *live_attach(pid_t pid, const struct live_options *options, struct target **ret);

/*
 * Starts argv[0] (searched in PATH) stopped at its first instruction (of the dynamic linker, if it has one), with default
 * signal actions. It is not killed when the debugger leaves, only detached. Standard streams are inherited, but when stdin is a terminal
 * it gets /dev/null, and it has a process group of its own: keys and Ctrl-C are the debugger's.
 */
struct error *live_exec(
	char *const argv[], const struct live_options *options, struct target **ret);

/*
 * Opens a core dump; `exe` (may be NULL: then the path that the core names) supplies file-backed memory. Problems that
 * leave a usable target (cut short, wrong build id, missing libraries) become warnings, one sentence each, through `warn`.
 */
struct error *core_open(const char *exe, const char *core,
	void (*warn)(void *context, const char *message), void *context, struct target **ret);

/* Leaves the target (a live one runs on) and frees everything. NULL is fine. */
void target_destroy(struct target *target);

/* ---- Memory ---- */

/*
 * Reads exactly `size` bytes. ERROR_FAULT names the first address that cannot be read; ERROR_GONE when the target
 * runs, exited or was left by the watchdog.
 */
struct error *target_read(struct target *target, uint64_t address, void *ret, size_t size);

/* The same for a little-endian word of the target. */
static inline struct error *target_read_u64(struct target *target, uint64_t address, uint64_t *ret)
{
	return target_read(target, address, ret, sizeof(*ret));
}

/* Reads at most `size` bytes up to a NUL, always terminates; `*ret` is malloc'ed. */
struct error *target_read_string(struct target *target, uint64_t address, size_t size, char **ret);

struct range {
	uint64_t address;
	uint64_t size;
};

/*
 * Brings `ranges` (in any order, sorted in place) into the cache with few large reads: neighbours closer than a few
 * pages are joined, runs are at most 1 MiB. What cannot be read is left out silently. A hint: later target_read() calls are hits.
 */
struct error *target_prefetch(struct target *target, struct range *ranges, size_t count);

/*
 * Fills the runs straight from the target, past the cache: for what is looked at once, such as a whole heap. Short `done` as in
 * struct memory_run; ERROR_GONE and ERROR_CANCELLED as target_check().
 */
struct error *target_read_runs(struct target *target, struct memory_run *runs, size_t count);

/* Drops all cached memory, threads and mappings. Called by continue; bulk readers call it between batches. */
void target_drop_cache(struct target *target);
/* Drops cached memory only, to bound it (after a batch). */
void target_trim_cache(struct target *target);

/* ERROR_CANCELLED after Ctrl-C, ERROR_GONE when the target is no longer stopped, else NULL. Cheap. */
struct error *target_check(struct target *target);

/* ---- Threads and map (loaded on first use after a stop) ---- */

struct error *target_threads(struct target *target, const struct thread **ret, size_t *ret_count);
struct error *target_mappings(struct target *target, const struct mapping **ret, size_t *ret_count);
/* The mapping that contains `address`, or NULL. */
const struct mapping *target_mapping_at(struct target *target, uint64_t address);

/* ---- Running (ERROR_GONE with a sentence where impossible) ---- */

struct error *target_continue(struct target *target); /* returns at once; see target_next_event() */
struct error *target_interrupt(
	struct target *target); /* looks again, as `pause` says; returns when it can be read */
/*
 * Makes a frozen copy of the process's memory and registers as they are now, and looks at that (instead of an older one);
 * the process itself runs on and is not traced. Where that is impossible it stands still itself, and `warning` says why.
 */
struct error *target_snapshot(struct target *target);
/* Stops the process itself and looks at that, whatever `pause` says. Does nothing when it is so already. */
struct error *target_hold(struct target *target);
struct error *target_detach(struct target *target); /* leave it running; the target is GONE then */
struct error *target_kill(struct target *target);

/*
 * Whether the program that was opened still runs. Of one that is looked at by snapshot, and so not traced, no event tells its end:
 * the next call that wants something of it fails, with the event.
 */
bool target_program_lives(struct target *target);

/* Takes the next event, if any. */
bool target_next_event(struct target *target, struct target_event *ret);

#endif
