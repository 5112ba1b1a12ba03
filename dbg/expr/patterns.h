/*
 * The regular expressions of one expression: compiled once with PCRE2, matched within limits.
 *
 * All memory for matching is allocated when a pattern is added. The exception is PCRE2's
 * interpreter, for patterns that its JIT does not support: it may grow its workspace once. Private
 * to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_PATTERNS_H
#define GCTXDBG_EXPR_PATTERNS_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "dbg/expr/expr.h"

enum { EXPR_MAX_PATTERNS = 64 };

/* Zero-initialize before use. */
struct expr_patterns {
	pcre2_code *codes[EXPR_MAX_PATTERNS];
	size_t count;
	pcre2_match_context *limits;
	pcre2_match_data *match_data;
	pcre2_jit_stack *jit_stack;
};

void expr_patterns_deinit(struct expr_patterns *patterns);

/*
 * Compiles the string literal [start, end) of `text`, which decodes to `pattern` of `size` bytes.
 * `*ret` is its index. ERROR_USAGE points at the position in the pattern that PCRE2 rejects.
 */
struct error *expr_patterns_add(struct expr_patterns *patterns, const char *text, size_t start,
	size_t end, const char *pattern, size_t size, size_t *ret);

/*
 * Matches pattern number `index` anywhere in the string `subject`, which need not be valid UTF-8. A
 * cut string may give EXPR_UNKNOWN even if its rest cannot matter (".*x" reads all of it).
 * ERROR_USAGE, pointing at `offset` in `text`, if matching would take too long.
 */
struct error *expr_patterns_match(const struct expr_patterns *patterns, size_t index,
	const struct expr_value *subject, const char *text, size_t offset, enum expr_outcome *ret);

#endif
