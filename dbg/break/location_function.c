/* Finds the calls of a function: its own code, and inlined copies. See location.h. */
#include "dbg/break/location.h"

#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dwarf/code/code_locations.h"

enum { MAX_CANDIDATES = 8, MAX_ENTRIES = 64 };

struct search {
	const char *name;
	const char *exact; /* a function with exactly this name; NULL: none */
	const char *candidates[MAX_CANDIDATES];
	size_t count; /* distinct candidates; may exceed MAX_CANDIDATES, only those are stored */
};

/* Compares up to type arguments ("[...]", "[go.shape.int]") and the parentheses of "(*T)". */
static bool same_spelling(const char *name, const char *wanted)
{
	while (*name && *wanted) {
		if (*name == *wanted) {
			name++;
			wanted++;
		} else if (strncmp(name, "(*", 2) == 0) {
			name += 2;
		} else if (*name == ')') {
			name++;
		} else if (*name == '[' && (*wanted == '.' || *wanted == ')')) {
			const char *close = strchr(name, ']');
			if (!close)
				return false;
			name = close + 1;
		} else {
			return false;
		}
	}
	if (*name == '[')
		name = strrchr(name, ']') ? strrchr(name, ']') + 1 : name;
	return !*name && !*wanted;
}

/* True if `name` ends with `wanted`, such as "handle", "server.handle" or "(*T).M". */
static bool name_fits(const char *name, const char *wanted)
{
	if (same_spelling(name, wanted))
		return true;
	for (const char *p = name; *p && *p != '['; p++) {
		if ((*p == '.' || *p == '/') && same_spelling(p + 1, wanted))
			return true;
	}
	return false;
}

static void consider(struct search *search, const char *name)
{
	if (search->exact || !name_fits(name, search->name))
		return;
	if (strcmp(name, search->name) == 0) {
		search->exact = name;
		return;
	}
	size_t known = search->count < MAX_CANDIDATES ? search->count : MAX_CANDIDATES;
	for (size_t i = 0; i < known; i++) {
		if (strcmp(search->candidates[i], name) == 0)
			return;
	}
	if (search->count < MAX_CANDIDATES)
		search->candidates[search->count] = name;
	search->count++;
}

/* The highest index of an inlined call in `function`; -1: none. */
static int32_t last_inlined(const struct pclntab *table, const struct pc_function *function)
{
	struct pc_ranges ranges;
	int32_t last = -1;
	if (!pc_ranges_of_data(table, function, PCDATA_INLINE_TREE_INDEX, &ranges))
		return last;
	while (pc_ranges_next(&ranges))
		last = ranges.value > last ? ranges.value : last;
	return last;
}

static void consider_all(const struct pclntab *table, struct search *search)
{
	struct pc_function function;
	for (uint32_t i = 0; i < table->function_count; i++) {
		if (!pclntab_function(table, i, &function))
			continue;
		consider(search, function.name);
		int32_t last = last_inlined(table, &function);
		struct pc_inlined call;
		for (int32_t j = 0; j <= last; j++) {
			if (pclntab_inlined(table, &function, j, &call))
				consider(search, call.function);
		}
	}
}

/* True if the candidates are instances of one generic function, which has a name per shape. */
static bool is_one_function(const struct search *search)
{
	if (search->count > MAX_CANDIDATES)
		return false;
	size_t first = strcspn(search->candidates[0], "[");
	for (size_t i = 1; i < search->count; i++) {
		const char *name = search->candidates[i];
		if (strcspn(name, "[") != first || name[first] != '[' ||
			strncmp(name, search->candidates[0], first) != 0)
			return false;
	}
	return true;
}

static struct error *no_single_function(const struct search *search)
{
	if (!search->count)
		return error_create(ERROR_NOT_FOUND,
			"there is no function %s: write its name as stacks show it "
			"(main.worker, http.(*conn).serve), FILE:LINE, *ADDR, "
			"or newproc, goexit, cancel, park, ready or panic",
			search->name);
	char text[1024];
	size_t used = 0;
	for (size_t i = 0; i < search->count && i < MAX_CANDIDATES && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
			search->candidates[i]);
	return error_create(ERROR_USAGE, "%s is ambiguous: it can be %s%s; write more of the name",
		search->name, text, search->count > MAX_CANDIDATES ? ", …" : "");
}

static bool is_meant(const struct search *search, const char *name)
{
	if (search->exact)
		return strcmp(name, search->exact) == 0;
	for (size_t i = 0; i < search->count; i++) {
		if (strcmp(name, search->candidates[i]) == 0)
			return true;
	}
	return false;
}

