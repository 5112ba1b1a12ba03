/*
 * A hash table with open addressing. Removal moves later entries of a run, so it needs no
 * tombstones.
 */
#include "dbg/break/births.h"

enum { SLOTS = 1 << 21, MAX_ENTRIES = SLOTS / 4 * 3 };

static size_t home_slot(uint64_t goid)
{
	return (size_t)((goid * 0x9e3779b97f4a7c15ull) >> 43); /* the upper 21 bits */
}

static size_t next_slot(size_t slot)
{
	return (slot + 1) % SLOTS;
}

struct error *births_init(struct births *births)
{
	if (births->count > MAX_ENTRIES / 2)
		births_deinit(births);
	if (!births->table)
		births->table = calloc(SLOTS, sizeof(*births->table));
	return births->table ? NULL : error_no_memory();
}

void births_deinit(struct births *births)
{
	free(births->table);
	births->table = NULL;
	births->count = 0;
	births->lost = false;
}

/* The slot of `goid`, or the free slot where it would be inserted. */
static size_t slot_of(const struct births *births, uint64_t goid)
{
	size_t slot = home_slot(goid);
	while (births->table[slot].goid && births->table[slot].goid != goid)
		slot = next_slot(slot);
	return slot;
}

void births_add(struct births *births, uint64_t goid, int64_t time_ns)
{
	if (!births->table || !goid)
		return;
	size_t slot = slot_of(births, goid);
	if (!births->table[slot].goid) {
		if (births->count >= MAX_ENTRIES) {
			births->lost = true;
			return;
		}
		births->count++;
	}
	births->table[slot] = (struct birth){goid, time_ns};
}

bool births_find(const struct births *births, uint64_t goid, int64_t *ret_ns)
{
	if (!births->table || !goid)
		return false;
	size_t slot = slot_of(births, goid);
	*ret_ns = births->table[slot].time_ns;
	return births->table[slot].goid == goid;
}

void births_remove(struct births *births, uint64_t goid)
{
	if (!births->table || !goid)
		return;
	size_t hole = slot_of(births, goid);
	if (!births->table[hole].goid)
		return;
	for (size_t next = next_slot(hole); births->table[next].goid; next = next_slot(next)) {
		/* It may move unless its home slot is between the hole and itself. */
		size_t distance = (next - home_slot(births->table[next].goid) + SLOTS) % SLOTS;
		if (distance < (next - hole + SLOTS) % SLOTS)
			continue;
		births->table[hole] = births->table[next];
		hole = next;
	}
	births->table[hole] = (struct birth){0};
	births->count--;
}
