/*
 * The parts of an open Go program. Private to dbg/go, and to dbg/break, which uses the tables but
 * not the caches.
 */
#ifndef GCTXDBG_GO_PROGRAM_PROGRAM_STATE_H
#define GCTXDBG_GO_PROGRAM_PROGRAM_STATE_H

#include "dbg/go/program/find_runtimes.h"
#include "dbg/go/program/module.h"
#include "dbg/go/program/program.h"
#include "dbg/go/program/runtime_layout.h"

struct builtin_layout;
struct native_modules;
struct native_unwinder;
struct string_pool;
/* The caches of the folders above this one. */
struct context_forest;
struct goroutine_cache;
struct goroutine_list;
struct heap;
struct type_cache;
struct unwind_cache;

/* A global variable of the runtime; address 0: not found. */
struct global {
	uint64_t address;
	uint64_t size; /* 0 unknown */
};

struct runtime_globals {
	struct global allgs, allgptr, allglen, allm, allp, sched, firstmoduledata,
		wait_reason_strings;
	struct global g_status_strings, semtable, build_version, gomaxprocs, runtime_init_time;
	struct global fing_status, fing_running, gc_controller, memstats, mheap, text, etext,
		itab_table;
};

/*
 * Calls from the folders to the composition root (dbg/go/go_program.h), which sets them; NULL: no
 * call.
 */
struct program_hooks {
	/* Once the runtime has started and its variables and texts have been found. */
	struct error *(*after_start)(struct program *program);
};

enum { MAX_MODULES = 256 };

struct program {
	struct target *target;
	struct elf_image *exe;
	struct runtime_files runtimes; /* all Go runtimes of the process, see runtimes.h */
	size_t runtime;		       /* the index of the one that this program is */
	bool runtimes_stale;	       /* the target has run since they were searched for */
	/*
	 * The first is the runtime's own; see program_modules.c. The others are appended when they
	 * are found, also while the tracer thread reads the list.
	 */
	struct module *modules[MAX_MODULES];
	_Atomic size_t module_count;
	struct native_modules *files;	/* owns all images but `exe` */
	const char *debug_file;		/* that the user gave; NULL: none */
	char *debug_description;	/* names the debug file; NULL if there is none */
	struct builtin_layout *builtin; /* then the source of the layouts; else NULL */
	bool layout_checked;		/* layout_check() has seen the built-in layouts */
	struct runtime_layout layout;
	struct runtime_globals globals;
	struct build_info build_info;
	bool has_build_info;
	bool started;	  /* the runtime had started when its variables were searched for */
	bool has_symbols; /* of the runtime's variables: no need to search the code for them */
	char *go_version;

	struct string_pool *strings;
	struct unwind_cache *unwind_cache;
	struct type_cache *type_cache; /* NULL until a type is decoded */
	/* The runtime's tracebacks treat the pc in the caller of asyncPreempt as that of a trap,
	 * not as a return address: since 1.21. */
	bool preempt_is_trap;

	char **wait_reasons; /* the target's own texts */
	size_t wait_reason_count;
	char **status_names;
	size_t status_name_count;

	/* program_refresh() drops what these have read of the target's memory. */
	struct goroutine_cache *goroutines;
	struct heap *heap;		    /* NULL until the heap is read */
	struct context_forest *contexts[4]; /* by flags of program_contexts() */
	struct native_unwinder *native;

	struct program_hooks hooks;
	void (*warn)(void *context, const char *message);
	void *warn_context;
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	void *progress_context;
};

/* Reports the progress of a slow operation (see struct program_options). */
static inline void program_progress(
	const struct program *program, const char *what, uint64_t done, uint64_t total)
{
	if (program->progress)
		program->progress(program->progress_context, what, done, total);
}

/* The name, for messages, of the file with the runtime. */
static inline const char *program_name(const struct program *program)
{
	const struct module *module = program->module_count ? program->modules[0] : NULL;
	return module && module->path ? module->path : program->target->exe_name;
}

