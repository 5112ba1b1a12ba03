/*
 * Goroutines and the threads (M) that run them.
 *
 * This folder reads the runtime's goroutines and threads, what each goroutine waits on, channels,
 * pprof labels, and the summary of the program. It uses dbg/go/values, types and stacks. Its main
 * entry points are program_goroutines(), goroutine_stack() (goroutine_stack.h), goroutine_waits()
 * (wait.h) and channel_read() (channel.h).
 *
 * Sources: runtime/runtime2.go (g, m), runtime/proc.go (allgs, allm), runtime/traceback.go
 * (isSystemGoroutine), releases 1.19 to 1.27.
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
	uint64_t m;	      /* address of its m; 0: none */
	uint64_t locked_m;    /* address of the m that it is locked to; 0: none */
	uint64_t stack_low, stack_high;
	uint64_t sched_pc, sched_sp, sched_bp;
	uint64_t syscall_pc, syscall_sp;
	uint64_t waiting; /* first sudog it waits on; 0: none */
	uint64_t labels;
	uint64_t bubble;     /* of testing/synctest (timers.h); 0: none */
	uint64_t bubble_id;  /* 0: none, or unknown (1.24) */
	int64_t wait_since;  /* ns on the target's monotonic clock; only the garbage collector sets
			       it; 0: unknown */
	int64_t sleep_until; /* on that clock, or its bubble's; see goroutine_sleep_end() */
	pid_t tid;	     /* thread that runs it or is in a system call for it; 0: none */
	uint16_t status;     /* without the scan bit */
	uint8_t wait_reason;
	uint8_t switches; /* how often it has stopped running, modulo 256; 0 if unknown. System
			     calls do not count since 1.26 */
	bool scan;	  /* its stack is being scanned */
	bool system;	  /* a system goroutine, by the rule of the runtime's tracebacks */
	bool has_roots; /* its g has pointers of goroutine_stack_roots(), such as deferred calls */
};

struct goroutine_list {
	struct goroutine *items; /* sorted by goid */
	size_t count;
	size_t capacity;
	size_t unreadable; /* entries of allgs that could not be read: the list is partial */
	size_t dead;	   /* entries not in use, which are left out */
	size_t idle; /* entries with status _Gidle, also left out; the runtime never has any */
};

/* A runtime.m. */
struct go_m {
	uint64_t address;
	int64_t id;
	pid_t tid;	 /* its thread; 0: none */
	pid_t named_tid; /* the thread whose id is procid; 0: no thread of the target */
	uint64_t g0, signal_g, current_g;
	uint64_t system_low, system_high; /* stack of g0 */
	uint64_t signal_low, signal_high; /* stack of gsignal */
	uint64_t system_sp;		  /* where g0 was last saved (g0.sched.sp) */
	uint64_t vdso_pc, vdso_sp;	  /* the caller of a vDSO function; 0: not in one */
	uint64_t p;
	bool in_c;    /* executing a cgo call */
	bool started; /* it has set procid, its thread's id */
	bool spinning, blocked;
	uint32_t syscall_tick; /* its p's tick at the latest system call; the p increments it when
				  a system call returns */
	uint64_t syscall_p;    /* that p; 0: not in a system call, or unknown */
};

struct go_m_list {
	struct go_m *items;
	size_t count;
	size_t capacity;
	size_t unlisted; /* m's of threads that allm does not have */
	bool broken;	 /* allm leads to something that is not an m */
};

/* All goroutines that are not dead; read once per stop. The list belongs to the program. */
struct error *program_goroutines(struct program *program, const struct goroutine_list **ret);

/* All of them in the order of their stacks' addresses: neighbors are read together. The array
 * belongs to the program. */
struct error *program_goroutines_by_stack(
	struct program *program, const struct goroutine *const **ret, size_t *ret_count);
/* The goroutine whose stack contains `address`; NULL if there is none. */
const struct goroutine *program_goroutine_of_stack(struct program *program, uint64_t address);

/* Reads those among the first `limit` of the runtime's list, which includes dead ones. The list
 * belongs to the program, and is valid until goroutines are read again. */
