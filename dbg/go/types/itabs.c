/* Reading runtime.itabTable: see itabs.h. */
#include "dbg/go/types/itabs.h"

#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum { MAX_TABLE = 1 << 22, MAX_ITAB = 256 };

static int by_address(const void *a, const void *b)
{
	const struct itab *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* Fills `ret` from the table's non-empty entries. */
static struct error *read_itabs(struct program *program, const uint64_t *entries, size_t size,
	struct itab *ret, size_t *ret_count, bool *ret_partial)
{
	const struct runtime_layout *layout = &program->layout;
	_cleanup_free_ struct range *ranges = calloc(size, sizeof(*ranges));
	if (!ranges)
		return error_no_memory();
	size_t record = layout->itab.methods.offset, used = 0;
	for (size_t i = 0; i < size; i++) {
		if (entries[i])
			ranges[used++] = (struct range){entries[i], record};
	}
	struct error *err = target_prefetch(program->target, ranges, used);
	for (size_t i = 0; !err && i < used; i++) {
		uint8_t itab[MAX_ITAB];
		err = target_read(program->target, ranges[i].address, itab, record);
		if (err && err->code == ERROR_FAULT) {
			error_destroy(err);
			err = NULL;
			*ret_partial = true;
			continue;
		}
		if (!err)
			ret[(*ret_count)++] = (struct itab){ranges[i].address,
				object_field(itab, record, layout->itab.interface),
				object_field(itab, record, layout->itab.type)};
	}
	return err;
}

struct error *program_itabs(
	struct program *program, struct itab **ret, size_t *ret_count, bool *ret_partial)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t table, size, first = layout->itab_table.entries.offset;
	*ret_count = 0;
	*ret_partial = false;
	size_t record = layout->itab.methods.offset;
	if (!program->globals.itab_table.address || !field_present(layout->itab_table.entries) ||
		!field_present(layout->itab.type) || !record || record > MAX_ITAB)
		return error_create(ERROR_NOT_FOUND,
			"cannot find runtime.itabTable, "
			"which lists the types that are used as interfaces");
	struct error *err =
		target_read_u64(program->target, program->globals.itab_table.address, &table);
	if (!err)
		err = program_read_field(program, table, layout->itab_table.size, &size);
	if (err)
		return error_wrap(err, "cannot read runtime.itabTable");
	if (size > MAX_TABLE)
		return error_create(ERROR_BAD_DATA,
			"runtime.itabTable has an implausible size: %llu slots",
			(unsigned long long)size);
	_cleanup_free_ uint64_t *entries = calloc(size + 1, sizeof(*entries));
	_cleanup_free_ struct itab *itabs = calloc(size + 1, sizeof(*itabs));
	if (!entries || !itabs)
		return error_no_memory();
	err = target_read(program->target, table + first, entries, size * sizeof(*entries));
	if (!err)
		err = read_itabs(program, entries, size, itabs, ret_count, ret_partial);
	if (err)
		return error_wrap(err, "cannot read runtime.itabTable");
	if (*ret_count)
		qsort(itabs, *ret_count, sizeof(*itabs), by_address);
	*ret = take_pointer(itabs);
	return NULL;
}

const struct itab *itabs_find(const struct itab *itabs, size_t count, uint64_t address)
{
	size_t at = bisect(i, count, itabs[i].address >= address);
	return at < count && itabs[at].address == address ? &itabs[at] : NULL;
}
