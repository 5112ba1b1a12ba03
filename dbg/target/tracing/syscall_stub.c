/* Finding and writing four executable bytes that the program never executes. */
#include "dbg/target/tracing/syscall_stub.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/ptrace.h>

#include "dwarf/base/fd.h"
#include "dwarf/base/proc_path.h"
#include "dbg/target/process/proc_files.h"

enum { PAGE = 4096, MAX_SEGMENTS = 128, GAP = 16 };

const uint8_t syscall_stub_code[SYSCALL_STUB_SIZE] = {0x0f, 0x05, 0xeb, 0xfe};

/* Reads the program headers from memory; returns how many. */
static size_t read_segments(pid_t tid, uint64_t address, size_t count, Elf64_Phdr *ret)
{
	_cleanup_fd_ int fd = proc_open_memory(tid, O_RDONLY);
	if (fd < 0 || !address || address > INT64_MAX)
		return 0;
	size_t size = (count < MAX_SEGMENTS ? count : MAX_SEGMENTS) * sizeof(*ret);
	ssize_t n = pread(fd, ret, size, (off_t)address);
	return n > 0 ? (size_t)n / sizeof(*ret) : 0;
}

/* The free end of the last page of the text; 0: there is none. */
static uint64_t after_text(const Elf64_Phdr *segments, size_t count, uint64_t phdr)
{
	uint64_t bias = 0;
	for (size_t i = 0; i < count; i++) {
		if (segments[i].p_type == PT_PHDR)
			bias = phdr - segments[i].p_vaddr;
	}
	for (size_t i = 0; i < count; i++) {
		if (segments[i].p_type != PT_LOAD || !(segments[i].p_flags & PF_X))
			continue;
		uint64_t end = bias + segments[i].p_vaddr + segments[i].p_memsz;
		uint64_t location = (end + GAP - 1) & ~(uint64_t)(GAP - 1);
		if (location % PAGE && location + GAP <= ((end + PAGE - 1) & ~(uint64_t)(PAGE - 1)))
			return location;
	}
	return 0;
}

struct error *syscall_stub_find(pid_t tid, uint64_t *ret)
{
	struct proc_path path = proc_path(tid, "auxv");
	_cleanup_free_ char *auxv = NULL;
	size_t size = 0;
	*ret = 0;
	int errnum = proc_read_file(path.text, &auxv, &size);
	if (errnum)
		return error_system(errnum, "cannot read %s", path.text);
	Elf64_Phdr segments[MAX_SEGMENTS];
	uint64_t phdr = auxv_value(auxv, size, AT_PHDR);
	size_t count = read_segments(tid, phdr, auxv_value(auxv, size, AT_PHNUM), segments);
	*ret = after_text(segments, count, phdr);
	if (!*ret)
		*ret = auxv_value(auxv, size, AT_ENTRY);
	if (!*ret)
		return error_create(ERROR_BAD_DATA,
			"the auxiliary vector of process %d has neither program headers nor an "
			"entry point",
			tid);
	return NULL;
}

static struct error *fault(pid_t tid, uint64_t address, int errnum, const char *what)
{
	if (errnum == ESRCH)
		return error_create(ERROR_GONE, "thread %d has died", tid);
	return error_system(
		errnum, "cannot %s the text of thread %d at 0x%" PRIx64, what, tid, address);
}

static struct error *read_word(pid_t tid, uint64_t address, long *ret)
{
	errno = 0;
	*ret = ptrace(PTRACE_PEEKTEXT, tid, (void *)(uintptr_t)address, NULL); // NOLINT
	return errno ? fault(tid, address, errno, "read") : NULL;
}

struct error *syscall_stub_read(pid_t tid, uint64_t address, uint8_t ret[static SYSCALL_STUB_SIZE])
{
	long word;
	struct error *err = read_word(tid, address, &word);
	if (!err)
		memcpy(ret, &word, SYSCALL_STUB_SIZE);
	return err;
}

struct error *syscall_stub_write(
	pid_t tid, uint64_t address, const uint8_t bytes[static SYSCALL_STUB_SIZE])
{
	long word;
	struct error *err = read_word(tid, address, &word);
	if (err)
		return err;
	memcpy(&word, bytes, SYSCALL_STUB_SIZE);
	if (ptrace(PTRACE_POKETEXT, tid, (void *)(uintptr_t)address, (void *)word) != 0) // NOLINT
		return fault(tid, address, errno, "write");
	return NULL;
}
