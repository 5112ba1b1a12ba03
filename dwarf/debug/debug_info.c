/* Answers questions by name (types, fields, constants, variables) from DWARF: see debug_info.h. */
#include "dwarf/debug/debug_info.h"

#include "dwarf/debug/debug_die.h"
#include "dwarf/debug/debug_search.h"
#include "dwarf/debug/debug_types.h"
#include "dwarf/debug/debug_units.h"

#include <search.h>

enum { MAX_TYPE_SIZE = 1 << 30 };

struct debug_info {
	struct elf_image *image;
	struct libdwarf_session *session; /* NULL until first used */
	struct debug_search search;
	struct debug_types types;
	struct debug_packages packages;
	void *known;		   /* struct known_name by name */
	struct debug_units *units; /* NULL until first used */
};

/* The cached result of searching for a name. */
struct known_name {
	char *name;
	bool found_type, found_constant;
	uint64_t type; /* entry in .debug_info */
	int64_t constant;
};

static int compare_known(const void *a, const void *b)
{
	const struct known_name *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static void free_known(void *node)
{
	struct known_name *known = node;
	free(known->name);
	free(known);
}

struct error *debug_info_open(struct elf_image *image, struct debug_info **ret)
{
	struct elf_section section;
	if (!elf_image_section(image, ".debug_info", &section) || !section.size ||
		!elf_image_section(image, ".debug_abbrev", &section) || !section.size)
		return error_create(ERROR_NOT_FOUND,
			"%s has no DWARF: it was stripped or linked with -ldflags=-w",
			elf_image_path(image));
	struct debug_info *info = calloc(1, sizeof(*info));
	if (!info)
		return error_no_memory();
	info->image = image;
	*ret = info;
	return NULL;
}

void debug_info_close(struct debug_info *info)
{
	if (!info)
		return;
	tdestroy(info->known, free_known);
	debug_units_close(info->units);
	if (info->session) {
		debug_packages_deinit(&info->packages);
		debug_types_deinit(&info->types);
		debug_search_deinit(&info->search);
		libdwarf_session_close(info->session);
	}
	free(info);
}

static struct error *section_bytes(struct debug_info *info, const char *name, struct bytes *ret)
{
	struct elf_section section;
	if (!elf_image_section(info->image, name, &section))
		return error_create(
			ERROR_BAD_DATA, "%s has no section %s", elf_image_path(info->image), name);
	return elf_image_section_bytes(info->image, &section, ret);
}

/* Opens the sections on first use. */
static struct error *load_sections(struct debug_info *info)
{
	if (info->session)
		return NULL;
	struct bytes debug_info, debug_abbrev;
	struct error *err = section_bytes(info, ".debug_info", &debug_info);
	if (!err)
		err = section_bytes(info, ".debug_abbrev", &debug_abbrev);
	struct libdwarf_session *session = NULL;
	if (!err)
		err = libdwarf_session_open(info->image, &session);
	if (err)
		return err;
	Dwarf_Debug handle = libdwarf_session_handle(session);
	err = debug_search_init(debug_info, debug_abbrev, handle, &info->search);
	if (err) {
		libdwarf_session_close(session);
		return err;
	}
	debug_types_init(&info->types, handle);
	info->session = session;
	return NULL;
}

/*
 * Ranks an entry as a candidate for a type; the lowest rank wins, and a negative one rejects it.
 * The bytes found may be the end of a longer name ("chan time.Time" ends like an entry with code
 * 32), so the entry must be complete and plausible.
 */
static int type_rank(struct debug_info *info, uint64_t entry)
{
	const struct debug_type *type = debug_types_get(&info->types, entry);
	if (!type || type->size > MAX_TYPE_SIZE)
		return -1;
	if (type->kind == DEBUG_TYPE_STRUCT) {
		for (size_t i = 0; i < type->member_count; i++)
			if (type->members[i].offset > type->size)
				return -1;
		return type->member_count ? 0 : 3;
	}
	if (type->kind == DEBUG_TYPE_SCALAR)
		return 1;
	const struct debug_type *target = debug_types_resolve(&info->types, entry);
	return target && target->kind != DEBUG_TYPE_UNKNOWN ? 2 : -1;
}

static bool read_constant(struct debug_info *info, uint64_t entry, int64_t *ret)
{
	_cleanup_(die_deinit) struct die die = {0};
	return die_at(info->search.handle, entry, &die) && die_tag(&die) == DW_TAG_constant &&
	       die_signed(&die, DW_AT_const_value, ret);
}

static struct error *cache_name(struct debug_info *info, const struct debug_name *name)
{
	struct known_name *known = calloc(1, sizeof(*known));
	if (!known)
		return error_no_memory();
	known->name = strdup(name->name);
	if (!known->name || !tsearch(known, &info->known, compare_known)) {
		free_known(known);
		return error_no_memory();
	}
	int best = -1;
	for (size_t i = 0; i < name->candidate_count; i++) {
		uint64_t entry = name->candidates[i];
		if (!known->found_constant && read_constant(info, entry, &known->constant)) {
			known->found_constant = true;
			continue;
		}
		int rank = type_rank(info, entry);
		if (rank < 0 || (best >= 0 && rank >= best))
			continue;
		best = rank;
		known->type = entry;
		known->found_type = true;
	}
	return NULL;
}

static const struct known_name *cached_name(struct debug_info *info, const char *name)
{
	union {
		const char *in;
		char *out;
	} unqualified = {name};
	struct known_name key = {.name = unqualified.out};
	struct known_name *const *found = tfind(&key, &info->known, compare_known);
	return found ? *found : NULL;
}

/* Sorts the names and removes duplicates: the search fills in only one of equal names. */
static size_t unique_names(struct debug_name *names, size_t count)
{
	size_t left = 0;
	if (count)
		qsort(names, count, sizeof(*names), debug_name_compare);
	for (size_t i = 0; i < count; i++)
		if (!left || strcmp(names[left - 1].name, names[i].name) != 0)
			names[left++] = names[i];
	return left;
}

/* Searches for those of the `count` names, name_at(queries, i), that are not cached yet. */
static struct error *search_names(struct debug_info *info, const void *queries, size_t count,
	const char *(*name_at)(const void *queries, size_t i))
{
	struct error *err = load_sections(info);
	if (err)
		return err;
	_cleanup_free_ struct debug_name *names = NULL;
	size_t capacity = 0, name_count = 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = name_at(queries, i);
		if (cached_name(info, name))
			continue;
		if (!array_reserve(&names, &capacity, name_count + 1))
			return error_no_memory();
		names[name_count++] = (struct debug_name){.name = name};
	}
	name_count = unique_names(names, name_count);
	err = debug_search_find(&info->search, names, name_count);
	for (size_t i = 0; i < name_count && !err; i++)
		err = cache_name(info, &names[i]);
	return err;
}

