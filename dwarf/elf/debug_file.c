/* Finds the separate debug file of a program and checks that both are of one build. */
#include "dwarf/elf/debug_file.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "dwarf/elf/debuginfod.h"
#include "dwarf/elf/elf_internal.h"

enum { MAX_BUILD_ID_TEXT = 129, CHECKSUM_CHUNK = 1 << 30 };

static const char default_directory[] = "/usr/lib/debug";

/* The build ID in hexadecimal; empty if it is absent or too long. */
static void format_build_id(struct bytes id, char ret[MAX_BUILD_ID_TEXT])
{
	ret[0] = '\0';
	if (id.size > (MAX_BUILD_ID_TEXT - 1) / 2)
		return;
	for (size_t i = 0; i < id.size; i++)
		sprintf(ret + 2 * i, "%02x", id.data[i]);
}

uint32_t debug_file_checksum(struct bytes contents)
{
	uLong checksum = crc32(0, NULL, 0);
	for (size_t done = 0; done < contents.size;) {
		size_t left = contents.size - done;
		size_t chunk = left < CHECKSUM_CHUNK ? left : CHECKSUM_CHUNK;
		checksum = crc32(checksum, contents.data + done, (uInt)chunk);
		done += chunk;
	}
	return (uint32_t)checksum;
}

/* ---- Comparing builds ---- */

enum build_match { BUILD_SAME, BUILD_DIFFERS, BUILD_UNKNOWN };

static enum build_match compare_text(const char *a, const char *b)
{
	if (!a || !b || !a[0] || !b[0])
		return BUILD_UNKNOWN;
	return strcmp(a, b) == 0 ? BUILD_SAME : BUILD_DIFFERS;
}

/* By the address of the code: a debug file keeps the header of .text, though not its contents. */
static enum build_match compare_code(struct elf_image *a, struct elf_image *b)
{
	struct elf_section x, y;
	if (!elf_image_section(a, ".text", &x) || !elf_image_section(b, ".text", &y))
		return BUILD_UNKNOWN;
	return x.address == y.address && x.size == y.size ? BUILD_UNKNOWN : BUILD_DIFFERS;
}

/* By GNU build ID, else by Go's own, else by the address of the code. */
static enum build_match compare_builds(struct elf_image *image, struct elf_image *candidate)
{
	char id[MAX_BUILD_ID_TEXT], other[MAX_BUILD_ID_TEXT];
	format_build_id(elf_image_build_id(image), id);
	format_build_id(elf_image_build_id(candidate), other);
	enum build_match match = compare_text(id, other);
	if (match == BUILD_UNKNOWN)
		match = compare_text(
			elf_image_go_build_id(image), elf_image_go_build_id(candidate));
	return match == BUILD_UNKNOWN ? compare_code(image, candidate) : match;
}

static bool has_dwarf(struct elf_image *image)
{
	struct elf_section section;
	return elf_image_section(image, ".debug_info", &section) && section.size;
}

static struct error *other_build(struct elf_image *image, struct elf_image *candidate)
{
	char id[MAX_BUILD_ID_TEXT], other[MAX_BUILD_ID_TEXT];
	format_build_id(elf_image_build_id(image), id);
	format_build_id(elf_image_build_id(candidate), other);
	const char *go_id = elf_image_go_build_id(image);
	const char *go_other = elf_image_go_build_id(candidate);
	const char *shown = id[0] && other[0] ? id : go_id ? go_id : "none";
	const char *shown_other = id[0] && other[0] ? other : go_other ? go_other : "none";
	return error_create(ERROR_BAD_DATA,
		"the debug file %s is from a different build: its build ID is %s, the program's is "
		"%s",
		elf_image_path(candidate), shown_other, shown);
}

struct error *debug_file_open(struct elf_image *image, const char *path, struct elf_image **ret)
{
	_cleanup_(elf_image_cleanup) struct elf_image *candidate = NULL;
	struct error *err = elf_image_open_debug(path, &candidate);
	if (err)
		return error_wrap(err, "--debug-file");
	if (compare_builds(image, candidate) == BUILD_DIFFERS)
		return other_build(image, candidate);
	if (!has_dwarf(candidate))
		return error_create(ERROR_NOT_FOUND, "--debug-file: %s has no DWARF", path);
	*ret = take_pointer(candidate);
	return NULL;
}

