/*
 * A search table over .eh_frame for modules that come without .eh_frame_hdr, as programs linked
 * with -static do.
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_EH_INDEX_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_EH_INDEX_H

#include "dbg/target/native/native_module.h"

/* Gives `module` a table (table_base, table_count, own_table) if it has none and its file allows.
 * Tries once. */
void native_eh_index_ensure(struct native_module *module, struct target *target);

#endif
