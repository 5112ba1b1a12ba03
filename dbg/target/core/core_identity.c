/* Comparing a file with what a process had mapped: build ids and ELF headers. */
#include "dbg/target/core/core_identity.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>

enum { START_BYTES = 64 << 10, GO_BUILD_ID_NOTE = 4, MAX_ID = 128, MAX_HEADERS = 128 };

struct ids {
	struct bytes gnu, go; /* empty: none */
};

bool core_identity_is_elf(const struct core_dump *dump, uint64_t base, bool otherwise)
{
	char magic[SELFMAG];
	if (core_dump_read_at(dump, base, magic, sizeof(magic)) < sizeof(magic))
		return otherwise;
	return memcmp(magic, ELFMAG, sizeof(magic)) == 0;
}

/* The build ids in the first bytes of an ELF file, if their notes lie within `start`. */
static struct ids find_ids(struct bytes start, const Elf64_Ehdr *header)
{
	struct ids ids = {0};
	for (unsigned i = 0; i < header->e_phnum && i < MAX_HEADERS; i++) {
		Elf64_Phdr segment;
		struct bytes notes;
		if (!bytes_copy(start, header->e_phoff + i * sizeof(segment), &segment,
			    sizeof(segment)))
			break;
		if (segment.p_type != PT_NOTE ||
			!bytes_slice(start, segment.p_offset, segment.p_filesz, &notes))
			continue;
		struct core_note note;
		uint64_t offset = 0;
		while (core_note_next(notes, &offset, &note)) {
			if (note.type == NT_GNU_BUILD_ID && core_note_is(&note, "GNU"))
				ids.gnu = note.contents;
			else if (note.type == GO_BUILD_ID_NOTE && core_note_is(&note, "Go"))
				ids.go = note.contents;
		}
	}
	return ids;
}

static bool equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static char *format_ids(struct ids ids)
{
	char text[2 * MAX_ID + 1];
	size_t length = 0;
	if (ids.gnu.size) {
		for (size_t i = 0; i < ids.gnu.size && i < MAX_ID; i++)
			length += (size_t)snprintf(text + length, 3, "%02x", ids.gnu.data[i]);
	} else if (ids.go.size) {
		/* Normally text, but the core may be damaged. */
		for (; length < ids.go.size && length < MAX_ID; length++) {
			unsigned char c = ids.go.data[length];
			text[length] = isprint(c) ? (char)c : '?';
		}
	} else {
		return strdup("none");
	}
	text[length] = 0;
	return strdup(text);
}

/* The file's ELF header, as part of the segment that loads it. */
static bool file_header(const struct elf_image *image, struct bytes *ret)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		if (segments[i].file_offset == 0)
			return elf_image_bytes_at(
				image, segments[i].address, sizeof(Elf64_Ehdr), ret);
	}
	return false;
}

enum core_identity core_identity_compare(const struct core_dump *dump, uint64_t base,
	const struct elf_image *image, char **ret_file_id, char **ret_core_id)
{
	*ret_file_id = *ret_core_id = NULL;
	_cleanup_free_ uint8_t *data = malloc(START_BYTES);
	if (!data)
		return CORE_IDENTITY_UNKNOWN;
	struct bytes start = {data, core_dump_read_at(dump, base, data, START_BYTES)};
	Elf64_Ehdr header;
	if (!bytes_copy(start, 0, &header, sizeof(header)))
		return CORE_IDENTITY_UNKNOWN;
	struct ids core = find_ids(start, &header);
	struct ids file = {.gnu = elf_image_build_id(image)};
	const char *go = elf_image_go_build_id(image);
	if (go)
		file.go = (struct bytes){(const uint8_t *)go, strlen(go)};
	bool same;
	struct bytes own_header;
	if (core.gnu.size && file.gnu.size) {
		same = equal(core.gnu, file.gnu);
	} else if (core.go.size && file.go.size) {
		same = equal(core.go, file.go);
	} else if (file_header(image, &own_header)) {
		same = memcmp(own_header.data, &header, sizeof(header)) == 0;
	} else {
		return CORE_IDENTITY_UNKNOWN;
	}
	if (same)
		return CORE_IDENTITY_SAME;
	if (!core.gnu.size && core.go.size)
		file.gnu.size = 0; /* show the ids that were compared */
	*ret_file_id = format_ids(file);
	*ret_core_id = format_ids(core);
	return CORE_IDENTITY_DIFFERENT;
}
