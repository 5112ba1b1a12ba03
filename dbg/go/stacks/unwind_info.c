/* The cache of unwinding information: see unwind_info.h. */
#include "dbg/go/stacks/unwind_info.h"

#include "dbg/go/stacks/function.h"

#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dwarf/base/hash.h"

enum { MAX_ENTRIES = 4 << 20 }; /* distinct pcs; more means a hostile target */

struct cache_entry {
	uint64_t key; /* pc, top bit: exact */
	struct unwind_info info;
	bool found, lost; /* not in the table: no memory */
	UT_hash_handle hh;
};

/* The entries looked up last, by the low bits of the pc: most stacks resemble the one before. */
enum { RECENT = 1024 };

struct unwind_cache {
	struct cache_entry *entries;
	struct cache_entry *recent[RECENT];
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

void unwind_cache_destroy(struct unwind_cache *cache)
{
	if (!cache)
		return;
	struct cache_entry *entry, *next;
	HASH_ITER (hh, cache->entries, entry, next) {
		HASH_DEL(cache->entries, entry);
		free(entry->info.lines);
		free(entry);
	}
	string_pool_destroy(cache->strings);
	free(cache);
}

/*
 * The name as the runtime prints it (runtime/traceback.go printFuncName): gopanic as panic; type
 * arguments, between the first '[' and the last ']', as "...".
 */
static const char *printed_name(struct unwind_cache *cache, const char *name)
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
	const char *interned = string_pool_intern(cache->strings, text);
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

/* Fills `info`; false if no function contains the pc. */
static bool fill_info(const struct program *program, struct unwind_cache *cache, uint64_t pc,
	bool exact, struct unwind_info *info)
{
	struct pc_function function;
	uint32_t offset = (uint32_t)(pc - program->text);
	if (!program_is_go_pc(program, pc) || pc - program->text > UINT32_MAX ||
		!pclntab_find(&program->pclntab, offset, &function))
		return false;
	/* No call returns to a function's entry: such a pc was put there, so it is not decremented
	 * (runtime/traceback.go symPC). */
	uint32_t symbol_pc = !exact && offset > function.entry ? offset - 1 : offset;
	struct pc_line lines[PC_LINES_MAX];
	size_t count = pclntab_lines(&program->pclntab, &function, symbol_pc, lines);
	info->lines = calloc(count, sizeof(*info->lines));
	if (!info->lines)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *name = printed_name(cache, lines[i].function);
		info->lines[i] = (struct unwind_line){
			name, lines[i].file, lines[i].line, function_kind(name), lines[i].inlined};
	}
	info->line_count = count;
	info->entry = program->text + function.entry;
	info->flags = function.flags;
	info->role = role_of(function.name);
	info->has_sp_delta =
		pclntab_sp_delta(&program->pclntab, &function, offset, &info->sp_delta);
	return true;
}

const struct unwind_info *unwind_info_in(
	const struct program *program, struct unwind_cache *cache, uint64_t pc, bool exact)
{
	uint64_t key = pc ^ ((uint64_t)exact << 63);
	struct cache_entry **recent = &cache->recent[pc % RECENT], *entry = *recent;
	if (!entry || entry->key != key)
		HASH_FIND(hh, cache->entries, &key, sizeof(key), entry);
	if (!entry) {
		if (HASH_COUNT(cache->entries) >= MAX_ENTRIES)
			return NULL;
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return NULL;
		entry->key = key;
		entry->found = fill_info(program, cache, pc, exact, &entry->info);
		HASH_ADD(hh, cache->entries, key, sizeof(key), entry);
		if (entry->lost) {
			free(entry->info.lines);
			free(entry);
			return NULL;
		}
	}
	*recent = entry;
	return entry->found ? &entry->info : NULL;
}

const struct unwind_info *unwind_info_at(struct program *program, uint64_t pc, bool exact)
{
	return unwind_info_in(program, program->unwind_cache, pc, exact);
}

const char *program_function_name(struct program *program, uint64_t pc)
{
	const struct unwind_info *info = unwind_info_at(program, pc, true);
	return info ? info->lines[info->line_count - 1].function : NULL;
}
