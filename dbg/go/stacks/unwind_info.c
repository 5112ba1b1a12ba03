/* The cache of unwinding plans: see unwind_info.h. */
#include "dbg/go/stacks/unwind_info.h"

#include "dbg/go/stacks/function.h"

#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dwarf/base/hash.h"

enum { MAX_PLANS = 4 << 20 }; /* distinct pcs; more is hostile */

struct plan_entry {
	uint64_t key; /* pc, top bit: exact */
	struct unwind_info plan;
	bool found, lost; /* not in the table: no memory */
	UT_hash_handle hh;
};

/* Entries that were looked up last, by the lowest bits of the pc: a stack is mostly like the one
 * before. */
enum { RECENT = 1024 };

struct unwind_cache {
	struct plan_entry *entries;
	struct plan_entry *recent[RECENT];
	struct string_pool *strings; /* its own, since a cache belongs to one thread */
};

struct error *unwind_cache_create(struct unwind_cache **ret)
{
	struct unwind_cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return error_no_memory();
	struct error *err = string_pool_create(&cache->strings);
	if (err)
		free(cache);
	else
		*ret = cache;
	return err;
}

void unwind_cache_destroy(struct unwind_cache *plans)
{
	if (!plans)
		return;
	struct plan_entry *entry, *next;
	HASH_ITER (hh, plans->entries, entry, next) {
		HASH_DEL(plans->entries, entry);
		free(entry->plan.lines);
		free(entry);
	}
	string_pool_destroy(plans->strings);
	free(plans);
}

/*
 * The name as the runtime prints it (runtime/traceback.go printFuncName): gopanic as panic; type
 * arguments, between the first '[' and the last ']', as "...".
 */
static const char *printed_name(struct unwind_cache *plans, const char *name)
{
	if (strcmp(name, "runtime.gopanic") == 0)
		return "panic";
	const char *open = strchr(name, '[');
	const char *close = open ? strrchr(open, ']') : NULL;
	if (!close || strncmp(open, "[...]", 5) == 0)
		return name;
	char *text;
	if (asprintf(&text, "%.*s[...]%s", (int)(open - name), name, close + 1) < 0)
		return name;
	const char *interned = string_pool_intern(plans->strings, text);
	free(text);
	return interned ? interned : name;
}

static enum function_role role_of(const char *name)
{
	static const struct {
		const char *name;
		enum function_role role;
	} roles[] = {
		{"runtime.sigpanic", ROLE_SIGPANIC},
		{"runtime.asyncPreempt", ROLE_ASYNC_PREEMPT},
		{"runtime.debugCallV2", ROLE_DEBUG_CALL},
		{"runtime.cgocallback", ROLE_CGOCALLBACK},
		{"crosscall2", ROLE_CROSSCALL},
		{"runtime.sigtramp", ROLE_SIGTRAMP},
		{"runtime.cgoSigtramp", ROLE_SIGTRAMP},
		{"runtime.systemstack", ROLE_SYSTEM_STACK},
		{"runtime.mcall", ROLE_SYSTEM_STACK},
		{"runtime.morestack", ROLE_SYSTEM_STACK},
		{"runtime.asmcgocall", ROLE_SYSTEM_STACK},
		{"runtime.mstart", ROLE_SYSTEM_STACK},
	};
	for (size_t i = 0; i < array_length(roles); i++) {
		if (strcmp(name, roles[i].name) == 0)
			return roles[i].role;
	}
	return ROLE_NORMAL;
}

/* Fills `plan`; false when no function contains the pc. */
static bool make_plan(const struct program *program, struct unwind_cache *plans, uint64_t pc,
	bool exact, struct unwind_info *plan)
{
	struct pc_function function;
	uint32_t offset = (uint32_t)(pc - program->text);
	if (!program_is_go_pc(program, pc) || pc - program->text > UINT32_MAX ||
		!pclntab_find(&program->pclntab, offset, &function))
		return false;
	/* A return address at a function's entry belongs to a call that never was: see symPC in
	 * traceback.go. */
	uint32_t symbol_pc = !exact && offset > function.entry ? offset - 1 : offset;
	struct pc_line lines[PC_LINES_MAX];
	size_t count = pclntab_lines(&program->pclntab, &function, symbol_pc, lines);
	plan->lines = calloc(count, sizeof(*plan->lines));
	if (!plan->lines)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *name = printed_name(plans, lines[i].function);
		plan->lines[i] = (struct plan_line){
			name, lines[i].file, lines[i].line, function_kind(name), lines[i].inlined};
	}
	plan->line_count = count;
	plan->entry = program->text + function.entry;
	plan->flags = function.flags;
	plan->role = role_of(function.name);
	plan->has_sp_delta =
		pclntab_sp_delta(&program->pclntab, &function, offset, &plan->sp_delta);
	return true;
}

const struct unwind_info *unwind_info_in(
	const struct program *program, struct unwind_cache *plans, uint64_t pc, bool exact)
{
	uint64_t key = pc ^ ((uint64_t)exact << 63);
	struct plan_entry **recent = &plans->recent[pc % RECENT], *entry = *recent;
	if (!entry || entry->key != key)
		HASH_FIND(hh, plans->entries, &key, sizeof(key), entry);
	if (!entry) {
		if (HASH_COUNT(plans->entries) >= MAX_PLANS)
			return NULL;
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return NULL;
		entry->key = key;
		entry->found = make_plan(program, plans, pc, exact, &entry->plan);
		HASH_ADD(hh, plans->entries, key, sizeof(key), entry);
		if (entry->lost) {
			free(entry->plan.lines);
			free(entry);
			return NULL;
		}
	}
	*recent = entry;
	return entry->found ? &entry->plan : NULL;
}

const struct unwind_info *unwind_info_at(struct program *program, uint64_t pc, bool exact)
{
	return unwind_info_in(program, program->unwind_cache, pc, exact);
}

const char *program_function_name(struct program *program, uint64_t pc)
{
	const struct unwind_info *plan = unwind_info_at(program, pc, true);
	return plan ? plan->lines[plan->line_count - 1].function : NULL;
}
