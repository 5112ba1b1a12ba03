/* libFuzzer target: the input (after a byte that chooses the release) is the runtime's type data.
 */
#include "dbg/go/pc_plan.h"
#include "dbg/go/program_state.h"
#include "dbg/go/rtype.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/layouts.h"

enum { TYPES = 0x10000, STEP = 8, MAX_TYPES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct program program = {.types = TYPES, .etypes = TYPES + size - 1};
	program.layout = *fuzz_layout(data[0]);
	program.target = fake_target_create((struct bytes){data + 1, size - 1}, TYPES);
	if (pc_plans_create(&program.plans))
		abort();
	for (uint64_t type = TYPES; type < program.etypes && type < TYPES + MAX_TYPES * STEP;
		type += STEP)
		rtype_name(&program, type);
	pc_plans_destroy(program.plans);
	target_destroy(program.target);
	return 0;
}
