/* Finds runtime.firstmoduledata without symbols: see find_moduledata.h. */
#include "dbg/go/program/find_moduledata.h"

#include "dbg/go/program/program_state.h"
#include "dwarf/pclntab/find_pclntab.h"

enum {
	CHUNK = 1 << 20, /* bytes of the target read at a time */
	PAGE = 4096,
	MAX_MODULEDATA = 4096, /* size of runtime.moduledata */
	PARTS = 5,	       /* parts of the function table; moduledata has a slice of each */
};

struct search {
	struct target *target;
	struct elf_image *image;
	uint64_t bias;
	const struct runtime_layout *layout;
	uint64_t header;       /* link-time address of the function table */
	uint64_t parts[PARTS]; /* link-time addresses of its parts */
	uint64_t found;
};

/* Whether `words` contains a slice that starts at `pointer`, with length and capacity equal. */
static bool has_slice(const uint64_t *words, size_t count, uint64_t pointer)
{
	for (size_t i = 0; i + 2 < count; i++) {
		if (words[i] == pointer && words[i + 1] && words[i + 1] == words[i + 2])
			return true;
	}
	return false;
}

/* Whether `text` to `etext` (link-time addresses) is in an executable segment of the file. */
static bool is_code(struct elf_image *image, uint64_t text, uint64_t etext)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		if (s->executable && text < etext && text >= s->address &&
			etext - s->address <= s->memory_size)
			return true;
	}
	return false;
}

/* `shift`: what was added to the link-time addresses in the record: the bias, or 0 before the
 * program has relocated itself. */
static bool is_moduledata(const struct search *search, uint64_t address, uint64_t shift)
{
	const struct runtime_layout *layout = search->layout;
	size_t size = layout->moduledata.size.size;
	uint64_t words[MAX_MODULEDATA / sizeof(uint64_t)];
	if (size > sizeof(words))
		return false;
	struct error *err = target_read(search->target, address, words, size);
	if (err) {
		error_destroy(err);
		return false;
	}
	uint64_t text = object_field(words, size, layout->moduledata.text);
	uint64_t etext = object_field(words, size, layout->moduledata.etext);
	if (!is_code(search->image, text - shift, etext - shift))
		return false;
	size_t before_text = layout->moduledata.text.offset / sizeof(*words);
	if (before_text > size / sizeof(*words))
		return false;
	for (size_t i = 0; i < PARTS; i++) {
		if (!has_slice(words, before_text, search->parts[i] + shift))
			return false;
	}
	return true;
}

/* Searches `words`, which are at run-time address `address`, for pointers to the function table. */
static bool scan_words(struct search *search, const uint8_t *words, size_t size, uint64_t address)
{
	uint64_t field = search->layout->moduledata.pc_header.offset;
	for (size_t offset = 0; offset + sizeof(uint64_t) <= size; offset += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, words + offset, sizeof(word));
		bool relocated = word == search->header + search->bias;
		if ((!relocated && word != search->header) || address + offset < field)
			continue;
		uint64_t candidate = address + offset - field;
		if (is_moduledata(search, candidate, relocated ? search->bias : 0)) {
			search->found = candidate;
			return true;
		}
	}
	return false;
}

/* Searches [address, address + size) of the target in large pieces; skips pages that a core
 * lacks. */
static struct error *scan_target(struct search *search, uint64_t address, uint64_t size)
{
	_cleanup_free_ uint8_t *buffer = malloc(CHUNK);
	if (!buffer)
		return error_no_memory();
	size_t step = CHUNK;
	for (uint64_t done = 0; done < size && !search->found;) {
		size_t part = size - done < step ? (size_t)(size - done) : step;
		struct error *err = target_check(search->target);
		if (!err)
			err = target_read(search->target, address + done, buffer, part);
		if (err && err->code != ERROR_FAULT)
			return err;
		if (!err) {
			scan_words(search, buffer, part, address + done);
			done += part;
		} else if (step > PAGE) {
			step = PAGE;
		} else {
			done += part;
		}
		error_destroy(err);
	}
	return NULL;
}

/*
 * Without relocation the file has the same contents as memory, and reading it does not disturb the
 * target. The record is in writable data, or in data that becomes read-only after relocation, which
 * is in a writable segment too.
 */
static struct error *scan_segments(struct search *search, bool writable)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(search->image, &segments);
	struct error *err = NULL;
	for (size_t i = 0; !err && !search->found && i < count; i++) {
		const struct elf_segment *s = &segments[i];
		struct bytes bytes;
		if (s->writable != writable || s->executable)
			continue;
		if (elf_image_is_relocatable(search->image))
			err = scan_target(search, s->address + search->bias, s->file_size);
		else if (elf_image_bytes_at(search->image, s->address, s->file_size, &bytes))
			scan_words(search, bytes.data, bytes.size, s->address);
	}
	return err;
}

/* Go 1.27 and later put it at the start of its own section. */
static void search_section(struct search *search)
{
	struct elf_section section;
	uint64_t word, field = search->layout->moduledata.pc_header.offset;
	if (!elf_image_section(search->image, ".go.module", &section) || !section.address)
		return;
	uint64_t address = section.address + search->bias;
	struct error *err = target_read_u64(search->target, address + field, &word);
	if (!err)
		scan_words(search, (const uint8_t *)&word, sizeof(word), address + field);
	error_destroy(err);
}

static bool find_parts(struct search *search)
{
	const struct field offsets[PARTS] = {
		search->layout->pclntab.header.funcname_offset,
		search->layout->pclntab.header.cu_offset,
		search->layout->pclntab.header.filetab_offset,
		search->layout->pclntab.header.pctab_offset,
		search->layout->pclntab.header.pcln_offset,
	};
	for (size_t i = 0; i < PARTS; i++) {
		struct bytes word;
		uint64_t offset = 0;
		if (offsets[i].size > sizeof(offset) ||
			!elf_image_bytes_at(search->image, search->header + offsets[i].offset,
				offsets[i].size, &word))
			return false;
		memcpy(&offset, word.data, word.size);
		search->parts[i] = search->header + offset;
	}
	return true;
}

struct error *find_moduledata(struct target *target, struct elf_image *image, uint64_t bias,
	const struct runtime_layout *layout, const char *name, uint64_t *ret)
{
	struct search search = {.target = target, .image = image, .bias = bias, .layout = layout};
	if (!find_pclntab(image, &search.header))
		return error_create(ERROR_NOT_FOUND, "%s has no Go function table (pclntab)", name);
	if (!find_parts(&search))
		return error_create(ERROR_BAD_DATA, "%s: the Go function table is truncated", name);
	search_section(&search);
	struct error *err = NULL;
	if (!search.found)
		err = scan_segments(&search, true);
	if (!err && !search.found)
		err = scan_segments(&search, false);
	if (err)
		return error_wrap(err, "cannot search for runtime.firstmoduledata");
	if (!search.found)
		return error_create(ERROR_NOT_FOUND,
			"%s: cannot find runtime.firstmoduledata: no record in memory matches the "
			"Go function table of the file; the file is from a different build than "
			"the running program, or the program was stopped before it relocated "
			"itself",
			name);
	*ret = search.found;
	return NULL;
}
