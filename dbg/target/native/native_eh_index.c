/* Parsing .eh_frame, far enough to list the functions and their FDEs. */
#include "dbg/target/native/native_eh_index.h"

enum {
	MAX_ENTRIES = 1 << 20,
	/* DW_EH_PE_…: the address encodings that compilers use in .eh_frame. */
	ABSPTR = 0x00,
	PCREL_SDATA4 = 0x1b,
	PCREL_SDATA8 = 0x1c,
};

/* One entry, as in .eh_frame_hdr; both relative to the start of .eh_frame. */
struct entry {
	int32_t function, fde;
};

struct index {
	struct bytes section;
	uint64_t address; /* of the section, link-time */
	struct entry *entries;
	size_t count, capacity;
};

/* Skips a ULEB128 or SLEB128 value. */
static bool skip_leb(struct bytes bytes, uint64_t *offset)
{
	uint8_t byte;
	do {
		if (!bytes_copy(bytes, (*offset)++, &byte, 1))
			return false;
	} while (byte & 0x80);
	return true;
}

static size_t encoded_size(uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case 0x00:
	case 0x04:
	case 0x0c:
		return 8;
	case 0x03:
	case 0x0b:
		return 4;
	default:
		return 0;
	}
}

/* The address encoding of the FDEs that belong to the CIE at `offset` (of its length field). */
static bool read_pointer_encoding(struct bytes section, uint64_t offset, uint8_t *ret)
{
	uint8_t version;
	if (!bytes_copy(section, offset + 8, &version, 1) || (version != 1 && version != 3))
		return false;
	const char *augmentation = bytes_string(section, offset + 9);
	if (!augmentation)
		return false;
	*ret = ABSPTR;
	if (augmentation[0] != 'z')
		return augmentation[0] == 0;
	uint64_t at = offset + 9 + strlen(augmentation) + 1;
	/* Skip code alignment, data alignment, return address register and augmentation length. */
	if (!skip_leb(section, &at) || !skip_leb(section, &at))
		return false;
	if (version == 1)
		at++;
	else if (!skip_leb(section, &at))
		return false;
	if (!skip_leb(section, &at))
		return false;
	for (const char *letter = augmentation + 1; *letter; letter++) {
		uint8_t encoding;
		if (*letter == 'R')
			return bytes_copy(section, at, ret, 1);
		if (*letter == 'L') {
			at++;
		} else if (*letter == 'P') {
			if (!bytes_copy(section, at, &encoding, 1))
				return false;
			at += 1 + encoded_size(encoding);
		} else if (*letter != 'S' && *letter != 'B') {
			return false;
		}
	}
	return true;
}

/* The link-time address of the function that an FDE covers; `offset` is that of its initial
 * location. */
static bool read_function(
	const struct index *index, uint64_t offset, uint8_t encoding, uint64_t *ret)
{
	int32_t near;
	uint64_t far;
	switch (encoding) {
	case PCREL_SDATA4:
		if (!bytes_copy(index->section, offset, &near, sizeof(near)))
			return false;
		*ret = index->address + offset + (uint64_t)(int64_t)near;
		return true;
	case PCREL_SDATA8:
	case ABSPTR:
		if (!bytes_copy(index->section, offset, &far, sizeof(far)))
			return false;
		*ret = encoding == ABSPTR ? far : far + index->address + offset;
		return true;
	default:
		return false;
	}
}

static bool native_eh_index_add_entry(struct index *index, uint64_t function, uint64_t fde)
{
	int64_t relative = (int64_t)(function - index->address);
	if (relative != (int32_t)relative || fde > INT32_MAX || index->count >= MAX_ENTRIES ||
		!array_reserve(&index->entries, &index->capacity, index->count + 1))
		return false;
	index->entries[index->count++] = (struct entry){(int32_t)relative, (int32_t)fde};
	return true;
}

static int compare_entries(const void *a, const void *b)
{
	int32_t x = ((const struct entry *)a)->function, y = ((const struct entry *)b)->function;
	return (x > y) - (x < y);
}

static void build(struct index *index)
{
	/* Each record: length, then 0 (a CIE) or the distance back to the CIE (an FDE). */
	uint64_t offset = 0, last_cie = UINT64_MAX;
	uint8_t encoding = 0;
	bool usable = false;
	uint32_t head[2];
	while (bytes_copy(index->section, offset, head, sizeof(head))) {
		/* Length 0 is the terminator. All ones announces a 64-bit length, which no linker
		 * emits. */
		if (head[0] < 4 || head[0] == UINT32_MAX)
			break;
		uint64_t cie = offset + 4 - head[1];
		if (head[1] && head[1] <= offset + 4) {
			if (cie != last_cie)
				usable = read_pointer_encoding(index->section, cie, &encoding);
			last_cie = cie;
			uint64_t function;
			if (usable && read_function(index, offset + 8, encoding, &function) &&
				!native_eh_index_add_entry(index, function, offset))
				break;
		}
		offset += 4 + (uint64_t)head[0];
	}
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
}

void native_eh_index_ensure(struct native_module *module, struct target *target)
{
	if (module->table_count || module->index_tried)
		return;
	module->index_tried = true;
	struct elf_image *image = native_module_image(module, target);
	struct elf_section section;
	struct index index = {0};
	if (!image || !elf_image_section(image, ".eh_frame", &section) || !section.address)
		return;
	struct error *err = elf_image_section_bytes(image, &section, &index.section);
	if (err) {
		error_destroy(err);
		return;
	}
	index.address = section.address;
	build(&index);
	if (!index.count) {
		free(index.entries);
		return;
	}
	_Static_assert(sizeof(struct entry) == 2 * sizeof(int32_t), "no padding");
	module->own_table = (int32_t *)(void *)index.entries;
	module->table_base = section.address + module->bias;
	module->table_count = index.count;
}
