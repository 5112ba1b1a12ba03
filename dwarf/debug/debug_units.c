/* Reads compilation units and maps addresses to units and functions: see debug_units.h. */
#include "dwarf/debug/debug_units.h"

#include "dwarf/base/bisect.h"
#include "dwarf/debug/debug_lists.h"

enum {
	MAX_UNITS = 1 << 20,
	MAX_RANGES = 1 << 20,	 /* of one entry */
	MAX_FUNCTIONS = 1 << 22, /* of one unit */
	AT_GO_PACKAGE_NAME = 0x2905,
};

/* The code at [low, high) belongs to unit number `unit`. */
struct unit_range {
	uint64_t low, high;
	size_t unit;
};

struct debug_units {
	Dwarf_Debug handle;
	struct bytes ranges, range_lists, locations, location_lists, addresses;
	struct debug_unit *items; /* in the order of .debug_info */
	size_t count, capacity;
	struct unit_range *map; /* sorted by address */
	size_t map_count, map_capacity;
};

static struct bytes section(struct elf_image *image, const char *name)
{
	struct elf_section found;
	struct bytes bytes = {NULL, 0};
	if (elf_image_section(image, name, &found))
		error_destroy(elf_image_section_bytes(image, &found, &bytes));
	return bytes;
}

bool debug_unit_address(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t index, uint64_t *ret)
{
	struct bytes table;
	return unit->addr_base <= units->addresses.size &&
	       bytes_slice(units->addresses, unit->addr_base,
		       units->addresses.size - unit->addr_base, &table) &&
	       index < table.size / 8 && bytes_copy(table, 8 * index, ret, 8);
}

static struct debug_list open_list(const struct debug_units *units, const struct debug_unit *unit,
	bool locations, uint64_t offset)
{
	bool old = unit->version < 5;
	struct debug_list list = {.old = old, .locations = locations, .base = unit->low_pc};
	list.reader.data = locations ? old ? units->locations : units->location_lists
			   : old     ? units->ranges
				     : units->range_lists;
	list.reader.at = offset;
	if (unit->addr_base <= units->addresses.size)
		list.addresses = (struct bytes){units->addresses.data + unit->addr_base,
			units->addresses.size - unit->addr_base};
	return list;
}

bool debug_unit_location(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t offset, uint64_t pc, struct bytes *ret)
{
	struct debug_list list = open_list(units, unit, true, offset);
	struct debug_list_entry entry;
	for (size_t i = 0; i < MAX_RANGES && debug_list_next(&list, &entry); i++) {
		if (pc >= entry.low && pc < entry.high) {
			*ret = entry.expression;
			return true;
		}
	}
	return false;
}

/* Calls `visit` with each code range of the entry until it returns false. */
static void visit_ranges(const struct debug_units *units, const struct debug_unit *unit,
	const struct die *die, bool (*visit)(void *context, uint64_t low, uint64_t high),
	void *context)
{
	uint64_t low, high, offset;
	bool is_index;
	if (die_section_offset(die, DW_AT_ranges, &offset)) {
		struct debug_list list = open_list(units, unit, false, offset);
		struct debug_list_entry entry;
		for (size_t i = 0; i < MAX_RANGES && debug_list_next(&list, &entry); i++)
			if (!visit(context, entry.low, entry.high))
				return;
		return;
	}
	if (!die_code_address(die, DW_AT_low_pc, &low, &is_index) ||
		(is_index && !debug_unit_address(units, unit, low, &low)))
		return;
	if (die_form(die, DW_AT_high_pc) == DW_FORM_addr) {
		if (!die_code_address(die, DW_AT_high_pc, &high, &is_index))
			return;
	} else {
		if (!die_unsigned(die, DW_AT_high_pc, &high))
			return;
		high += low;
	}
	if (low < high)
		visit(context, low, high);
}

struct coverage {
	uint64_t pc;
	bool found;
};

static bool check_range(void *context, uint64_t low, uint64_t high)
{
	struct coverage *coverage = context;
	coverage->found = coverage->pc >= low && coverage->pc < high;
	return !coverage->found;
}

bool debug_unit_covers(const struct debug_units *units, const struct debug_unit *unit,
	const struct die *die, uint64_t pc)
{
	struct coverage coverage = {.pc = pc};
	visit_ranges(units, unit, die, check_range, &coverage);
	return coverage.found;
}

static bool add_range(void *context, uint64_t low, uint64_t high)
{
	struct debug_units *units = context;
	if (!array_reserve(&units->map, &units->map_capacity, units->map_count + 1))
		return false;
	units->map[units->map_count++] = (struct unit_range){low, high, units->count - 1};
	return true;
}

