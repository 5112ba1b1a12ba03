/* Writing the undo log: see undo_log.h and, for the shared memory, undo_notes.h. */
#include "dbg/target/tracing/undo_notes.h"

#include <sys/mman.h>

enum { CHAINS = 1 << 12 };

/*
 * A hash table from addresses to bytes notes, so that thousands of notes are forgotten one by one
 * without searching. A number is the index of a note + 1; 0: none.
 */
struct note_index {
	uint16_t chains[CHAINS];
	uint16_t next[UNDO_MAX_BYTES_NOTES]; /* the next one of the chain, or of the free notes */
	uint16_t free;
	size_t used;
};

struct undo_log {
	struct undo_notes *notes;
	struct note_index index; /* private to the debugger */
};

/* ---- Creating and reading ---- */

struct error *undo_log_create(struct undo_log **ret)
{
	struct undo_log *log = calloc(1, sizeof(*log));
	if (!log)
		return error_no_memory();
	log->notes = mmap(NULL, sizeof(*log->notes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (log->notes == MAP_FAILED) {
		free(log);
		return error_no_memory();
	}
	*ret = log;
	return NULL;
}

void undo_log_destroy(struct undo_log *log)
{
	if (!log)
		return;
	munmap(log->notes, sizeof(*log->notes));
	free(log);
}

struct undo_notes *undo_log_notes(const struct undo_log *log)
{
	return log->notes;
}

bool undo_notes_have_children_only(const struct undo_notes *notes)
{
	if (notes->call_current || notes->cloning || notes->undo_count)
		return false;
	for (size_t i = notes->bytes_count; i > 0; i--) {
		if (notes->bytes[i - 1].valid)
			return false;
	}
	return true;
}

bool undo_notes_are_empty(const struct undo_notes *notes)
{
	for (size_t i = 0; i < UNDO_CHILDREN; i++) {
		if (notes->children[i].valid)
			return false;
	}
	return undo_notes_have_children_only(notes);
}

static struct error *too_many(void)
{
	return error_create(ERROR_OTHER, "too many simultaneous changes to the process");
}

/* ---- Bytes ---- */

static uint16_t *chain_of(struct note_index *index, uint64_t address)
{
	return &index->chains[address * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

/* Enters `address` under an unused note, whose index is returned; UNDO_MAX_BYTES_NOTES: all are in
 * use. */
static size_t index_add(struct note_index *index, size_t bytes_count, uint64_t address)
{
	uint16_t *chain = chain_of(index, address);
	uint16_t number = index->free;
	if (number)
		index->free = index->next[number - 1];
	else if (bytes_count < UNDO_MAX_BYTES_NOTES)
		number = (uint16_t)(bytes_count + 1);
	else
		return UNDO_MAX_BYTES_NOTES;
	index->next[number - 1] = *chain;
	*chain = number;
	index->used++;
	return number - 1U;
}

/* Removes `address` and returns the index of its note; UNDO_MAX_BYTES_NOTES: it was not noted. */
static size_t index_remove(
	struct note_index *index, const struct undo_notes *notes, uint64_t address)
{
	uint16_t *link = chain_of(index, address);
	while (*link && notes->bytes[*link - 1].address != address)
		link = &index->next[*link - 1];
	uint16_t number = *link;
	if (!number)
		return UNDO_MAX_BYTES_NOTES;
	*link = index->next[number - 1];
	index->next[number - 1] = index->free;
	index->free = number;
	index->used--;
	return number - 1U;
}

struct error *undo_log_note_bytes(struct undo_log *log, uint64_t address, const void *original,
	const void *replacement, size_t size)
{
	if (!log)
		return NULL;
	struct undo_notes *notes = log->notes;
	if (size > UNDO_BYTES)
		return too_many();
	size_t i = index_add(&log->index, notes->bytes_count, address);
	if (i == UNDO_MAX_BYTES_NOTES)
		return too_many();
	struct bytes_note *note = &notes->bytes[i];
	note->size = (uint8_t)size;
	note->address = address;
	memcpy(note->original, original, size);
	memcpy(note->replacement, replacement, size);
	atomic_store(&note->valid, true);
	if (i >= notes->bytes_count)
		atomic_store(&notes->bytes_count, i + 1);
	return NULL;
}

void undo_log_forget_bytes(struct undo_log *log, uint64_t address)
{
	if (!log)
		return;
	struct undo_notes *notes = log->notes;
	size_t i = index_remove(&log->index, notes, address);
	if (i == UNDO_MAX_BYTES_NOTES)
		return;
	atomic_store(&notes->bytes[i].valid, false);
	if (log->index.used)
		return;
	atomic_store(&notes->bytes_count, 0);
	log->index.free = 0;
}

/* ---- Calls and regions ---- */

/* The index of the note that is not current, when `current` is the number of the current one. */
static int unused(int current)
{
	return current == 1 ? 1 : 0;
}

void undo_log_note_call(struct undo_log *log, const struct call_note *note)
{
	if (!log)
		return;
	int i = unused(log->notes->call_current);
	log->notes->calls[i] = *note;
	atomic_store(&log->notes->call_current, i + 1);
}

void undo_log_forget_call(struct undo_log *log)
{
	if (log)
		atomic_store(&log->notes->call_current, 0);
}

void undo_log_note_region(struct undo_log *log, uint64_t start, uint64_t end)
{
	if (!log)
		return;
	int i = unused(log->notes->region_current);
	log->notes->regions[i] = (struct region_note){start, end};
	atomic_store(&log->notes->region_current, end ? i + 1 : 0);
}

struct error *undo_log_note_undo(
	struct undo_log *log, long number, const uint64_t arguments[static 6])
{
	if (!log)
		return NULL;
	struct undo_notes *notes = log->notes;
	size_t i = notes->undo_count;
	if (i == UNDO_CALLS)
		return too_many();
	notes->undos[i].number = number;
	memcpy(notes->undos[i].arguments, arguments, sizeof(notes->undos[i].arguments));
	atomic_store(&notes->undo_count, i + 1);
	return NULL;
}

void undo_log_forget_undo(struct undo_log *log)
{
	if (log && log->notes->undo_count)
		atomic_fetch_sub(&log->notes->undo_count, 1);
}

/* ---- Children ---- */

void undo_log_note_clone(struct undo_log *log, bool under_way)
{
	if (log)
		atomic_store(&log->notes->cloning, under_way);
}

bool undo_notes_add_child(struct undo_notes *notes, pid_t pid, pid_t ns_pid, uint64_t start)
{
	for (size_t i = 0; i < UNDO_CHILDREN; i++) {
		struct child_note *note = &notes->children[i];
		if (note->valid)
			continue;
		note->pid = pid;
		note->ns_pid = ns_pid;
		note->start = start;
		atomic_store(&note->valid, true);
		return true;
	}
	return false;
}

struct error *undo_log_note_child(struct undo_log *log, pid_t pid, pid_t ns_pid, uint64_t start)
{
	if (!log)
		return NULL;
	if (!undo_notes_add_child(log->notes, pid, ns_pid, start))
		return too_many();
	atomic_store(&log->notes->cloning, false);
	return NULL;
}

void undo_log_forget_child(struct undo_log *log, pid_t pid)
{
	for (size_t i = 0; log && i < UNDO_CHILDREN; i++) {
		struct child_note *note = &log->notes->children[i];
		if (note->valid && note->pid == pid)
			atomic_store(&note->valid, false);
	}
}
