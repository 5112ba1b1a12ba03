/*
 * The interface to the debugged program: where memory and registers come from.
 *
 * A target is a live process (live/), a frozen copy of one (live/ with snapshots/), or a core file
 * (core/). Code above this interface does not depend on which it is, except that a core cannot
 * continue. All memory goes through one cache, which coalesces neighboring reads and is dropped
 * whenever the target runs.
 *
 * Threading: one thread, the user's, calls these functions. A second thread may call
 * target_read_runs() at the same time (read_ahead.h). A live target has a tracer thread, which
 * makes all ptrace calls, runs the watchdog and queues the events.
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

/* A range of memory to be read into `buffer`. */
struct memory_run {
	uint64_t address;
	size_t size;
	void *buffer;
	size_t done; /* out: bytes read; less than `size` if the next byte is unreadable */
};

/* An entry of the memory map. */
struct mapping {
	uint64_t start, end;
	uint64_t file_offset;
	bool readable, writable, executable;
	bool shared; /* MAP_SHARED: a snapshot of it is not frozen */
	char *path;  /* NULL if anonymous; belongs to the target */
};

struct thread {
	pid_t tid;
	pid_t ns_tid;  /* in the target's own PID namespace (NSpid), as in runtime.m.procid */
	char name[16]; /* comm; empty if unknown (a core has only the process's) */
	struct user_regs_struct regs; /* at the stop */
	bool regs_valid;
	int signal; /* the signal that killed or stopped it; 0 if none */
};

enum { VECTOR_REGISTERS = 16 }; /* XMM0 to XMM15 */

/* A signal as the kernel describes it (siginfo_t, sigaction(2)). */
struct target_signal {
	int number; /* 0: none, or unknown */
	int code;   /* SI_USER, SEGV_MAPERR… */
	/* Of a fault; else 0. */
	uint64_t address;
	/* Of a signal that a process sent (SI_USER, SI_QUEUE, SI_TKILL): its id, as the target sees
	 * it, and user; else 0. */
	pid_t sender;
	uid_t sender_uid;
};

/* Decodes a siginfo_t of `size` bytes; number 0 if it is too short or makes no sense. */
struct target_signal target_signal_decode(const void *siginfo, size_t size);

enum target_event_kind {
	TARGET_EVENT_EXITED,   /* value: exit status; -1: unknown, because it was not traced */
	TARGET_EVENT_KILLED,   /* value: signal */
	TARGET_EVENT_EXEC,     /* it executed another program, and has been detached, running */
	TARGET_EVENT_WATCHDOG, /* stopped for longer than allowed; has been resumed and detached */
	TARGET_EVENT_SNAPSHOT, /* a snapshot of the running process was made; it keeps running */
	TARGET_EVENT_STOPPED,  /* stopped after target_continue(): interrupt or signal (value) */
	TARGET_EVENT_LEAVE,    /* SIGTERM or SIGHUP asked the debugger to leave (value: signal) */
	TARGET_EVENT_TRAP, /* stopped because a trap's handler asked for it (value: tid); traps.h */
	TARGET_EVENT_BREAKPOINT, /* stopped at a breakpoint in the program's code (value: tid) */
};

struct target_event {
	enum target_event_kind kind;
	int value;
};

enum target_state {
	TARGET_STOPPED, /* readable; a core is always in this state */
	TARGET_RUNNING,
	TARGET_GONE, /* exited, killed, or detached, for whatever reason */
};

/* How a live process is inspected. */
enum pause_mode {
	PAUSE_STOP, /* it is stopped meanwhile */
	PAUSE_FORK, /* a frozen copy of its memory is made, and it continues immediately */
};

struct target_ops {
	const char *kind; /* "live process", "snapshot of live process", "core" */
	/*
	 * Frees what the source owns and the structure itself (a source embeds struct target as its
	 * first member). target_destroy() has already freed cache, threads, mappings, exe_path and
	 * exe_name. A live process keeps running.
	 */
	void (*destroy)(struct target *target);
	/*
	 * Reads all runs. Unreadable parts are not an error, but give a short `done`; an error
	 * means that nothing was read. Two threads may call it at the same time (read_ahead.h).
	 */
	struct error *(*read)(struct target *target, struct memory_run *runs, size_t count);
	/*
	 * A page may be readable in part: a core can end, and its segments can start, in the middle
	 * of one. Of a process, all of a page is readable or nothing.
	 */
	bool partial_pages;
	/* Fill the arrays `threads` and `mappings` below, which are valid until the target runs. */
	struct error *(*load_threads)(struct target *target);
	struct error *(*load_mappings)(struct target *target);
	/* NULL if impossible. */
	struct error *(*cont)(struct target *target);
	struct error *(*interrupt)(struct target *target);
	struct error *(*detach)(struct target *target);
	struct error *(*kill)(struct target *target);
	bool (*next_event)(struct target *target, struct target_event *ret); /* NULL: never any */
	/* See target_vectors(); NULL if the source has none. */
	bool (*vectors)(struct target *target, pid_t tid, uint64_t ret[VECTOR_REGISTERS]);
	/* See target_set_traps() in traps.h; NULL if impossible. */
	struct error *(*set_traps)(struct target *target, const uint64_t *addresses, size_t count,
		const struct trap_handler *handler);
	/* See target_stop_at(); NULL if impossible. */
	void (*stop_at)(struct target *target, uint64_t address);
	/* See target_snapshot() and target_hold(); NULL if impossible. */
	struct error *(*snapshot)(struct target *target);
	struct error *(*hold)(struct target *target);
	/* See target_program_lives(); NULL: the state decides. */
	bool (*lives)(struct target *target);
	/*
	 * Resident memory in bytes; false if it cannot be read. NULL if the source does not know.
	 */
	bool (*resident)(struct target *target, uint64_t *ret);
	/* The ERROR_FAULT for an unreadable address, if the source knows the reason; NULL: use a
	 * generic one. */
	struct error *(*fault)(struct target *target, uint64_t address);
};

