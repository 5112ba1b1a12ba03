/*
 * The texts that Go's runtime prints when it crashes. Private to crash.c.
 */
#ifndef GCTXDBG_GO_GOROUTINES_CRASH_TEXT_H
#define GCTXDBG_GO_GOROUTINES_CRASH_TEXT_H

#include <stdio.h>

#include "dbg/target/target.h"

struct program;

/* "SIGSEGV: segmentation violation", as in runtime/sigtab_linux_generic.go; NULL: no name. */
const char *crash_signal_name(int number);
/* Whether it ends a program with a core, by default or through Go's handler. */
bool crash_signal_is_fatal(int number);

/* Writes the chain of panics that begins with the _panic at `address`, one line for each: "panic:
 * first [recovered]". */
void crash_write_panics(FILE *stream, struct program *program, uint64_t address);

/* Writes text of a panic or fatal error; since 1.23 with a tab after each line end
 * (printindented). */
void crash_write_indented(FILE *stream, struct program *program, const char *text);

/* Writes "[signal SIGSEGV: … code=0x1 addr=0x0 pc=0x46…]" if the g at `address` had a fault that
 * became a panic, and describes it in `ret`. */
void crash_write_fault(
	FILE *stream, struct program *program, uint64_t address, struct target_signal *ret);

#endif
