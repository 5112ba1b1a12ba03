/*
 * The parts of an open Go program. Private to dbg/go, and to dbg/break, which uses the tables but
 * not the caches.
 */
#ifndef GCTXDBG_GO_PROGRAM_PROGRAM_STATE_H
#define GCTXDBG_GO_PROGRAM_PROGRAM_STATE_H

#include "dbg/go/program/program.h"
#include "dbg/go/program/runtime_layout.h"
#include "dbg/target/target.h"
#include "dwarf/debug/debug_info.h"
#include "dwarf/elf/elf_image.h"

struct builtin_layout;
struct frame_table;
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
	/*
	 * After the goroutines were read into `list`, or could not be because of `err`. Takes
	 * `err`, which may be NULL; returns the error to report.
	 */
	struct error *(*after_goroutines)(
		struct program *program, const struct goroutine_list *list, struct error *err);
};

struct program {
	struct target *target;
	struct elf_image *image;
	struct elf_image *debug_image;	/* NULL: DWARF is in `image` */
	struct debug_info *debug;	/* NULL: no DWARF anywhere */
	char *debug_description;	/* names the debug file; NULL if there is none */
	struct builtin_layout *builtin; /* then the source of the layouts; else NULL */
	bool layout_checked;		/* the built-in layouts passed layout_check() */
	struct runtime_layout layout;
	struct runtime_globals globals;
	struct build_info build_info;
	bool has_build_info;
	bool started;	  /* the runtime had started when its variables were searched for */
	bool has_symbols; /* of the runtime's variables: no need to search the code for them */
	char *go_version;
	uint64_t bias; /* run-time address minus link-time address */

	struct pclntab pclntab;
	uint64_t text, etext; /* run-time addresses of the Go code */
	uint64_t types, etypes;
	struct range data[4]; /* the module's variables: data, bss, noptrdata, noptrbss */
	bool data_damaged;    /* moduledata gives bounds outside the executable; they were cut */
	struct string_pool *strings;
	struct unwind_cache *unwind_cache;
	struct type_cache *type_cache; /* NULL until a type is decoded */
	struct frame_table *frames;    /* unwinds by DWARF; NULL: by pclntab */
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

/* Reads the Go string whose header is at `address`, at most `limit` bytes of it; malloc'ed. */
struct error *program_read_string(
	struct program *program, uint64_t address, size_t limit, char **ret);

/* Whether `pc` is in the Go text. */
static inline bool program_is_go_pc(const struct program *program, uint64_t pc)
{
	return pc >= program->text && pc < program->etext;
}

/* ---- Opening, in this order ---- */

/* Opens the executable and reads its build info: `image`, `bias`, `build_info` (program_image.c).
 * ERROR_NOT_FOUND if it is not a Go program. */
struct error *program_open_image(struct program *program);
/* Reads the release from runtime.buildVersion, unless it is known already. */
void program_read_version(struct program *program);

/* Fills `layout` (program_layout.c). `debug_file`: the path that the user gave, or NULL. */
struct error *program_open_layout(struct program *program, const char *debug_file);

/* Opens the function table that firstmoduledata leads to: `pclntab`, `text`, `types`
 * (program_functions.c). Nothing to free. */
struct error *program_open_functions(struct program *program);

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
