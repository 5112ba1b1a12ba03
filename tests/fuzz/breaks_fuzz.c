/*
 * libFuzzer target: hits of breakpoints at every kind of location, in hostile memory.
 *
 * The input is a byte that chooses the release, one that chooses the location, the registers, and
 * then memory as in goroutines_fuzz.c. The memory is mapped into this process, which plays the
 * target. Evaluates a condition on every name, and captures all values.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dbg/break/breakpoint_state.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/layouts.h"

/* The layout that tests/fuzz/seeds.py writes. */
enum {
	MEMORY = 0x100000,
	MEMORY_SIZE = 1 << 18,
	TABLE = 0x3000, /* offset of the function table in the memory */
	CODE = 0x400000,
	CODE_SIZE = 1 << 20,
	REGISTERS = 22, /* the first of struct user_regs_struct, up to fs_base */
};

enum { FORMS = VARIABLE_ANY + 1, KINDS = LOCATION_ADDRESS + 1, MAX_ENTRIES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- Independent of the input ---- */

/* A variable of every form, in registers, on the stack, and reached through pointers. */
static void make_variables(struct location_variables *ret)
{
	static struct variable_recipe recipes[] = {
		{.name = "r",
			.count = 2,
			.parts = {{RECIPE_REGISTER, 0, 0, 8}, {RECIPE_REGISTER, 17, 8, 8}}},
		{.name = "s", .count = 1, .parts = {{RECIPE_STACK, 16, 0, 64}}},
		{.name = "m", .count = 1, .parts = {{RECIPE_MEMORY, MEMORY + 0x400, 0, 64}}},
	};
	static struct located_variables location = {recipes, array_length(recipes)};
	static struct location_variable items[FORMS * array_length(recipes) * 2];
	static char names[array_length(items)][16];
	static const enum expr_type types[FORMS] = {[VARIABLE_SIGNED] = EXPR_INT,
		[VARIABLE_UNSIGNED] = EXPR_INT,
		[VARIABLE_BOOL] = EXPR_BOOL,
		[VARIABLE_FLOAT] = EXPR_FLOAT,
		[VARIABLE_STRING] = EXPR_STRING,
		[VARIABLE_ADDRESS] = EXPR_INT,
		[VARIABLE_DURATION] = EXPR_DURATION,
		[VARIABLE_INTERFACE] = EXPR_STRING,
		[VARIABLE_ANY] = EXPR_STRING};
	for (size_t i = 0; i < array_length(items); i++) {
		size_t form = i % FORMS, recipe = i / FORMS % array_length(recipes);
		bool indirect = i / FORMS >= array_length(recipes);
		snprintf(names[i], sizeof(names[i]), "%s%zu%s", recipes[recipe].name, form,
			indirect ? ".x" : "");
		items[i] = (struct location_variable){.name = names[i],
			.form = (enum variable_form)form,
			.type = types[form],
			.recipe = recipe,
			.offsets = {0, 8},
			.steps = indirect ? 2 : 1,
			.size = form == VARIABLE_FLOAT ? 8 : (size_t)1 << i % 4,
			.whole = !indirect};
	}
	*ret = (struct location_variables){.items = items,
		.count = array_length(items),
		.locations = &location,
		.location_count = 1};
}

/* A condition that needs the value of `name`. */
static struct expr *condition_of(const struct expr_name *name, const struct expr_schema *schema)
{
	static const char *const forms[] = {[EXPR_BOOL] = "@",
		[EXPR_INT] = "@ > 3 && @ * 3 < 5",
		[EXPR_FLOAT] = "@ < 1.5",
		[EXPR_STRING] = "@ =~ \"^a|b$\" || @ == \"main.f\"",
		[EXPR_DURATION] = "@ > 5m",
		[EXPR_STRINGS] = "@ =~ \"^main\"",
		[EXPR_MAP] = "@[\"select\"] == \"v\""};
	char text[256];
	size_t used = 0;
	for (const char *at = forms[name->type]; *at; at++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			*at == '@' ? "%s" : "%.1s", *at == '@' ? name->name : at);
	struct expr *expr;
	if (expr_compile(text, schema, &expr))
		abort();
	return expr;
}

static struct breakpoint_location location_item = {.code = {"main.f", "main.go", 7, CODE + 64}};

static struct breakpoint_entry *entry_of(
	enum location_kind kind, const struct location_variables *variables)
{
	struct breakpoint_entry *entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
	static char what[] = "fuzzed";
	static int last_number;
	entry->number = ++last_number;
	entry->kind = BREAKPOINT_TRACE;
	entry->enabled = true;
	entry->what = what;
	entry->location = (struct location){.kind = kind, .items = &location_item, .count = 1};
	entry->variables = kind < LOCATION_FUNCTION ? (struct location_variables){0} : *variables;
	entry->source = (struct value_source){.location = &entry->location,
		.variables = &entry->variables,
		.context = {16, 32, 48, kind % 2}};
	if (value_names(&entry->location, &entry->variables, &entry->names, &entry->name_count))
		abort();
	entry->shown_count = value_shown(kind, &entry->variables, entry->shown, BREAK_VALUES_MAX);
	return entry;
}

/* A breakpoint without a condition, then one for each name. */
static size_t make_entries(enum location_kind kind, struct breakpoint_entry **ret)
{
	struct location_variables variables;
	size_t count = 0;
	make_variables(&variables);
	ret[count++] = entry_of(kind, &variables);
	for (size_t i = 0; i < ret[0]->name_count && count < MAX_ENTRIES; i++) {
		struct breakpoint_entry *entry = ret[count++] = entry_of(kind, &variables);
		const struct expr_schema schema = {entry->names, entry->name_count};
		entry->expr = condition_of(&entry->names[i], &schema);
		for (struct used_value *used = entry->used;
			expr_used_name(entry->expr, entry->used_count, &used->id, &used->key);
			used++)
			entry->used_count++;
	}
	return count;
}

static struct breakpoints *breakpoints_for(enum location_kind kind)
{
	static struct breakpoints *all[KINDS];
	static struct breakpoint_entry *entries[KINDS][MAX_ENTRIES];
	static struct armed_trap armed[KINDS][MAX_ENTRIES];
	static struct program *nothing;
	if (all[kind])
		return all[kind];
	if (breakpoints_create(nothing, &all[kind]) || births_init(&all[kind]->births))
		abort();
	struct breakpoints *breakpoints = all[kind];
	unwind_cache_destroy(breakpoints->unwind); /* each input has its own */
	breakpoints->armed_count = make_entries(kind, entries[kind]);
	breakpoints->armed = armed[kind];
	breakpoints->note_births = true;
	for (size_t i = 0; i < breakpoints->armed_count; i++)
		armed[kind][i] =
			(struct armed_trap){location_item.code.pc, entries[kind][i], 0, 0, 8};
	return breakpoints;
}

/* ---- From the input ---- */

static struct program *open_program(uint8_t release, struct bytes memory, struct elf_image *image)
{
	static char nothing[] = "", select[] = "select", receive[] = "chan receive";
	static char *texts[] = {nothing, select, receive};
	static struct program program;
	static struct module module;
	module = (struct module){.image = image,
		.text = CODE,
		.etext = CODE + CODE_SIZE,
		.types = MEMORY,
		.etypes = MEMORY + memory.size};
	program = (struct program){.layout = *fuzz_layout(release),
		.modules = {&module},
		.module_count = 1,
		.wait_reasons = texts,
		.wait_reason_count = array_length(texts)};
	struct bytes table;
	if (bytes_slice(memory, TABLE, memory.size - TABLE, &table))
		error_destroy(pclntab_open(table, table, &program.layout.pclntab, &module.pclntab));
	return &program;
}

static void check_text(const struct expr_value *value)
{
	if (value->type == EXPR_STRING &&
		(value->string.size > HIT_MAX_TEXT || value->string.data[value->string.size]))
		abort();
}

/* Checks that each true or failed condition has sent an event. */
static void take_events(struct breakpoints *breakpoints)
{
	struct break_event event;
	while (breakpoints_next_event(breakpoints, &event)) {
		if (event.field_count > BREAK_FIELDS_MAX || strcmp(event.what, "fuzzed") != 0)
			abort();
		for (size_t i = 0; i < event.field_count; i++) {
			const struct break_field *field = &event.fields[i];
			if (!field->value.present || !*field->name)
				abort();
			check_text(&field->value);
		}
		break_event_deinit(&event);
	}
}

static void hit_all(struct breakpoints *breakpoints, struct program *program,
	const struct user_regs_struct *regs)
{
	struct trap_hit trap = {getpid(), location_item.code.pc, regs, NULL};
	struct hit *hit = breakpoints->hit;
	if (unwind_cache_create(&breakpoints->unwind))
		abort();
	hit->program = program;
	hit->unwind = breakpoints->unwind;
	memset(&hit->calls, 0, sizeof(hit->calls));
	int id = unwind_wrapper_id(program);
	for (size_t i = 0; i < breakpoints->armed_count; i++) {
		struct breakpoint_entry *entry = breakpoints->armed[i].entry;
		entry->has_problem = false;
		entry->source.wrapper_id = id;
	}
	if (breakpoints_hit(breakpoints, &trap) == TRAP_AGAIN)
		abort();
	take_events(breakpoints);
	unwind_cache_destroy(breakpoints->unwind);
	breakpoints->unwind = NULL;
}

/* Maps the input's memory at the address that its pointers refer to. */
static void map_memory(struct bytes input)
{
	static uint8_t *memory;
	static size_t used;
	if (!memory) {
		memory = mmap((void *)MEMORY, MEMORY_SIZE, PROT_READ | PROT_WRITE, // NOLINT
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (memory == MAP_FAILED)
			abort();
	}
	memcpy(memory, input.data, input.size);
	if (input.size < used)
		memset(memory + input.size, 0, used - input.size);
	used = input.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct user_regs_struct regs = {0};
	size_t head = 2 + REGISTERS * 8;
	if (size < head + TABLE || size - head > MEMORY_SIZE)
		return 0;
	memcpy(&regs, data + 2, REGISTERS * sizeof(uint64_t));
	regs.rip = location_item.code.pc;
	struct bytes memory = {data + head, size - head};
	struct elf_image *image = input_image_create(memory);
	if (!image)
		return 0;
	map_memory(memory);
	enum location_kind kind = (enum location_kind)(data[1] % KINDS);
	hit_all(breakpoints_for(kind), open_program(data[0], memory, image), &regs);
	elf_image_close(image);
	return 0;
}
