/*
 * The build information that Go's linker records: Go version, main module, dependencies, settings.
 *
 * Source: debug/buildinfo and cmd/link (1.18 and later write both strings inline, after a 32-byte
 * header).
 */
#ifndef GCTXDBG_DWARF_ELF_BUILD_INFO_H
#define GCTXDBG_DWARF_ELF_BUILD_INFO_H

#include "dwarf/elf/elf_image.h"

struct build_pair {
	char *key;   /* module path, or setting name such as "-ldflags", "vcs.revision" */
	char *value; /* module version, or setting value */
};

struct build_info {
	char *go_version; /* "go1.26.4"; NULL when unknown */
	char *path;	  /* main package's import path */
	char *module;	  /* main module's path */
	char *module_version;
	struct build_pair *dependencies;
	size_t dependency_count;
	struct build_pair *settings;
	size_t setting_count;
};

/*
 * Reads the build info of `image`: from section .go.buildinfo, else by searching the writable data
 * segments for its magic. All strings belong to `ret`; free it with build_info_deinit().
 * ERROR_NOT_FOUND if there is none, ERROR_BAD_DATA if it is damaged.
 */
struct error *build_info_read(struct elf_image *image, struct build_info *ret);
void build_info_deinit(struct build_info *info);

#endif
