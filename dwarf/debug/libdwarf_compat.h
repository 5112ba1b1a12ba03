/*
 * A libdwarf session over an elf_image; hides what differs between libdwarf's releases.
 *
 * libdwarf 20210528 and 0.11 describe an object file to the library through different structures.
 * Everything else that the project calls exists in both with the same signature; whatever stops to
 * do so moves here.
 */
#ifndef GCTXDBG_DWARF_DEBUG_LIBDWARF_COMPAT_H
#define GCTXDBG_DWARF_DEBUG_LIBDWARF_COMPAT_H

#include "dwarf/elf/elf_image.h"

#include <dwarf.h>
#include <libdwarf.h>

/* Release 0.1.0 introduced the version macro, and other types and names for some. */
#ifdef DW_LIBDWARF_VERSION
typedef Dwarf_Small *libdwarf_bytes;
#define libdwarf_free_frames dwarf_dealloc_fde_cie_list
#else
typedef Dwarf_Ptr libdwarf_bytes;
#define libdwarf_free_frames dwarf_fde_cie_list_dealloc
#endif

struct libdwarf_session;

/*
 * Opens a session that reads the sections about types and frames of `image` (which must outlive it)
 * when they are first needed. Close with libdwarf_session_close().
 */
struct error *libdwarf_session_open(struct elf_image *image, struct libdwarf_session **ret);
void libdwarf_session_close(struct libdwarf_session *session);

/* The handle for libdwarf's own functions. Belongs to the session. */
Dwarf_Debug libdwarf_session_handle(const struct libdwarf_session *session);

#endif
