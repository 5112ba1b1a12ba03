/* Putting traps in and taking them out: see traps.h. */
#include "dbg/target/traps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/fd.h"
#include "dbg/target/proc_files.h"
#include "dbg/target/traps_private.h"

static const uint8_t int3 = 0xCC;

/* Leaving must not take long. */
static const int64_t leave_ns = INT64_C(500000000);

struct error *target_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler)
{
	if (!target->ops->set_traps)
		return error_create(ERROR_GONE, "a %s does not run, so nothing can be caught in it",
			target->ops->kind);
	return target->ops->set_traps(target, addresses, count, handler);
}

/* The index of the first trap at or behind `address`. */
static size_t lower_bound(const struct traps *traps, uint64_t address)
{
	size_t low = 0, high = traps->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (traps->items[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct trap *traps_find(const struct traps *traps, uint64_t address)
{
	size_t i = lower_bound(traps, address);
	return i < traps->count && traps->items[i].address == address ? &traps->items[i] : NULL;
}

struct trap *traps_find_slot(const struct traps *traps, uint64_t address)
{
	size_t slot = trap_area_slot_index(&traps->area, address);
	if (slot >= TRAPS_MAX || !traps->slots[slot])
		return NULL;
	return &traps->items[traps->slots[slot] - 1];
}

void traps_hide_bytes(const struct traps *traps, uint64_t address, uint8_t *bytes, size_t size)
{
	for (size_t i = lower_bound(traps, address);
		i < traps->count && traps->items[i].address - address < size; i++) {
		uint8_t *byte = &bytes[traps->items[i].address - address];
		if (*byte == int3)
			*byte = traps->items[i].original;
	}
}

void traps_hide(const struct traps *traps, struct memory_run *runs, size_t count)
{
	for (size_t i = 0; traps && i < count; i++)
		traps_hide_bytes(traps, runs[i].address, runs[i].buffer, runs[i].done);
}

/* ---- Bytes ---- */

static struct error *put_in(struct traps *traps, const struct trap *trap)
{
	struct error *err = guardian_note_bytes(
		traps->guardian, trap->address, &trap->original, &int3, sizeof(int3));
	if (err)
		return err;
	int errnum = trap_write(traps->mem_fd, trap->address, &int3, sizeof(int3));
	if (!errnum)
		return NULL;
	guardian_forget_bytes(traps->guardian, trap->address);
	return error_system(errnum, "cannot set a breakpoint at 0x%" PRIx64, trap->address);
}

/* What the program has put there or unmapped meanwhile is not ours. */
static void take_out(struct traps *traps, const struct trap *trap)
{
	uint8_t byte;
	if (pread(traps->mem_fd, &byte, sizeof(byte), (off_t)trap->address) == sizeof(byte) &&
		byte == int3)
		trap_write(traps->mem_fd, trap->address, &trap->original, sizeof(byte));
	guardian_forget_bytes(traps->guardian, trap->address);
}

/* ---- Creating and freeing ---- */

static void set_options(struct tracees *tracees)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->condition == TRACEE_STOPPED)
			trace(PTRACE_SETOPTIONS, tracee->tid, tracee_options(tracees));
	}
}

static void free_traps(struct traps *traps)
{
	while (traps->children)
		traps_forget_child(traps, traps->children->pid);
	affinity_release(&traps->affinity);
	guardian_destroy(traps->guardian);
	close_fd(&traps->mem_fd);
	free(traps->items);
	free(traps->slots);
	free(traps);
}

void traps_forget(struct tracees *tracees)
{
	struct traps *traps = tracees->traps;
	if (!traps)
		return;
	tracees->traps = NULL;
	if (tracees->ended || tracees->execed)
		trap_area_forget(&traps->area);
	for (size_t i = 0; i < traps->count && (tracees->ended || tracees->execed); i++)
		guardian_forget_bytes(traps->guardian, traps->items[i].address);
	free_traps(traps);
}

static struct error *open_memory(struct tracees *tracees, struct traps *traps)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tracees_any_stopped(tracees));
	traps->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	return traps->mem_fd >= 0
		       ? NULL
		       : error_system(errno, "cannot set breakpoints: cannot open %s", path);
}

