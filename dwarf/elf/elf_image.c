/* Opens and maps an ELF file, reads its segments, and finds the bytes at an address. */
#include "dwarf/base/fd.h"
#include "dwarf/elf/elf_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

/*
 * Libraries that parse a damaged file may read a little past the end of a section. Zeros after the
 * end of the file keep them from faulting.
 */
enum { ZEROS_AFTER_FILE = 1 << 16 };

/* Sound segments share at most a page with their neighbors. More overlap would let a small file
 * claim many times its size, all of which searches would read. */
enum { MAX_OVERLAP = 4 };

/* User space ends here, also with five-level page tables. */
#define ADDRESS_LIMIT (UINT64_C(1) << 56)

static struct error *open_regular(const char *path, int *ret_fd, size_t *ret_size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_system(errno, "cannot open %s", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_system(errno, "cannot stat %s", path);
	if (S_ISDIR(st.st_mode))
		return error_create(ERROR_BAD_DATA, "%s is a directory, not a program", path);
	if (!S_ISREG(st.st_mode))
		return error_create(
			ERROR_BAD_DATA, "%s is a device or a pipe, not a program", path);
	if (st.st_size == 0)
		return error_create(ERROR_BAD_DATA, "%s is an empty file", path);
	*ret_fd = fd;
	*ret_size = (size_t)st.st_size;
	fd = -1;
	return NULL;
}

static struct error *map_file(struct elf_image *image)
{
	_cleanup_fd_ int fd = -1;
	size_t size;
	struct error *err = open_regular(image->path, &fd, &size);
	if (err)
		return err;
	size_t reserved = size + ZEROS_AFTER_FILE;
	void *map =
		mmap(NULL, reserved, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return error_no_memory();
	image->map = map;
	image->reserved_size = reserved;
	if (mmap(map, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		return error_system(errno, "cannot map %s", image->path);
	image->file = (struct bytes){map, size};
	return NULL;
}

static struct error *truncated(const struct elf_image *image, const char *what)
{
	return error_create(ERROR_BAD_DATA,
		"%s is truncated or damaged: its %s extends past the end of the file (%zu bytes); "
		"get a complete copy",
		image->path, what, image->file.size);
}

/* Copies the PT_LOAD headers and finds the address of the program headers themselves. */
static struct error *read_segments(struct elf_image *image)
{
	/* libelf also reports 0 headers if they lie outside the file. */
	size_t count;
	if (elf_getphdrnum(image->elf, &count) < 0)
		count = 0;
	const Elf64_Phdr *headers = count ? elf64_getphdr(image->elf) : NULL;
	if (image->header->e_phnum && !headers)
		return truncated(image, "program header table");
	image->segments = calloc(count ? count : 1, sizeof(*image->segments));
	if (!image->segments)
		return error_no_memory();
	uint64_t phoff = image->header->e_phoff, loaded = 0;
	for (size_t i = 0; i < count; i++) {
		const Elf64_Phdr *h = &headers[i];
		struct bytes unused;
		if (h->p_type != PT_LOAD)
			continue;
		if (!bytes_slice(image->file, h->p_offset, h->p_filesz, &unused))
			return truncated(image, "loaded segment");
		loaded += h->p_filesz;
		if (loaded / MAX_OVERLAP > image->file.size)
			return error_create(
				ERROR_BAD_DATA, "%s is damaged: its segments overlap", image->path);
		uint64_t end;
		if (__builtin_add_overflow(h->p_vaddr, h->p_memsz, &end) || end > ADDRESS_LIMIT ||
			h->p_memsz < h->p_filesz)
			return error_create(ERROR_BAD_DATA,
				"%s is damaged: segment %zu has impossible sizes", image->path, i);
		image->segments[image->segment_count++] = (struct elf_segment){
			.address = h->p_vaddr,
			.memory_size = h->p_memsz,
			.file_offset = h->p_offset,
			.file_size = h->p_filesz,
			.readable = h->p_flags & PF_R,
			.writable = h->p_flags & PF_W,
			.executable = h->p_flags & PF_X,
		};
		if (phoff >= h->p_offset && phoff - h->p_offset < h->p_filesz)
			image->phdr_address = h->p_vaddr + (phoff - h->p_offset);
	}
	return NULL;
}

static struct error *read_headers(struct elf_image *image, bool is_debug_file)
{
	struct error *err = elf_identify(image->path, image->file);
	if (err)
		return err;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_create(ERROR_OTHER, "the installed libelf is too old: install a newer "
						 "version");
	image->elf = elf_memory((char *)image->map, image->file.size);
	image->header = image->elf ? elf64_getehdr(image->elf) : NULL;
	if (!image->header)
		return error_create(ERROR_BAD_DATA, "cannot read the ELF file %s: %s", image->path,
			elf_errmsg(-1));
	err = is_debug_file ? NULL : read_segments(image);
	if (err)
		return err;
	if (image->header->e_shoff > image->file.size)
		return truncated(image, "section header table");
	if (elf_getshdrnum(image->elf, &image->section_count) < 0)
		image->section_count = 0;
	struct bytes unused;
	if ((image->header->e_shnum && !image->section_count) ||
		!bytes_slice(image->file, image->header->e_shoff,
			image->section_count * sizeof(Elf64_Shdr), &unused))
		return truncated(image, "section header table");
	if (elf_getshdrstrndx(image->elf, &image->section_names) < 0)
		image->section_names = 0;
	image->contents = calloc(image->section_count + 1, sizeof(*image->contents));
	if (!image->contents)
		return error_no_memory();
	return elf_read_notes(image);
}

static struct error *open_image(const char *path, bool is_debug_file, struct elf_image **ret)
{
	_cleanup_(elf_image_cleanup) struct elf_image *image = calloc(1, sizeof(*image));
	if (!image)
		return error_no_memory();
	image->path = strdup(path);
	if (!image->path)
		return error_no_memory();
	struct error *err = map_file(image);
	if (!err)
		err = read_headers(image, is_debug_file);
	if (err)
		return err;
	*ret = take_pointer(image);
	return NULL;
}

struct error *elf_image_open(const char *path, struct elf_image **ret)
{
	return open_image(path, false, ret);
}

struct error *elf_image_open_debug(const char *path, struct elf_image **ret)
{
	return open_image(path, true, ret);
}

void elf_image_close(struct elf_image *image)
{
	if (!image)
		return;
	symbol_table_deinit(&image->symbols);
	for (size_t i = 0; image->contents && i < image->section_count; i++)
		free(image->contents[i].owned);
	free(image->contents);
	free(image->segments);
	free(image->go_build_id);
	if (image->elf)
		elf_end(image->elf);
	if (image->map)
		munmap(image->map, image->reserved_size);
	free(image->path);
	free(image);
}

const char *elf_image_path(const struct elf_image *image)
{
	return image->path;
}

bool elf_image_is_relocatable(const struct elf_image *image)
{
	return image->header->e_type == ET_DYN;
}

uint64_t elf_image_entry(const struct elf_image *image)
{
	return image->header->e_entry;
}

uint64_t elf_image_phdr_address(const struct elf_image *image)
{
	return image->phdr_address;
}

struct bytes elf_image_build_id(const struct elf_image *image)
{
	return image->build_id;
}

const char *elf_image_go_build_id(const struct elf_image *image)
{
	return image->go_build_id;
}

size_t elf_image_segments(const struct elf_image *image, const struct elf_segment **ret)
{
	*ret = image->segments;
	return image->segment_count;
}

bool elf_image_bytes_at(
	const struct elf_image *image, uint64_t address, uint64_t size, struct bytes *ret)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *s = &image->segments[i];
		if (address < s->address || address - s->address >= s->file_size)
			continue;
		struct bytes contents;
		return bytes_slice(image->file, s->file_offset, s->file_size, &contents) &&
		       bytes_slice(contents, address - s->address, size, ret);
	}
	return false;
}
