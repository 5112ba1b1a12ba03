/*
 * Which of a process's Go runtimes is inspected, and that there are others: results about one say
 * nothing about the others.
 */
#ifndef GCTXDBG_COMMANDS_DATA_RUNTIMES_VIEW_H
#define GCTXDBG_COMMANDS_DATA_RUNTIMES_VIEW_H

#include "commands/render/json.h"
#include "dbg/go/program/runtimes.h"

/* Writes "runtime 1 of 2: lib.so; …", or "runtime in lib.so" if it is the only one; false, and "",
 * if it is in the executable and the only one. */
bool runtimes_sentence(const struct runtimes *runtimes, char *ret, size_t size);

/* The keys "runtimes" (files) and "runtime" (number, from 1). */
void runtimes_json(struct json *json, const struct runtimes *runtimes);

#endif
