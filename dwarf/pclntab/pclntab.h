/*
 * The Go symbol table that the runtime itself unwinds with: functions, files, lines, inlining,
 * stack depth.
 *
 * It is the first source for all Go code, even where DWARF exists: it is mapped, needs no
 * decompression, is there in stripped programs too, and gives by construction what the runtime
 * prints. Positions are offsets from the start of the Go text (moduledata.text), so the table knows
 * nothing of where a process has loaded it.
 *
 * Sources: runtime/symtab.go, runtime/symtabinl.go, internal/abi/symtab.go,
 * cmd/link/internal/ld/pcln.go, read for 1.19 and 1.21 to 1.27. Two things differ between those
 * releases, both visible in the layouts: `_func` gained startLine, and `inlinedCall` lost parent,
 * file and line (1.21) for startLine.
 */
#ifndef GCTXDBG_DWARF_PCLNTAB_PCLNTAB_H
#define GCTXDBG_DWARF_PCLNTAB_PCLNTAB_H

#include "dwarf/debug/layout.h"

/* Where things are in runtime.pcHeader, runtime._func and runtime.inlinedCall. */
struct pclntab_layout {
	struct {
		struct field nfunc, nfiles, funcname_offset, cu_offset, filetab_offset,
			pctab_offset, pcln_offset;
	} header;
	struct {
		struct field size, name_offset, pcsp, pcfile, pcln, npcdata, cu_offset, start_line,
			flag, nfuncdata;
	} func;
	struct {
		struct field size, name_offset, parent_pc;
		struct field parent; /* only before 1.21 */
	} inlined;
};

struct pclntab {
	struct pclntab_layout layout;
	struct bytes names, cutab, files, pctab, functab; /* functab also holds the _func records */
	struct bytes funcdata; /* from moduledata.gofunc on; may be empty: no inlining */
	uint32_t function_count;
	uint32_t file_count; /* strings one after the other in `files` */
};

/* internal/abi/symtab.go FuncFlag; the same in all releases. */
enum pc_function_flag {
	PC_FUNCTION_TOP_FRAME = 1, /* outermost on its stack: goexit, mstart, sigtramp… */
	PC_FUNCTION_SP_WRITE = 2,  /* writes SP in a way that the table does not know */
	PC_FUNCTION_ASSEMBLY = 4,
};

struct pc_function {
	uint32_t entry; /* offsets in text */
	uint32_t end;
	uint32_t record; /* offset of its _func in functab */
	uint32_t pcsp;	 /* 0: no frame information */
	uint8_t flags;	 /* enum pc_function_flag */
	uint8_t id;	 /* funcID: what the runtime knows it as; numbers differ by release */
	const char *name;
};

/*
 * One logical frame at a pc: the innermost inlined call comes first, the physical function last.
 */
struct pc_line {
	const char *function; /* as in the table; generics already or not yet shortened to [...] */
	const char *file;     /* "?" when unknown, as the runtime says */
	int32_t line;
	bool inlined;
};

/*
 * Opens the table in `table` (all of .gopclntab) with `funcdata` (the bytes from moduledata.gofunc
 * on). Both must outlive `ret`, which needs no freeing. ERROR_BAD_DATA when the header contradicts
 * the table's size.
 */
struct error *pclntab_open(struct bytes table, struct bytes funcdata,
	const struct pclntab_layout *layout, struct pclntab *ret);

/* The function that contains text offset `pc`; false when there is none. */
bool pclntab_find(const struct pclntab *table, uint32_t pc, struct pc_function *ret);

/* The `index`th function in order of address. */
bool pclntab_function(const struct pclntab *table, uint32_t index, struct pc_function *ret);

/* Bytes between SP and the return address at `pc`; false when unknown. */
bool pclntab_sp_delta(
	const struct pclntab *table, const struct pc_function *function, uint32_t pc, int32_t *ret);

enum { PC_LINES_MAX = 64 };

/*
 * The logical frames at `pc` (a "call pc": of the instruction itself, not a return address), at
 * most PC_LINES_MAX. Returns how many; at least 1.
 */
size_t pclntab_lines(const struct pclntab *table, const struct pc_function *function, uint32_t pc,
	struct pc_line ret[static PC_LINES_MAX]);

/* internal/abi/symtab.go: tables beside a function's code; the same numbers in all releases. */
enum pc_data {
	PCDATA_STACK_MAP_INDEX = 1,
	PCDATA_INLINE_TREE_INDEX = 2, /* the innermost inlined call that an instruction is of; -1 */
};
enum func_data {
	FUNCDATA_ARGS_POINTER_MAPS = 0,
	FUNCDATA_LOCALS_POINTER_MAPS = 1,
	FUNCDATA_STACK_OBJECTS = 2,
	FUNCDATA_INLINE_TREE = 3,
};

/* The value of the pcdata table `index` at `pc`; false when there is none. */
bool pclntab_pcdata(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, uint32_t pc, int32_t *ret);
/* What the function's funcdata `index` points to, up to the end of all funcdata; false when it has
 * none. */
bool pclntab_funcdata(const struct pclntab *table, const struct pc_function *function,
	enum func_data index, struct bytes *ret);

/*
 * Goes through a pc-value table. Set up with pc_ranges_of_…(); then each pc_ranges_next() gives the
 * next stretch of code [start, end), in text offsets, and its value, until it returns false.
 */
struct pc_ranges {
	const struct pclntab *table;
	uint64_t limit, offset;
	uint32_t start, end;
	int32_t value;
	bool first;
};

/* False when there is no such table. */
bool pc_ranges_of_data(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, struct pc_ranges *ret);
bool pc_ranges_of_lines(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret);
/* The values are numbers for pclntab_file(). */
bool pc_ranges_of_files(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret);
bool pc_ranges_next(struct pc_ranges *ranges);

/* The file that `function` has the number `number` for; NULL when there is none. */
const char *pclntab_file(
	const struct pclntab *table, const struct pc_function *function, int32_t number);

/* The call number `index` that was inlined into `function`. */
struct pc_inlined {
	const char *function; /* that was called; as in the table */
	uint32_t parent_pc;   /* text offset of an instruction of the caller's */
};
bool pclntab_inlined(const struct pclntab *table, const struct pc_function *function, int32_t index,
	struct pc_inlined *ret);

/* The line that the function starts at, 0 when the release does not record it. */
int32_t pclntab_start_line(const struct pclntab *table, const struct pc_function *function);

#endif
