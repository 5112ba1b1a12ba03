/*
 * A search table over .eh_frame, for modules without .eh_frame_hdr, such as programs linked with
 * -static.
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_EH_INDEX_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_EH_INDEX_H

#include "dbg/target/native/native_module.h"

/*
 * Builds a table for `module` (table_base, table_count, own_table) from its file, if it has none.
 * Tries only once; a module whose file is missing or unusable stays without.
 */
void native_eh_index_ensure(struct native_module *module, struct target *target);

#endif
