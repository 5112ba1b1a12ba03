/* The notes of an ELF core: threads, process, auxiliary vector and the names of mapped files. */
#include "dbg/target/core/core_notes.h"

#include <elf.h>
#include <sys/procfs.h>

#include "dwarf/base/bisect.h"

/* Core notes are aligned to 4 whatever p_align says. */
static uint64_t align4(uint64_t value)
{
	return (value + 3) & ~UINT64_C(3);
}

bool core_note_next(struct bytes notes, uint64_t *offset, struct core_note *ret)
{
	Elf64_Nhdr header;
	if (!bytes_copy(notes, *offset, &header, sizeof(header)))
		return false;
	uint64_t name = *offset + sizeof(header);
	uint64_t contents = name + align4(header.n_namesz);
	*offset = contents + align4(header.n_descsz);
	ret->type = header.n_type;
	return bytes_slice(notes, name, header.n_namesz, &ret->name) &&
	       bytes_slice(notes, contents, header.n_descsz, &ret->contents);
}

bool core_note_is(const struct core_note *note, const char *name)
{
	size_t size = strlen(name) + 1;
	/* Go pads with a second NUL, hence no comparison of sizes. */
	return note->name.size >= size && memcmp(note->name.data, name, size) == 0;
}

static struct error *read_prstatus(struct core_notes *notes, struct bytes contents)
{
	struct elf_prstatus status;
	if (!bytes_copy(contents, 0, &status, sizeof(status)))
		return NULL;
	if (!array_reserve(&notes->threads, &notes->thread_capacity, notes->thread_count + 1))
		return error_no_memory();
	struct thread *thread = &notes->threads[notes->thread_count];
	*thread = (struct thread){.tid = status.pr_pid, .regs_valid = true};
	_Static_assert(sizeof(status.pr_reg) == sizeof(thread->regs), "the same registers");
	memcpy(&thread->regs, &status.pr_reg, sizeof(thread->regs));
	/* The kernel writes the fatal signal into every thread's status; only the first thread got
	 * it. */
	if (notes->thread_count == 0)
		thread->signal =
			status.pr_cursig > 0 && status.pr_cursig < 65 ? status.pr_cursig : 0;
	notes->thread_count++;
	return NULL;
}

/* Describes the thread of the NT_PRSTATUS before it. */
static struct error *read_fpregset(struct core_notes *notes, struct bytes contents)
{
	enum { WORDS = 4 }; /* xmm_space has 32-bit words */
	struct user_fpregs_struct registers;
	if (!notes->thread_count || !bytes_copy(contents, 0, &registers, sizeof(registers)))
		return NULL;
	if (!array_reserve(&notes->vectors, &notes->vector_capacity, notes->vector_count + 1))
		return error_no_memory();
	struct core_vectors *vectors = &notes->vectors[notes->vector_count++];
	vectors->tid = notes->threads[notes->thread_count - 1].tid;
	for (size_t i = 0; i < VECTOR_REGISTERS; i++)
		memcpy(&vectors->low[i], &registers.xmm_space[WORDS * i], sizeof(uint64_t));
	return NULL;
}

static void read_prpsinfo(struct core_notes *notes, struct bytes contents)
{
	struct elf_prpsinfo info;
	if (!bytes_copy(contents, 0, &info, sizeof(info)))
		return;
	notes->pid = info.pr_pid > 0 ? info.pr_pid : 0;
	memcpy(notes->name, info.pr_fname, sizeof(info.pr_fname));
	notes->name[sizeof(notes->name) - 1] = 0;
	memcpy(notes->command_line, info.pr_psargs, sizeof(info.pr_psargs));
	notes->command_line[sizeof(info.pr_psargs)] = 0;
	/* The kernel replaces each NUL, also the last one, by a blank. */
	size_t length = strlen(notes->command_line);
	if (length && length + 1 < sizeof(info.pr_psargs) && notes->command_line[length - 1] == ' ')
		notes->command_line[length - 1] = 0;
}

static void read_auxv(struct core_notes *notes, struct bytes contents)
{
	Elf64_auxv_t entry;
	for (uint64_t offset = 0; bytes_copy(contents, offset, &entry, sizeof(entry));
		offset += sizeof(entry)) {
		switch (entry.a_type) {
		case AT_NULL:
			return;
		case AT_ENTRY:
			notes->entry = entry.a_un.a_val;
			break;
		case AT_PHDR:
			notes->phdr = entry.a_un.a_val;
			break;
		case AT_SYSINFO_EHDR:
			notes->vdso = entry.a_un.a_val;
			break;
		}
	}
}

