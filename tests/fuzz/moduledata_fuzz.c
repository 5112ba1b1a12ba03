/*
 * libFuzzer target: the input (after a byte that chooses the release) is an executable's only
 * content, mapped as code and as data, and the target's memory. Finds moduledata, opens the
 * function table and looks for all variables.
 */
#include <elf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dbg/go/find_globals.h"
#include "dbg/go/find_moduledata.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/layouts.h"

enum { CODE_BASE = 0x400000, DATA_BASE = 0x800000, SEGMENTS = 2 };

struct file_head {
	Elf64_Ehdr header;
	Elf64_Phdr segments[SEGMENTS];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Elf64_Phdr segment(uint64_t address, uint32_t flags, size_t size)
{
	return (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = sizeof(struct file_head),
		.p_vaddr = address,
		.p_filesz = size,
		.p_memsz = size,
		.p_align = 1};
}

static struct elf_image *make_image(const uint8_t *data, size_t size)
{
	struct file_head head = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				   EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct file_head, segments),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = SEGMENTS},
		.segments = {segment(CODE_BASE, PF_R | PF_X, size),
			segment(DATA_BASE, PF_R | PF_W, size)},
	};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, &head, sizeof(head)) != (ssize_t)sizeof(head) ||
		write(fd, data, size) != (ssize_t)size)
		abort();
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct elf_image *image = NULL;
	error_destroy(elf_image_open(path, &image));
	close(fd);
	return image;
}

static void look(struct program *program)
{
	struct error *err = find_moduledata(program->target, program->image, 0, &program->layout,
		&program->globals.firstmoduledata.address);
	if (!err)
		err = program_open_functions(program);
	struct runtime_globals found = {0};
	if (!err)
		err = find_globals(program, &found);
	error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct program program = {.image = make_image(data + 1, size - 1)};
	if (!program.image)
		return 0;
	program.layout = *fuzz_layout(data[0]);
	program.target = fake_target_create((struct bytes){data + 1, size - 1}, DATA_BASE);
	look(&program);
	target_destroy(program.target);
	elf_image_close(program.image);
	return 0;
}
