/* Checks the ELF header, and says what a file is if it is not an amd64 ELF program. */
#include "dwarf/elf/elf_internal.h"

struct magic {
	const char *bytes;
	size_t size;
	const char *meaning;
};

static const struct magic magics[] = {
	{"#!", 2, "a script"},
	{"\x1f\x8b", 2, "gzip-compressed data"},
	{"\x28\xb5\x2f\xfd", 4, "zstd-compressed data"},
	{"\xfd\x37zXZ", 5, "xz-compressed data"},
	{"PK\x03\x04", 4, "a zip archive"},
	{"!<arch>\n", 8, "an archive of object files"},
	{"MZ", 2, "a Windows program"},
	{"\xcf\xfa\xed\xfe", 4, "a macOS program"},
	{"\xca\xfe\xba\xbe", 4, "a macOS program"},
	{"\0asm", 4, "a WebAssembly module"},
};

static struct error *not_elf(const char *path, struct bytes file)
{
	for (size_t i = 0; i < array_length(magics); i++) {
		const struct magic *m = &magics[i];
		if (file.size >= m->size && memcmp(file.data, m->bytes, m->size) == 0)
			return error_create(
				ERROR_BAD_DATA, "%s is %s, not an ELF program", path, m->meaning);
	}
	return error_create(ERROR_BAD_DATA, "%s is not an ELF program", path);
}

static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_ARM:
		return "32-bit ARM";
	case EM_AARCH64:
		return "ARM64";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "PowerPC64";
	case EM_S390:
		return "S/390";
	case EM_MIPS:
		return "MIPS";
	case 258: /* EM_LOONGARCH, which older headers lack */
		return "LoongArch";
	default:
		return NULL;
	}
}

static struct error *wrong_machine(const char *path, uint16_t machine)
{
	const char *name = machine_name(machine);
	if (name)
		return error_create(ERROR_BAD_DATA,
			"%s is a program for %s; only amd64 is supported", path, name);
	return error_create(ERROR_BAD_DATA,
		"%s is a program for ELF machine %u; only amd64 is supported", path, machine);
}

static struct error *wrong_type(const char *path, uint16_t type)
{
	switch (type) {
	case ET_CORE:
		return error_create(ERROR_BAD_DATA,
			"%s is a core dump, not a program; name the program first: core EXE CORE",
			path);
	case ET_REL:
		return error_create(
			ERROR_BAD_DATA, "%s is an unlinked object file, not a program", path);
	default:
		return error_create(ERROR_BAD_DATA,
			"%s has the unknown ELF type %u; it is not a program", path, type);
	}
}

struct error *elf_identify(const char *path, struct bytes file)
{
	if (file.size < SELFMAG || memcmp(file.data, ELFMAG, SELFMAG) != 0)
		return not_elf(path, file);
	Elf64_Ehdr header = {0};
	if (file.size > EI_NIDENT && file.data[EI_CLASS] == ELFCLASS32)
		return error_create(ERROR_BAD_DATA,
			"%s is a 32-bit program; only amd64 programs are supported", path);
	if (!bytes_copy(file, 0, &header, sizeof(header)))
		return error_create(ERROR_BAD_DATA,
			"%s is truncated: its %zu bytes are too few for an ELF header; "
			"get a complete copy",
			path, file.size);
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	if (header.e_ident[EI_DATA] != ELFDATA2LSB)
		return error_create(ERROR_BAD_DATA,
			"%s is a program for a big-endian machine; only amd64 is supported", path);
	if (header.e_machine != EM_X86_64)
		return wrong_machine(path, header.e_machine);
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return wrong_type(path, header.e_type);
	/* The tables are used in place, so their entries must be aligned and of the known size. */
	if ((header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr)) ||
		(header.e_shoff && header.e_shentsize != sizeof(Elf64_Shdr)) ||
		header.e_phoff % _Alignof(Elf64_Phdr) || header.e_shoff % _Alignof(Elf64_Shdr))
		return error_create(ERROR_BAD_DATA, "%s has a damaged ELF header", path);
	return NULL;
}