struct error *program_sample_goroutines(
	struct program *program, size_t limit, const struct goroutine_list **ret);

/* Whether the list has been read since the last stop. */
bool program_goroutines_are_loaded(const struct program *program);

/* Roughly how many there are, to estimate the cost of reading the list; includes dead ones
 * unless it has been read. */
struct error *program_goroutine_count(struct program *program, uint64_t *ret);

/*
 * Reads only the goroutine whose g is at `address`, so that program_goroutine() finds it without
 * reading all. Valid until the next stop or the next such call. Does nothing for a g that is not in
 * use.
 */
struct error *program_load_goroutine(struct program *program, uint64_t address);

/* The goroutine with this id; ERROR_NOT_FOUND. */
struct error *program_goroutine(
	struct program *program, uint64_t goid, const struct goroutine **ret);
/* The goroutine whose g is at `address`; NULL if there is none. */
const struct goroutine *program_goroutine_at(struct program *program, uint64_t address);

/* All m's; read once per stop. The list belongs to the program. */
struct error *program_ms(struct program *program, const struct go_m_list **ret);
/* NULL if there is none. */
const struct go_m *program_m_at(struct program *program, uint64_t address);
const struct go_m *program_m_of_thread(struct program *program, pid_t tid);

/* The runtime's text for its status: "waiting", "syscall"…; never NULL. */
const char *goroutine_status(struct program *program, const struct goroutine *goroutine);
/*
 * The runtime's text for its wait reason: "chan receive"…; NULL if it does not wait. In a synctest
 * bubble it ends with "(durable)" if only the bubble can end the wait.
 */
const char *goroutine_wait_reason(struct program *program, const struct goroutine *goroutine);
/* What the runtime prints in brackets: the wait reason if it waits, else the status; with
 * " (leaked)" if a goroutine leak profile has found that it is. */
const char *goroutine_state(struct program *program, const struct goroutine *goroutine);
/*
 * The texts that the target has for the statuses, the wait reasons, or both: NULL-terminated,
 * malloc'ed; the texts belong to the program. `*ret` is NULL if they are not known.
 */
struct error *goroutine_state_texts(
	struct program *program, bool statuses, bool reasons, const char ***ret);
bool goroutine_is_waiting(const struct program *program, const struct goroutine *goroutine);
bool goroutine_is_running(const struct program *program, const struct goroutine *goroutine);
bool goroutine_in_syscall(const struct program *program, const struct goroutine *goroutine);

/* When the latest time.Sleep of the goroutine ends or ended, on the target's monotonic clock (see
 * bubble_time()); 0: unknown. */
struct error *goroutine_sleep_end(
	struct program *program, const struct goroutine *goroutine, int64_t *ret);

/* The thread that runs it or is in a system call for it; NULL if there is none. Its registers may
 * be unknown. */
struct error *goroutine_thread(
	struct program *program, const struct goroutine *goroutine, const struct thread **ret);

/*
 * What the runtime's tracebacks take for the time that it has waited: the time since g.waitsince,
 * in ns; -1: not set. It is no bound in either direction: see wait_time.h.
 */
int64_t goroutine_wait_ns(struct program *program, const struct goroutine *goroutine);

/* The target's monotonic clock when it stopped, in ns; for a core, the newest timestamp in it;
 * 0: unknown. */
int64_t program_now_ns(struct program *program);
/* False for a core: program_now_ns() is then earlier than the dump, by the time that the runtime
 * had been idle. */
bool program_clock_is_exact(const struct program *program);

/* The `go` statement that created it, resolved like the runtime's "created by" line. False if there
 * is none (goroutine 1). */
bool goroutine_creator(
	struct program *program, const struct goroutine *goroutine, struct code_location *ret);

/* ---- pprof labels ---- */

struct label {
	char *key;
	char *value;
};

/* `*ret` is a malloc'ed array, sorted by key (free with labels_free()). `*ret_partial`: some could
 * not be read. */
struct error *goroutine_labels(struct program *program, const struct goroutine *goroutine,
	struct label **ret, size_t *ret_count, bool *ret_partial);
void labels_free(struct label *labels, size_t count);

#endif
