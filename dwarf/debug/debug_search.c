/* Finds entries of .debug_info by name: by a byte search or else entry by entry. */
#include "dwarf/debug/debug_search.h"

#include "dwarf/base/bisect.h"
#include "dwarf/debug/debug_abbreviations.h"
#include "dwarf/debug/debug_die.h"

enum {
	MAX_UNITS = 1 << 20,
	MAX_ENTRIES = 1 << 25, /* read by one walk */
	/* Candidates decoded per search; undamaged programs need two or three per name. */
	MAX_CHECKED = 1 << 14,
};

struct error *debug_search_init(struct bytes debug_info, struct bytes debug_abbrev,
	Dwarf_Debug handle, struct debug_search *ret)
{
	struct abbreviation_codes *codes = calloc(1, sizeof(*codes));
	if (!codes)
		return error_no_memory();
	if (!abbreviation_codes_read(debug_abbrev, codes)) {
		abbreviation_codes_deinit(codes);
		free(codes);
		return error_no_memory();
	}
	*ret = (struct debug_search){handle, debug_info, codes, true, 0};
	return NULL;
}

void debug_search_deinit(struct debug_search *search)
{
	abbreviation_codes_deinit(search->codes);
	free(search->codes);
}

int debug_name_compare(const void *a, const void *b)
{
	const struct debug_name *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static struct debug_name *lookup(struct debug_name *names, size_t count, const char *name)
{
	size_t at = bisect(i, count, strcmp(names[i].name, name) >= 0);
	return at < count && !strcmp(names[at].name, name) ? &names[at] : NULL;
}

static void add_candidate(struct debug_name *name, uint64_t entry)
{
	for (size_t i = 0; i < name->candidate_count; i++)
		if (name->candidates[i] == entry)
			return;
	if (name->candidate_count < MAX_CANDIDATES)
		name->candidates[name->candidate_count++] = entry;
}

/* Decodes the possible entry at `entry` and keeps it if it has the name. */
static void check_candidate(struct debug_search *search, struct debug_name *name, uint64_t entry)
{
	if (name->candidate_count == MAX_CANDIDATES || search->checked++ >= MAX_CHECKED)
		return;
	_cleanup_(die_deinit) struct die die = {0};
	if (!die_at(search->handle, entry, &die) || !tag_is_searchable(die_tag(&die)))
		return;
	const char *found = die_name(&die);
	if (found && strcmp(found, name->name) == 0)
		add_candidate(name, entry);
}

/* Checks a name at `position` for an abbreviation code of one or two bytes before it. */
static void check_position(struct debug_search *search, struct debug_name *names, size_t count,
	size_t position, size_t prefix)
{
	const uint8_t *data = search->debug_info.data;
	if (position < 2)
		return;
	bool short_code = abbreviation_code_is_inline(search->codes, data[position - 1]) &&
			  data[position - 1] < 0x80;
	uint32_t long_code = (data[position - 2] & 0x7fU) | (uint32_t)data[position - 1] << 7;
	bool is_long = data[position - 2] >= 0x80 && data[position - 1] < 0x80 &&
		       abbreviation_code_is_inline(search->codes, long_code);
	if (!short_code && !is_long)
		return;
	size_t left = search->debug_info.size - position;
	if (strnlen((const char *)data + position + prefix, left - prefix) == left - prefix)
		return;
	struct debug_name *name = lookup(names, count, (const char *)data + position);
	if (name && short_code)
		check_candidate(search, name, position - 1);
	if (name && is_long)
		check_candidate(search, name, position - 2);
}

/* Up to and including the last dot: one search serves all types of a package. */
static size_t prefix_length(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot ? (size_t)(dot - name) + 1 : strlen(name);
}

static void search_bytes(struct debug_search *search, struct debug_name *names, size_t count)
{
	const uint8_t *data = search->debug_info.data, *end = data + search->debug_info.size;
	for (size_t i = 0; i < count; i++) {
		size_t prefix = prefix_length(names[i].name);
		if (i > 0 && strncmp(names[i].name, names[i - 1].name, prefix) == 0 &&
			prefix_length(names[i - 1].name) == prefix)
			continue; /* found together with the previous name */
		const uint8_t *at = data;
		while (prefix && (at = memmem(at, (size_t)(end - at), names[i].name, prefix))) {
			check_position(search, names, count, (size_t)(at - data), prefix);
			at++;
		}
	}
}

/* Checks the children of a unit's first entry. False if there were too many. */
static bool walk_unit(
	struct debug_name *names, size_t count, const struct die *unit, size_t *entries)
{
	_cleanup_(die_deinit) struct die die = {0};
	for (bool more = die_child(unit, &die); more; more = die_next(&die)) {
		if (++*entries > MAX_ENTRIES)
			return false;
		const char *name = tag_is_searchable(die_tag(&die)) ? die_name(&die) : NULL;
		struct debug_name *wanted = name ? lookup(names, count, name) : NULL;
		if (wanted)
			add_candidate(wanted, die_offset(&die));
	}
	return true;
}

/* Skips units that use the table with inline names: with cgo, only the C units are walked. */
static void walk(struct debug_search *search, struct debug_name *names, size_t count)
{
	size_t entries = 0;
	for (int unit = 0; unit < MAX_UNITS; unit++) {
		_cleanup_(die_deinit) struct die die = {0};
		uint64_t table;
		enum unit_result result = die_next_unit(search->handle, &die, &table);
		if (result == UNIT_NONE)
			return; /* the next call starts over */
		if (result == UNIT_DAMAGED)
			break;
		if (abbreviation_table_is_other(search->codes, table) &&
			!walk_unit(names, count, &die, &entries))
			break;
	}
	search->may_walk = false;
}

static bool found_any(const struct debug_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].candidate_count)
			return true;
	return false;
}

struct error *debug_search_find(struct debug_search *search, struct debug_name *names, size_t count)
{
	if (!count)
		return NULL;
	qsort(names, count, sizeof(*names), debug_name_compare);
	search->checked = 0;
	search_bytes(search, names, count);
	/* A release may lack a name; if none is found at all, names are stored elsewhere. */
	if (search->may_walk && search->codes->other_table_count && !found_any(names, count))
		walk(search, names, count);
	return NULL;
}
