/* The goroutines in other orders than by id: by the address of the g, and by stack. */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"
#include "dwarf/base/sort_keys.h"

static uint64_t address_of(const struct goroutine *goroutine)
{
	return goroutine->address;
}

static uint64_t stack_of(const struct goroutine *goroutine)
{
	return goroutine->stack_low;
}

static uint64_t goid_of(const struct goroutine *goroutine)
{
	return goroutine->goid;
}

/* The numbers in the list of the sorted goroutines; the caller frees them. NULL without memory. */
static uint32_t *sort_goroutines(
	const struct goroutine_list *list, uint64_t (*key_of)(const struct goroutine *goroutine))
{
	_cleanup_free_ struct sort_key *keys = calloc(list->count + 1, sizeof(*keys));
	uint32_t *numbers = calloc(list->count + 1, sizeof(*numbers));
	for (size_t i = 0; keys && i < list->count; i++)
		keys[i] = (struct sort_key){key_of(&list->items[i]), (uint32_t)i};
	if (!keys || !numbers || !sort_keys(keys, list->count)) {
		free(numbers);
		return NULL;
	}
	for (size_t i = 0; i < list->count; i++)
		numbers[i] = keys[i].number;
	return numbers;
}

struct error *goroutine_list_sort(struct goroutine_list *list)
{
	_cleanup_free_ uint32_t *numbers = sort_goroutines(list, goid_of);
	if (!numbers)
		return error_no_memory();
	/* Item numbers[i] belongs at i: move each cycle of the permutation. */
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t at = i, next;
		if (numbers[i] == i)
			continue;
		struct goroutine first = list->items[i];
		for (; numbers[at] != i; at = next) {
			next = numbers[at];
			list->items[at] = list->items[next];
			numbers[at] = at;
		}
		list->items[at] = first;
		numbers[at] = at;
	}
	return NULL;
}

static struct error *sort_by_stack(const struct goroutine_list *list, const struct goroutine ***ret)
{
	_cleanup_free_ uint32_t *numbers = sort_goroutines(list, stack_of);
	const struct goroutine **sorted = calloc(list->count + 1, sizeof(*sorted));
	if (!numbers || !sorted) {
		free(sorted);
		return error_no_memory();
	}
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->items[numbers[i]];
	*ret = sorted;
	return NULL;
}

struct error *program_goroutines_by_stack(
	struct program *program, const struct goroutine *const **ret, size_t *ret_count)
{
	const struct goroutine_list *list;
	struct goroutine_cache *cache = program->goroutines;
	struct error *err = program_goroutines(program, &list);
	if (!err && !cache->by_stack)
		err = sort_by_stack(list, &cache->by_stack);
	if (err)
		return err;
	*ret = cache->by_stack;
	*ret_count = list->count;
	return NULL;
}

const struct goroutine *program_goroutine_of_stack(struct program *program, uint64_t address)
{
	const struct goroutine *const *sorted;
	size_t count;
	struct error *err = program_goroutines_by_stack(program, &sorted, &count);
	if (err) {
		error_destroy(err);
		return NULL;
	}
	size_t at = bisect(i, count, sorted[i]->stack_high > address);
	return at < count && sorted[at]->stack_low <= address ? sorted[at] : NULL;
}

const struct goroutine *program_goroutine_at(struct program *program, uint64_t address)
{
	struct goroutine_cache *cache = program->goroutines;
	const struct goroutine_list *list;
	struct error *err = program_goroutines(program, &list);
	if (!err && !cache->by_address)
		cache->by_address = sort_goroutines(list, address_of);
	if (err || !cache->by_address) {
		error_destroy(err);
		return NULL;
	}
	const uint32_t *numbers = cache->by_address;
	size_t at = bisect(i, list->count, list->items[numbers[i]].address >= address);
	const struct goroutine *found = at < list->count ? &list->items[numbers[at]] : NULL;
	return found && found->address == address ? found : NULL;
}
