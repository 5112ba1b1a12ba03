/*
 * Runs a short function on memory as it is now, to find out what it would return.
 *
 * Registers and stack slots hold known words, the results of calls that the caller of this module
 * wants to know about, or unknown values. A branch whose condition is known is decided; of any
 * other, both sides are followed. A result is known only if every path that returns agrees on it.
 * Nothing is executed and nothing is written: stores go to a small overlay.
 *
 * Relies on Go's register ABI (1.17 and later, amd64): receiver and first result are in RAX, R14 is
 * g and X15 is zero. Instructions that are not modelled make what they write unknown.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_RUN_H
#define GCTXDBG_DWARF_CODE_CODE_RUN_H

#include "dwarf/base/memory.h"

enum code_value_kind {
	CODE_UNKNOWN,
	CODE_WORD,   /* the 8 bytes `word` */
	CODE_PART,   /* the low `index` bits of `word`; the others are unknown */
	CODE_RESULT, /* result number `index` of the call that `word` identifies */
};

struct code_value {
	enum code_value_kind kind;
	unsigned index;
	uint64_t word;
};

enum { CODE_RESULTS = 4 }; /* in RAX, RBX, RCX and RDI */

enum code_call_kind {
	CODE_CALL_ENTER,    /* follow the call */
	CODE_CALL_RESULT,   /* its results are of interest: CODE_RESULT with the given word */
	CODE_CALL_HARMLESS, /* returns unknown values and changes nothing that matters */
	CODE_CALL_BARRIER,  /* keeps all registers; R11 is the address of a buffer to write to */
	CODE_CALL_OPAQUE,   /* may change any memory */
	CODE_CALL_END,	    /* does not return, or returns to start the function again */
};

/* What the code runs on; the functions get `context`. */
struct code_world {
	/* The machine code of the function that contains `pc`, and its start. */
	bool (*code)(void *context, uint64_t pc, struct bytes *ret, uint64_t *ret_start);
	/* Reads memory; false if it cannot be read. */
	bool (*read)(void *context, uint64_t address, void *ret, size_t size);
	/* What a call of the function at `target` does; sets `*ret` for CODE_CALL_RESULT. */
	enum code_call_kind (*call)(
		void *context, uint64_t target, struct code_value receiver, uint64_t *ret);
	void *context;
};

struct code_runner;

/* Keeps decoded instructions between runs, for as long as the program's code does not change.
 * NULL if out of memory. Free with code_runner_destroy(). */
struct code_runner *code_runner_create(struct code_world world);
void code_runner_destroy(struct code_runner *runner);

/*
 * The results of calling the function at `entry` with `receiver`. False if no path returns, or if
 * the function is too long or too complicated to follow all paths.
 */
bool code_run(struct code_runner *runner, uint64_t entry, uint64_t receiver,
	struct code_value ret[CODE_RESULTS]);

#endif
