/* The list of a program's modules: finding those that were loaded since, and lookups by address. */
#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/target/native/native_module.h"

struct module *program_module_at(const struct program *program, uint64_t pc)
{
	for (size_t i = 0; i < program->module_count; i++) {
		struct module *module = program->modules[i];
		if (pc >= module->text && pc < module->etext)
			return module;
	}
	return NULL;
}

struct module *program_module_of_type(const struct program *program, uint64_t address)
{
	for (size_t i = 0; i < program->module_count; i++) {
		struct module *module = program->modules[i];
		if (address >= module->types && address < module->etypes)
			return module;
	}
	return NULL;
}

struct module *program_module_of_data(const struct program *program, uint64_t address)
{
	for (size_t i = 0; i < program->module_count; i++) {
		if (module_contains(program->modules[i], address, 1))
			return program->modules[i];
	}
	return NULL;
}

bool program_function_at(const struct program *program, uint64_t pc, struct module_function *ret)
{
	const struct module *module = program_module_at(program, pc);
	if (!module || pc - module->text > UINT32_MAX ||
		!pclntab_find(&module->pclntab, (uint32_t)(pc - module->text), &ret->function))
		return false;
	ret->module = module;
	ret->entry = module->text + ret->function.entry;
	return true;
}

static bool is_known(const struct program *program, uint64_t record)
{
	for (size_t i = 0; i < program->module_count; i++) {
		if (program->modules[i]->record == record)
			return true;
	}
	return false;
}

static const char *file_at(struct target *target, uint64_t address)
{
	const struct mapping *mapping = target_mapping_at(target, address);
	return mapping ? mapping->path : NULL;
}

/*
 * Whether a moduledata can be at `record`: in a file of its own, together with the code that it
 * describes. With the layouts of another release, what leads there is not the list's `next`.
 */
static bool may_be_record(struct program *program, uint64_t record, uint64_t text)
{
	const char *file = file_at(program->target, record);
	const char *code = file_at(program->target, text);
	if (!file || !code || strcmp(file, code) != 0)
		return false;
	for (size_t i = 0; i < program->module_count; i++) {
		const char *other = file_at(program->target, program->modules[i]->record);
		if (other && strcmp(file, other) == 0)
			return false;
	}
	return true;
}

/* The module's types are usable without its file. */
static void warn_without_file(struct program *program, struct module *module,
	const struct native_module *file, const struct error *err)
{
	_cleanup_free_ char *text = NULL;
	module->image = NULL;
	module->text = module->etext = 0;
	if (program->warn && asprintf(&text,
				     "stacks through %s are incomplete, because its file cannot be "
				     "used: %s",
				     file ? file->path : "a plug-in", err->message) >= 0)
		program->warn(program->warn_context, text);
}

/* Opens the file of the module, found through its code, which is at `text`. */
static struct error *open_module(struct program *program, struct module *module, uint64_t text)
{
	struct native_module *file = native_modules_find(program->files, program->target, text);
	if (file) {
		module->bias = file->bias;
		module->path = file->path;
		module->image = native_module_image(file, program->target);
	}
	struct error *err =
		module_open(module, program->target, &program->layout, file ? file->path : "it");
	if (!module->image && (!err || err->code == ERROR_BAD_DATA)) {
		error_destroy(err);
		err = error_create(ERROR_NOT_FOUND, "it is missing or has been replaced");
	}
	if (err && (err->code == ERROR_BAD_DATA || err->code == ERROR_NOT_FOUND)) {
		warn_without_file(program, module, file, err);
		error_destroy(err);
		err = NULL;
	}
	return err;
}

static struct error *add_module(struct program *program, uint64_t record)
{
	uint64_t text;
	struct error *err =
		program_read_field(program, record, program->layout.moduledata.text, &text);
	if (!err && !may_be_record(program, record, text))
		err = error_create(ERROR_FAULT, "there is no moduledata at 0x%llx",
			(unsigned long long)record);
	if (err)
		return err;
	struct module *module = calloc(1, sizeof(*module));
	if (!module)
		return error_no_memory();
	module->record = record;
	module->number = program->module_count;
	err = open_module(program, module, text);
	if (err) {
		module_destroy(module);
		return err;
	}
	program->modules[program->module_count] = module;
	program->module_count++;
	return NULL;
}

struct error *program_load_modules(struct program *program)
{
	uint64_t record = program->modules[0]->record;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < MAX_MODULES; i++) {
		err = program_read_field(program, record, program->layout.moduledata.next, &record);
		if (err || !record)
			break;
		if (program->module_count < MAX_MODULES && !is_known(program, record))
			err = add_module(program, record);
	}
	return error_ignore_fault(err);
}

struct error *program_open_modules(struct program *program)
{
	struct module *first = program->modules[0];
	while (program->module_count > 1) /* opened with other layouts */
		module_destroy(program->modules[--program->module_count]);
	program->preempt_is_trap = field_present(program->layout.g.parent_goid); /* since 1.21 */
	first->record = program->globals.firstmoduledata.address;
	struct error *err =
		module_open(first, program->target, &program->layout, program_name(program));
	return err ? err : program_load_modules(program);
}
