/*
 * Whether a file is the one that a process had mapped: by the start of the mapping, which the core
 * holds.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_IDENTITY_H
#define GCTXDBG_TARGET_CORE_CORE_IDENTITY_H

#include "dbg/target/core/core_file.h"
#include "dwarf/elf/elf_image.h"

enum core_identity {
	CORE_IDENTITY_UNKNOWN, /* the core does not hold enough to tell */
	CORE_IDENTITY_SAME,
	CORE_IDENTITY_DIFFERENT,
};

/*
 * Compares `image` with the mapping whose first byte of file is at `base`. When they differ,
 * `*ret_file_id` and
 * `*ret_core_id` are malloc'ed texts of the ids for a message (NULL without memory), else NULL.
 */
enum core_identity core_identity_compare(const struct core_dump *dump, uint64_t base,
	const struct elf_image *image, char **ret_file_id, char **ret_core_id);

/* Whether the core's bytes at `base` begin an ELF file; `otherwise` when it does not hold them. */
bool core_identity_is_elf(const struct core_dump *dump, uint64_t base, bool otherwise);

#endif
