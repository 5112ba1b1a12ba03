/*
 * A test plug-in: finds the runtime's variables as in a stripped program, in a program that has
 * symbols, and compares both.
 */
#include <inttypes.h>

#include "commands/session/plugin.h"
#include "commands/session/session.h"
#include "dbg/go/program/find_globals.h"
#include "dbg/go/program/find_moduledata.h"
#include "dbg/go/program/find_version.h"

struct comparison {
	struct session *session;
	size_t wrong;
};

/* Prints a line. If the size of the variable matters, it must be right. */
static void compare(
	struct comparison *comparison, const char *name, struct global symbol, struct global found)
{
	bool same = symbol.address == found.address && (!found.size || found.size == symbol.size);
	comparison->wrong += !same;
	output_printf(&comparison->session->out, STYLE_PLAIN,
		"%-5s %s symbol 0x%" PRIx64 "+%" PRIu64 " found 0x%" PRIx64 "+%" PRIu64 "\n",
		same ? "ok" : "WRONG", name, symbol.address, symbol.size, found.address,
		found.size);
}

static struct error *compare_all(struct comparison *comparison, struct program *program)
{
	struct runtime_globals found = {0};
	struct error *err = find_globals(program, &found);
	if (err)
		return err;
	const struct module *first = program->modules[0];
	uint64_t module;
	err = find_moduledata(
		program->target, first->image, first->bias, &program->layout, "it", &module);
	if (err)
		return err;
	const struct runtime_globals *symbols = &program->globals;
#define COMPARE(name) compare(comparison, #name, symbols->name, found.name)
	compare(comparison, "firstmoduledata", symbols->firstmoduledata,
		(struct global){module, 0});
	COMPARE(build_version);
	COMPARE(allgs);
	COMPARE(allgptr);
	COMPARE(allglen);
	COMPARE(allm);
	COMPARE(allp);
	COMPARE(sched);
	COMPARE(gomaxprocs);
	COMPARE(runtime_init_time);
	COMPARE(fing_status);
	COMPARE(fing_running);
	COMPARE(wait_reason_strings);
	COMPARE(g_status_strings);
	COMPARE(semtable);
	COMPARE(gc_controller);
	COMPARE(memstats);
	COMPARE(mheap);
	COMPARE(itab_table);
#undef COMPARE
	return NULL;
}

static struct error *compare_version(struct comparison *comparison, struct program *program)
{
	_cleanup_free_ char *version = NULL;
	struct error *err = find_version(program, &version);
	if (err)
		return err;
	bool same = version && strcmp(version, program_go_version(program)) == 0;
	comparison->wrong += !same;
	output_printf(&comparison->session->out, STYLE_PLAIN, "%-5s version %s found %s\n",
		same ? "ok" : "WRONG", program_go_version(program), version ? version : "none");
	return NULL;
}

static struct error *run(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	struct comparison comparison = {.session = session};
	struct error *err = compare_all(&comparison, session->program);
	if (!err)
		err = compare_version(&comparison, session->program);
	if (!err && comparison.wrong)
		err = error_create(
			ERROR_BAD_DATA, "%zu of the runtime's variables differ", comparison.wrong);
	return err;
}

static const struct command check_globals = {
	.name = "check-globals",
	.group = GROUP_PLUGIN,
	.usage = "check-globals",
	.summary = "Compares the variables found through code with the symbol table",
	.needs_target = true,
	.run = run,
};

static const struct command *const commands[] = {&check_globals};

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI,
	.name = "check_globals",
	.commands = commands,
	.command_count = array_length(commands),
};
