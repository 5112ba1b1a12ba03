/* Global variables by name: see variables.h. */
#include <stdio.h>

#include "dbg/go/program/program_debug.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/values/variables.h"
#include "dwarf/debug/debug_expression.h"

enum { MAX_NAME = 1024, MAX_NAMED = 8 };

/* The variables that a name can refer to. */
struct candidates {
	struct program *program;
	char *names[MAX_NAMED];
	uint64_t entries[MAX_NAMED];
	size_t count;
};

static struct error *try_name(
	struct candidates *candidates, const struct module *module, const char *name)
{
	uint64_t entry;
	struct error *err = debug_info_variable(module->debug, name, &entry);
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		return NULL;
	}
	if (err)
		return err;
	entry = program_entry(module, entry);
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->entries[i] == entry)
			return NULL;
	if (candidates->count == MAX_NAMED)
		return NULL;
	candidates->names[candidates->count] = strdup(name);
	if (!candidates->names[candidates->count])
		return error_no_memory();
	candidates->entries[candidates->count++] = entry;
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Tries `variable` ("DefaultClient") in every package called `package` ("http"). */
static struct error *try_packages(struct candidates *candidates, const struct module *module,
	const char *package, const char *variable)
{
	struct debug_units *units;
	const struct debug_unit *list;
	struct error *err = debug_info_units(module->debug, &units);
	size_t count = err ? 0 : debug_units_list(units, &list);
	for (size_t i = 0; i < count && !err; i++) {
		const char *path = list[i].name;
		bool same = path && ((list[i].package && strcmp(list[i].package, package) == 0) ||
					    strcmp(last_part(path), package) == 0);
		char name[MAX_NAME];
		if (!same ||
			snprintf(name, sizeof(name), "%s.%s", path, variable) >= (int)sizeof(name))
			continue;
		err = try_name(candidates, module, name);
	}
	return err;
}

static struct error *ambiguous(const struct candidates *candidates, const char *name)
{
	char list[MAX_NAME] = "";
	for (size_t i = 0; i < candidates->count; i++) {
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			candidates->names[i]);
	}
	return error_create(ERROR_USAGE, "%s is ambiguous: %s; write the full name", name, list);
}

static struct error *read_entry(struct program *program, uint64_t entry, struct value *ret)
{
	struct debug_units *units;
	uint64_t offset;
	const struct module *module = program_entry_module(program, entry, &offset);
	struct error *err = debug_info_units(module->debug, &units);
	if (err)
		return err;
	const struct debug_unit *unit = debug_units_of_entry(units, offset);
	_cleanup_(die_deinit) struct die die = {0};
	struct bytes location;
	uint64_t type;
	if (!unit || !die_at(debug_units_handle(units), offset, &die) ||
		!die_block(&die, DW_AT_location, &location) ||
		!die_reference(&die, DW_AT_type, &type))
		return error_create(ERROR_BAD_DATA, "its DWARF entry is damaged");
	struct debug_expression expression = {.units = units, .unit = unit, .bias = module->bias};
	struct debug_piece pieces[MAX_PIECES];
	size_t count;
	err = debug_expression_run(&expression, location, pieces, &count);
	if (err)
		return err;
	if (count != 1 || pieces[0].kind != PIECE_MEMORY)
		return error_create(ERROR_NOT_FOUND, "it is not in memory");
	*ret = (struct value){.address = pieces[0].value};
	return program_type_of_entry(program, program_entry(module, type), &ret->type);
}

/* Without DWARF, the symbol table may still have the variable's address, but not its type. */
static struct error *not_found(struct program *program, const char *name)
{
	for (size_t i = 0; i < program->module_count; i++) {
		const struct module *module = program->modules[i];
		struct elf_image *image = module_symbols(module);
		struct elf_symbol symbol;
		if (image && elf_image_symbol(image, name, &symbol) && !symbol.is_function &&
			symbol.address)
			return error_create(ERROR_NOT_FOUND,
				"the type of %s is unknown; if it is T, write *(*T)(0x%llx)", name,
				(unsigned long long)(symbol.address + module->bias));
	}
	if (!program->modules[0]->debug)
		return error_create(ERROR_NOT_FOUND,
			"there is no variable %s: the program is stripped, so only addresses can "
			"be read, as *(*T)(0x...)",
			name);
	return error_create(ERROR_NOT_FOUND, "there is no variable %s in the program", name);
}

static struct error *find_candidates(
	struct candidates *candidates, struct module *module, const char *name)
{
	const char *part = last_part(name), *dot = strchr(part, '.');
	if (!dot || dot == part || !dot[1] || !program_debug(candidates->program, module))
		return NULL;
	size_t known = candidates->count;
	struct error *err = try_name(candidates, module, name);
	if (err || candidates->count > known || part != name || dot - part >= MAX_NAME)
		return err;
	char package[MAX_NAME];
	snprintf(package, sizeof(package), "%.*s", (int)(dot - part), part);
	return try_packages(candidates, module, package, dot + 1);
}

struct error *program_global(struct program *program, const char *name, struct value *ret)
{
	*ret = (struct value){0};
	struct candidates candidates = {.program = program};
	struct error *err = NULL;
	/* A plug-in has its own copy of packages that the program has too; the latter is used. */
	for (size_t i = 0; !err && !candidates.count && i < program->module_count; i++)
		err = find_candidates(&candidates, program->modules[i], name);
	if (!err && !candidates.count)
		err = not_found(program, name);
	else if (!err && candidates.count > 1)
		err = ambiguous(&candidates, name);
	else if (!err)
		err = error_wrap(read_entry(program, candidates.entries[0], ret), "%s", name);
	for (size_t i = 0; i < candidates.count; i++)
		free(candidates.names[i]);
	return err;
}

const char *program_global_name(struct program *program, uint64_t address)
{
	struct elf_symbol symbol;
	const struct module *module = program_module_of_data(program, address);
	return module && elf_image_variable_at(
				 module_symbols(module), address - module->bias, &symbol)
		       ? string_pool_intern(program->strings, symbol.name)
		       : NULL;
}
