/* libFuzzer target: parses the input as an access expression. */
#include "dbg/expr/access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	struct access access;
	struct error *err = access_parse(text, &access);
	/* Names must end inside the pool. */
	for (size_t i = 0; !err && i < access.count; i++)
		if (access.steps[i].name && access.steps[i].name[access.steps[i].name_size])
			abort();
	error_destroy(err);
	access_deinit(&access);
	return 0;
}
