/* The addresses of the runtime's global variables: from the symbol table, else from the code. */
#include "dbg/go/program/find_globals.h"
#include "dbg/go/program/program_state.h"

static const struct {
	const char *name;
	size_t destination;
} names[] = {
#define GLOBAL(name, member)                                                                       \
	{                                                                                          \
		name, offsetof(struct runtime_globals, member)                                     \
	}
	GLOBAL("runtime.allgs", allgs),
	GLOBAL("runtime.allgptr", allgptr),
	GLOBAL("runtime.allglen", allglen),
	GLOBAL("runtime.allm", allm),
	GLOBAL("runtime.allp", allp),
	GLOBAL("runtime.sched", sched),
	GLOBAL("runtime.firstmoduledata", firstmoduledata),
	GLOBAL("runtime.waitReasonStrings", wait_reason_strings),
	GLOBAL("runtime.gStatusStrings", g_status_strings),
	GLOBAL("runtime.semtable", semtable),
	GLOBAL("runtime.buildVersion", build_version),
	GLOBAL("runtime.gomaxprocs", gomaxprocs),
	GLOBAL("runtime.runtimeInitTime", runtime_init_time),
	GLOBAL("runtime.fingStatus", fing_status),   /* 1.20 and later */
	GLOBAL("runtime.fingRunning", fing_running), /* before */
	GLOBAL("runtime.gcController", gc_controller),
	GLOBAL("runtime.memstats", memstats),
	GLOBAL("runtime.mheap_", mheap),
	GLOBAL("runtime.text", text),
	GLOBAL("runtime.etext", etext),
	GLOBAL("runtime.itabTable", itab_table),
#undef GLOBAL
};

void program_find_globals(struct program *program)
{
	const struct module *module = program->modules[0];
	for (size_t i = 0; i < array_length(names); i++) {
		struct global *global = (void *)((char *)&program->globals + names[i].destination);
		struct elf_symbol symbol;
		if (elf_image_symbol(module_symbols(module), names[i].name, &symbol) &&
			symbol.address)
			*global = (struct global){symbol.address + module->bias, symbol.size};
	}
	program->has_symbols = program->globals.allgs.address && program->globals.allm.address;
}

struct error *program_find_missing_globals(struct program *program)
{
	if (program->has_symbols)
		return NULL; /* what the symbol table lacks, the release lacks too */
	struct runtime_globals found = {0};
	struct error *err = find_globals(program, &found);
	for (size_t i = 0; !err && i < array_length(names); i++) {
		struct global *global = (void *)((char *)&program->globals + names[i].destination);
		if (!global->address)
			*global = *(struct global *)(void *)((char *)&found + names[i].destination);
	}
	return err;
}