struct target {
	const struct target_ops *ops;
	pid_t pid;
	char *exe_path;	   /* the executable to open; of a live process /proc/PID/exe */
	char *exe_name;	   /* its name in messages */
	_Atomic int state; /* enum target_state; the tracer thread changes it too */
	/* Once GONE: a static text such as "it has exited"; NULL: unknown. Set before `state`. */
	const char *_Atomic gone_reason;
	struct memory_cache *cache; /* created by target.c on the first read */
	const atomic_bool *cancel;  /* set by Ctrl-C; NULL: never. Long loops call target_check() */

	struct thread *threads;
	size_t thread_count;
	struct mapping *mappings;
	size_t mapping_count;

	uint64_t entry;		   /* AT_ENTRY; 0 unknown */
	uint64_t phdr;		   /* AT_PHDR; 0 unknown */
	uint64_t vdso;		   /* AT_SYSINFO_EHDR; 0 unknown */
	int64_t stop_monotonic_ns; /* CLOCK_MONOTONIC when the target stopped; 0 unknown (a core) */
	int64_t stop_realtime_ns;  /* CLOCK_REALTIME at the same moment; 0 unknown */
	/* The program's arguments, separated by blanks; a core has the first 79 bytes of them.
	 * NULL: unknown. */
	char *command_line;
	struct target_signal signal; /* that ended the program; number 0 if it still runs */

	/* Of a live process: */
	enum pause_mode pause; /* what target_interrupt() does; may be changed at any time */
	bool is_snapshot;  /* reads come from a frozen copy, and the process itself is running */
	size_t trap_count; /* traps that are set; a snapshot removes them, see traps.h */
	int64_t stall_ns;  /* for how long the process was stopped to make the snapshot */
	/*
	 * A sentence about something that did not work besides the result, such as why the process
	 * is stopped although `pause` is PAUSE_FORK. Malloc'ed; the code that prints it frees it
	 * and sets NULL.
	 */
	char *notice;
	int event_fd; /* readable while target_next_event() has an event; -1: never */
};

/* ---- Opening (live.c, core.c) ---- */

/*
 * While a live target exists, SIGCHLD, SIGTERM and SIGHUP are blocked in the thread that opened it,
 * and the tracer thread receives them. SIGTERM and SIGHUP detach the target immediately and queue
 * TARGET_EVENT_LEAVE; if that event is not taken in time (leave_grace_ns), or a second signal
 * arrives first, the signal kills the debugger. target_destroy(), called by the same thread,
 * restores the mask. A child process that is started meanwhile needs the original mask
 * (posix_spawnattr_setsigmask; not popen). One live target at a time.
 */

struct live_options {
	int64_t max_stop_ns; /* the watchdog detaches the target after that long a stop; 0: never */
	int64_t leave_grace_ns; /* how long TARGET_EVENT_LEAVE may stay in the queue; 0: 3 s */
	enum pause_mode pause;
	const atomic_bool *cancel;
	/*
	 * live_exec() only: whether `pid` runs the program to be debugged. Called in the tracer
	 * thread. If what was started is another one, such as a shell that runs a script, it runs
	 * until it, or a process that it starts, executes the wanted program. NULL: any program.
	 */
	bool (*wanted)(pid_t pid);
	/* Told once, in the tracer thread while live_exec() waits, that this may take long. May be
	 * NULL. */
	void (*notify)(void *context, const char *message);
	void *notify_context;
};

/*
 * Attaches to process `pid` and stops all of its threads or makes a snapshot. Errors explain the
 * refusal (already traced, Yama, capabilities, seccomp, a container, a zombie, a 32-bit program, no
 * such process) and what to do about it. After an error the process keeps running, unchanged.
 */
struct error *live_attach(pid_t pid, const struct live_options *options, struct target **ret);

/*
 * Starts argv[0] (searched in PATH), stopped at its first instruction (of the dynamic linker, if it
 * has one), with default signal actions. When the debugger leaves, the program is detached, not
 * killed. It inherits the standard streams, but gets /dev/null if stdin is a terminal, and has its
 * own process group: keys and Ctrl-C go to the debugger.
 */
