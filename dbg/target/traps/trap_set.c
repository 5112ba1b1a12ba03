/* Replacing the set of traps. Everything is prepared first, so that an error changes nothing. */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/traps/traps_private.h"

struct change {
	struct tracees *tracees;
	struct traps *traps;
	const uint64_t *wanted; /* ascending, no duplicates */
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
	/* A trap that is set already may be on the next instruction. */
	struct memory_run run = {.address = address, .buffer = bytes, .done = (size_t)n};
	original_bytes_hide(change->traps->bytes, &run, 1);
	*ret = (struct trap){.address = address, .original = bytes[0], .slot = slot};
	return displaced_make(address, (struct bytes){bytes, (size_t)n},
		trap_area_slot(&change->traps->area, slot), &ret->displaced);
}

/* Fills `items`; new traps get free slots. Changes nothing yet. */
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
				"at most %d breakpoint locations can be set", (int)TRAPS_MAX / 2);
		struct error *err =
			make_trap(change, change->wanted[i], next_slot, &change->items[i]);
		if (err)
			return err;
		next_slot++;
	}
	return NULL;
}

/* Writes the slots of new traps, and the table with the addresses of both sets. */
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
		       ? error_create(ERROR_OTHER, "at most %d breakpoint locations can be set",
				 (int)TRAPS_MAX / 2)
		       : trap_area_write_table(&traps->area, table, count);
}

static struct error *insert_new(const struct change *change)
{
	struct traps *traps = change->traps;
	struct error *err = NULL;
	size_t i;
	for (i = 0; i < change->count && !err; i++) {
		if (!traps_find(traps, change->items[i].address))
			err = trap_insert(traps, &change->items[i]);
	}
	for (i = err ? i - 1 : 0; err && i > 0; i--) {
		if (!traps_find(traps, change->items[i - 1].address))
			trap_remove(traps, &change->items[i - 1]);
	}
	return err;
}

static bool is_wanted(const struct change *change, uint64_t address)
{
	return change->count &&
	       bsearch(&address, change->wanted, change->count, sizeof(address), compare_addresses);
}

/* Reduces the table of bytes to the current set. It becomes smaller, so this cannot fail. */
static void shrink_bytes(const struct traps *traps)
{
	error_destroy(original_bytes_set(traps->bytes, traps->items, traps->count, NULL, 0));
}

/* Removes traps that are no longer wanted, and makes the new set the current one. */
static void commit(struct change *change)
{
	struct traps *traps = change->traps;
	for (size_t i = 0; i < traps->count; i++) {
		if (is_wanted(change, traps->items[i].address))
			continue;
		trap_remove(traps, &traps->items[i]);
		traps->slots[traps->items[i].slot] = 0;
	}
	free(traps->items);
	traps->items = take_pointer(change->items);
	traps->count = change->count;
	for (size_t i = 0; i < traps->count; i++)
		traps->slots[traps->items[i].slot] = (uint32_t)i + 1;
	shrink_bytes(traps);
}

static struct error *apply(struct change *change)
{
	change->items = calloc(change->count + 1, sizeof(*change->items));
	if (!change->items)
		return error_no_memory();
	struct error *err = proc_read_maps(
		tracees_any_stopped(change->tracees), &change->mappings, &change->mapping_count);
	if (!err)
		err = make_items(change);
	mappings_free(change->mappings, change->mapping_count);
	if (!err)
		err = write_area(change);
	if (!err)
		err = original_bytes_set(change->traps->bytes, change->traps->items,
			change->traps->count, change->items, change->count);
	if (!err)
		err = insert_new(change);
	if (!err)
		commit(change);
	else
		shrink_bytes(change->traps);
	free(change->items);
	return err;
}

/* Sorts and removes duplicates; returns how many remain. */
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

struct error *traps_set(struct tracees *tracees, struct target *target,
	struct original_bytes *bytes, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler)
{
	_cleanup_free_ uint64_t *wanted = calloc(count + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	if (count)
		memcpy(wanted, addresses, count * sizeof(*wanted));
	count = sort_addresses(wanted, count);
	if (!traps_of(tracees) && !count)
		return NULL;
	bool created = !traps_of(tracees);
	struct error *err =
		created ? traps_create(tracees, target, bytes, wanted[0], wanted[count - 1] + 1)
			: NULL;
	if (err)
		return err;
	struct change change = {
		.tracees = tracees, .traps = traps_of(tracees), .wanted = wanted, .count = count};
	err = apply(&change);
	if (!err && count) {
		traps_of(tracees)->handler = *handler;
		return NULL;
	}
	/* If this fails, what remains is harmless, and detaching tries again. */
	if (created || !count)
		error_destroy(traps_destroy(tracees));
	return err;
}
