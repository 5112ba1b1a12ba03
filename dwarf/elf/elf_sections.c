/* Finds sections of an ELF file by name and reads, or decompresses, their contents. */
#include "dwarf/elf/elf_internal.h"

#include <endian.h>
#include <limits.h>
#include <zlib.h>

enum {
	/* Deflate's best ratio is 1032:1; a header that claims more is damaged. */
	MAX_COMPRESSION = 1032,
	/* See ZEROS_AFTER_FILE in elf_image.c. */
	ZEROS_AFTER_SECTION = 4096,
	/* The longest known names have 40 bytes. */
	MAX_SECTION_NAME = 256,
	/* A .zdebug_ section starts with "ZLIB" and its size, 8 bytes big-endian. */
	ZDEBUG_HEADER_SIZE = 12,
};

static const char debug_prefix[] = ".debug_", zdebug_prefix[] = ".zdebug_";

/* How a section's contents are stored. */
struct storage {
	bool compressed;
	uint64_t size;	    /* of the contents */
	uint64_t offset;    /* of the first stored byte in the raw section */
	uint32_t algorithm; /* ELFCOMPRESS_... */
};

const Elf64_Shdr *elf_section_header(const struct elf_image *image, size_t index)
{
	if (index == 0 || index >= image->section_count)
		return NULL;
	Elf_Scn *section = elf_getscn(image->elf, index);
	return section ? elf64_getshdr(section) : NULL;
}

bool elf_section_raw(const struct elf_image *image, const Elf64_Shdr *header, struct bytes *ret)
{
	*ret = (struct bytes){0};
	return header->sh_type == SHT_NOBITS ||
	       bytes_slice(image->file, header->sh_offset, header->sh_size, ret);
}

static const char *section_name(const struct elf_image *image, const Elf64_Shdr *header)
{
	const Elf64_Shdr *names = elf_section_header(image, image->section_names);
	struct bytes strings;
	if (!names || !elf_section_raw(image, names, &strings))
		return NULL;
	uint64_t limit = (uint64_t)header->sh_name + MAX_SECTION_NAME;
	if (strings.size > limit)
		strings.size = (size_t)limit;
	return bytes_string(strings, header->sh_name);
}

static bool is_zdebug(const char *name)
{
	return name && strncmp(name, zdebug_prefix, strlen(zdebug_prefix)) == 0;
}

/* False if the section is marked as compressed but its compression header is truncated. */
static bool section_storage(
	const struct elf_image *image, const Elf64_Shdr *header, struct storage *ret)
{
	*ret = (struct storage){.size = header->sh_size};
	struct bytes raw;
	if (header->sh_flags & SHF_COMPRESSED) {
		Elf64_Chdr compression;
		if (!elf_section_raw(image, header, &raw) ||
			!bytes_copy(raw, 0, &compression, sizeof(compression)))
			return false;
		*ret = (struct storage){
			true, compression.ch_size, sizeof(compression), compression.ch_type};
	} else if (is_zdebug(section_name(image, header))) {
		uint64_t size;
		if (!elf_section_raw(image, header, &raw) || raw.size < ZDEBUG_HEADER_SIZE ||
			memcmp(raw.data, "ZLIB", 4) != 0)
			return true; /* too small to gain from compression: stored as it is */
		memcpy(&size, raw.data + 4, sizeof(size));
		*ret = (struct storage){true, be64toh(size), ZDEBUG_HEADER_SIZE, ELFCOMPRESS_ZLIB};
	}
	return true;
}

static bool find_section(struct elf_image *image, const char *name, struct elf_section *ret)
{
	for (size_t i = 1; i < image->section_count; i++) {
		const Elf64_Shdr *header = elf_section_header(image, i);
		const char *found = header ? section_name(image, header) : NULL;
		if (!found || strcmp(found, name) != 0)
			continue;
		struct storage storage;
		if (!section_storage(image, header, &storage))
			storage.size = header->sh_size;
		*ret = (struct elf_section){
			.name = found,
			.address = header->sh_flags & SHF_ALLOC ? header->sh_addr : 0,
			.size = storage.size,
			.index = i,
		};
		return true;
	}
	return false;
}

