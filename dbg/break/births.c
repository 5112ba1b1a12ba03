/* Open addressing; removing moves later entries of a run forward, so that no marks are left. */
#include "dbg/break/births.h"

enum { PLACES = 1 << 21, MOST = PLACES / 4 * 3 };

static size_t home(uint64_t goid)
{
	return (size_t)((goid * 0x9e3779b97f4a7c15ull) >> 43); /* the upper 21 bits */
}

static size_t after(size_t place)
{
	return (place + 1) % PLACES;
}

struct error *births_init(struct births *births)
{
	if (births->count > MOST / 2)
		births_deinit(births);
	if (!births->table)
		births->table = calloc(PLACES, sizeof(*births->table));
	return births->table ? NULL : error_no_memory();
}

void births_deinit(struct births *births)
{
	free(births->table);
	births->table = NULL;
	births->count = 0;
	births->lost = false;
}

/* Its place, or the free one where it would be. */
static size_t find(const struct births *births, uint64_t goid)
{
	size_t place = home(goid);
	while (births->table[place].goid && births->table[place].goid != goid)
		place = after(place);
	return place;
}

void births_add(struct births *births, uint64_t goid, int64_t time_ns)
{
	if (!births->table || !goid)
		return;
	size_t place = find(births, goid);
	if (!births->table[place].goid) {
		if (births->count >= MOST) {
			births->lost = true;
			return;
		}
		births->count++;
	}
	births->table[place] = (struct birth){goid, time_ns};
}

bool births_find(const struct births *births, uint64_t goid, int64_t *ret_ns)
{
	if (!births->table || !goid)
		return false;
	size_t place = find(births, goid);
	*ret_ns = births->table[place].time_ns;
	return births->table[place].goid == goid;
}

void births_remove(struct births *births, uint64_t goid)
{
	if (!births->table || !goid)
		return;
	size_t hole = find(births, goid);
	if (!births->table[hole].goid)
		return;
	for (size_t next = after(hole); births->table[next].goid; next = after(next)) {
		/* It may move when its home is not between the hole and itself. */
		size_t distance = (next - home(births->table[next].goid) + PLACES) % PLACES;
		if (distance < (next - hole + PLACES) % PLACES)
			continue;
		births->table[hole] = births->table[next];
		hole = next;
	}
	births->table[hole] = (struct birth){0};
	births->count--;
}
