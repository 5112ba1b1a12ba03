/* libFuzzer target: the input (after a byte that chooses the release) is a function table and also
 * its funcdata. */
#include "dwarf/pclntab/pclntab.h"
#include "tests/fuzz/layouts.h"

enum { MAX_FUNCTIONS = 64, MAX_PCS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_function(const struct pclntab *table, const struct pc_function *function)
{
	struct pc_line lines[PC_LINES_MAX];
	uint32_t step = (function->end - function->entry) / MAX_PCS + 1;
	pclntab_start_line(table, function);
	for (uint32_t pc = function->entry, i = 0; i < MAX_PCS && pc < function->end;
		i++, pc += step) {
		int32_t delta;
		pclntab_sp_delta(table, function, pc, &delta);
		size_t count = pclntab_lines(table, function, pc, lines);
		if (count == 0 || count > PC_LINES_MAX)
			abort();
		for (size_t l = 0; l < count; l++) {
			if (strlen(lines[l].function) + strlen(lines[l].file) >
				table->names.size * 2)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const struct runtime_layout *layout = fuzz_layout(data[0]);
	struct bytes input = {data + 1, size - 1};
	struct pclntab table;
	struct error *err = pclntab_open(input, input, &layout->pclntab, &table);
	if (err) {
		error_destroy(err);
		return 0;
	}
	struct pc_function function;
	for (uint32_t i = 0; i < table.function_count && i < MAX_FUNCTIONS; i++) {
		if (!pclntab_function(&table, i, &function))
			continue;
		use_function(&table, &function);
		pclntab_find(&table, function.entry, &function);
	}
	pclntab_find(&table, UINT32_MAX, &function);
	return 0;
}
