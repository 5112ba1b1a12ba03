/*
 * Parts of `info` that reports contain as well. Implemented in info.c.
 */
#ifndef GCTXDBG_COMMANDS_DATA_INFO_VIEW_H
#define GCTXDBG_COMMANDS_DATA_INFO_VIEW_H

#include "commands/render/json.h"
#include "dbg/go/goroutines/summary.h"
#include "dwarf/elf/build_info.h"

enum { INFO_TITLE_WIDTH = 12 };

/* Prints "name        value"; the value comes from the target. */
void info_line(struct output *output, const char *name, const char *value);

/* Resident memory, heap and garbage collections, as far as they are known. */
void info_memory_text(struct output *output, const struct summary *summary);
void info_memory_json(struct json *json, const struct summary *summary);

/* Module, dependencies and build settings; NULL: the binary has none. */
void info_build_text(struct output *output, const struct build_info *build);
void info_build_json(struct json *json, const struct build_info *build);

#endif
