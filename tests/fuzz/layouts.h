/* The layouts chosen by the first byte of a fuzzer's input: a column of the built-in table. */
#ifndef GCTXDBG_TESTS_FUZZ_LAYOUTS_H
#define GCTXDBG_TESTS_FUZZ_LAYOUTS_H

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/runtime_layout.h"

enum { FUZZ_MAX_COLUMNS = 64 };

/* Filled once per column, because that takes longer than the fuzzed code. */
static inline const struct runtime_layout *fuzz_layout(uint8_t choice)
{
	static struct builtin_layout builtins[FUZZ_MAX_COLUMNS];
	static struct runtime_layout layouts[FUZZ_MAX_COLUMNS];
	static size_t count;
	struct error *err = NULL;
	for (; !err && count < FUZZ_MAX_COLUMNS && builtin_layout_release(count); count++) {
		err = builtin_layout_select(builtin_layout_release(count), &builtins[count]);
		struct layout_source source = builtin_layout_source(&builtins[count]);
		if (!err)
			err = runtime_layout_load(&source, &layouts[count]);
	}
	if (err || !count)
		abort();
	return &layouts[choice % count];
}

#endif
