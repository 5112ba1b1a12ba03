/*
 * Interned strings: names that live as long as the pool, each stored once.
 */
#ifndef GCTXDBG_GO_PROGRAM_STRINGS_H
#define GCTXDBG_GO_PROGRAM_STRINGS_H

#include "dwarf/base/error.h"

struct string_pool;

struct error *string_pool_create(struct string_pool **ret);
/* Frees the pool and all its strings. NULL is allowed. */
void string_pool_destroy(struct string_pool *pool);

/* A copy of `text` that lives as long as the pool; equal texts share one. NULL without memory. */
const char *string_pool_intern(struct string_pool *pool, const char *text);

#endif