static struct error *create_in(
	struct tracees *tracees, struct traps *traps, uint64_t low, uint64_t high)
{
	traps->slots = calloc(TRAPS_MAX, sizeof(*traps->slots));
	if (!traps->slots)
		return error_no_memory();
	struct error *err = open_memory(tracees, traps);
	if (!err)
		err = guardian_create(tracees->pid, &traps->guardian);
	if (err)
		return err;
	traps->area.mem_fd = traps->mem_fd;
	traps->area.guardian = traps->guardian;
	return trap_area_create(&traps->area, tracees, low, high);
}

static struct error *create(
	struct tracees *tracees, struct target *target, uint64_t low, uint64_t high)
{
	struct traps *traps = calloc(1, sizeof(*traps));
	if (!traps)
		return error_no_memory();
	traps->target = target;
	traps->mem_fd = -1;
	struct error *err = create_in(tracees, traps, low, high);
	if (err) {
		free_traps(traps);
		return err;
	}
	tracees->traps = traps;
	set_options(tracees);
	return NULL;
}

/* All threads stand, none of them in the area, and no trap is in. */
static struct error *destroy(struct tracees *tracees)
{
	struct traps *traps = tracees->traps;
	traps_leave_children(tracees);
	struct error *err = trap_area_destroy(&traps->area, tracees);
	if (err)
		return err;
	tracees->traps = NULL;
	set_options(tracees);
	free_traps(traps);
	return NULL;
}

/* ---- Another set of traps ---- */

struct change {
	struct tracees *tracees;
	struct traps *traps;
	const uint64_t *wanted; /* ascending, no doubles */
	size_t count;
	struct trap *items; /* the new set */
	struct mapping *mappings;
	size_t mapping_count;
};

