/* Growing arrays without overflow. */
#include "dwarf/base/memory.h"

bool array_reserve_bytes(void *array, size_t *capacity, size_t count, size_t size)
{
	if (count <= *capacity)
		return true;
	size_t grown = *capacity + *capacity / 2;
	if (grown < count)
		grown = count < 8 ? 8 : count;
	void *old, *new;
	memcpy(&old, array, sizeof(old));
	new = reallocarray(old, grown, size);
	if (!new)
		return false;
	memcpy(array, &new, sizeof(new));
	*capacity = grown;
	return true;
}
