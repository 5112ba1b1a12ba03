/* Makes the fuzzer's input available as a file with a path, without using a disk. */
#ifndef GCTXDBG_TESTS_FUZZ_INPUT_FILE_H
#define GCTXDBG_TESTS_FUZZ_INPUT_FILE_H

#include <elf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dwarf/elf/elf_image.h"

struct input_file {
	int fd;
	char path[32];
};

/* Creates a file with `head` and then `rest`; either may be empty. The caller closes `.fd`. */
static inline struct input_file input_file_create(struct bytes head, struct bytes rest)
{
	struct input_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
	if (file.fd < 0 || write(file.fd, head.data, head.size) != (ssize_t)head.size ||
		write(file.fd, rest.data, rest.size) != (ssize_t)rest.size)
		abort();
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

enum { INPUT_CODE_BASE = 0x400000, INPUT_DATA_BASE = 0x800000, INPUT_SEGMENTS = 2 };

static inline Elf64_Phdr input_segment(uint64_t address, uint32_t flags, size_t size)
{
	return (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = sizeof(Elf64_Ehdr) + INPUT_SEGMENTS * sizeof(Elf64_Phdr),
		.p_vaddr = address,
		.p_filesz = size,
		.p_memsz = size,
		.p_align = 1};
}

/*
 * An executable whose only content is `input`, mapped as code at INPUT_CODE_BASE and as data at
 * INPUT_DATA_BASE. NULL if it is rejected.
 */
static inline struct elf_image *input_image_create(struct bytes input)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[INPUT_SEGMENTS];
	} head = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				   EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = INPUT_SEGMENTS},
		.segments = {input_segment(INPUT_CODE_BASE, PF_R | PF_X, input.size),
			input_segment(INPUT_DATA_BASE, PF_R | PF_W, input.size)},
	};
	struct input_file file =
		input_file_create((struct bytes){(const uint8_t *)&head, sizeof(head)}, input);
	struct elf_image *image = NULL;
	error_destroy(elf_image_open(file.path, &image));
	close(file.fd);
	return image;
}

#endif
