/*
 * What ended the program that a core is of: the panic, fatal error or signal, as Go's runtime
 * printed it.
 *
 * The stacks tell: before it dumps core, the runtime prints from runtime.fatalpanic, runtime.throw,
 * runtime.fatal or runtime.sighandler, whose frames are still there. This works in stripped
 * programs too. The texts are composed as the runtime does; what cannot be read is left out.
 *
 * Sources: runtime/panic.go (printpanics, dopanic_m), runtime/error.go (printpanicval),
 * runtime/signal_unix.go (sighandler, fatalsignal), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_CRASH_H
#define GCTXDBG_GO_GOROUTINES_CRASH_H

#include "dbg/go/stacks/function.h"
#include "dbg/target/target.h"

struct program;

/*
 * Whether the target is the core of a program that a fatal signal ended. Before it dumps core, Go's
 * runtime stops scheduling and prints tracebacks, for seconds if there are thousands of goroutines:
 * what is late then proves nothing. (runtime/panic.go startpanic_m, runtime/signal_unix.go
 * sighandler; all releases.)
 */
bool program_was_crashing(struct program *program);

enum crash_kind {
	CRASH_NONE,   /* a process, or a core that was taken from a running one */
	CRASH_PANIC,  /* a panic that nothing recovered */
	CRASH_FATAL,  /* a fatal error, which the runtime found */
	CRASH_SIGNAL, /* a signal that Go does not turn into a panic, or never saw */
};

struct crash {
	enum crash_kind kind;
	/*
	 * The first lines that the runtime printed, without those of the traceback: "panic: boom",
	 * "[signal SIGSEGV: …]". Lines are separated by '\n' and may begin with a tab, as printed.
	 * malloc'ed; NULL: CRASH_NONE.
	 */
	char *text;
	/* The signal that started it; number 0: none. For a panic or fatal error only a fault. */
	struct target_signal signal;
	bool sent_by_itself; /* the process sent the signal to itself: abort() in C, for example */
	pid_t tid;	     /* the thread that crashed; 0: unknown */
	uint64_t goid;	     /* the goroutine that it ran; 0: none */
	/* The innermost function of the program on its stack; function NULL: none. */
	struct code_location where;
};

/* Fills `ret` (free with crash_deinit()). Damaged memory gives a shorter text, not an error. */
struct error *program_crash(struct program *program, struct crash *ret);
void crash_deinit(struct crash *crash);

/* "panic", "fatal error", "signal"; NULL for CRASH_NONE. */
const char *crash_kind_name(enum crash_kind kind);

#endif
