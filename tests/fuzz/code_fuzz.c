/* libFuzzer target: collects the references and calls of the input, which is machine code. */
#include "dwarf/code/code_references.h"
#include "dwarf/code/code_locations.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image *image = input_image_create((struct bytes){data, size});
	if (!image)
		return 0;
	struct code_references references = {0};
	uint64_t start = INPUT_CODE_BASE, end = INPUT_CODE_BASE + size;
	error_destroy(code_references_add(image, start, end, &references));
	for (size_t i = 0; i < references.count; i++) {
		const struct code_reference *reference = &references.items[i];
		if (reference->at < start || reference->at >= end || !reference->kinds)
			abort();
	}
	int64_t calls[4];
	size_t count;
	code_calls((struct bytes){data, size}, calls, array_length(calls), &count);
	/* A function that ends outside the segment. */
	error_destroy(code_references_add(image, end - 1, UINT64_MAX, &references));
	code_references_deinit(&references);
	elf_image_close(image);
	return 0;
}
