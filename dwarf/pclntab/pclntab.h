/*
 * The Go function table (pclntab), which the runtime itself unwinds with: functions, files, lines,
 * inlining, stack depth.
 *
 * dwarf/pclntab finds and decodes this table; it uses dwarf/elf and the layouts in dwarf/debug, and
 * knows no process. Its entry points are find_pclntab() and the functions here.
 *
 * The table is preferred to DWARF for all Go code: it needs no decompression, exists in stripped
 * programs too, and gives the same names and lines that the runtime prints. Positions are offsets
 * from the start of the Go text (moduledata.text), so they do not depend on the load address.
 *
 * Sources: runtime/symtab.go, runtime/symtabinl.go, internal/abi/symtab.go,
 * cmd/link/internal/ld/pcln.go, in 1.19 to 1.27. These releases differ in two ways, both
 * visible in the layouts: `_func` gained startLine, and in 1.21 `inlinedCall` replaced parent, file
 * and line by startLine.
 */
#ifndef GCTXDBG_DWARF_PCLNTAB_PCLNTAB_H
#define GCTXDBG_DWARF_PCLNTAB_PCLNTAB_H

#include "dwarf/debug/layout.h"

/* The fields of runtime.pcHeader, runtime._func and runtime.inlinedCall. */
struct pclntab_layout {
	struct {
		struct field nfunc, nfiles, funcname_offset, cu_offset, filetab_offset,
			pctab_offset, pcln_offset;
	} header;
	struct {
		struct field size, name_offset, args, pcsp, pcfile, pcln, npcdata, cu_offset,
			start_line, flag, nfuncdata;
	} func;
	struct {
		struct field size, name_offset, parent_pc;
		struct field parent; /* only before 1.21 */
	} inlined;
};

struct pclntab {
	struct pclntab_layout layout;
	struct bytes names, cutab, files, pctab, functab; /* functab also holds the _func records */
	struct bytes funcdata; /* from moduledata.gofunc on; if empty, inlining is unknown */
	uint32_t function_count;
	uint32_t file_count; /* number of strings in `files` */
};

/* internal/abi/symtab.go FuncFlag; the same in all releases. */
enum pc_function_flag {
	PC_FUNCTION_TOP_FRAME = 1, /* outermost on its stack: goexit, mstart, sigtramp… */
	PC_FUNCTION_SP_WRITE = 2,  /* changes SP in a way that the table does not describe */
	PC_FUNCTION_ASSEMBLY = 4,
};

struct pc_function {
	uint32_t entry;	 /* first text offset */
	uint32_t end;	 /* text offset after its code */
	uint32_t record; /* offset of its _func in functab */
	uint32_t pcsp;	 /* 0: no frame information */
	uint8_t flags;	 /* enum pc_function_flag */
	uint8_t id; /* funcID, which marks the runtime's special functions; differs by release */
	const char *name;
};

/* One logical frame at a pc. The innermost inlined call comes first, the physical function last. */
struct pc_line {
	const char *function; /* as in the table: type arguments may be shortened to [...] */
	const char *file;     /* "?" if unknown, as the runtime prints */
	int32_t line;
	bool inlined;
};

/*
 * Opens the table in `table` (all of .gopclntab), with `funcdata` (the bytes from moduledata.gofunc
 * on). Both must outlive `ret`, which need not be freed. ERROR_BAD_DATA if the header does not fit
 * the size of the table.
 */
struct error *pclntab_open(struct bytes table, struct bytes funcdata,
	const struct pclntab_layout *layout, struct pclntab *ret);

/* The function that contains text offset `pc`; false if there is none. */
bool pclntab_find(const struct pclntab *table, uint32_t pc, struct pc_function *ret);

/* Function number `index`, in order of address; false if it is damaged or past the end. */
bool pclntab_function(const struct pclntab *table, uint32_t index, struct pc_function *ret);

/* Bytes between SP and the return address at `pc`; false if unknown. */
bool pclntab_sp_delta(
	const struct pclntab *table, const struct pc_function *function, uint32_t pc, int32_t *ret);

enum { PC_LINES_MAX = 64 };

/*
 * The logical frames at `pc`, which must be the address of the instruction itself, not a return
 * address. Returns their number: 1 to PC_LINES_MAX.
 */
size_t pclntab_lines(const struct pclntab *table, const struct pc_function *function, uint32_t pc,
	struct pc_line ret[static PC_LINES_MAX]);

/* internal/abi/symtab.go: tables for a function's code; the same numbers in all releases. */
enum pc_data {
	PCDATA_STACK_MAP_INDEX = 1,
	PCDATA_INLINE_TREE_INDEX = 2, /* innermost inlined call of an instruction; -1: none */
	PCDATA_ARG_LIVE_INDEX = 3,
};
enum func_data {
	FUNCDATA_ARGS_POINTER_MAPS = 0,
	FUNCDATA_LOCALS_POINTER_MAPS = 1,
	FUNCDATA_STACK_OBJECTS = 2,
	FUNCDATA_INLINE_TREE = 3,
	FUNCDATA_ARG_INFO = 5,
	FUNCDATA_ARG_LIVE_INFO = 6,
};

/* The value of the pcdata table `index` at `pc`; false if there is none. */
bool pclntab_pcdata(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, uint32_t pc, int32_t *ret);
/* The target of the function's funcdata `index`, up to the end of all funcdata; false if it has
 * none. */
bool pclntab_funcdata(const struct pclntab *table, const struct pc_function *function,
	enum func_data index, struct bytes *ret);

/*
 * An iterator over a pc-value table. Initialize it with pc_ranges_of_…(). Each pc_ranges_next()
 * then sets the next range of code [start, end), in text offsets, and its value; it returns false
 * at the end.
 */
struct pc_ranges {
	const struct pclntab *table;
	uint64_t limit, offset;
	uint32_t start, end;
	int32_t value;
	bool first;
};

/* False if there is no such table. */
bool pc_ranges_of_data(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, struct pc_ranges *ret);
bool pc_ranges_of_lines(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret);
/* The values are file numbers for pclntab_file(). */
bool pc_ranges_of_files(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret);
bool pc_ranges_next(struct pc_ranges *ranges);

/* The path of file number `number` of `function`; NULL if there is none. */
const char *pclntab_file(
	const struct pclntab *table, const struct pc_function *function, int32_t number);

/* Inlined call number `index` of `function`; false if there is none. */
struct pc_inlined {
	const char *function; /* the callee, as in the table */
	uint32_t parent_pc;   /* text offset of an instruction of the caller */
};
bool pclntab_inlined(const struct pclntab *table, const struct pc_function *function, int32_t index,
	struct pc_inlined *ret);

/* The line where the function starts; 0 if the release does not record it. */
int32_t pclntab_start_line(const struct pclntab *table, const struct pc_function *function);

/* The bytes of the function's arguments, results and argument spill area in its caller's frame; 0
 * if unknown. */
uint32_t pclntab_args_size(const struct pclntab *table, const struct pc_function *function);

#endif
