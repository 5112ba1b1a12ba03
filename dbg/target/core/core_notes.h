/*
 * The notes of an ELF core: threads, process, auxiliary vector and the names of mapped files.
 *
 * Written by the kernel or by gdb's gcore. Damaged or truncated notes are skipped; nothing here
 * fails except for lack of memory.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_NOTES_H
#define GCTXDBG_TARGET_CORE_CORE_NOTES_H

#include "dbg/target/target.h"

struct core_note {
	uint32_t type;
	struct bytes name; /* with its NUL */
	struct bytes contents;
};

/* Parses the note at `*offset` of `notes` and advances; false at the end or where the rest is
 * damaged. */
bool core_note_next(struct bytes notes, uint64_t *offset, struct core_note *ret);

/* Whether the note's name is `name`. */
bool core_note_is(const struct core_note *note, const char *name);

/* An address range that maps a file. */
struct core_file {
	uint64_t start, end;
	uint64_t offset; /* in the file, in bytes */
	char *path;	 /* malloc'ed, belongs to the notes */
};

/* A thread's XMM registers; see target_vectors(). */
struct core_vectors {
	pid_t tid;
	uint64_t low[VECTOR_REGISTERS];
};

struct core_notes {
	pid_t pid; /* 0 unknown */
	char name[17];
	char command_line[81]; /* arguments, separated by blanks, cut at 79 bytes; "": unknown */
	struct target_signal signal; /* that ended the process; number 0: none, or unknown */

	/* In the order of the core: the thread that crashed comes first. */
	struct thread *threads;
	size_t thread_count, thread_capacity;

	/* Of those threads whose vector registers the core has. */
	struct core_vectors *vectors;
	size_t vector_count, vector_capacity;

	/* Sorted by address, without overlaps. */
	struct core_file *files;
	size_t file_count, file_capacity;

	uint64_t entry, phdr, vdso; /* as in struct target; 0 unknown */
};

/* Adds the notes of one PT_NOTE segment, which the caller may free afterwards. */
struct error *core_notes_read(struct core_notes *notes, struct bytes segment);
/* Call after the last segment: sorts the files and fills in what the notes leave open. */
void core_notes_finish(struct core_notes *notes);
void core_notes_deinit(struct core_notes *notes);

/* The file mapped at `address`, or NULL. */
const struct core_file *core_notes_file_at(const struct core_notes *notes, uint64_t address);

#endif