/* Paths end up in messages on a terminal. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

/*
 * NT_FILE:
 *   count, page size                     two words
 *   start, end, offset in pages          three words, `count` times
 *   path                                 a string, `count` times
 */
static struct error *read_files(struct core_notes *notes, struct bytes contents)
{
	uint64_t head[2];
	if (!bytes_copy(contents, 0, head, sizeof(head)))
		return NULL;
	uint64_t count = head[0], page_size = head[1];
	uint64_t entry[3];
	if (count > (contents.size - sizeof(head)) / sizeof(entry))
		return NULL;
	uint64_t names = sizeof(head) + count * sizeof(entry);
	if (!array_reserve(&notes->files, &notes->file_capacity, notes->file_count + count))
		return error_no_memory();
	for (uint64_t i = 0; i < count; i++) {
		bytes_copy(contents, sizeof(head) + i * sizeof(entry), entry, sizeof(entry));
		const char *path = bytes_string(contents, names);
		if (!path)
			break;
		names += strlen(path) + 1;
		uint64_t offset;
		if (entry[0] >= entry[1] || __builtin_mul_overflow(entry[2], page_size, &offset) ||
			offset > UINT64_MAX - (entry[1] - entry[0]) || !is_printable(path))
			continue;
		char *copy = strdup(path);
		if (!copy)
			return error_no_memory();
		notes->files[notes->file_count++] =
			(struct core_file){entry[0], entry[1], offset, copy};
	}
	return NULL;
}

struct error *core_notes_read(struct core_notes *notes, struct bytes segment)
{
	struct core_note note;
	uint64_t offset = 0;
	while (core_note_next(segment, &offset, &note)) {
		if (!core_note_is(&note, "CORE"))
			continue;
		struct error *err = NULL;
		switch (note.type) {
		case NT_PRSTATUS:
			err = read_prstatus(notes, note.contents);
			break;
		case NT_FPREGSET:
			err = read_fpregset(notes, note.contents);
			break;
		case NT_PRPSINFO:
			read_prpsinfo(notes, note.contents);
			break;
		case NT_SIGINFO:
			/* The kernel writes one, gdb one for each thread: the first counts. */
			if (!notes->signal.number)
				notes->signal = target_signal_decode(
					note.contents.data, note.contents.size);
			break;
		case NT_AUXV:
			read_auxv(notes, note.contents);
			break;
		case NT_FILE:
			err = read_files(notes, note.contents);
			break;
		}
		if (err)
			return err;
	}
	return NULL;
}

static int compare_files(const void *a, const void *b)
{
	uint64_t x = ((const struct core_file *)a)->start, y = ((const struct core_file *)b)->start;
	return (x > y) - (x < y);
}

void core_notes_finish(struct core_notes *notes)
{
	if (notes->file_count)
		qsort(notes->files, notes->file_count, sizeof(*notes->files), compare_files);
	size_t kept = 0;
	for (size_t i = 0; i < notes->file_count; i++) {
		if (kept && notes->files[i].start < notes->files[kept - 1].end)
			free(notes->files[i].path);
		else
			notes->files[kept++] = notes->files[i];
	}
	notes->file_count = kept;
	for (size_t i = 0; i < notes->thread_count; i++) {
		/* The core names the process only, after its main thread. */
		if (notes->threads[i].tid == notes->pid)
			memcpy(notes->threads[i].name, notes->name,
				sizeof(notes->threads[i].name) - 1);
	}
	if (!notes->pid && notes->thread_count)
		notes->pid = notes->threads[0].tid;
}

void core_notes_deinit(struct core_notes *notes)
{
	free(notes->threads);
	free(notes->vectors);
	for (size_t i = 0; i < notes->file_count; i++)
		free(notes->files[i].path);
	free(notes->files);
}

const struct core_file *core_notes_file_at(const struct core_notes *notes, uint64_t address)
{
	size_t index = bisect(i, notes->file_count, notes->files[i].end > address);
	return index < notes->file_count && notes->files[index].start <= address
		       ? &notes->files[index]
		       : NULL;
}
