/* A core dump as a file: its headers checked, its segments and notes read. */
#include "dbg/target/core/core_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static struct error *map_file(const char *path, struct bytes *ret)
{
	/* O_NONBLOCK: a pipe must not make us wait for a writer. */
	_cleanup_(close_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_system(errno, "cannot open the core %s", path);
	struct stat status;
	if (fstat(fd, &status) < 0)
		return error_system(errno, "cannot examine the core %s", path);
	if (!S_ISREG(status.st_mode))
		return error_create(ERROR_BAD_DATA, "%s is %s, not a core dump", path,
			S_ISDIR(status.st_mode) ? "a directory" : "a device or a pipe");
	if (!status.st_size)
		return error_create(ERROR_BAD_DATA,
			"%s is empty: the core was not written (is the disk full, or ulimit -c too "
			"small?)",
			path);
	size_t size = (size_t)status.st_size;
	void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return error_system(errno, "cannot map the core %s", path);
	*ret = (struct bytes){data, size};
	return NULL;
}

bool core_dump_is_core(const char *path)
{
	struct bytes file;
	struct error *err = map_file(path, &file);
	if (err) {
		error_destroy(err);
		return false;
	}
	Elf64_Ehdr header;
	bool is_core = bytes_copy(file, 0, &header, sizeof(header)) &&
		       memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_CORE;
	munmap((void *)(uintptr_t)file.data, file.size);
	return is_core;
}

static struct error *no_elf(const char *path, struct bytes file)
{
	static const struct {
		const char *magic, *tool;
	} packed[] = {
		{"\x28\xb5\x2f\xfd", "zstd -d"},
		{"\xfd"
		 "7zXZ",
			"xz -d"},
		{"\x1f\x8b", "gzip -d"},
		{"\x04\x22\x4d\x18", "lz4 -d"},
	};
	for (size_t i = 0; i < array_length(packed); i++) {
		size_t size = strlen(packed[i].magic);
		if (file.size >= size && memcmp(file.data, packed[i].magic, size) == 0)
			return error_create(ERROR_BAD_DATA, "%s is compressed, unpack it first: %s",
				path, packed[i].tool);
	}
	return error_create(ERROR_BAD_DATA, "%s is not a core dump: it is no ELF file", path);
}

static const char *core_file_type_name(uint16_t type)
{
	switch (type) {
	case ET_EXEC:
		return "a program";
	case ET_DYN:
		return "a program or shared library";
	case ET_REL:
		return "an object file";
	default:
		return "an ELF file of unknown type";
	}
}

static struct error *check_header(const char *path, struct bytes file, Elf64_Ehdr *ret)
{
	if (file.size < SELFMAG || memcmp(file.data, ELFMAG, SELFMAG) != 0)
		return no_elf(path, file);
	if (file.size > EI_CLASS && file.data[EI_CLASS] == ELFCLASS32)
		return error_create(ERROR_BAD_DATA,
			"%s is a 32-bit ELF file, only cores of x86-64 programs can be read", path);
	if (!bytes_copy(file, 0, ret, sizeof(*ret)))
		return error_create(ERROR_BAD_DATA,
			"%s is cut short: it ends after %zu bytes, inside its ELF header", path,
			file.size);
	if (ret->e_ident[EI_CLASS] != ELFCLASS64)
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	if (ret->e_ident[EI_DATA] != ELFDATA2LSB || ret->e_machine != EM_X86_64)
		return error_create(ERROR_BAD_DATA,
			"%s is from another architecture (ELF machine %u), only cores of x86-64 "
			"programs "
			"can be read",
			path, ret->e_machine);
	if (ret->e_type != ET_CORE)
		return error_create(ERROR_BAD_DATA, "%s is %s, not a core dump", path,
			core_file_type_name(ret->e_type));
	if (ret->e_phentsize != sizeof(Elf64_Phdr))
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	return NULL;
}

/* The number of program headers; more than 65534 are counted in section 0. */
static uint64_t count_headers(const Elf64_Ehdr *header, struct bytes file)
{
	Elf64_Shdr section;
	if (header->e_phnum == PN_XNUM && header->e_shoff &&
		bytes_copy(file, header->e_shoff, &section, sizeof(section)))
		return section.sh_info;
	return header->e_phnum;
}

static void add_segment(struct core_dump *dump, const Elf64_Phdr *header)
{
	uint64_t size = header->p_memsz > header->p_filesz ? header->p_memsz : header->p_filesz;
	if (!size || size > UINT64_MAX - header->p_vaddr)
		return;
	struct bytes present = {0};
	if (header->p_offset < dump->file.size) {
		uint64_t left = dump->file.size - header->p_offset;
		present.data = dump->file.data + header->p_offset;
		present.size = header->p_filesz < left ? header->p_filesz : left;
	}
	dump->segments[dump->segment_count++] = (struct core_segment){
		.start = header->p_vaddr,
		.end = header->p_vaddr + size,
		.dumped_end = header->p_vaddr + header->p_filesz,
		.present_end = header->p_vaddr + present.size,
		.data = present.data,
		.flags = header->p_flags,
	};
}

static int compare_segments(const void *a, const void *b)
{
	uint64_t x = ((const struct core_segment *)a)->start;
	uint64_t y = ((const struct core_segment *)b)->start;
	return (x > y) - (x < y);
}

static void sort_segments(struct core_dump *dump)
{
	if (dump->segment_count)
		qsort(dump->segments, dump->segment_count, sizeof(*dump->segments),
			compare_segments);
	size_t kept = 0;
	for (size_t i = 0; i < dump->segment_count; i++) {
		/* Only a damaged core has overlaps; the first one wins. */
		if (kept && dump->segments[i].start < dump->segments[kept - 1].end)
			continue;
		dump->segments[kept++] = dump->segments[i];
	}
	dump->segment_count = kept;
}

static struct error *read_headers(struct core_dump *dump)
{
	Elf64_Ehdr header;
	struct error *err = check_header(dump->path, dump->file, &header);
	if (err)
		return err;
	uint64_t count = count_headers(&header, dump->file);
	uint64_t held = header.e_phoff < dump->file.size
				? (dump->file.size - header.e_phoff) / sizeof(Elf64_Phdr)
				: 0;
	if (count > held)
		dump->expected_size = header.e_phoff + count * sizeof(Elf64_Phdr);
	if (!held)
		return error_create(ERROR_BAD_DATA,
			"%s is cut short: its %zu bytes do not even hold the table of its segments",
			dump->path, dump->file.size);
	count = count < held ? count : held;
	dump->segments = calloc(count ? count : 1, sizeof(*dump->segments));
	if (!dump->segments)
		return error_no_memory();
	uint64_t note_bytes = 0;
	for (uint64_t i = 0; i < count && !err; i++) {
		Elf64_Phdr segment;
		bytes_copy(dump->file, header.e_phoff + i * sizeof(segment), &segment,
			sizeof(segment));
		if (segment.p_type != PT_LOAD && segment.p_type != PT_NOTE)
			continue;
		uint64_t end;
		if (__builtin_add_overflow(segment.p_offset, segment.p_filesz, &end))
			continue;
		if (segment.p_filesz && end > dump->expected_size)
			dump->expected_size = end;
		if (segment.p_type == PT_LOAD) {
			add_segment(dump, &segment);
		} else if (segment.p_offset < dump->file.size) {
			uint64_t left = dump->file.size - segment.p_offset;
			struct bytes notes = {dump->file.data + segment.p_offset,
				segment.p_filesz < left ? segment.p_filesz : left};
			/* A damaged table may name the same notes again and again. */
			note_bytes += notes.size;
			if (note_bytes <= dump->file.size)
				err = core_notes_read(&dump->notes, notes);
		}
	}
	sort_segments(dump);
	core_notes_finish(&dump->notes);
	return err;
}

uint64_t core_segment_own_end(const struct core_segment *segment)
{
	bool code = (segment->flags & PF_X) && !(segment->flags & PF_W);
	return code ? segment->present_end : segment->dumped_end;
}

struct error *core_dump_open(const char *path, struct core_dump *ret)
{
	struct core_dump dump = {.path = strdup(path)};
	struct error *err = dump.path ? map_file(path, &dump.file) : error_no_memory();
	if (!err)
		err = read_headers(&dump);
	if (err) {
		core_dump_close(&dump);
		return err;
	}
	*ret = dump;
	return NULL;
}

void core_dump_close(struct core_dump *dump)
{
	core_notes_deinit(&dump->notes);
	free(dump->segments);
	if (dump->file.data)
		munmap((void *)(uintptr_t)dump->file.data, dump->file.size);
	free(dump->path);
	*dump = (struct core_dump){0};
}

const struct core_segment *core_dump_segment_at(const struct core_dump *dump, uint64_t address)
{
	size_t low = 0, high = dump->segment_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (dump->segments[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < dump->segment_count && dump->segments[low].start <= address
		       ? &dump->segments[low]
		       : NULL;
}

struct bytes core_dump_bytes_at(const struct core_dump *dump, uint64_t address, uint64_t size)
{
	const struct core_segment *segment = core_dump_segment_at(dump, address);
	if (!segment || address >= segment->present_end)
		return (struct bytes){0};
	uint64_t left = segment->present_end - address;
	return (struct bytes){
		segment->data + (address - segment->start), size < left ? size : left};
}
