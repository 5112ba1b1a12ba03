/*
 * Whether a file is the one that a process had mapped, judged by the first bytes of the mapping in
 * the core.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_IDENTITY_H
#define GCTXDBG_TARGET_CORE_CORE_IDENTITY_H

#include "dbg/target/core/core_file.h"
#include "dwarf/elf/elf_image.h"

enum core_identity {
	CORE_IDENTITY_UNKNOWN, /* the core does not hold enough to decide */
	CORE_IDENTITY_SAME,
	CORE_IDENTITY_DIFFERENT,
};

/*
 * Compares `image` with the mapping whose first file byte is at `base`: by build id, else by ELF
 * header. If they differ, `*ret_file_id` and `*ret_core_id` are malloc'ed texts of the ids for a
 * message (NULL without memory); otherwise they are NULL. Without memory the answer is
 * CORE_IDENTITY_UNKNOWN.
 */
enum core_identity core_identity_compare(const struct core_dump *dump, uint64_t base,
	const struct elf_image *image, char **ret_file_id, char **ret_core_id);

/* Whether an ELF file starts at `base`; `otherwise` if the core does not hold those bytes. */
bool core_identity_is_elf(const struct core_dump *dump, uint64_t base, bool otherwise);

#endif
