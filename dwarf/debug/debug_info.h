/*
 * DWARF type and constant information, through libdwarf, loaded lazily.
 *
 * Finding a type by name must not walk all of a program's DWARF: Go writes names inline
 * (DW_FORM_string), so one pass of a byte search over .debug_info finds candidates, and libdwarf
 * decodes just the entries found. libdwarf gets its sections through an object access interface
 * over our own elf_image, so nothing is decompressed twice.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_INFO_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_INFO_H

#include "dwarf/debug/debug_go_types.h"
#include "dwarf/debug/debug_packages.h"
#include "dwarf/elf/elf_image.h"
#include "dwarf/debug/layout.h"

struct debug_info;

/*
 * Prepares to read the DWARF of `image`, which must outlive the result. ERROR_NOT_FOUND when it has
 * none (stripped). Nothing but section headers is read until the first question.
 */
struct error *debug_info_open(struct elf_image *image, struct debug_info **ret);
void debug_info_close(struct debug_info *info);

/* This DWARF as a source of layouts; valid as long as `info`. */
struct layout_source debug_info_layout_source(struct debug_info *info);

struct debug_units;
/* Its units, read when first asked for; they belong to `info`. */
struct error *debug_info_units(struct debug_info *info, struct debug_units **ret);
/*
 * The entry of the variable outside of functions called `name` ("net/http.DefaultClient"), as an
 * offset in .debug_info. ERROR_NOT_FOUND.
 */
struct error *debug_info_variable(struct debug_info *info, const char *name, uint64_t *ret);
/*
 * The Go type at entry `entry`, or at the one that this is a typedef of. ERROR_BAD_DATA with a
 * sentence when there is none. Names live as long as the image.
 */
struct error *debug_info_go_type(
	struct debug_info *info, uint64_t entry, struct debug_go_type *ret);
/* The fields of a struct; `*ret` is malloc'ed. */
struct error *debug_info_go_fields(
	struct debug_info *info, uint64_t entry, struct debug_go_field **ret, size_t *ret_count);
/* The entry of the type with this name, import path included; 0: there is none. */
struct error *debug_info_find_type(struct debug_info *info, const char *name, uint64_t *ret);
/*
 * The name by which the package with this import path is used in source code ("yaml" of
 * "gopkg.in/yaml.v3"); NULL when no unit is of that package.
 */
struct error *debug_info_package_name(
	struct debug_info *info, const char *import_path, const char **ret);
/* All packages, by import path; the array belongs to `info`. */
struct error *debug_info_packages(
	struct debug_info *info, const struct debug_package **ret, size_t *ret_count);

#endif