static const char *field_query_name(const void *queries, size_t i)
{
	return ((const struct field_query *)queries)[i].type;
}

static const char *constant_query_name(const void *queries, size_t i)
{
	return ((const struct constant_query *)queries)[i].name;
}

static const char *plain_name(const void *queries, size_t i)
{
	return ((const char *const *)queries)[i];
}

static struct error *answer_fields(void *context, const struct field_query *queries, size_t count)
{
	struct debug_info *info = context;
	for (size_t i = 0; i < count; i++)
		*queries[i].ret = (struct field){0};
	struct error *err = search_names(info, queries, count, field_query_name);
	for (size_t i = 0; i < count && !err; i++) {
		const struct field_query *query = &queries[i];
		const struct known_name *known = cached_name(info, query->type);
		uint64_t offset, size;
		if (!known || !known->found_type ||
			!debug_types_find(&info->types, known->type, query->path, &offset, &size) ||
			offset > MAX_TYPE_SIZE || size > MAX_TYPE_SIZE)
			continue;
		*query->ret = (struct field){(uint32_t)offset, (uint32_t)size};
	}
	return err;
}

static struct error *answer_constants(
	void *context, const struct constant_query *queries, size_t count)
{
	struct debug_info *info = context;
	for (size_t i = 0; i < count; i++)
		*queries[i].ret_present = false;
	struct error *err = search_names(info, queries, count, constant_query_name);
	for (size_t i = 0; i < count && !err; i++) {
		const struct known_name *known = cached_name(info, queries[i].name);
		if (!known || !known->found_constant)
			continue;
		*queries[i].ret = known->constant;
		*queries[i].ret_present = true;
	}
	return err;
}

