/* Finds the Go function table in an executable: see find_pclntab.h. */
#include "dwarf/pclntab/find_pclntab.h"

/*
 * The first bytes of the table since Go 1.18, on a machine with 8-byte pointers and instructions of
 * variable length (debug/gosym/pclntab.go): a magic number (0xfffffff0; 0xfffffff1 since 1.20), two
 * zeros, 1, 8.
 */
static const uint8_t magics[][8] = {
	{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8},
	{0xf0, 0xff, 0xff, 0xff, 0, 0, 1, 8},
};

/* Eight words follow: number of functions, number of files, text start, and the offsets of five
 * parts. */
enum { FUNCTIONS, FILES, TEXT_START, PARTS, WORDS = PARTS + 5 };

enum { MAX_FUNCTIONS = 1 << 26, UPX_SEARCH_SIZE = 4096 };

static bool is_header(struct bytes table)
{
	uint64_t words[WORDS];
	if (!bytes_copy(table, sizeof(magics[0]), words, sizeof(words)))
		return false;
	if (words[FUNCTIONS] == 0 || words[FUNCTIONS] > MAX_FUNCTIONS)
		return false;
	uint64_t previous = sizeof(magics[0]) + sizeof(words) - 1;
	for (int i = PARTS; i < WORDS; i++) {
		if (words[i] <= previous || words[i] >= table.size)
			return false;
		previous = words[i];
	}
	return true;
}

static bool starts_with_magic(struct bytes table)
{
	for (size_t i = 0; i < array_length(magics); i++) {
		if (table.size >= sizeof(magics[i]) &&
			memcmp(table.data, magics[i], sizeof(magics[i])) == 0)
			return true;
	}
	return false;
}

static bool in_section(struct elf_image *image, const char *name, uint64_t *ret)
{
	struct elf_section section;
	struct bytes bytes;
	if (!elf_image_section(image, name, &section) || !section.address ||
		!elf_image_bytes_at(image, section.address, section.size, &bytes) ||
		!starts_with_magic(bytes) || !is_header(bytes))
		return false;
	*ret = section.address;
	return true;
}

static bool in_bytes(struct bytes bytes, const uint8_t magic[8], uint64_t *ret_offset)
{
	for (size_t offset = 0; offset < bytes.size;) {
		const uint8_t *found =
			memmem(bytes.data + offset, bytes.size - offset, magic, sizeof(magics[0]));
		if (!found)
			return false;
		offset = (size_t)(found - bytes.data);
		struct bytes table = {found, bytes.size - offset};
		*ret_offset = offset;
		if (offset % sizeof(uint64_t) == 0 && is_header(table))
			return true;
		offset++;
	}
	return false;
}

/* The C linker merges the table of some releases (1.19) with other data. */
static bool inside_section(struct elf_image *image, const char *name, uint64_t *ret)
{
	struct elf_section section;
	struct bytes bytes;
	if (!elf_image_section(image, name, &section) || !section.address ||
		!elf_image_bytes_at(image, section.address, section.size, &bytes))
		return false;
	for (size_t m = 0; m < array_length(magics); m++) {
		uint64_t offset;
		if (in_bytes(bytes, magics[m], &offset)) {
			*ret = section.address + offset;
			return true;
		}
	}
	return false;
}

bool find_pclntab_section(struct elf_image *image, uint64_t *ret)
{
	return in_section(image, ".gopclntab", ret) ||
	       in_section(image, ".data.rel.ro.gopclntab", ret) ||
	       inside_section(image, ".data.rel.ro", ret);
}

bool has_go_runtime(const struct elf_image *image, uint64_t table)
{
	static const char name[] = "\0runtime.schedinit";
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		struct bytes bytes;
		if (table >= s->address && table - s->address < s->file_size &&
			elf_image_bytes_at(
				image, table, s->file_size - (table - s->address), &bytes))
			return memmem(bytes.data, bytes.size, name, sizeof(name));
	}
	return false;
}

bool find_pclntab(struct elf_image *image, uint64_t *ret)
{
	if (find_pclntab_section(image, ret))
		return true;
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t m = 0; m < array_length(magics); m++) {
		for (size_t i = 0; i < count; i++) {
			struct bytes bytes;
			uint64_t offset;
			if (!elf_image_bytes_at(
				    image, segments[i].address, segments[i].file_size, &bytes) ||
				!in_bytes(bytes, magics[m], &offset))
				continue;
			*ret = segments[i].address + offset;
			return true;
		}
	}
	return false;
}

bool is_upx_packed(const struct elf_image *image)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = segments[i].file_size < UPX_SEARCH_SIZE ? segments[i].file_size
									: UPX_SEARCH_SIZE;
		struct bytes bytes;
		if (elf_image_bytes_at(image, segments[i].address, size, &bytes) && bytes.size &&
			memmem(bytes.data, bytes.size, "UPX!", 4))
			return true;
	}
	return false;
}