bool debug_file_matches(struct elf_image *image, const char *path)
{
	_cleanup_(elf_image_cleanup) struct elf_image *candidate = NULL;
	struct error *err = elf_image_open_debug(path, &candidate);
	error_destroy(err);
	return !err && compare_builds(image, candidate) == BUILD_SAME;
}

/* ---- Searching ---- */

/* Opens `path` if it is the debug file of `image`. `checksum` NULL: accept only a matching id. */
static struct elf_image *try_file(
	struct elf_image *image, const char *path, const uint32_t *checksum)
{
	_cleanup_(elf_image_cleanup) struct elf_image *candidate = NULL;
	struct error *err = access(path, R_OK) == 0 ? elf_image_open_debug(path, &candidate) : NULL;
	error_destroy(err);
	if (!candidate || !has_dwarf(candidate))
		return NULL;
	enum build_match match = compare_builds(image, candidate);
	if (match == BUILD_DIFFERS || (match == BUILD_UNKNOWN && !checksum))
		return NULL;
	if (checksum && match == BUILD_UNKNOWN && debug_file_checksum(candidate->file) != *checksum)
		return NULL;
	return take_pointer(candidate);
}

static struct elf_image *find_by_build_id(
	struct elf_image *image, const char *root, const char *directory)
{
	char id[MAX_BUILD_ID_TEXT], path[PATH_MAX];
	format_build_id(elf_image_build_id(image), id);
	if (strlen(id) < 4)
		return NULL;
	int length = snprintf(
		path, sizeof(path), "%s%s/.build-id/%.2s/%s.debug", root, directory, id, id + 2);
	return length > 0 && (size_t)length < sizeof(path) ? try_file(image, path, NULL) : NULL;
}

/* Section .gnu_debuglink: a file name, padding to four bytes, the checksum. */
static bool read_debug_link(struct elf_image *image, const char **ret_name, uint32_t *ret_checksum)
{
	struct elf_section section;
	struct bytes bytes;
	if (!elf_image_section(image, ".gnu_debuglink", &section))
		return false;
	struct error *err = elf_image_section_bytes(image, &section, &bytes);
	if (err) {
		error_destroy(err);
		return false;
	}
	const char *name = bytes_string(bytes, 0);
	if (!name || !name[0] || strchr(name, '/'))
		return false;
	*ret_name = name;
	return bytes_copy(
		bytes, (strlen(name) + 4) & ~(size_t)3, ret_checksum, sizeof(*ret_checksum));
}

static struct elf_image *find_by_link(
	struct elf_image *image, const char *root, const char *exe_path, const char *directory)
{
	const char *name, *slash = strrchr(exe_path, '/');
	uint32_t checksum;
	if (!slash || !read_debug_link(image, &name, &checksum))
		return NULL;
	int folder = (int)(slash - exe_path);
	const struct {
		const char *prefix, *infix;
	} locations[] = {{"", "/"}, {"", "/.debug/"}, {directory, "/"}};
	for (size_t i = 0; i < array_length(locations); i++) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s%s%.*s%s%s", root, locations[i].prefix,
			folder, exe_path, locations[i].infix, name);
		if (length < 0 || (size_t)length >= sizeof(path))
			continue;
		struct elf_image *found = try_file(image, path, &checksum);
		if (found)
			return found;
	}
	return NULL;
}

struct elf_image *debug_file_find(struct elf_image *image, const struct debug_file_search *search)
{
	const char *directory = search->directory ? search->directory : default_directory;
	const char *exe_path = search->exe_path ? search->exe_path : elf_image_path(image);
	_cleanup_free_ char *real = realpath(exe_path, NULL);
	struct elf_image *found = find_by_build_id(image, "", directory);
	if (!found)
		found = find_by_link(image, "", real ? real : exe_path, directory);
	if (!found && search->root)
		found = find_by_build_id(image, search->root, directory);
	if (!found && search->root)
		found = find_by_link(image, search->root, exe_path, directory);
	if (found)
		return found;
	_cleanup_free_ char *downloaded =
		debuginfod_download(elf_image_build_id(image), search->cancelled, search->context);
	return downloaded ? try_file(image, downloaded, NULL) : NULL;
}
