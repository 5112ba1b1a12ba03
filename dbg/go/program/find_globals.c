/* Finds the runtime's variables through the code that uses them: see find_globals.h. */
#include "dbg/go/program/find_globals.h"

#include "dbg/go/program/check_globals.h"
#include "dwarf/base/hash.h"
#include "dwarf/code/code_references.h"

enum {
	MAX_CLUES = 4,
	MAX_NAMESAKES = 4, /* functions with one name: a wrapper for another calling convention has
			      the same name */
};

static const char runtime_prefix[] = "runtime.";

/* One of `functions` ("a|b", without "runtime.") accesses the variable in one of the ways `kinds`,
 * `size` bytes at a time (0: any). */
struct clue {
	const char *functions;
	uint8_t kinds;
	uint8_t size;
	size_t field; /* offset in runtime_layout of the field that is accessed; 0: the start */
};

struct recipe {
	const char *name;
	size_t destination;
	global_check *check;
	bool slice; /* the functions of the first clue also use the next two words */
	struct clue clues[MAX_CLUES];
	struct clue bounds; /* the functions, and how, that use its number of elements */
};

#define GLOBAL(name) #name, offsetof(struct runtime_globals, name)
#define USES(functions, kinds, size)                                                               \
	{                                                                                          \
		functions, kinds, size, 0                                                          \
	}
#define USES_FIELD(functions, kinds, size, name)                                                   \
	{                                                                                          \
		functions, kinds, size, offsetof(struct runtime_layout, name)                      \
	}
#define NO_BOUNDS USES(NULL, 0, 0)

enum { ACCESS = CODE_READ | CODE_WRITE, ANY = ACCESS | CODE_ADDRESS };

/* In order: a check may use variables found before. Valid for Go 1.19 to 1.27. */
static const struct recipe recipes[] = {
	{GLOBAL(build_version), check_version, false, {USES("schedinit", ACCESS, 8)}, NO_BOUNDS},
	{GLOBAL(allgs), check_allgs, true, {USES("allgadd", ACCESS, 8)}, NO_BOUNDS},
	{GLOBAL(allgptr), check_allgptr, false, {USES("allgadd", ANY, 8)}, NO_BOUNDS},
	{GLOBAL(allglen), check_allglen, false, {USES("allgadd", ANY, 8)}, NO_BOUNDS},
	{GLOBAL(allm), check_allm, false,
		{USES("mcommoninit", ANY, 8), USES("mexit", ANY, 8),
			USES("schedtrace", CODE_READ, 8)},
		NO_BOUNDS},
	{GLOBAL(allp), check_allp, true,
		{USES("procresize", ACCESS, 8), USES("schedtrace", CODE_READ, 8),
			USES("preemptall", CODE_READ, 8)},
		NO_BOUNDS},
	{GLOBAL(sched), check_sched, false,
		{USES("newproc1", CODE_ADDRESS, 0), USES("oneNewExtraM", CODE_ADDRESS, 0),
			USES_FIELD("schedinit", ANY, 8, sched.lastpoll),
			USES_FIELD("findRunnable", ANY, 8, sched.lastpoll)},
		NO_BOUNDS},
	{GLOBAL(gomaxprocs), check_gomaxprocs, false,
		{USES("GOMAXPROCS", CODE_READ, 4), USES("startTheWorldWithSema", CODE_READ, 4),
			USES("gcBgMarkStartWorkers", CODE_READ, 4), USES("handoffp", CODE_READ, 4)},
		NO_BOUNDS},
	{GLOBAL(runtime_init_time), check_time, false,
		{USES("main", CODE_WRITE, 8), USES("gcMarkTermination", CODE_READ, 8)}, NO_BOUNDS},
	{GLOBAL(fing_status), check_flags, false,
		{USES("createfing", ANY, 4),
			USES("isSystemGoroutine", CODE_READ | CODE_ADDRESS, 4)},
		NO_BOUNDS},
	{GLOBAL(fing_running), check_flags, false,
		{USES("runfinq", CODE_WRITE, 1), USES("isSystemGoroutine", CODE_READ, 1)},
		NO_BOUNDS},
	{GLOBAL(wait_reason_strings), check_wait_reasons, false,
		{USES("waitReason.String", CODE_ADDRESS, 0)},
		USES("waitReason.String", CODE_BOUND, 0)},
	{GLOBAL(g_status_strings), check_statuses, false,
		{USES("goroutineheader", CODE_ADDRESS, 0)}, USES("goroutineheader", CODE_BOUND, 0)},
	{GLOBAL(semtable), check_semaphores, false,
		{USES("semacquire1", CODE_ADDRESS, 0), USES("semrelease1", CODE_ADDRESS, 0)},
		USES("(*semTable).rootFor|semacquire1", CODE_BOUND | CODE_MULTIPLY, 0)},
	{GLOBAL(gc_controller), check_gc_controller, false,
		{USES("gcStart", CODE_ADDRESS, 0), USES("gcinit", CODE_ADDRESS, 0),
			USES("gcControllerCommit", CODE_ADDRESS, 0)},
		NO_BOUNDS},
	{GLOBAL(memstats), check_memstats, false,
		{USES("(*mcache).refill", CODE_ADDRESS, 0),
			USES("(*mcache).releaseAll", CODE_ADDRESS, 0),
			USES("(*mheap).grow", CODE_ADDRESS, 0),
			USES("(*mheap).freeSpanLocked", CODE_ADDRESS, 0)},
		NO_BOUNDS},
	{GLOBAL(mheap), check_mheap, false,
		{USES("mallocinit", CODE_ADDRESS, 0), USES("stackfree", CODE_ADDRESS, 0),
			USES("gcSweep", CODE_ADDRESS, 0)},
		NO_BOUNDS},
	{GLOBAL(itab_table), check_itab_table, false,
		{USES("getitab", ANY, 8), USES("itabAdd", ANY, 8)}, NO_BOUNDS},
};

