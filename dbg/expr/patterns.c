/* Compiles and matches regular expressions with PCRE2, within limits: see patterns.h. */
#include "dbg/expr/patterns.h"

#include "dbg/expr/diagnose.h"
#include "dbg/expr/literals.h"

/*
 * PCRE2 restarts its step count at every position of the subject where a match could start. So the
 * limit must shrink with the length of the subject to bound the total.
 */
enum {
	STEPS = 50 * 1000 * 1000,
	MIN_STEPS = 10 * 1000,
	MAX_STEPS = 1000 * 1000,
	MAX_SUBJECT = 64 * 1024,
	HEAP_KIB = 4 * 1024, /* the interpreter's workspace, which the depth limit also bounds */
	DEPTH = 20 * 1000,
	JIT_STACK_MIN = 32 * 1024,
	JIT_STACK_MAX = 512 * 1024,
};

void expr_patterns_deinit(struct expr_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		pcre2_code_free(patterns->codes[i]);
	pcre2_match_data_free(patterns->match_data);
	pcre2_match_context_free(patterns->limits);
	pcre2_jit_stack_free(patterns->jit_stack);
	*patterns = (struct expr_patterns){0};
}

static struct error *prepare(struct expr_patterns *patterns)
{
	if (patterns->match_data)
		return NULL;
	if (!patterns->limits)
		patterns->limits = pcre2_match_context_create(NULL);
	patterns->match_data = pcre2_match_data_create(1, NULL);
	if (!patterns->limits || !patterns->match_data)
		return error_no_memory();
	pcre2_set_heap_limit(patterns->limits, HEAP_KIB);
	pcre2_set_depth_limit(patterns->limits, DEPTH);
	/* If this fails, JIT code uses 32 KiB of our stack, which is enough. */
	patterns->jit_stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (patterns->jit_stack)
		pcre2_jit_stack_assign(patterns->limits, NULL, patterns->jit_stack);
	return NULL;
}

static struct error *describe_error(
	int error, const char *text, size_t start, size_t end, size_t offset)
{
	PCRE2_UCHAR message[256];
	if (pcre2_get_error_message(error, message, sizeof(message)) < 0)
		strcpy((char *)message, "unknown error");
	return expr_diagnose(text, expr_literal_string_offset(text, start, end, offset), NULL,
		"invalid regular expression: %s", (const char *)message);
}

struct error *expr_patterns_add(struct expr_patterns *patterns, const char *text, size_t start,
	size_t end, const char *pattern, size_t size, size_t *ret)
{
	if (patterns->count == EXPR_MAX_PATTERNS)
		return expr_diagnose(text, start, "combine some of them with |",
			"more than %d regular expressions", EXPR_MAX_PATTERNS);
	struct error *err = prepare(patterns);
	if (err)
		return err;
	/* Strings read from a target may be invalid UTF-8. As in Go, $ matches only at the end. */
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_DOLLAR_ENDONLY;
	int error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, size, options, &error, &offset, NULL);
	if (!code)
		return describe_error(error, text, start, end, offset);
	/* Without JIT (a hardened kernel, an unsupported pattern) matching is only slower. */
	size_t jit_size = 0;
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
	pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &jit_size);
	/* The interpreter allocates its workspace on the first match, so run one now. */
	if (!jit_size)
		pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, patterns->match_data, patterns->limits);
	*ret = patterns->count;
	patterns->codes[patterns->count++] = code;
	return NULL;
}

/* The size without an incomplete character at the end. */
static size_t whole_characters(const char *text, size_t size)
{
	for (size_t i = 1; i <= 3 && i <= size; i++) {
		uint8_t byte = (uint8_t)text[size - i];
		size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		if (needed > i)
			return size - i;
		if (byte < 0x80 || needed > 1)
			break;
	}
	return size;
}

/*
 * The outcome for a cut string, of which PCRE2 has seen only the start. PCRE2_PARTIAL_HARD reports
 * that the matcher reached the end, but not that a match could start after it.
 */
static enum expr_outcome match_prefix(
	const struct expr_patterns *patterns, size_t index, int rc, size_t size)
{
	uint32_t options = 0;
	if (rc >= 0)
		return pcre2_get_ovector_pointer(patterns->match_data)[1] < size ? EXPR_HOLDS
										 : EXPR_UNKNOWN;
	pcre2_pattern_info(patterns->codes[index], PCRE2_INFO_ALLOPTIONS, &options);
	bool anchored = size && (options & PCRE2_ANCHORED);
	return rc == PCRE2_ERROR_NOMATCH && anchored ? EXPR_FAILS : EXPR_UNKNOWN;
}

static struct error *gave_up(
	int rc, const struct expr_value *subject, const char *text, size_t offset)
{
	PCRE2_UCHAR message[256];
	if (pcre2_get_error_message(rc, message, sizeof(message)) < 0)
		strcpy((char *)message, "unknown error");
	struct expr_excerpt excerpt = expr_excerpt(subject->string.data, 0, subject->string.size);
	return expr_diagnose(text, offset, "simplify the pattern",
		"matching \"%s\" with the regular expression takes too long (%s)", excerpt.text,
		(const char *)message);
}

struct error *expr_patterns_match(const struct expr_patterns *patterns, size_t index,
	const struct expr_value *subject, const char *text, size_t offset, enum expr_outcome *ret)
{
	const char *data = subject->string.size ? subject->string.data : "";
	size_t size = subject->string.size;
	if (size > MAX_SUBJECT)
		return expr_diagnose(text, offset, "use == or exclude it",
			"a string of %zu bytes is too long for a regular expression", size);
	if (subject->cut)
		size = whole_characters(data, size);
	size_t steps = STEPS / (size + 1);
	steps = steps < MIN_STEPS ? MIN_STEPS : steps > MAX_STEPS ? MAX_STEPS : steps;
	pcre2_set_match_limit(patterns->limits, (uint32_t)steps);
	int rc = pcre2_match(patterns->codes[index], (PCRE2_SPTR)data, size, 0,
		subject->cut ? PCRE2_PARTIAL_HARD : 0, patterns->match_data, patterns->limits);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH && rc != PCRE2_ERROR_PARTIAL)
		return gave_up(rc, subject, text, offset);
	if (subject->cut)
		*ret = match_prefix(patterns, index, rc, size);
	else
		*ret = rc >= 0 ? EXPR_HOLDS : EXPR_FAILS;
	return NULL;
}