static struct error *add_unit(struct debug_units *units, const struct die *die)
{
	if (!array_reserve(&units->items, &units->capacity, units->count + 1))
		return error_no_memory();
	struct debug_unit unit = {.entry = die_offset(die), .version = die_version(die)};
	unit.name = die_name(die);
	bool is_index;
	die_section_offset(die, DW_AT_addr_base, &unit.addr_base);
	unit.package = die_string(die, AT_GO_PACKAGE_NAME);
	if (die_code_address(die, DW_AT_low_pc, &unit.low_pc, &is_index) && is_index &&
		!debug_unit_address(units, &unit, unit.low_pc, &unit.low_pc))
		unit.low_pc = 0;
	units->items[units->count++] = unit;
	visit_ranges(units, &units->items[units->count - 1], die, add_range, units);
	return NULL;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;
	return x->low < y->low ? -1 : x->low > y->low;
}

struct error *debug_units_open(
	struct elf_image *image, Dwarf_Debug handle, struct debug_units **ret)
{
	struct debug_units *units = calloc(1, sizeof(*units));
	if (!units)
		return error_no_memory();
	*units = (struct debug_units){
		.handle = handle,
		.ranges = section(image, ".debug_ranges"),
		.range_lists = section(image, ".debug_rnglists"),
		.locations = section(image, ".debug_loc"),
		.location_lists = section(image, ".debug_loclists"),
		.addresses = section(image, ".debug_addr"),
	};
	struct error *err = NULL;
	/* Read all units, also after an error: see die_next_unit(). */
	for (;;) {
		_cleanup_(die_deinit) struct die die = {0};
		uint64_t abbreviations;
		if (die_next_unit(handle, &die, &abbreviations) != UNIT_FOUND)
			break;
		if (!err && units->count < MAX_UNITS)
			err = add_unit(units, &die);
	}
	if (err) {
		debug_units_close(units);
		return err;
	}
	if (units->map_count)
		qsort(units->map, units->map_count, sizeof(*units->map), compare_ranges);
	*ret = units;
	return NULL;
}

void debug_units_close(struct debug_units *units)
{
	if (!units)
		return;
	for (size_t i = 0; i < units->count; i++)
		free(units->items[i].functions);
	free(units->items);
	free(units->map);
	free(units);
}

Dwarf_Debug debug_units_handle(const struct debug_units *units)
{
	return units->handle;
}

size_t debug_units_list(const struct debug_units *units, const struct debug_unit **ret)
{
	*ret = units->items;
	return units->count;
}

const struct debug_unit *debug_units_of_entry(const struct debug_units *units, uint64_t entry)
{
	size_t next = bisect(i, units->count, units->items[i].entry > entry);
	return next ? &units->items[next - 1] : NULL;
}

/* ---- Functions ---- */

struct function_list {
	struct debug_unit *unit;
	size_t capacity;
	uint64_t entry;
};

static bool add_function(void *context, uint64_t low, uint64_t high)
{
	struct function_list *list = context;
	struct debug_unit *unit = list->unit;
	if (unit->function_count >= MAX_FUNCTIONS ||
		!array_reserve(&unit->functions, &list->capacity, unit->function_count + 1))
		return false;
	unit->functions[unit->function_count++] = (struct debug_function){low, high, list->entry};
	return true;
}

static int compare_functions(const void *a, const void *b)
{
	const struct debug_function *x = a, *y = b;
	return x->low_pc < y->low_pc ? -1 : x->low_pc > y->low_pc;
}

static void load_functions(struct debug_units *units, struct debug_unit *unit)
{
	if (unit->functions_loaded)
		return;
	unit->functions_loaded = true;
	_cleanup_(die_deinit) struct die root = {0}, die = {0};
	if (!die_at(units->handle, unit->entry, &root))
		return;
	struct function_list list = {.unit = unit};
	for (bool more = die_child(&root, &die); more; more = die_next(&die)) {
		if (die_tag(&die) != DW_TAG_subprogram)
			continue;
		list.entry = die_offset(&die);
		visit_ranges(units, unit, &die, add_function, &list);
	}
	if (unit->function_count)
		qsort(unit->functions, unit->function_count, sizeof(*unit->functions),
			compare_functions);
}

static const struct unit_range *range_at(const struct debug_units *units, uint64_t pc)
{
	size_t next = bisect(i, units->map_count, units->map[i].low > pc);
	return next && pc < units->map[next - 1].high ? &units->map[next - 1] : NULL;
}

bool debug_units_function_at(struct debug_units *units, uint64_t pc, const struct debug_unit **ret,
	struct debug_function *ret_function)
{
	const struct unit_range *range = range_at(units, pc);
	if (!range)
		return false;
	struct debug_unit *unit = &units->items[range->unit];
	load_functions(units, unit);
	size_t found = bisect(i, unit->function_count, unit->functions[i].high_pc > pc);
	if (found == unit->function_count || pc < unit->functions[found].low_pc)
		return false;
	*ret = unit;
	*ret_function = unit->functions[found];
	return true;
}
