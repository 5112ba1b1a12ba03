/* Opening a core dump: headers, segment table and notes; and reading its bytes. */
#include "dbg/target/core/core_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dwarf/base/bisect.h"
#include "dwarf/base/fd.h"

/* Of all notes together, read at once: about 3 KiB per thread. */
static const uint64_t max_note_bytes = UINT64_C(1) << 30;

/* ---- The file ---- */

static struct error *open_core_file(const char *path, int *ret_fd, uint64_t *ret_size)
{
	/* O_NONBLOCK: opening a pipe must not wait for a writer. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
			"%s is empty: the core was not written "
			"(is the disk full, or ulimit -c too small?)",
			path);
	*ret_fd = fd;
	*ret_size = (uint64_t)status.st_size;
	fd = -1;
	return NULL;
}

static size_t read_file(int fd, uint64_t offset, void *ret, size_t size)
{
	size_t done = 0;
	while (done < size) {
		ssize_t n = pread(fd, (uint8_t *)ret + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

size_t core_dump_read(const struct core_dump *dump, uint64_t offset, void *ret, size_t size)
{
	return read_file(dump->fd, offset, ret, size);
}

bool core_dump_is_core(const char *path)
{
	_cleanup_fd_ int fd = -1;
	uint64_t size;
	struct error *err = open_core_file(path, &fd, &size);
	error_destroy(err);
	Elf64_Ehdr header;
	return !err && read_file(fd, 0, &header, sizeof(header)) == sizeof(header) &&
	       memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_CORE;
}

/* ---- The ELF header ---- */

/* The error for a file that does not start with the ELF magic. */
static struct error *not_elf(const char *path, struct bytes head)
{
	static const struct {
		const char *magic, *tool;
	} packed[] = {
		{"\x28\xb5\x2f\xfd", "zstd -d"},
		{"\xfd\x37zXZ", "xz -d"},
		{"\x1f\x8b", "gzip -d"},
		{"\x04\x22\x4d\x18", "lz4 -d"},
	};
	for (size_t i = 0; i < array_length(packed); i++) {
		size_t size = strlen(packed[i].magic);
		if (head.size >= size && memcmp(head.data, packed[i].magic, size) == 0)
			return error_create(ERROR_BAD_DATA, "%s is compressed; unpack it first: %s",
				path, packed[i].tool);
	}
	return error_create(ERROR_BAD_DATA, "%s is not a core dump: it is not an ELF file", path);
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

static struct error *check_header(const char *path, struct bytes head, Elf64_Ehdr *ret)
{
	if (head.size < SELFMAG || memcmp(head.data, ELFMAG, SELFMAG) != 0)
		return not_elf(path, head);
	if (head.size > EI_CLASS && head.data[EI_CLASS] == ELFCLASS32)
		return error_create(ERROR_BAD_DATA,
			"%s is a 32-bit ELF file; only cores of amd64 programs can be read", path);
	if (!bytes_copy(head, 0, ret, sizeof(*ret)))
		return error_create(ERROR_BAD_DATA,
			"%s is truncated: it ends after %zu bytes, before the end of its ELF "
			"header",
			path, head.size);
	if (ret->e_ident[EI_CLASS] != ELFCLASS64)
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	if (ret->e_ident[EI_DATA] != ELFDATA2LSB || ret->e_machine != EM_X86_64)
		return error_create(ERROR_BAD_DATA,
			"%s is from another architecture (ELF machine %u); only cores of amd64 "
			"programs can be read",
			path, ret->e_machine);
	if (ret->e_type != ET_CORE)
		return error_create(ERROR_BAD_DATA, "%s is %s, not a core dump", path,
			core_file_type_name(ret->e_type));
	if (ret->e_phentsize != sizeof(Elf64_Phdr))
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	return NULL;
}

static struct error *read_elf_header(const struct core_dump *dump, Elf64_Ehdr *ret)
{
	uint8_t head[sizeof(*ret)];
	return check_header(
		dump->path, (struct bytes){head, core_dump_read(dump, 0, head, sizeof(head))}, ret);
}

/* ---- Segments ---- */

/* The number of program headers. More than 65534 are counted in section 0. */
static uint64_t count_headers(const struct core_dump *dump, const Elf64_Ehdr *header)
{
	Elf64_Shdr section;
	if (header->e_phnum == PN_XNUM && header->e_shoff &&
		core_dump_read(dump, header->e_shoff, &section, sizeof(section)) == sizeof(section))
		return section.sh_info;
	return header->e_phnum;
}

static uint64_t present_size(const struct core_dump *dump, const Elf64_Phdr *header)
{
	if (header->p_offset >= dump->size)
		return 0;
	uint64_t left = dump->size - header->p_offset;
	return header->p_filesz < left ? header->p_filesz : left;
}

static void add_segment(struct core_dump *dump, const Elf64_Phdr *header)
{
	uint64_t size = header->p_memsz > header->p_filesz ? header->p_memsz : header->p_filesz;
	if (!size || size > UINT64_MAX - header->p_vaddr)
		return;
	dump->segments[dump->segment_count++] = (struct core_segment){
		.start = header->p_vaddr,
		.end = header->p_vaddr + size,
		.dumped_end = header->p_vaddr + header->p_filesz,
		.present_end = header->p_vaddr + present_size(dump, header),
		.file_offset = header->p_offset,
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
		/* Only a damaged core has overlaps; the first segment wins. */
		if (kept && dump->segments[i].start < dump->segments[kept - 1].end)
			continue;
		dump->segments[kept++] = dump->segments[i];
	}
	dump->segment_count = kept;
}

/* `*budget`: bytes of notes that may still be read. */
static struct error *read_notes(struct core_dump *dump, const Elf64_Phdr *header, uint64_t *budget)
{
	uint64_t size = present_size(dump, header);
	if (!size)
		return NULL;
	/* A damaged table may name the same notes many times. */
	if (size > *budget) {
		dump->skipped_notes++;
		return NULL;
	}
	*budget -= size;
	_cleanup_free_ uint8_t *data = malloc(size);
	if (!data)
		return error_no_memory();
	size = core_dump_read(dump, header->p_offset, data, size);
	return core_notes_read(&dump->notes, (struct bytes){data, size});
}

static struct error *read_segments(struct core_dump *dump, const Elf64_Phdr *headers, size_t count)
{
	dump->segments = calloc(count + 1, sizeof(*dump->segments));
	if (!dump->segments)
		return error_no_memory();
	dump->note_limit = dump->size < max_note_bytes ? dump->size : max_note_bytes;
	uint64_t budget = dump->note_limit;
	struct error *err = NULL;
	for (size_t i = 0; i < count && !err; i++) {
		const Elf64_Phdr *header = &headers[i];
		uint64_t end;
		if ((header->p_type != PT_LOAD && header->p_type != PT_NOTE) ||
			__builtin_add_overflow(header->p_offset, header->p_filesz, &end))
			continue;
		if (header->p_filesz && end > dump->expected_size)
			dump->expected_size = end;
		if (header->p_type == PT_LOAD)
			add_segment(dump, header);
		else
			err = read_notes(dump, header, &budget);
	}
	sort_segments(dump);
	core_notes_finish(&dump->notes);
	return err;
}

static struct error *read_headers(struct core_dump *dump)
{
	Elf64_Ehdr header;
	struct error *err = read_elf_header(dump, &header);
	if (err)
		return err;
	uint64_t count = count_headers(dump, &header);
	uint64_t held = header.e_phoff < dump->size
				? (dump->size - header.e_phoff) / sizeof(Elf64_Phdr)
				: 0;
	if (count > held)
		dump->expected_size = header.e_phoff + count * sizeof(Elf64_Phdr);
	size_t wanted = count < held ? count : held;
	_cleanup_free_ Elf64_Phdr *headers = calloc(wanted + 1, sizeof(*headers));
	if (!headers)
		return error_no_memory();
	size_t got = core_dump_read(dump, header.e_phoff, headers, wanted * sizeof(*headers));
	if (!held || got < wanted * sizeof(*headers))
		return error_create(ERROR_BAD_DATA,
			"%s is truncated: it ends after %zu bytes, before the end of its segment "
			"table",
			dump->path, (size_t)dump->size);
	return read_segments(dump, headers, wanted);
}

/* ---- Opening and looking up ---- */

uint64_t core_segment_own_end(const struct core_segment *segment)
{
	bool code = (segment->flags & PF_X) && !(segment->flags & PF_W);
	return code ? segment->present_end : segment->dumped_end;
}

struct error *core_dump_open(const char *path, struct core_dump *ret)
{
	struct core_dump dump = {.path = strdup(path), .fd = -1};
	struct error *err =
		dump.path ? open_core_file(path, &dump.fd, &dump.size) : error_no_memory();
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
	close_fd(&dump->fd);
	free(dump->path);
	*dump = (struct core_dump){.fd = -1};
}

const struct core_segment *core_dump_segment_at(const struct core_dump *dump, uint64_t address)
{
	size_t index = bisect(i, dump->segment_count, dump->segments[i].end > address);
	return index < dump->segment_count && dump->segments[index].start <= address
		       ? &dump->segments[index]
		       : NULL;
}

size_t core_dump_read_at(const struct core_dump *dump, uint64_t address, void *ret, size_t size)
{
	const struct core_segment *segment = core_dump_segment_at(dump, address);
	if (!segment || address >= segment->present_end)
		return 0;
	uint64_t left = segment->present_end - address;
	return core_dump_read(dump, segment->file_offset + (address - segment->start), ret,
		size < left ? size : left);
}
