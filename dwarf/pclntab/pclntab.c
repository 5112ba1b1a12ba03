/* Decodes the Go runtime's function table: see pclntab.h. */
#include "dwarf/pclntab/pclntab.h"

#include "dwarf/base/bisect.h"

enum {
	FTAB_ENTRY_SIZE = 8, /* two uint32: entry offset, record offset */
};

/*
 * Reads a little-endian unsigned field of at most 8 bytes; false if it is absent or out of range.
 */
static bool read_field(struct bytes bytes, uint64_t base, struct field field, uint64_t *ret)
{
	*ret = 0;
	return field_present(field) && field.size <= sizeof(*ret) &&
	       bytes_copy(bytes, base + field.offset, ret, field.size);
}

static bool read_u32(struct bytes bytes, uint64_t offset, uint32_t *ret)
{
	return bytes_copy(bytes, offset, ret, sizeof(*ret));
}

/* The part of `table` from the offset in header field `field` to its end. */
static bool header_part(struct bytes table, struct field field, struct bytes *ret)
{
	uint64_t offset;
	return read_field(table, 0, field, &offset) && offset <= table.size &&
	       bytes_slice(table, offset, table.size - offset, ret);
}

struct error *pclntab_open(struct bytes table, struct bytes funcdata,
	const struct pclntab_layout *layout, struct pclntab *ret)
{
	*ret = (struct pclntab){.layout = *layout, .funcdata = funcdata};
	uint64_t count, files;
	if (!read_field(table, 0, layout->header.nfunc, &count) ||
		!read_field(table, 0, layout->header.nfiles, &files) ||
		!header_part(table, layout->header.funcname_offset, &ret->names) ||
		!header_part(table, layout->header.cu_offset, &ret->cutab) ||
		!header_part(table, layout->header.filetab_offset, &ret->files) ||
		!header_part(table, layout->header.pctab_offset, &ret->pctab) ||
		!header_part(table, layout->header.pcln_offset, &ret->functab))
		return error_create(ERROR_BAD_DATA, "the Go function table (pclntab) is damaged: "
						    "its header points outside the table");
	if (count == 0 || count > ret->functab.size / FTAB_ENTRY_SIZE)
		return error_create(ERROR_BAD_DATA,
			"the Go function table (pclntab) is damaged: implausible number of "
			"functions, %llu in %zu bytes",
			(unsigned long long)count, ret->functab.size);
	ret->function_count = (uint32_t)count;
	ret->file_count = files < ret->files.size ? (uint32_t)files : 0;
	return NULL;
}

static bool ftab_entry(
	const struct pclntab *table, uint32_t index, uint32_t *ret_entry, uint32_t *ret_record)
{
	uint64_t offset = (uint64_t)index * FTAB_ENTRY_SIZE;
	return read_u32(table->functab, offset, ret_entry) &&
	       read_u32(table->functab, offset + 4, ret_record);
}

bool pclntab_function(const struct pclntab *table, uint32_t index, struct pc_function *ret)
{
	if (index >= table->function_count || !ftab_entry(table, index, &ret->entry, &ret->record))
		return false;
	/* The table ends with a 4-byte entry that gives only the end of the last function. */
	if (!read_u32(table->functab, ((uint64_t)index + 1) * FTAB_ENTRY_SIZE, &ret->end))
		return false;
	uint64_t name, pcsp, flags, id;
	struct field id_field = table->layout.func.flag;
	id_field.offset -= id_field.size; /* funcID: the byte before it, in all releases */
	if (!read_field(table->functab, ret->record, table->layout.func.name_offset, &name) ||
		!read_field(table->functab, ret->record, table->layout.func.pcsp, &pcsp) ||
		!read_field(table->functab, ret->record, table->layout.func.flag, &flags) ||
		!read_field(table->functab, ret->record, id_field, &id))
		return false;
	ret->pcsp = (uint32_t)pcsp;
	ret->flags = (uint8_t)flags;
	ret->id = (uint8_t)id;
	ret->name = bytes_string(table->names, name);
	return ret->name && ret->entry < ret->end;
}

/*
 * The text offset at which function `index` begins; pclntab_open() checked that the entry exists.
 */
static uint32_t function_entry(const struct pclntab *table, size_t index)
{
	uint32_t entry;
	memcpy(&entry, table->functab.data + index * FTAB_ENTRY_SIZE, sizeof(entry));
	return entry;
}

