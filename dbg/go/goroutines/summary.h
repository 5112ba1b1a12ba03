/*
 * A summary of the program: numbers that the runtime keeps about itself.
 *
 * Sources: runtime/proc.go, mgcpacer.go (gcControllerState), mstats.go, releases 1.19
 * to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_SUMMARY_H
#define GCTXDBG_GO_GOROUTINES_SUMMARY_H

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/program/runtimes.h"

/* A number that may be unknown. */
struct known {
	bool present;
	uint64_t value;
};

enum { SUMMARY_MODULES = 256 };

struct summary {
	struct known gomaxprocs;
	struct known uptime_ns; /* since the runtime was initialised */
	struct known resident;	/* resident memory of the process, bytes */
	struct known heap_live; /* bytes, as the garbage collector counts them */
	struct known heap_in_use, heap_released, heap_free;
	struct known gc_cycles;
	struct known gc_pause_ns; /* in total */
	size_t goroutines, system_goroutines, threads, ms;
	const char *layouts;   /* the source of the runtime's layouts */
	const char *functions; /* the source of functions and lines */
	const char *exe;
	bool maps_are_swiss;
	struct runtimes runtimes; /* of the process */
	/* The other files with Go code of this runtime: plug-ins and Go libraries. */
	const char *modules[SUMMARY_MODULES];
	size_t module_count;
};

/* Fills `ret`; strings belong to the program. Numbers that cannot be read are not `present`. */
struct error *program_summary(struct program *program, struct summary *ret);

#endif
