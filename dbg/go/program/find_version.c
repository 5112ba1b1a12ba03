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
static struct error *open_probe(struct program *probe)
{
	struct builtin_layout column;
	struct error *err = builtin_layout_select(newest, &column);
	if (err)
		return err;
	struct layout_source source = builtin_layout_source(&column);
	err = runtime_layout_load(&source, &probe->layout);
	if (!err)
		err = find_moduledata(probe->target, probe->image, probe->bias, &probe->layout,
			&probe->globals.firstmoduledata.address);
	return err ? err : program_open_functions(probe);
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
	struct program probe = {
		.target = program->target, .image = program->image, .bias = program->bias};
	struct global version = {0};
	*ret = NULL;
	struct error *err = open_probe(&probe);
	if (!err)
		err = find_global(&probe, "build_version", &version);
	if (!err && version.address)
		return program_read_string(program, version.address, MAX_VERSION, ret);
	if (err)
		return err;
	const char *release =
		is_before_1_20(program->image) ? "go1.19" : release_by_functions(&probe.pclntab);
	if (release) {
		*ret = strdup(release);
		if (!*ret)
			return error_no_memory();
	}
	return NULL;
}