bool pclntab_find(const struct pclntab *table, uint32_t pc, struct pc_function *ret)
{
	size_t next = bisect(i, table->function_count, function_entry(table, i) > pc);
	return next && pclntab_function(table, (uint32_t)next - 1, ret) && pc < ret->end;
}

/* Reads a varint at `*offset` and advances it; false at the end of the table. */
static bool read_varint(struct bytes bytes, uint64_t *offset, uint32_t *ret)
{
	uint32_t value = 0;
	for (unsigned shift = 0; shift < 32; shift += 7) {
		if (*offset >= bytes.size)
			return false;
		uint8_t byte = bytes.data[(*offset)++];
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static struct pc_ranges ranges_at(
	const struct pclntab *table, const struct pc_function *function, uint32_t start)
{
	return (struct pc_ranges){.table = table,
		.limit = function->end,
		.offset = start,
		.end = function->entry,
		.value = -1,
		.first = true};
}

/* Each step consumes at least two bytes of a finite table, so this terminates on any input. */
bool pc_ranges_next(struct pc_ranges *ranges)
{
	uint32_t value_delta, pc_delta;
	if (ranges->end > ranges->limit ||
		!read_varint(ranges->table->pctab, &ranges->offset, &value_delta) ||
		(value_delta == 0 && !ranges->first) ||
		!read_varint(ranges->table->pctab, &ranges->offset, &pc_delta) ||
		pc_delta > UINT32_MAX - ranges->end)
		return false;
	uint32_t delta = (value_delta & 1) ? ~(value_delta >> 1) : value_delta >> 1;
	ranges->value = (int32_t)((uint32_t)ranges->value + delta);
	ranges->start = ranges->end;
	ranges->end += pc_delta;
	ranges->first = false;
	return true;
}

/* The value at `pc` in the pc-value table at offset `start` of pctab; false if the table does not
 * cover `pc`. */
static bool pc_value(const struct pclntab *table, const struct pc_function *function,
	uint32_t start, uint32_t pc, int32_t *ret)
{
	if (start == 0)
		return false;
	struct pc_ranges ranges = ranges_at(table, function, start);
	while (pc_ranges_next(&ranges)) {
		if (pc < ranges.end) {
			*ret = ranges.value;
			return true;
		}
	}
	return false;
}

bool pclntab_sp_delta(
	const struct pclntab *table, const struct pc_function *function, uint32_t pc, int32_t *ret)
{
	return pc_value(table, function, function->pcsp, pc, ret);
}

/* Entry `index` of the pcdata array, which follows the _func record. */
static bool pcdata_start(const struct pclntab *table, const struct pc_function *function,
	uint32_t index, uint32_t *ret)
{
	uint64_t count;
	return read_field(table->functab, function->record, table->layout.func.npcdata, &count) &&
	       index < count &&
	       read_u32(table->functab,
		       (uint64_t)function->record + table->layout.func.size.size + 4ull * index,
		       ret);
}

/*
 * Entry `index` of the funcdata array, which follows the pcdata array: an offset in
 * table->funcdata. False if the entry is empty.
 */
static bool funcdata_start(const struct pclntab *table, const struct pc_function *function,
	uint32_t index, uint32_t *ret)
{
	uint64_t pcdata_count, funcdata_count;
	if (!read_field(
		    table->functab, function->record, table->layout.func.npcdata, &pcdata_count) ||
		!read_field(table->functab, function->record, table->layout.func.nfuncdata,
			&funcdata_count) ||
		index >= funcdata_count)
		return false;
	uint64_t arrays = (uint64_t)function->record + table->layout.func.size.size;
	return read_u32(table->functab, arrays + 4 * pcdata_count + 4ull * index, ret) &&
	       *ret != UINT32_MAX;
}

bool pclntab_pcdata(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, uint32_t pc, int32_t *ret)
{
	uint32_t start;
	return pcdata_start(table, function, index, &start) &&
	       pc_value(table, function, start, pc, ret);
}

bool pclntab_funcdata(const struct pclntab *table, const struct pc_function *function,
	enum func_data index, struct bytes *ret)
{
	uint32_t start;
	if (!funcdata_start(table, function, index, &start) || start > table->funcdata.size)
		return false;
	return bytes_slice(table->funcdata, start, table->funcdata.size - start, ret);
}

bool pc_ranges_of_data(const struct pclntab *table, const struct pc_function *function,
	enum pc_data index, struct pc_ranges *ret)
{
	uint32_t start;
	if (!pcdata_start(table, function, index, &start) || start == 0)
		return false;
	*ret = ranges_at(table, function, start);
	return true;
}

static bool ranges_of_field(const struct pclntab *table, const struct pc_function *function,
	struct field field, struct pc_ranges *ret)
{
	uint64_t start;
	if (!read_field(table->functab, function->record, field, &start) || start == 0)
		return false;
	*ret = ranges_at(table, function, (uint32_t)start);
	return true;
}

bool pc_ranges_of_lines(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret)
{
	return ranges_of_field(table, function, table->layout.func.pcln, ret);
}

bool pc_ranges_of_files(
	const struct pclntab *table, const struct pc_function *function, struct pc_ranges *ret)
{
	return ranges_of_field(table, function, table->layout.func.pcfile, ret);
}

const char *pclntab_file(
	const struct pclntab *table, const struct pc_function *function, int32_t number)
{
	uint64_t cu;
	uint32_t offset;
	if (number < 0 ||
		!read_field(table->functab, function->record, table->layout.func.cu_offset, &cu) ||
		!read_u32(table->cutab, 4 * (cu + (uint64_t)number), &offset))
		return NULL;
	return bytes_string(table->files, offset);
}

bool pclntab_inlined(const struct pclntab *table, const struct pc_function *function, int32_t index,
	struct pc_inlined *ret)
{
	uint32_t tree;
	uint64_t name, parent_pc;
	if (index < 0 || !field_present(table->layout.inlined.size) ||
		!funcdata_start(table, function, FUNCDATA_INLINE_TREE, &tree))
		return false;
	uint64_t call = tree + (uint64_t)index * table->layout.inlined.size.size;
	if (!read_field(table->funcdata, call, table->layout.inlined.name_offset, &name) ||
		!read_field(table->funcdata, call, table->layout.inlined.parent_pc, &parent_pc))
		return false;
	ret->function = bytes_string(table->names, name);
	if (!ret->function || parent_pc >= function->end - function->entry)
		return false;
	ret->parent_pc = function->entry + (uint32_t)parent_pc;
	return true;
}

/* File and line of `pc`; "?" and 0, as the runtime prints, if they are unknown. */
static void file_line(const struct pclntab *table, const struct pc_function *function, uint32_t pc,
	struct pc_line *ret)
{
	ret->file = "?";
	ret->line = 0;
	uint64_t pcfile, pcln;
	int32_t file_number, line;
	if (!read_field(table->functab, function->record, table->layout.func.pcfile, &pcfile) ||
		!read_field(table->functab, function->record, table->layout.func.pcln, &pcln) ||
		!pc_value(table, function, (uint32_t)pcfile, pc, &file_number) ||
		!pc_value(table, function, (uint32_t)pcln, pc, &line) || line == -1)
		return;
	const char *file = pclntab_file(table, function, file_number);
	if (!file)
		return;
	ret->file = file;
	ret->line = line;
}

size_t pclntab_lines(const struct pclntab *table, const struct pc_function *function, uint32_t pc,
	struct pc_line ret[static PC_LINES_MAX])
{
	uint32_t indexes;
	size_t count = 0;
	bool inlines = pcdata_start(table, function, PCDATA_INLINE_TREE_INDEX, &indexes);
	while (inlines && count < PC_LINES_MAX - 1) {
		int32_t index;
		struct pc_inlined call;
		if (!pc_value(table, function, indexes, pc, &index) ||
			!pclntab_inlined(table, function, index, &call))
			break;
		struct pc_line *line = &ret[count];
		line->function = call.function;
		file_line(table, function, pc, line);
		line->inlined = true;
		count++;
		pc = call.parent_pc;
	}
	file_line(table, function, pc, &ret[count]);
	ret[count].function = function->name;
	ret[count].inlined = false;
	return count + 1;
}

int32_t pclntab_start_line(const struct pclntab *table, const struct pc_function *function)
{
	uint64_t line;
	return read_field(table->functab, function->record, table->layout.func.start_line, &line)
		       ? (int32_t)line
		       : 0;
}

uint32_t pclntab_args_size(const struct pclntab *table, const struct pc_function *function)
{
	enum { MAX_ARGS = 1 << 28 }; /* more are unknown: abi.ArgsSizeUnknown, or damaged */
	uint64_t size;
	return read_field(table->functab, function->record, table->layout.func.args, &size) &&
			       size <= MAX_ARGS
		       ? (uint32_t)size
		       : 0;
}
