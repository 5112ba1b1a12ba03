/*
 * Does what a program packed with UPX does: loads a Go program, which no file describes then, and
 * runs it.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

const volatile char marker[] = "UPX!";

int main(int argc, char **argv)
{
	static unsigned char head[4096];
	int fd = open(argv[1], O_RDONLY);
	if (argc < 2 || marker[0] != 'U' || read(fd, head, sizeof(head)) != sizeof(head))
		return 1;
	const Elf64_Ehdr *header = (const void *)head;
	const Elf64_Phdr *segments = (const void *)(head + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++) {
		const Elf64_Phdr *s = &segments[i];
		char *start = (char *)(s->p_vaddr & ~4095ul),
		     *end = (char *)(s->p_vaddr + s->p_memsz);
		if (s->p_type != PT_LOAD)
			continue;
		if (mmap(start, (size_t)(end - start), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != start ||
			pread(fd, (void *)s->p_vaddr, s->p_filesz, (off_t)s->p_offset) !=
				(ssize_t)s->p_filesz)
			return 1;
		mprotect(start, (size_t)(end - start),
			(s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0) |
				(s->p_flags & PF_X ? PROT_EXEC : 0));
	}
	close(fd);
	/* The stack as the kernel made it: argc, then argv. */
	__asm__ volatile("mov %0, %%rsp; xor %%edx, %%edx; jmp *%1"
			 :
			 : "r"((uint64_t *)argv - 1), "r"(header->e_entry));
	return 1;
}
