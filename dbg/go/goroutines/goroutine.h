/*
 * Goroutines and the threads (M) that run them, as the runtime keeps them.
 *
 * Sources: runtime/runtime2.go (g, m), runtime/proc.go (allgs, allm), runtime/traceback.go
 * (isSystemGoroutine), releases 1.19 and 1.21 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_GOROUTINE_H
#define GCTXDBG_GO_GOROUTINES_GOROUTINE_H

#include "dbg/go/stacks/function.h"
#include "dbg/target/target.h"

struct program;

/* One goroutine that is not dead. Addresses are the target's. */
struct goroutine {
	uint64_t address; /* of its g */
	uint64_t goid;
	uint64_t parent_goid; /* 0: unknown (before 1.21) or none */
	uint64_t go_pc;	      /* return address of the `go` statement */
	uint64_t start_pc;    /* entry of its function */
	uint64_t m;	      /* address of its m; 0 when it has none */
	uint64_t locked_m;    /* the m it is locked to; 0 when it is not */
	uint64_t stack_low, stack_high;
	uint64_t sched_pc, sched_sp, sched_bp;
	uint64_t syscall_pc, syscall_sp;
	uint64_t waiting; /* first sudog it waits on; 0 none */
	uint64_t labels;
	int64_t wait_since; /* the target's monotonic clock; 0 unknown: set by the garbage collector
			       only */
	int64_t sleep_until; /* the same clock; 0 unless it sleeps */
	pid_t tid;	     /* thread that runs it or is in a system call for it; 0 none */
	uint16_t status;     /* without the scan bit */
	uint8_t wait_reason;
	uint8_t switches; /* how many times it has stopped running, modulo 256; 0 also where
			     unknown. System calls do not count since 1.26 */
	bool scan;	  /* its stack is being scanned */
	bool system;	  /* as the runtime's own tracebacks decide it */
};

struct goroutine_list {
	struct goroutine *items; /* in the order of their ids */
	size_t count;
	size_t capacity;
	size_t unreadable; /* entries of allgs that could not be read: the list is partial */
	size_t dead;	   /* entries left out because they are not in use */
	size_t idle; /* and those that claim not to be made yet, which the runtime never lists */
};

/* A runtime.m. */
struct go_m {
	uint64_t address;
	int64_t id;
	pid_t tid; /* 0: no thread of the target has its procid */
	uint64_t g0, signal_g, current_g;
	uint64_t system_low, system_high; /* stack of g0 */
	uint64_t signal_low, signal_high; /* stack of gsignal */
	uint64_t system_sp;		  /* where g0 was left last (g0.sched.sp) */
	uint64_t vdso_pc, vdso_sp;	  /* inside a vDSO call when not 0 */
	uint64_t p;
	bool in_c;    /* executing a cgo call */
	bool started; /* it has noted its thread's id (procid) */
	bool spinning, blocked;
	uint32_t syscall_tick; /* of its p when it entered the latest system call, which each that
				  is left increments */
};

struct go_m_list {
	struct go_m *items;
	size_t count;
	size_t capacity;
};

/* All goroutines but dead ones; loaded once per stop. The list belongs to the program. */
struct error *program_goroutines(struct program *program, const struct goroutine_list **ret);

/* Whether that has been done since the last stop. */
bool program_goroutines_are_loaded(const struct program *program);

/* About how many there are, dead ones included unless the list is loaded: what loading it costs. */
struct error *program_goroutine_count(struct program *program, uint64_t *ret);

/*
 * Reads the goroutine whose g is at `address` by itself, so that program_goroutine() need not load
 * all for this one until the next stop (or until another one is read so). Does nothing for a g that
 * is not in use.
 */
struct error *program_load_goroutine(struct program *program, uint64_t address);

/* The one with this id; ERROR_NOT_FOUND with a sentence. */
struct error *program_goroutine(
	struct program *program, uint64_t goid, const struct goroutine **ret);
/* The one whose g is at `address`; NULL when there is none. */
const struct goroutine *program_goroutine_at(struct program *program, uint64_t address);

struct error *program_ms(struct program *program, const struct go_m_list **ret);
const struct go_m *program_m_at(struct program *program, uint64_t address);
const struct go_m *program_m_of_thread(struct program *program, pid_t tid);

/* The runtime's own words: "waiting", "syscall"… and "chan receive"; never NULL. */
const char *goroutine_status(struct program *program, const struct goroutine *goroutine);
/* NULL when it does not wait. */
const char *goroutine_wait_reason(struct program *program, const struct goroutine *goroutine);
/* What the runtime prints in brackets: wait reason if waiting, else status. */
const char *goroutine_state(struct program *program, const struct goroutine *goroutine);
bool goroutine_is_waiting(const struct program *program, const struct goroutine *goroutine);
bool goroutine_is_running(const struct program *program, const struct goroutine *goroutine);
bool goroutine_in_syscall(const struct program *program, const struct goroutine *goroutine);

/* Nanoseconds it has waited; -1 when the runtime does not know (no garbage collection since). */
int64_t goroutine_wait_ns(struct program *program, const struct goroutine *goroutine);

/* The target's monotonic clock now (when it stopped); for a core the newest time stamp found in it;
 * 0 unknown. */
int64_t program_now_ns(struct program *program);
/* False for a core: then program_now_ns() is earlier than the dump, by as long as the runtime was
 * idle. */
bool program_clock_is_exact(const struct program *program);

/* The `go` statement: resolved as the runtime's "created by" line is. False when there is none
 * (goroutine 1). */
bool goroutine_creator(
	struct program *program, const struct goroutine *goroutine, struct code_location *ret);

/* ---- pprof labels ---- */

struct label {
	char *key;
	char *value;
};

/* Fills `*ret` with a malloc'ed array (free with labels_free()). `*ret_partial`: some could not be
 * read. */
struct error *goroutine_labels(struct program *program, const struct goroutine *goroutine,
	struct label **ret, size_t *ret_count, bool *ret_partial);
void labels_free(struct label *labels, size_t count);

#endif
