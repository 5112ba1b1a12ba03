/*
 * uthash with handling of failed allocations, where its default exits the program. Every element
 * has a `bool lost`, false before it is added. If memory runs out, the element is not inserted and
 * `lost` becomes true; the caller checks it after each insertion.
 */
#ifndef GCTXDBG_DWARF_BASE_HASH_H
#define GCTXDBG_DWARF_BASE_HASH_H

#ifdef UTHASH_H
#error "include dwarf/base/hash.h instead of uthash.h"
#endif

#include <stdbool.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->lost = true)
#include <uthash.h>

#endif