struct error *debug_info_go_type(struct debug_info *info, uint64_t entry, struct debug_go_type *ret)
{
	struct error *err = load_sections(info);
	if (err)
		return err;
	return debug_go_type_read(info->search.handle, entry, ret)
		       ? NULL
		       : error_create(ERROR_BAD_DATA,
				 "there is no Go type at %#llx in the DWARF of %s",
				 (unsigned long long)entry, elf_image_path(info->image));
}

struct error *debug_info_go_fields(
	struct debug_info *info, uint64_t entry, struct debug_go_field **ret, size_t *ret_count)
{
	struct error *err = load_sections(info);
	if (err)
		return err;
	return debug_go_fields_read(info->search.handle, entry, ret, ret_count)
		       ? NULL
		       : error_create(ERROR_BAD_DATA,
				 "the struct at %#llx in the DWARF of %s has damaged fields",
				 (unsigned long long)entry, elf_image_path(info->image));
}

struct error *debug_info_find_type(struct debug_info *info, const char *name, uint64_t *ret)
{
	*ret = 0;
	struct error *err = search_names(info, &name, 1, plain_name);
	const struct known_name *known = err ? NULL : cached_name(info, name);
	if (known && known->found_type)
		*ret = known->type;
	return err;
}

struct error *debug_info_packages(
	struct debug_info *info, const struct debug_package **ret, size_t *ret_count)
{
	struct error *err = load_sections(info);
	if (!err && !info->packages.known)
		err = debug_packages_load(&info->packages, info->search.handle);
	*ret = info->packages.items;
	*ret_count = info->packages.count;
	return err;
}

struct error *debug_info_package_name(
	struct debug_info *info, const char *import_path, const char **ret)
{
	const struct debug_package *packages;
	size_t count;
	struct error *err = debug_info_packages(info, &packages, &count);
	*ret = err ? NULL : debug_packages_find(&info->packages, import_path);
	return err;
}

struct layout_source debug_info_layout_source(struct debug_info *info)
{
	return (struct layout_source){answer_fields, answer_constants, info, "DWARF"};
}

struct error *debug_info_units(struct debug_info *info, struct debug_units **ret)
{
	struct error *err = load_sections(info);
	if (!err && !info->units)
		err = debug_units_open(
			info->image, libdwarf_session_handle(info->session), &info->units);
	*ret = info->units;
	return err;
}

struct error *debug_info_variable(struct debug_info *info, const char *name, uint64_t *ret)
{
	struct error *err = load_sections(info);
	if (err)
		return err;
	struct debug_name wanted = {.name = name};
	err = debug_search_find(&info->search, &wanted, 1);
	for (size_t i = 0; !err && i < wanted.candidate_count; i++) {
		_cleanup_(die_deinit) struct die die = {0};
		if (die_at(info->search.handle, wanted.candidates[i], &die) &&
			die_tag(&die) == DW_TAG_variable) {
			*ret = wanted.candidates[i];
			return NULL;
		}
	}
	return err ? err : error_create(ERROR_NOT_FOUND, "there is no variable %s", name);
}