#undef GLOBAL
#undef USES
#undef USES_FIELD
#undef NO_BOUNDS

/* ---- Functions by name ---- */

struct named_function {
	char *name; /* without "runtime." */
	struct pc_function functions[MAX_NAMESAKES];
	size_t count;
	bool decoded;
	bool lost; /* not in the table: no memory */
	struct code_references references;
	UT_hash_handle hh;
};

struct finder {
	struct program *program;
	struct runtime_globals *globals;
	struct named_function *functions;
};

static void finder_deinit(struct finder *finder)
{
	struct named_function *function, *next;
	HASH_ITER (hh, finder->functions, function, next) {
		HASH_DEL(finder->functions, function);
		code_references_deinit(&function->references);
		free(function->name);
		free(function);
	}
}

/* Removes the next name from "a|b|c"; false at the end. */
static bool next_name(const char **names, const char **ret, size_t *ret_length)
{
	if (!*names || !**names)
		return false;
	*ret = *names;
	*ret_length = strcspn(*names, "|");
	*names += *ret_length + ((*names)[*ret_length] == '|');
	return true;
}

static struct error *add_wanted(struct finder *finder, const char *names)
{
	const char *name;
	size_t length;
	while (next_name(&names, &name, &length)) {
		struct named_function *function;
		HASH_FIND(hh, finder->functions, name, length, function);
		if (function)
			continue;
		function = calloc(1, sizeof(*function));
		if (function)
			function->name = strndup(name, length);
		if (!function || !function->name) {
			free(function);
			return error_no_memory();
		}
		HASH_ADD_KEYPTR(hh, finder->functions, function->name, length, function);
		if (function->lost) {
			free(function->name);
			free(function);
			return error_no_memory();
		}
	}
	return NULL;
}

/* Finds all wanted functions in one pass: the function table has no index by name. */
static void find_functions(struct finder *finder)
{
	const struct pclntab *table = &finder->program->modules[0]->pclntab;
	size_t prefix = sizeof(runtime_prefix) - 1;
	for (uint32_t i = 0; i < table->function_count; i++) {
		struct pc_function found;
		if (!pclntab_function(table, i, &found) ||
			strncmp(found.name, runtime_prefix, prefix) != 0)
			continue;
		struct named_function *function;
		const char *name = found.name + prefix;
		HASH_FIND(hh, finder->functions, name, strlen(name), function);
		if (function && function->count < MAX_NAMESAKES)
			function->functions[function->count++] = found;
	}
}

/* Decodes the references in the code of `function` on first use. */
static struct error *references_of(struct finder *finder, struct named_function *function)
{
	const struct module *module = finder->program->modules[0];
	struct error *err = NULL;
	uint64_t text = module->text - module->bias;
	for (size_t i = 0; !err && !function->decoded && i < function->count; i++)
		err = code_references_add(module->image, text + function->functions[i].entry,
			text + function->functions[i].end, &function->references);
	function->decoded = true;
	return err;
}

/* ---- Candidates ---- */

struct candidates {
	struct code_reference *items; /* value: run-time address */
	size_t count, capacity;
};

static bool candidates_contain(const struct candidates *set, uint64_t address)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].value == address)
			return true;
	}
	return false;
}

static bool is_data(struct elf_image *image, uint64_t address)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		if (!s->executable && address >= s->address &&
			address - s->address < s->memory_size)
			return true;
	}
	return false;
}

static bool fits(const struct clue *clue, const struct code_reference *reference)
{
	return (reference->kinds & clue->kinds) &&
	       (!clue->size || !reference->size || reference->size == clue->size);
}

/* Adds everything that the functions of `clue` access that way: variables, or the constants of
 * CODE_BOUND and CODE_MULTIPLY. */
