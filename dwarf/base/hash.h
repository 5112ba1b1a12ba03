/*
 * uthash, with what happens without memory: its default ends the program. Here the element is
 * marked and not entered. Every element has a `bool lost` therefore, false before it is added, and
 * whoever adds looks at it.
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