struct error *live_exec(
	char *const argv[], const struct live_options *options, struct target **ret);

/*
 * Opens a core dump. `exe` (NULL: the path that the core names) supplies file-backed memory.
 * Problems that leave a usable target (truncated, wrong build id, missing libraries) are passed to
 * `notify` (may be NULL), one sentence each.
 */
struct error *core_open(const char *exe, const char *core,
	void (*notify)(void *context, const char *message), void *context, struct target **ret);

/* Detaches the target (a live process keeps running) and frees everything. NULL is fine. */
void target_destroy(struct target *target);

/* ---- Memory ---- */

/*
 * Reads exactly `size` bytes. ERROR_FAULT names the first address that cannot be read; ERROR_GONE:
 * the target is running, has exited or has been detached.
 */
struct error *target_read(struct target *target, uint64_t address, void *ret, size_t size);

/* The same for a word of the target. */
static inline struct error *target_read_u64(struct target *target, uint64_t address, uint64_t *ret)
{
	return target_read(target, address, ret, sizeof(*ret));
}

/*
 * Reads a string of at most `size` bytes, up to a NUL. `*ret` is malloc'ed and always terminated.
 */
struct error *target_read_string(struct target *target, uint64_t address, size_t size, char **ret);

struct range {
	uint64_t address;
	uint64_t size;
};

/*
 * Loads `ranges` (in any order, sorted in place) into the cache with few large reads: neighbors
 * closer than a few pages are joined, runs are at most 1 MiB. Unreadable parts are skipped
 * silently. A hint: later target_read() calls are hits.
 */
struct error *target_prefetch(struct target *target, struct range *ranges, size_t count);

/*
 * Starts to do so in the background: for what is needed next, while the caller processes what it
 * has prefetched before. Does nothing if the cache is nearly full.
 */
struct error *target_read_ahead(struct target *target, struct range *ranges, size_t count);

/*
 * Fills the runs directly from the target, bypassing the cache: for memory that is read only once,
 * such as a whole heap. Short `done` as in struct memory_run; ERROR_GONE and ERROR_CANCELLED as
 * target_check().
 */
struct error *target_read_runs(struct target *target, struct memory_run *runs, size_t count);

/* Drops all cached memory, threads and mappings. target_continue() does so too. */
void target_drop_cache(struct target *target);
/* Drops cached memory only, to bound it: for bulk readers, between batches. */
void target_trim_cache(struct target *target);

/* ERROR_CANCELLED after Ctrl-C, ERROR_GONE if the target is no longer stopped, else NULL. Cheap. */
struct error *target_check(struct target *target);

/* ---- Threads and mappings (loaded on first use after a stop; valid until the target runs) ---- */

struct error *target_threads(struct target *target, const struct thread **ret, size_t *ret_count);
/*
 * The low 8 bytes of a thread's vector registers, where Go keeps floating-point numbers. False if
 * they are not known: those of a snapshot were not saved.
 */
bool target_vectors(struct target *target, pid_t tid, uint64_t ret[VECTOR_REGISTERS]);
struct error *target_mappings(struct target *target, const struct mapping **ret, size_t *ret_count);
/* The mapping that contains `address`, or NULL. */
const struct mapping *target_mapping_at(struct target *target, uint64_t address);
/* The lowest address after `address`, which cannot be read, that may be readable; UINT64_MAX: none.
 * A search of a range that came from the target must skip its holes: they may be huge. */
uint64_t target_skip_hole(struct target *target, uint64_t address);

/* ---- Running (ERROR_GONE and an explanation if impossible) ---- */

/* Returns immediately; see target_next_event(). */
struct error *target_continue(struct target *target);
/* Stops a running target or makes a snapshot, depending on `pause`. Returns when it can be read. */
struct error *target_interrupt(struct target *target);
/*
 * Makes a frozen copy of the process's current memory and registers, which replaces an older one
 * and is read from now on; the process itself continues, untraced. If that is impossible the
 * process is stopped instead, and `notice` says why.
 */
struct error *target_snapshot(struct target *target);
/* Stops the process itself, whatever `pause` is; its own memory is read from now on. No effect if
 * it is stopped. */
struct error *target_hold(struct target *target);
/* Detaches and leaves the process running; the target is GONE. */
struct error *target_detach(struct target *target);
struct error *target_kill(struct target *target);
/*
 * The program's own code has an int3 at `address` (runtime.Breakpoint). A thread that executes it
 * while it is traced stops the target, with TARGET_EVENT_BREAKPOINT, instead of getting the SIGTRAP
 * that would end the process; it continues after the int3. No effect on targets that never run.
 */
void target_stop_at(struct target *target, uint64_t address);

/*
 * Whether the program that was opened still runs. While a snapshot is inspected the process is not
 * traced, so that its end queues no event; the next call that needs the process fails and queues
 * it.
 */
bool target_program_lives(struct target *target);

/* Takes the next event, if any. */
bool target_next_event(struct target *target, struct target_event *ret);

#endif
