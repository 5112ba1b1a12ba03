/*
 * A libdwarf session over an elf_image; hides the differences between libdwarf's releases.
 *
 * libdwarf 20210528 and 0.11 use different structures to describe an object file to the library.
 * All other functions that the project calls have the same signature in both; any that changes
 * belongs here.
 */
#ifndef GCTXDBG_DWARF_DEBUG_LIBDWARF_COMPAT_H
#define GCTXDBG_DWARF_DEBUG_LIBDWARF_COMPAT_H

#include "dwarf/elf/elf_image.h"

#include <dwarf.h>
#include <libdwarf.h>

/* Release 0.1.0 introduced the version macro and renamed some types and functions. */
#ifdef DW_LIBDWARF_VERSION
typedef Dwarf_Small *libdwarf_bytes;
#define libdwarf_free_frames dwarf_dealloc_fde_cie_list
#else
typedef Dwarf_Ptr libdwarf_bytes;
#define libdwarf_free_frames dwarf_fde_cie_list_dealloc
#endif

struct libdwarf_session;

/*
 * Opens a session that reads the type and frame sections of `image`, which must outlive it, on
 * first use. ERROR_BAD_DATA if libdwarf rejects them. Close it with libdwarf_session_close().
 */
struct error *libdwarf_session_open(struct elf_image *image, struct libdwarf_session **ret);
void libdwarf_session_close(struct libdwarf_session *session);

/* The handle for libdwarf's functions; it belongs to the session. */
Dwarf_Debug libdwarf_session_handle(const struct libdwarf_session *session);

#endif