/* ---- Reading fields and strings ---- */

/* The little-endian value of `field` in `object`, a local copy of `size` bytes; 0 if the field is
 * absent or outside. */
static inline uint64_t object_field(const void *object, size_t size, struct field field)
{
	uint64_t value = 0;
	size_t width = field.size < sizeof(value) ? field.size : sizeof(value);
	if (field_present(field) && field.offset <= size && width <= size - field.offset)
		memcpy(&value, (const char *)object + field.offset, width);
	return value;
}

/* Reads one field of the struct at `address`; 0 if the release lacks it. */
struct error *program_read_field(
	struct program *program, uint64_t address, struct field field, uint64_t *ret);

/* Reads the m that the scheduling goroutine of the m at `address` names, which must be `address`; it
 * is if the runtime has not given it a scheduling goroutine yet. */
struct error *program_m_read_back(struct program *program, uint64_t address, uint64_t *ret);

/* Reads the Go string whose header is at `address`, at most `limit` bytes of it; malloc'ed. */
struct error *program_read_string(
	struct program *program, uint64_t address, size_t limit, char **ret);

/* ---- Modules (program_modules.c) ---- */

/* The module whose Go text contains `pc`; NULL if it is not Go code. */
struct module *program_module_at(const struct program *program, uint64_t pc);
/* The module whose type data contains `address`; NULL if there is none. */
struct module *program_module_of_type(const struct program *program, uint64_t address);
/* The module that has `address` in one of its segments; NULL if there is none. */
struct module *program_module_of_data(const struct program *program, uint64_t address);

/* Whether `pc` is in the Go text. */
static inline bool program_is_go_pc(const struct program *program, uint64_t pc)
{
	return program_module_at(program, pc);
}

/* A function with its module, which its text offsets are relative to. */
struct module_function {
	const struct module *module;
	struct pc_function function;
	uint64_t entry; /* run-time address */
};

/* The Go function that contains `pc`; false if there is none. */
bool program_function_at(const struct program *program, uint64_t pc, struct module_function *ret);

/*
 * Adds the modules that the runtime has loaded since the last call. A module whose file cannot be
 * read has only its types; `program->warn` says so.
 */
struct error *program_load_modules(struct program *program);

/* ---- Opening, in this order ---- */

/* Opens the executable, finds the Go runtimes and reads the build info: `exe`, `build_info`, and
 * image and bias of the first module (program_image.c). `runtime` and `before` are as in
 * program_open(). ERROR_NOT_FOUND if there is no runtime. */
struct error *program_open_image(
	struct program *program, const char *runtime, const struct program *before);
/* Reads the release from runtime.buildVersion, unless it is known already. */
void program_read_version(struct program *program);

/* Fills `layout` (program_layout.c). */
struct error *program_open_layout(struct program *program);
/* Fills `layout` from candidate number `candidate` of the built-in table, and reads again what
 * depends on it: the function table, the globals and the texts. */
struct error *program_use_candidate(struct program *program, size_t candidate);

/* Opens the module that firstmoduledata describes, the first, and then the others; again after a
 * change of the layouts. Only the first keeps its DWARF. */
struct error *program_open_modules(struct program *program);

/* Finds the globals in the symbol table (globals.c). Absent ones keep address 0. */
void program_find_globals(struct program *program);
/* Finds the globals that the symbol table lacks through the code (find_globals.h); needs the
 * function table. */
struct error *program_find_missing_globals(struct program *program);

/*
 * Reads the target's texts for wait reasons and statuses, and whether its runtime has started
 * (program_texts.c).
 */
void program_read_texts(struct program *program);
void program_free_texts(struct program *program);
/*
 * Completes a program that was opened before its runtime had started: searches for its globals and
 * reads its texts again. Does nothing once the runtime has started.
 */
struct error *program_settle(struct program *program);

#endif