static struct error *candidates_collect(
	struct finder *finder, const struct clue *clue, struct candidates *ret)
{
	const struct module *module = finder->program->modules[0];
	const char *names = clue->functions, *name;
	size_t length;
	struct field field = {0, 0};
	if (clue->field) {
		memcpy(&field, (const char *)&finder->program->layout + clue->field, sizeof(field));
		if (!field_present(field))
			return NULL;
	}
	while (next_name(&names, &name, &length)) {
		struct named_function *function;
		HASH_FIND(hh, finder->functions, name, length, function);
		struct error *err = function ? references_of(finder, function) : NULL;
		if (err)
			return err;
		for (size_t i = 0; function && i < function->references.count; i++) {
			struct code_reference reference = function->references.items[i];
			bool is_address = reference.kinds & ANY;
			if (!fits(clue, &reference) ||
				(is_address && !is_data(module->image, reference.value)))
				continue;
			if (is_address)
				reference.value += module->bias - field.offset;
			if (is_address && candidates_contain(ret, reference.value))
				continue;
			if (!array_reserve(&ret->items, &ret->capacity, ret->count + 1))
				return error_no_memory();
			ret->items[ret->count++] = reference;
		}
	}
	return NULL;
}

static void candidates_cleanup(struct candidates *set)
{
	free(set->items);
}

/* Keeps the elements of `set` that are also in `other`. */
static void intersect(struct candidates *set, const struct candidates *other)
{
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (candidates_contain(other, set->items[i].value))
			set->items[kept++] = set->items[i];
	}
	set->count = kept;
}

/* Keeps the elements of `set` that are followed by two more words from `first`. */
static void keep_slices(struct candidates *set, const struct candidates *first)
{
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++) {
		uint64_t address = set->items[i].value;
		if (candidates_contain(first, address + 8) &&
			candidates_contain(first, address + 16))
			set->items[kept++] = set->items[i];
	}
	set->count = kept;
}

static struct error *find_candidates(
	struct finder *finder, const struct recipe *recipe, struct candidates *ret)
{
	_cleanup_(candidates_cleanup) struct candidates first = {0};
	struct error *err = candidates_collect(finder, &recipe->clues[0], ret);
	if (!err)
		err = candidates_collect(finder, &recipe->clues[0], &first);
	for (size_t i = 1; !err && i < MAX_CLUES && recipe->clues[i].functions; i++) {
		_cleanup_(candidates_cleanup) struct candidates more = {0};
		err = candidates_collect(finder, &recipe->clues[i], &more);
		if (!err)
			intersect(ret, &more);
	}
	if (!err && recipe->slice)
		keep_slices(ret, &first);
	return err;
}

static struct error *follow_recipe(struct finder *finder, const struct recipe *recipe)
{
	_cleanup_(candidates_cleanup) struct candidates set = {0}, bounds = {0};
	struct error *err = find_candidates(finder, recipe, &set);
	if (!err && recipe->bounds.functions)
		err = candidates_collect(finder, &recipe->bounds, &bounds);
	struct global found = {0};
	size_t count = 0;
	for (size_t i = 0; !err && i < set.count; i++) {
		struct global_candidate candidate = {
			.address = set.items[i].value,
			.at = set.items[i].at,
			.bounds = bounds.items,
			.bound_count = bounds.count,
		};
		err = target_check(finder->program->target);
		if (!err && recipe->check(finder->program, finder->globals, &candidate)) {
			found = (struct global){candidate.address, candidate.size};
			count++;
		}
	}
	if (!err && count == 1)
		*(struct global *)(void *)((char *)finder->globals + recipe->destination) = found;
	return err;
}

/* `name` NULL: all. */
static struct error *find_recipes(
	struct program *program, const char *name, struct runtime_globals *ret)
{
	_cleanup_(finder_deinit) struct finder finder = {.program = program, .globals = ret};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < array_length(recipes); i++) {
		if (name && strcmp(recipes[i].name, name) != 0)
			continue;
		for (size_t c = 0; !err && c < MAX_CLUES; c++)
			err = add_wanted(&finder, recipes[i].clues[c].functions);
		if (!err)
			err = add_wanted(&finder, recipes[i].bounds.functions);
	}
	if (!err)
		find_functions(&finder);
	for (size_t i = 0; !err && i < array_length(recipes); i++) {
		if (!name || strcmp(recipes[i].name, name) == 0)
			err = follow_recipe(&finder, &recipes[i]);
	}
	return err;
}

struct error *find_globals(struct program *program, struct runtime_globals *ret)
{
	return find_recipes(program, NULL, ret);
}

struct error *find_global(struct program *program, const char *name, struct global *ret)
{
	struct runtime_globals globals = {0};
	*ret = (struct global){0};
	struct error *err = find_recipes(program, name, &globals);
	for (size_t i = 0; !err && i < array_length(recipes); i++) {
		if (strcmp(recipes[i].name, name) == 0)
			*ret = *(
				struct global *)(void *)((char *)&globals + recipes[i].destination);
	}
	return err;
}