/* The context of is_inside(): one inlined call. */
struct instance {
	const struct pclntab *table;
	const struct pc_function *function;
	int32_t number;
};

/* True if the instruction at `offset` is of the inlined call, or of a call inlined into it. */
static bool is_inside(void *context, size_t offset)
{
	const struct instance *instance = context;
	const struct pc_function *function = instance->function;
	uint32_t pc = function->entry + (uint32_t)offset;
	for (int i = 0; i < PC_LINES_MAX; i++) {
		int32_t number;
		struct pc_inlined call;
		if (!pclntab_pcdata(
			    instance->table, function, PCDATA_INLINE_TREE_INDEX, pc, &number) ||
			number < 0)
			return false;
		if (number == instance->number)
			return true;
		if (!pclntab_inlined(instance->table, function, number, &call))
			return false;
		pc = call.parent_pc;
	}
	return false;
}

/* Adds the entries of inlined call number `number`. If it has no instructions of its own, adds the
 * instruction of the caller that represents it. */
static struct error *add_inlined(struct program *program, const struct module *module,
	const struct pc_function *function, int32_t number, const struct pc_inlined *call,
	struct location *location)
{
	struct bytes code;
	size_t entries[MAX_ENTRIES];
	struct instance instance = {&module->pclntab, function, number};
	struct error *err = function_code(module, function, &code);
	if (err)
		return err;
	size_t count = code_region_entries(code, is_inside, &instance, entries, MAX_ENTRIES);
	if (!count || count > MAX_ENTRIES) {
		entries[0] = call->parent_pc - function->entry;
		count = 1;
	}
	for (size_t i = 0; i < count && !err; i++) {
		size_t known = location->count;
		err = location_add(program, location, module->text + function->entry + entries[i]);
		if (!err && location->count > known) {
			struct code_location *code_location = &location->items[known].code;
			code_location->function = call->function;
			location->items[known].inlined_into = function->name;
			location->items[known].loop =
				code_is_jump_target(code, entries[i], is_inside, &instance);
		}
	}
	return err;
}

static bool is_wrapper(const struct pclntab *table, const struct pc_function *function)
{
	struct pc_line lines[PC_LINES_MAX];
	size_t count = pclntab_lines(table, function, function->entry, lines);
	return strcmp(lines[count - 1].file, "<autogenerated>") == 0;
}

static struct error *add_function_entry(struct program *program, const struct module *module,
	const struct pc_function *function, struct location *location)
{
	uint64_t start;
	bool loop;
	struct error *err = function_start(module, function, &start, &loop);
	if (!err)
		err = location_add(program, location, start);
	if (!err)
		location->items[location->count - 1].loop = loop;
	return err;
}

/*
 * Adds the functions and inlined calls with the wanted name. Compiler-generated wrappers (for a
 * pointer receiver, or for the other ABI) call the function itself or contain it inlined. So they
 * are used only if there is nothing else.
 */
static struct error *add_all_of(struct program *program, const struct module *module,
	const struct search *search, bool wrappers, struct location *location)
{
	const struct pclntab *table = &module->pclntab;
	struct pc_function function;
	struct error *err = NULL;
	for (uint32_t i = 0; i < table->function_count && !err; i++) {
		if (!pclntab_function(table, i, &function))
			continue;
		if (is_meant(search, function.name) && is_wrapper(table, &function) == wrappers)
			err = add_function_entry(program, module, &function, location);
		int32_t last = last_inlined(table, &function);
		struct pc_inlined call;
		for (int32_t j = 0; j <= last && !err; j++) {
			if (pclntab_inlined(table, &function, j, &call) &&
				is_meant(search, call.function))
				err = add_inlined(program, module, &function, j, &call, location);
		}
	}
	return err;
}

static struct error *add_all(struct program *program, const struct search *search, bool wrappers,
	struct location *location)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < program->module_count; i++)
		err = add_all_of(program, program->modules[i], search, wrappers, location);
	return err;
}

struct error *location_find_calls(
	struct program *program, const char *name, struct location *location)
{
	struct search search = {.name = name};
	for (size_t i = 0; i < program->module_count; i++)
		consider_all(&program->modules[i]->pclntab, &search);
	if (!search.exact && (!search.count || !is_one_function(&search)))
		return no_single_function(&search);
	struct error *err = add_all(program, &search, false, location);
	if (!err && !location->count)
		err = add_all(program, &search, true, location);
	if (!err && !location->count)
		err = error_create(ERROR_NOT_FOUND,
			"%s has no instructions of its own: the compiler removed it", name);
	return err;
}
