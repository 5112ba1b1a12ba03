/*
 * Small ELF files for unit tests: made of the sections that a test asks for, in one loaded segment.
 */
#ifndef GCTXDBG_TESTS_ELF_FIXTURE_H
#define GCTXDBG_TESTS_ELF_FIXTURE_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIXTURE_BASE = 0x400000, FIXTURE_CAPACITY = 1 << 20 };

struct fixture_section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	const void *data;
	size_t size;
	uint32_t link;
	uint64_t entry_size;
};

/* A growing buffer; tests stay below its capacity. */
struct fixture_bytes {
	uint8_t *data;
	size_t size;
};

static inline struct fixture_bytes fixture_bytes_create(void)
{
	uint8_t *data = calloc(1, FIXTURE_CAPACITY);
	if (!data)
		abort();
	return (struct fixture_bytes){data, 0};
}

static inline size_t fixture_put(struct fixture_bytes *out, const void *data, size_t size)
{
	size_t at = out->size;
	if (size > FIXTURE_CAPACITY - at)
		abort();
	if (size)
		memcpy(out->data + at, data, size);
	out->size += size;
	return at;
}

static inline size_t fixture_put_string(struct fixture_bytes *out, const char *text)
{
	return fixture_put(out, text, strlen(text) + 1);
}

/* A little-endian number of `size` bytes. */
static inline size_t fixture_put_number(struct fixture_bytes *out, uint64_t number, size_t size)
{
	return fixture_put(out, &number, size);
}

static inline void fixture_align(struct fixture_bytes *out, size_t alignment)
{
	out->size = (out->size + alignment - 1) / alignment * alignment;
}

/*
 * An executable with one readable and writable segment that holds the whole file, at FIXTURE_BASE.
 * Section 1 is the first one given. Free `.data`.
 */
static inline struct fixture_bytes fixture_elf(const struct fixture_section *sections, size_t count)
{
	struct fixture_bytes out = fixture_bytes_create(), names = fixture_bytes_create();
	Elf64_Shdr *headers = calloc(count + 2, sizeof(*headers));
	if (!headers)
		abort();
	fixture_put_string(&names, "");
	out.size = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	for (size_t i = 0; i < count; i++) {
		const struct fixture_section *s = &sections[i];
		fixture_align(&out, 16);
		headers[i + 1] = (Elf64_Shdr){
			.sh_name = (uint32_t)fixture_put_string(&names, s->name),
			.sh_type = s->type,
			.sh_flags = s->flags,
			.sh_addr = s->flags & SHF_ALLOC ? FIXTURE_BASE + out.size : 0,
			.sh_offset = out.size,
			.sh_size = s->size,
			.sh_link = s->link,
			.sh_addralign = 1,
			.sh_entsize = s->entry_size,
		};
		if (s->type != SHT_NOBITS)
			fixture_put(&out, s->data, s->size);
	}
	size_t name = fixture_put_string(&names, ".shstrtab");
	headers[count + 1] = (Elf64_Shdr){.sh_name = (uint32_t)name,
		.sh_type = SHT_STRTAB,
		.sh_offset = fixture_put(&out, names.data, names.size),
		.sh_size = names.size,
		.sh_addralign = 1};
	fixture_align(&out, 16);
	size_t table = fixture_put(&out, headers, (count + 2) * sizeof(*headers));
	Elf64_Phdr segment = {.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_vaddr = FIXTURE_BASE,
		.p_filesz = out.size,
		.p_memsz = out.size + 4096,
		.p_align = 4096};
	Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = FIXTURE_BASE + 64,
		.e_phoff = sizeof(header),
		.e_shoff = table,
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(segment),
		.e_phnum = 1,
		.e_shentsize = sizeof(*headers),
		.e_shnum = (uint16_t)(count + 2),
		.e_shstrndx = (uint16_t)(count + 1)};
	memcpy(out.data, &header, sizeof(header));
	memcpy(out.data + sizeof(header), &segment, sizeof(segment));
	free(headers);
	free(names.data);
	return out;
}

/* Writes a temporary file; unlink and free the path. */
static inline char *fixture_write(const void *data, size_t size)
{
	const char *directory = getenv("TMPDIR");
	char *path;
	if (asprintf(&path, "%s/gctxdbg-test.XXXXXX", directory ? directory : "/tmp") < 0)
		abort();
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		abort();
	return path;
}

static inline void fixture_remove(char *path)
{
	unlink(path);
	free(path);
}

/* Whole contents of a file; free `.data`. */
static inline struct fixture_bytes fixture_read(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file || fseek(file, 0, SEEK_END) < 0)
		abort();
	long size = ftell(file);
	struct fixture_bytes contents = {malloc((size_t)size), (size_t)size};
	rewind(file);
	if (!contents.data || fread(contents.data, 1, contents.size, file) != contents.size)
		abort();
	fclose(file);
	return contents;
}

#endif