bool elf_image_section(struct elf_image *image, const char *name, struct elf_section *ret)
{
	if (find_section(image, name, ret))
		return true;
	size_t prefix = strlen(debug_prefix);
	char old_name[64];
	if (strncmp(name, debug_prefix, prefix) != 0 || strlen(name) + 2 > sizeof(old_name))
		return false;
	memcpy(old_name, zdebug_prefix, sizeof(zdebug_prefix));
	strcat(old_name, name + prefix);
	return find_section(image, old_name, ret);
}

/* Inflates `in` to exactly `size` bytes at `out`. */
static bool inflate_all(struct bytes in, uint8_t *out, size_t size)
{
	z_stream z = {0};
	if (inflateInit(&z) != Z_OK)
		return false;
	/* zlib never writes through next_in, although its type is not const. */
	memcpy(&z.next_in, &in.data, sizeof(z.next_in));
	z.next_out = out;
	int result = Z_OK;
	while (result == Z_OK) {
		size_t in_left = in.size - z.total_in, out_left = size - z.total_out;
		z.avail_in = in_left < UINT_MAX ? (uInt)in_left : UINT_MAX;
		z.avail_out = out_left < UINT_MAX ? (uInt)out_left : UINT_MAX;
		result = inflate(&z, Z_NO_FLUSH);
	}
	bool complete = result == Z_STREAM_END && z.total_out == size;
	inflateEnd(&z);
	return complete;
}

static struct error *decompress(const struct elf_image *image, const char *name, struct bytes raw,
	struct storage storage, struct section_contents *ret)
{
	if (storage.algorithm != ELFCOMPRESS_ZLIB)
		return error_create(ERROR_BAD_DATA,
			"section %s of %s uses compression type %u, but only zlib is supported; "
			"objcopy --decompress-debug-sections makes a readable copy",
			name, image->path, storage.algorithm);
	struct bytes in;
	if (!bytes_slice(raw, storage.offset, raw.size - storage.offset, &in) ||
		storage.size / MAX_COMPRESSION > in.size)
		return error_create(ERROR_BAD_DATA,
			"section %s of %s has a damaged compression header", name, image->path);
	uint8_t *out = malloc((size_t)storage.size + ZEROS_AFTER_SECTION);
	if (!out)
		return error_no_memory();
	memset(out + storage.size, 0, ZEROS_AFTER_SECTION);
	if (!inflate_all(in, out, (size_t)storage.size)) {
		free(out);
		return error_create(ERROR_BAD_DATA, "section %s of %s is damaged: zlib rejects it",
			name, image->path);
	}
	ret->owned = out;
	ret->bytes = (struct bytes){out, (size_t)storage.size};
	return NULL;
}

struct error *elf_image_section_bytes(
	struct elf_image *image, const struct elf_section *section, struct bytes *ret)
{
	const Elf64_Shdr *header = elf_section_header(image, section->index);
	if (!header)
		return error_create(
			ERROR_NOT_FOUND, "%s has no section %zu", image->path, section->index);
	struct section_contents *contents = &image->contents[section->index];
	if (!contents->loaded) {
		struct bytes raw;
		struct storage storage;
		if (!elf_section_raw(image, header, &raw) ||
			!section_storage(image, header, &storage))
			return error_create(ERROR_BAD_DATA,
				"section %s of %s is truncated or damaged", section->name,
				image->path);
		contents->bytes = raw;
		struct error *err =
			storage.compressed && header->sh_type != SHT_NOBITS
				? decompress(image, section->name, raw, storage, contents)
				: NULL;
		if (err)
			return err;
		contents->loaded = true;
	}
	*ret = contents->bytes;
	return NULL;
}
