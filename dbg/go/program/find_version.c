/* Determines the Go release from the code: see find_version.h. */
#include "dbg/go/program/find_version.h"

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/find_globals.h"
#include "dbg/go/program/find_moduledata.h"
#include "dwarf/pclntab/find_pclntab.h"

enum { MAX_VERSION = 256 };

/* Newer than any release: selects the newest column of the table. */
static const char newest[] = "go1.99999";

/* Functions that every program contains since the given release, newest first. */
static const struct {
	const char *function;
	const char *release;
} marks[] = {
	{"runtime.addModuleItabs", "go1.27"}, {"runtime.(*listHeadManual).push", "go1.26"},
	{"runtime.(*cleanupQueue).dequeue", "go1.25"}, {"runtime.mallocgcSmallNoscan", "go1.24"},
	{"runtime.(*timers).run", "go1.23"}, {"runtime.randinit", "go1.22"},
	{"runtime.(*unwinder).next", "go1.21"},
	{"runtime.allgadd", "go1.20"}, /* or earlier: see is_before_1_20() */
};

/*
 * The layouts needed to find runtime.buildVersion (pcHeader, the start of moduledata, names and
 * entries of functions) are the same in all releases since 1.19, so any column will do.
 */
struct probe {
	struct program program;
	struct module module;
};

static struct error *open_probe(const struct program *program, struct probe *probe)
{
	const struct module *first = program->modules[0];
	struct module *module = &probe->module;
	*module = (struct module){.image = first->image, .bias = first->bias};
	probe->program =
		(struct program){.target = program->target, .modules = {module}, .module_count = 1};
	struct runtime_layout *layout = &probe->program.layout;
	struct builtin_layout column;
	struct error *err = builtin_layout_select(newest, &column);
	if (err)
		return err;
	struct layout_source source = builtin_layout_source(&column);
	err = runtime_layout_load(&source, layout);
	if (!err)
		err = find_moduledata(program->target, module->image, module->bias, layout,
			program_name(program), &module->record);
	return err ? err : module_open(module, program->target, layout, program_name(program));
}

/* The magic number of the function table is 0xfffffff1 since 1.20. */
static bool is_before_1_20(struct elf_image *image)
{
	static const uint8_t old_magic[] = {0xf0, 0xff, 0xff, 0xff};
	uint64_t header;
	struct bytes bytes;
	return find_pclntab(image, &header) &&
	       elf_image_bytes_at(image, header, sizeof(old_magic), &bytes) &&
	       memcmp(bytes.data, old_magic, sizeof(old_magic)) == 0;
}

static const char *release_by_functions(const struct pclntab *table)
{
	const char *release = NULL;
	size_t best = array_length(marks);
	for (uint32_t i = 0; i < table->function_count; i++) {
		struct pc_function function;
		if (!pclntab_function(table, i, &function))
			continue;
		for (size_t m = 0; m < best; m++) {
			if (strcmp(function.name, marks[m].function) == 0) {
				release = marks[m].release;
				best = m;
			}
		}
	}
	return release;
}

struct error *find_version(struct program *program, char **ret)
{
	struct probe probe;
	struct global version = {0};
	*ret = NULL;
	struct error *err = open_probe(program, &probe);
	if (!err)
		err = find_global(&probe.program, "build_version", &version);
	if (err || !version.address)
		return err;
	return program_read_string(program, version.address, MAX_VERSION, ret);
}

struct error *find_release(struct program *program, const char **ret)
{
	struct probe probe;
	*ret = NULL;
	struct error *err = open_probe(program, &probe);
	if (!err)
		*ret = is_before_1_20(probe.module.image)
			       ? "go1.19"
			       : release_by_functions(&probe.module.pclntab);
	return err;
}
