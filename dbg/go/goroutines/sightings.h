/*
 * What goroutines were seen doing at an earlier inspection, to tell which have moved since.
 *
 * Sources: runtime/proc.go casgstatus (trackingSeq), entersyscall (syscalltick, oldp), releases
 * 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_SIGHTINGS_H
#define GCTXDBG_GO_GOROUTINES_SIGHTINGS_H

#include "dbg/go/goroutines/goroutine.h"

/* One goroutine. The runtime never reuses a goroutine ID. */
struct sighting {
	uint64_t goid;
	uint64_t start_pc, go_pc; /* `go_pc` is 0 for goroutine 1, which no go statement created */
	uint64_t turns;	  /* what counts how often it has run: g.trackingSeq, and system calls */
	uint64_t mark;	  /* changes when it moves: `turns`, status, registers, what it waits on */
	int64_t since_ns; /* the earliest inspection that saw this mark */
	bool system;
};

/* The goroutines of one moment. */
struct sightings {
	struct sighting *items; /* by goroutine ID */
	size_t count;
	int64_t at_ns; /* CLOCK_MONOTONIC */
};

/* Takes down all goroutines as they are now. `before`, which may be NULL, is an earlier inspection
 * of the same process. Free `*ret` with sightings_destroy(). */
struct error *sightings_take(
	struct program *program, const struct sightings *before, struct sightings **ret);
void sightings_destroy(struct sightings *sightings);

/* Makes wait times (wait_time.h) take an earlier inspection into account; NULL: none. The caller
 * keeps `before` until it calls this again or closes the program. */
void program_compare_with(struct program *program, const struct sightings *before);

/* What an earlier inspection tells about a goroutine. */
struct seen {
	int64_t at_ns;	  /* of the inspection, on CLOCK_MONOTONIC */
	int64_t since_ns; /* if it is unmoved: the earliest inspection that saw it where it is */
	bool moved;	  /* it has run since, or was created since */
	/*
	 * It is where it was. The counter of its runs is kept modulo 256, so one that runs all the
	 * time can be mistaken for one that does not; coroutines are not counted at all.
	 */
	bool unmoved;
};

/* False if `sightings` is NULL. */
bool sightings_find(const struct sightings *sightings, struct program *program,
	const struct goroutine *goroutine, struct seen *ret);

#endif