static int compare_addresses(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

static bool is_code(const struct change *change, uint64_t address)
{
	for (size_t i = 0; i < change->mapping_count; i++) {
		const struct mapping *mapping = &change->mappings[i];
		if (address >= mapping->start && address < mapping->end)
			return mapping->executable &&
			       !trap_area_contains(&change->traps->area, address);
	}
	return false;
}

static struct error *make_trap(
	struct change *change, uint64_t address, uint32_t slot, struct trap *ret)
{
	uint8_t bytes[INSTRUCTION_MAX];
	if (!is_code(change, address))
		return error_create(ERROR_USAGE,
			"cannot set a breakpoint at 0x%" PRIx64 ": no code is mapped there",
			address);
	ssize_t n = pread(change->traps->mem_fd, bytes, sizeof(bytes), (off_t)address);
	if (n <= 0)
		return error_system(errno, "cannot set a breakpoint at 0x%" PRIx64, address);
	traps_hide_bytes(change->traps, address, bytes, (size_t)n);
	*ret = (struct trap){.address = address, .original = bytes[0], .slot = slot};
	return displaced_make(address, (struct bytes){bytes, (size_t)n},
		trap_area_slot(&change->traps->area, slot), &ret->displaced);
}

/* Fills `items`; new ones get slots that are free. Nothing is changed yet. */
static struct error *make_items(struct change *change)
{
	uint32_t next_slot = 0;
	for (size_t i = 0; i < change->count; i++) {
		const struct trap *old = traps_find(change->traps, change->wanted[i]);
		if (old) {
			change->items[i] = *old;
			continue;
		}
		while (next_slot < TRAPS_MAX && change->traps->slots[next_slot])
			next_slot++;
		if (next_slot == TRAPS_MAX)
			return error_create(ERROR_OTHER,
				"more than %d places at once cannot be caught", (int)TRAPS_MAX / 2);
		struct error *err =
			make_trap(change, change->wanted[i], next_slot, &change->items[i]);
		if (err)
			return err;
		next_slot++;
	}
	return NULL;
}

/* Slots and table, of the old set and the new one. */
static struct error *write_area(const struct change *change)
{
	struct traps *traps = change->traps;
	_cleanup_free_ uint64_t *table = calloc(traps->count + change->count, sizeof(*table));
	if (!table)
		return error_no_memory();
	size_t count = 0;
	for (size_t i = 0; i < traps->count; i++)
		table[count++] = traps->items[i].address;
	for (size_t i = 0; i < change->count; i++) {
		if (traps_find(traps, change->items[i].address))
			continue;
		table[count++] = change->items[i].address;
		struct error *err = trap_area_write_slot(
			&traps->area, change->items[i].slot, &change->items[i].displaced);
		if (err)
			return err;
	}
	return count > TRAPS_MAX
		       ? error_create(ERROR_OTHER, "more than %d places at once cannot be caught",
				 (int)TRAPS_MAX / 2)
		       : trap_area_write_table(&traps->area, table, count);
}

static struct error *put_in_new(const struct change *change)
{
	struct traps *traps = change->traps;
	struct error *err = NULL;
	size_t i;
	for (i = 0; i < change->count && !err; i++) {
		if (!traps_find(traps, change->items[i].address))
			err = put_in(traps, &change->items[i]);
	}
	for (i = err ? i - 1 : 0; err && i > 0; i--) {
		if (!traps_find(traps, change->items[i - 1].address))
			take_out(traps, &change->items[i - 1]);
	}
	return err;
}

static bool is_wanted(const struct change *change, uint64_t address)
{
	return change->count && bsearch(&address, change->wanted, change->count, sizeof(address),
					compare_addresses);
}

/* The new set takes the old one's place. */
static void commit(struct change *change)
{
	struct traps *traps = change->traps;
	for (size_t i = 0; i < traps->count; i++) {
		if (is_wanted(change, traps->items[i].address))
			continue;
		take_out(traps, &traps->items[i]);
		traps->slots[traps->items[i].slot] = 0;
	}
	free(traps->items);
	traps->items = take_pointer(change->items);
	traps->count = change->count;
	for (size_t i = 0; i < traps->count; i++)
		traps->slots[traps->items[i].slot] = (uint32_t)i + 1;
}

static struct error *apply(struct change *change)
{
	change->items = calloc(change->count + 1, sizeof(*change->items));
	if (!change->items)
		return error_no_memory();
	struct error *err = proc_read_maps(tracees_any_stopped(change->tracees), &change->mappings,
		&change->mapping_count);
	if (!err)
		err = make_items(change);
	mappings_free(change->mappings, change->mapping_count);
	if (!err)
		err = write_area(change);
	if (!err)
		err = put_in_new(change);
	if (!err)
		commit(change);
	free(change->items);
	return err;
}

/* Sorts and removes doubles. */
static size_t sort_addresses(uint64_t *addresses, size_t count)
{
	qsort(addresses, count, sizeof(*addresses), compare_addresses);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (!kept || addresses[i] != addresses[kept - 1])
			addresses[kept++] = addresses[i];
	}
	return kept;
}

struct error *traps_set(struct tracees *tracees, struct target *target, const uint64_t *addresses,
	size_t count, const struct trap_handler *handler)
{
	_cleanup_free_ uint64_t *wanted = calloc(count + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	if (count)
		memcpy(wanted, addresses, count * sizeof(*wanted));
	count = sort_addresses(wanted, count);
	if (!tracees->traps && !count)
		return NULL;
	bool created = !tracees->traps;
	struct error *err =
		created ? create(tracees, target, wanted[0], wanted[count - 1] + 1) : NULL;
	if (err)
		return err;
	struct change change = {
		.tracees = tracees, .traps = tracees->traps, .wanted = wanted, .count = count};
	err = apply(&change);
	if (!err && count) {
		tracees->traps->handler = *handler;
		return NULL;
	}
	/* Whatever stays now is harmless, and will be tried again when we leave. */
	if (created || !count)
		error_destroy(destroy(tracees));
	return err;
}

void traps_leave(struct tracees *tracees)
{
	struct traps *traps = tracees->traps;
	traps->leaving = true;
	affinity_release(&traps->affinity);
	for (size_t i = 0; i < traps->count; i++)
		take_out(traps, &traps->items[i]);
	const struct stop_limits limits = {leave_ns, leave_ns, NULL};
	struct error *err = tracees_stop(tracees, &limits);
	if (!err && tracees->traps)
		err = destroy(tracees);
	error_destroy(err);
}
