/*
 * Types, constants and variables from DWARF, through libdwarf, loaded on first use.
 *
 * dwarf/debug reads DWARF (types, units, variables, locations, frame rules) and defines layouts. It
 * uses dwarf/elf and knows no process. Its main entry points are here and in frame_table.h.
 *
 * Looking up a type by name must not walk all of a program's DWARF. Go writes names inline
 * (DW_FORM_string), so one byte search over .debug_info finds candidates, and libdwarf decodes only
 * those entries. libdwarf reads its sections through an object access interface over our elf_image,
 * so nothing is decompressed twice.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_INFO_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_INFO_H

#include "dwarf/debug/debug_go_types.h"
#include "dwarf/debug/debug_packages.h"
#include "dwarf/elf/elf_image.h"
#include "dwarf/debug/layout.h"

struct debug_info;

/*
 * Prepares to read the DWARF of `image`, which must outlive the result. ERROR_NOT_FOUND if it has
 * none (stripped). Reads only section headers; the rest follows on first use.
 */
struct error *debug_info_open(struct elf_image *image, struct debug_info **ret);
void debug_info_close(struct debug_info *info);

/* This DWARF as a source of layouts; valid as long as `info`. */
struct layout_source debug_info_layout_source(struct debug_info *info);

struct debug_units;
/* The compilation units, read on first use; they belong to `info`. */
struct error *debug_info_units(struct debug_info *info, struct debug_units **ret);
/*
 * The entry, as an offset in .debug_info, of the global variable `name` ("net/http.DefaultClient").
 * ERROR_NOT_FOUND if there is none.
 */
struct error *debug_info_variable(struct debug_info *info, const char *name, uint64_t *ret);
/*
 * The Go type at entry `entry`, or the one that it is a typedef of. ERROR_BAD_DATA if there is
 * none. Names live as long as the image.
 */
struct error *debug_info_go_type(
	struct debug_info *info, uint64_t entry, struct debug_go_type *ret);
/* The fields of the struct at `entry`; the caller frees `*ret`. */
struct error *debug_info_go_fields(
	struct debug_info *info, uint64_t entry, struct debug_go_field **ret, size_t *ret_count);
/* The entry of the type with this name, which includes the import path; 0: there is none. */
struct error *debug_info_find_type(struct debug_info *info, const char *name, uint64_t *ret);
/*
 * The name by which the package with this import path is used in source code ("yaml" of
 * "gopkg.in/yaml.v3"); NULL if there is no unit of that package.
 */
struct error *debug_info_package_name(
	struct debug_info *info, const char *import_path, const char **ret);
/* All packages, sorted by import path; the array belongs to `info`. */
struct error *debug_info_packages(
	struct debug_info *info, const struct debug_package **ret, size_t *ret_count);

#endif
