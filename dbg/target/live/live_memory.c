/* Batching process_vm_readv() calls, with /proc/TID/mem as the fallback. */
#include "dbg/target/live/live_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"

enum { MAX_CALL_BYTES = 1 << 20, MAX_CALL_RUNS = 256 };

/* User space ends below this on every amd64 kernel, with five levels of page tables too. */
static const uint64_t address_limit = UINT64_C(1) << 56;

void live_memory_close(struct live_memory *memory)
{
	close_fd(&memory->mem_fd);
}

static uint8_t *next_byte(const struct memory_run *run)
{
	return (uint8_t *)run->buffer + run->done;
}

/* The number of bytes of the run that have not been read yet and lie in user space. */
static size_t rest(const struct memory_run *run)
{
	uint64_t address = run->address + run->done;
	size_t size = run->size - run->done;
	if (address < run->address || address >= address_limit)
		return 0;
	return size < address_limit - address ? size : (size_t)(address_limit - address);
}

/* The arguments of one process_vm_readv() call: parts of runs[first] and the following runs. */
struct batch {
	struct iovec local[MAX_CALL_RUNS], remote[MAX_CALL_RUNS];
	struct memory_run *owner[MAX_CALL_RUNS];
	size_t count;
	struct memory_run *split; /* the run that continues in the next batch; NULL: none */
	size_t split_done;	  /* its `done` if this batch is complete */
};

/* Fills the batch from runs[*first] on; *first becomes the first run that is not completely in the
 * batch. */
static void fill(struct batch *batch, struct memory_run *runs, size_t count, size_t *first)
{
	size_t room = MAX_CALL_BYTES;
	batch->count = 0;
	batch->split = NULL;
	while (*first < count && batch->count < MAX_CALL_RUNS && room) {
		struct memory_run *run = &runs[*first];
		size_t wanted = rest(run), size = wanted < room ? wanted : room;
		if (size) {
			uint64_t address = run->address + run->done;
			batch->local[batch->count] = (struct iovec){next_byte(run), size};
			batch->remote[batch->count] =
				(struct iovec){(void *)(uintptr_t)address, size}; // NOLINT
			batch->owner[batch->count++] = run;
			room -= size;
		}
		if (size < wanted) {
			batch->split = run;
			batch->split_done = run->done + size;
			return;
		}
		++*first;
	}
}

/* Opens /proc/TID/mem on first use; two threads may do so at the same time. */
static int mem_fd(struct live_memory *memory)
{
	int fd = __atomic_load_n(&memory->mem_fd, __ATOMIC_ACQUIRE), none = -1;
	if (fd >= 0)
		return fd;
	fd = proc_open_memory(memory->tid, O_RDONLY);
	if (fd < 0 || __atomic_compare_exchange_n(&memory->mem_fd, &none, fd, false,
			      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fd;
	close(fd);
	return none;
}

/* Reads up to `size` more bytes of the run through /proc/TID/mem. */
static void read_slowly(struct live_memory *memory, struct memory_run *run, size_t size)
{
	int fd = mem_fd(memory);
	while (size && fd >= 0) {
		ssize_t n = pread(fd, next_byte(run), size, (off_t)(run->address + run->done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		run->done += (size_t)n;
		size -= (size_t)n;
	}
}

/*
 * Distributes `got` bytes that were read among the runs. Returns the index of the part that is
 * incomplete and must be read through /proc/TID/mem; batch->count if all of them are complete.
 */
static size_t distribute(struct batch *batch, size_t from, size_t got)
{
	size_t i = from;
	for (; i < batch->count && got >= batch->local[i].iov_len; i++) {
		batch->owner[i]->done += batch->local[i].iov_len;
		got -= batch->local[i].iov_len;
	}
	if (i < batch->count) {
		batch->owner[i]->done += got;
		batch->local[i].iov_len -= got;
	}
	return i;
}

static struct error *read_batch(struct live_memory *memory, struct batch *batch)
{
	size_t i = 0;
	while (i < batch->count) {
		unsigned long left = batch->count - i;
		ssize_t n = process_vm_readv(
			memory->tid, batch->local + i, left, batch->remote + i, left, 0);
		if (n < 0 && errno == ESRCH)
			return error_create(ERROR_GONE,
				"cannot read the memory of thread %d: its process has exited",
				memory->tid);
		i = distribute(batch, i, n < 0 ? 0 : (size_t)n);
		if (i == batch->count)
			return NULL;
		/* This part is unreadable, or only readable through /proc/TID/mem; or seccomp
		 * forbids the call. */
		read_slowly(memory, batch->owner[i], batch->local[i].iov_len);
		i++;
	}
	return NULL;
}

struct error *live_memory_read(struct live_memory *memory, struct memory_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		runs[i].done = 0;
	if (memory->by_file) {
		for (size_t i = 0; i < count; i++)
			read_slowly(memory, &runs[i], rest(&runs[i]));
		return NULL;
	}
	size_t first = 0;
	while (first < count) {
		struct batch batch;
		fill(&batch, runs, count, &first);
		struct error *err = read_batch(memory, &batch);
		if (err)
			return err;
		if (batch.split && batch.split->done < batch.split_done)
			first++; /* the rest of the split run is unreadable */
	}
	return NULL;
}
