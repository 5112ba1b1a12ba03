/* Reads the GNU and the Go build ID from an ELF file's notes. */
#include "dwarf/elf/elf_internal.h"

enum {
	GO_BUILD_ID_NOTE = 4,
	MAX_BUILD_ID_SIZE = 1024, /* of either kind; Go's has 83 characters */
	/*
	 * The same notes are reached by segments and by sections. Reading the file's size more
	 * often than this means that its headers are damaged.
	 */
	MAX_VISITS = 4,
};

/* Reads the note at `*offset` and advances it; false at the end or if the rest is damaged. */
static bool next_note(struct bytes notes, uint64_t alignment, uint64_t *offset, Elf64_Nhdr *ret,
	struct bytes *ret_name, struct bytes *ret_contents)
{
	if (!bytes_copy(notes, *offset, ret, sizeof(*ret)))
		return false;
	uint64_t name = *offset + sizeof(*ret);
	uint64_t contents = (name + ret->n_namesz + alignment - 1) & ~(alignment - 1);
	*offset = (contents + ret->n_descsz + alignment - 1) & ~(alignment - 1);
	return bytes_slice(notes, name, ret->n_namesz, ret_name) &&
	       bytes_slice(notes, contents, ret->n_descsz, ret_contents);
}

static bool is_named(struct bytes name, const char *expected)
{
	/* Go pads its name with a second NUL. */
	size_t size = strlen(expected) + 1;
	return name.size >= size && memcmp(name.data, expected, size) == 0;
}

static struct error *read_notes(struct elf_image *image, struct bytes notes, uint64_t alignment)
{
	uint64_t offset = 0;
	Elf64_Nhdr note;
	struct bytes name, contents;
	while (next_note(notes, alignment == 8 ? 8 : 4, &offset, &note, &name, &contents)) {
		if (contents.size == 0 || contents.size > MAX_BUILD_ID_SIZE)
			continue;
		if (note.n_type == NT_GNU_BUILD_ID && is_named(name, "GNU") &&
			!image->build_id.size) {
			image->build_id = contents;
		} else if (note.n_type == GO_BUILD_ID_NOTE && is_named(name, "Go") &&
			   !image->go_build_id) {
			image->go_build_id = strndup((const char *)contents.data, contents.size);
			if (!image->go_build_id)
				return error_no_memory();
		}
	}
	return NULL;
}

struct error *elf_read_notes(struct elf_image *image)
{
	size_t count;
	const Elf64_Phdr *segments =
		elf_getphdrnum(image->elf, &count) == 0 ? elf64_getphdr(image->elf) : NULL;
	struct error *err = NULL;
	struct bytes notes;
	uint64_t visited = 0, limit = MAX_VISITS * (uint64_t)image->file.size;
	for (size_t i = 0; segments && i < count && !err; i++) {
		const Elf64_Phdr *s = &segments[i];
		if (s->p_type == PT_NOTE &&
			bytes_slice(image->file, s->p_offset, s->p_filesz, &notes) &&
			(visited += notes.size) <= limit)
			err = read_notes(image, notes, s->p_align);
	}
	for (size_t i = 1; i < image->section_count && !err; i++) {
		const Elf64_Shdr *s = elf_section_header(image, i);
		if (s && s->sh_type == SHT_NOTE && elf_section_raw(image, s, &notes) &&
			(visited += notes.size) <= limit)
			err = read_notes(image, notes, s->sh_addralign);
	}
	return err;
}
