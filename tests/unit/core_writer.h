/*
 * Writes core dumps for tests: of any process that can be read, as the kernel would, but small,
 * without file-backed memory. A failure fails the test that includes it.
 */
#ifndef GCTXDBG_TESTS_CORE_WRITER_H
#define GCTXDBG_TESTS_CORE_WRITER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#include "dwarf/base/memory.h"
#include "dwarf/base/proc_path.h"

enum { PAGE = 4096, MAX_DUMPED = 64 << 10, MAX_MAPS = 512 };

struct buffer {
	uint8_t *data;
	size_t size, capacity;
};

static void put(struct buffer *buffer, const void *data, size_t size)
{
	assert_true(array_reserve(&buffer->data, &buffer->capacity, buffer->size + size));
	if (size)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

static void put_zeros(struct buffer *buffer, size_t alignment)
{
	static const uint8_t zero[1];
	while (buffer->size % alignment)
		put(buffer, zero, 1);
}

static void put_note(struct buffer *notes, uint32_t type, const void *contents, size_t size)
{
	Elf64_Nhdr header = {.n_namesz = 5, .n_descsz = (Elf64_Word)size, .n_type = type};
	put(notes, &header, sizeof(header));
	put(notes, "CORE", 5);
	put_zeros(notes, 4);
	put(notes, contents, size);
	put_zeros(notes, 4);
}

struct map {
	uint64_t start, end, offset;
	char flags[5];
	char path[512];
};

/* /proc/PID/NAME, open for reading. */
static int open_proc(pid_t pid, const char *name)
{
	int fd = open(proc_path(pid, name).text, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static size_t read_maps(pid_t pid, struct map *maps)
{
	FILE *file = fdopen(open_proc(pid, "maps"), "re");
	assert_non_null(file);
	char line[1024];
	size_t count = 0;
	while (count < MAX_MAPS && fgets(line, sizeof(line), file)) {
		struct map *map = &maps[count];
		map->path[0] = 0;
		if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %511s", &map->start, &map->end,
			    map->flags, &map->offset, map->path) >= 4)
			count++;
	}
	fclose(file);
	return count;
}

static void put_process_notes(
	struct buffer *notes, pid_t pid, const struct user_regs_struct *regs, size_t threads)
{
	struct elf_prstatus status = {.pr_cursig = SIGABRT, .pr_pid = pid};
	memcpy(&status.pr_reg, regs, sizeof(status.pr_reg));
	put_note(notes, NT_PRSTATUS, &status, sizeof(status));
	struct user_fpregs_struct vectors = {.xmm_space = {[4 * 15] = 0x51, [4 * 15 + 1] = 0x52}};
	put_note(notes, NT_FPREGSET, &vectors, sizeof(vectors));
	struct elf_prpsinfo info = {.pr_pid = pid, .pr_fname = "core_test"};
	put_note(notes, NT_PRPSINFO, &info, sizeof(info));
	uint8_t auxv[1024];
	int fd = open_proc(pid, "auxv");
	ssize_t size = read(fd, auxv, sizeof(auxv));
	assert_true(size > 0);
	close(fd);
	put_note(notes, NT_AUXV, auxv, (size_t)size);
	for (; threads > 1; threads--) {
		status.pr_pid++;
		put_note(notes, NT_PRSTATUS, &status, sizeof(status));
	}
}

static void put_file_note(struct buffer *notes, const struct map *maps, size_t count)
{
	struct buffer entries = {0}, names = {0};
	uint64_t files = 0;
	for (size_t i = 0; i < count; i++) {
		if (maps[i].path[0] != '/')
			continue;
		uint64_t entry[3] = {maps[i].start, maps[i].end, maps[i].offset / PAGE};
		put(&entries, entry, sizeof(entry));
		put(&names, maps[i].path, strlen(maps[i].path) + 1);
		files++;
	}
	struct buffer contents = {0};
	uint64_t head[2] = {files, PAGE};
	put(&contents, head, sizeof(head));
	put(&contents, entries.data, entries.size);
	put(&contents, names.data, names.size);
	put_note(notes, NT_FILE, contents.data, contents.size);
	free(entries.data);
	free(names.data);
	free(contents.data);
}

/* How much of a mapping goes into the core: writable memory, and the first page of ELF files. */
static size_t dumped_size(const struct map *map)
{
	uint64_t size = map->end - map->start;
	bool file = map->path[0] == '/';
	if (map->flags[0] == 'r' && map->flags[1] == 'w' &&
		(file || size <= MAX_DUMPED || strcmp(map->path, "[stack]") == 0))
		return (size_t)size;
	return file && map->offset == 0 ? PAGE : 0;
}

static bool keep(const struct map *map)
{
	/* Skip huge mappings such as the sanitizers' shadow memory. */
	return map->end - map->start < (64 << 20) && strcmp(map->path, "[vvar]") != 0 &&
	       strcmp(map->path, "[vsyscall]") != 0;
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

/*
 * A core of `pid`, as the kernel would write it, with `threads` threads that all have `regs`.
 * Headers and notes are its first `*ret_headers` bytes. The caller frees the data.
 */
static struct buffer make_core(
	pid_t pid, const struct user_regs_struct *regs, size_t threads, size_t *ret_headers)
{
	static struct map maps[MAX_MAPS];
	size_t all = read_maps(pid, maps), count = 0;
	for (size_t i = 0; i < all; i++) {
		if (keep(&maps[i]))
			maps[count++] = maps[i];
	}
	struct buffer notes = {0}, core = {0}, memory = {0};
	put_process_notes(&notes, pid, regs, threads);
	put_file_note(&notes, maps, count);
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)(count + 1),
	};
	put(&core, &header, sizeof(header));
	Elf64_Phdr segment = {
		.p_type = PT_NOTE,
		.p_offset = sizeof(header) + (count + 1) * sizeof(segment),
		.p_filesz = notes.size,
	};
	put(&core, &segment, sizeof(segment));
	int fd = open_proc(pid, "mem");
	size_t start = (segment.p_offset + notes.size + PAGE - 1) & ~(size_t)(PAGE - 1);
	for (size_t i = 0; i < count; i++) {
		size_t dumped = dumped_size(&maps[i]);
		segment = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = (maps[i].flags[0] == 'r' ? PF_R : 0u) |
				   (maps[i].flags[1] == 'w' ? PF_W : 0u) |
				   (maps[i].flags[2] == 'x' ? PF_X : 0u),
			.p_offset = start + memory.size,
			.p_vaddr = maps[i].start,
			.p_filesz = dumped,
			.p_memsz = maps[i].end - maps[i].start,
		};
		put(&core, &segment, sizeof(segment));
		assert_true(array_reserve(&memory.data, &memory.capacity, memory.size + dumped));
		memset(memory.data + memory.size, 0, dumped);
		(void)!pread(fd, memory.data + memory.size, dumped, (off_t)maps[i].start);
		memory.size += dumped;
	}
	close(fd);
	put(&core, notes.data, notes.size);
	*ret_headers = core.size;
	put_zeros(&core, PAGE);
	put(&core, memory.data, memory.size);
	free(notes.data);
	free(memory.data);
	return core;
}

#endif
