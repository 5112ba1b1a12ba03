/*
 * The expression language: values, errors with their columns, absent values, limits, random input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "dbg/expr/expr.h"

/*
 * Counts allocations: a running program must not allocate. Not with sanitizers, which have their
 * own allocator.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

static size_t allocations;

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
	allocations++;
	return __libc_realloc(pointer, size);
}
#endif

enum id {
	STATUS,
	WAIT,
	NO_WAIT,
	GOID,
	BIG,
	SHARE,
	SYSTEM,
	NO_SYSTEM,
	ENTRY,
	NO_ENTRY,
	STACK,
	NO_STACK,
	LABELS,
	GARBAGE,
	BROKEN,
	LIAR,
	LONG,
	HUGE,
	BEGINNING,
	NOTHING_OF_IT,
	NUL,
	MEASURED,
	BETWEEN,
	AT_LEAST,
	ID_COUNT,
};

static const char *const statuses[] = {"idle", "runnable", "running", "waiting", NULL};

static const struct expr_name names[] = {
	{"status", EXPR_STRING, STATUS, "", statuses},
	{"wait", EXPR_DURATION, WAIT, "", NULL},
	{"no_wait", EXPR_DURATION, NO_WAIT, "", NULL},
	{"goid", EXPR_INT, GOID, "", NULL},
	{"big", EXPR_INT, BIG, "", NULL},
	{"share", EXPR_FLOAT, SHARE, "", NULL},
	{"system", EXPR_BOOL, SYSTEM, "", NULL},
	{"no_system", EXPR_BOOL, NO_SYSTEM, "", NULL},
	{"entry", EXPR_STRING, ENTRY, "", NULL},
	{"no_entry", EXPR_STRING, NO_ENTRY, "", NULL},
	{"stack", EXPR_STRINGS, STACK, "", NULL},
	{"no_stack", EXPR_STRINGS, NO_STACK, "", NULL},
	{"labels", EXPR_MAP, LABELS, "", NULL},
	{"garbage", EXPR_STRING, GARBAGE, "", NULL},
	{"broken", EXPR_INT, BROKEN, "", NULL},
	{"liar", EXPR_INT, LIAR, "", NULL},
	{"long", EXPR_STRING, LONG, "", NULL},
	{"huge", EXPR_INT, HUGE, "", NULL},
	{"beginning", EXPR_STRING, BEGINNING, "", NULL},
	{"nothing", EXPR_STRING, NOTHING_OF_IT, "", NULL},
	{"between", EXPR_DURATION, BETWEEN, "", NULL},
	{"at_least", EXPR_DURATION, AT_LEAST, "", NULL},
	{"nul", EXPR_STRING, NUL, "", NULL},
	{"len(items.all)", EXPR_INT, MEASURED, "", NULL},
	{"cap(items.all)", EXPR_INT, GOID, "", NULL},
};
static const struct expr_schema schema = {names, array_length(names)};

/* Records the calls of the input callback. */
struct calls {
	size_t of[ID_COUNT];
};

static void set_string(struct expr_value *ret, const char *data, size_t size)
{
	ret->present = true;
	ret->type = EXPR_STRING;
	ret->string.data = data;
	ret->string.size = size;
}

static void set_integer(struct expr_value *ret, enum expr_type type, int64_t value)
{
	ret->present = true;
	ret->type = type;
	ret->integer = value;
}

static void set_label(const char *key, struct expr_value *ret)
{
	if (!strcmp(key, "job"))
		set_string(ret, "mail", 4);
	else if (!strcmp(key, "a\"b"))
		set_string(ret, NULL, 0);
}

static struct error *supply(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	static const char *const frames[] = {"runtime.gopark", "main.(*pool).run", "main.main"};
	static char many[100 * 1024];
	struct calls *calls = context;
	calls->of[id]++;
	assert_true((key != NULL) == (id == LABELS));
	switch ((enum id)id) {
	case STATUS:
		set_string(ret, "waiting!", 7);
		break;
	case WAIT:
		set_integer(ret, EXPR_DURATION, 300 * INT64_C(1000000000));
		break;
	case GOID:
		set_integer(ret, EXPR_INT, 18);
		break;
	case BIG:
		set_integer(ret, EXPR_INT, INT64_MAX);
		break;
	case SHARE:
		*ret = (struct expr_value){.present = true, .type = EXPR_FLOAT, .real = 0.25};
		break;
	case SYSTEM:
		*ret = (struct expr_value){.present = true, .type = EXPR_BOOL, .boolean = true};
		break;
	case ENTRY:
		set_string(ret, "main.handle", 11);
		break;
	case STACK:
		if (index < array_length(frames))
			set_string(ret, frames[index], strlen(frames[index]));
		break;
	case LABELS:
		set_label(key, ret);
		break;
	case GARBAGE:
		set_string(ret, "a\xff\xc3 main", 8);
		break;
	case BROKEN:
		return error_create(ERROR_FAULT, "the page is gone");
	case LIAR:
		set_string(ret, "x", 1);
		break;
	case LONG:
		memset(many, 'a', sizeof(many));
		set_string(ret, many, 40000);
		break;
	case HUGE:
		expr_value_unsigned(ret, UINT64_MAX);
		break;
	case BEGINNING:
		set_string(ret, "main.handle", 11);
		ret->cut = true;
		break;
	case NOTHING_OF_IT:
		set_string(ret, "", 0);
		ret->cut = true;
		break;
	case MEASURED:
		set_integer(ret, EXPR_INT, 7);
		break;
	case NUL:
		set_string(ret, "a\0b", 3);
		break;
	case BETWEEN:
		expr_value_bounds(ret, 10 * INT64_C(1000000000), 75 * INT64_C(1000000000));
		break;
	case AT_LEAST:
		expr_value_bounds(ret, 10 * INT64_C(1000000000), INT64_MAX);
		break;
	default: /* the absent ones */
		break;
	}
	return NULL;
}

static struct expr *compile(const char *text)
{
	struct expr *expr = NULL;
	struct error *err = expr_compile(text, &schema, &expr);
	if (err)
		fail_msg("%s: %s", text, err->message);
	return expr;
}

/* The error message from compiling or running `text`; the caller frees it. */
static char *error_of(const char *text)
{
	struct expr *expr;
	struct error *err = expr_compile(text, &schema, &expr);
	if (!err) {
		struct calls calls = {{0}};
		struct expr_input input = {supply, &calls};
		bool result = false;
		err = expr_run(expr, &input, &result);
		expr_destroy(expr);
		if (!err)
			fail_msg("%s: no error, but %d", text, result);
	}
	char *message = strdup(err->message);
	error_destroy(err);
	return message;
}

static bool value_of(const char *text, struct calls *calls)
{
	struct expr *expr = compile(text);
	struct expr_input input = {supply, calls};
	bool result = false;
	struct error *err = expr_run(expr, &input, &result);
	if (err)
		fail_msg("%s: %s", text, err->message);
	expr_destroy(expr);
	return result;
}

/* "+": true, "-": false, "?": unknown. `between` is between 10 s and 75 s, `at_least` 10 s or more. */
static const struct {
	const char *text;
	char outcome;
} uncertain[] = {
	{"between > 5s", '+'},
	{"between > 10s", '?'},
	{"between >= 10s", '+'},
	{"between < 10s", '-'},
	{"between <= 10s", '?'},
	{"between > 75s", '-'},
	{"between < 76s", '+'},
	{"30s < between", '?'},
	{"between == 30s", '?'},
	{"between != 30s", '?'},
	{"between == 5s", '-'},
	{"between != 5s", '+'},
	{"between == between", '?'},
	{"at_least > 9s", '+'},
	{"at_least > 1h", '?'},
	{"at_least < 1h", '?'},
	{"at_least < 9s", '-'},
	{"!(between > 30s)", '?'},
	{"!(between > 5s)", '-'},
	{"between > 30s && system", '?'},
	{"between > 30s && !system", '-'},
	{"!system && between > 30s", '-'},
	{"between > 30s && no_system", '-'},
	{"between > 30s || system", '+'},
	{"between > 30s || !system", '?'},
	{"!system || between > 30s", '?'},
	{"between > 30s && between > 30s && goid == 18", '?'},
	{"(between > 30s || goid == 18) && (at_least > 1h || goid == 18)", '+'},
	{"(between > 30s) == system", '?'},
	{"between * 2 > 19s", '+'},
	{"between * 2 > 20s", '?'},
	{"between / 2 < 38s", '+'},
	{"between + 5s > 80s", '-'},
	{"5s - between < 0", '+'},
	{"-between < 0", '+'},
	{"between - between < 66s", '+'},
	{"between / 1s > 2.0", '?'},
	{"between / between > 0.1", '?'},
	{"at_least * 2 > 1s", '?'},
	{"between > no_wait", '-'},
};

static void test_uncertain_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(uncertain); i++) {
		struct calls calls = {{0}};
		const struct expr_input input = {supply, &calls};
		struct expr *expr = compile(uncertain[i].text);
		enum expr_outcome outcome = EXPR_FAILS;
		bool result = true;
		struct error *err = expr_decide(expr, &input, &outcome);
		if (!err)
			err = expr_run(expr, &input, &result);
		if (err)
			fail_msg("%s: %s", uncertain[i].text, err->message);
		char found = outcome == EXPR_HOLDS ? '+' : outcome == EXPR_FAILS ? '-' : '?';
		if (found != uncertain[i].outcome)
			fail_msg("%s: %c", uncertain[i].text, found);
		assert_int_equal(result, outcome == EXPR_HOLDS);
		expr_destroy(expr);
	}
}

static void check_all(const char *const *texts, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++) {
		struct calls calls = {{0}};
		if (value_of(texts[i], &calls) != expected)
			fail_msg("%s is not %s", texts[i], expected ? "true" : "false");
	}
}

static const char *const true_texts[] = {
	"len(items.all) == 7 && cap( items.all ) == goid && len(entry) + 1 == 12",
	"len(stack) == 3 && len(no_stack) == 0 && len (labels[\"job\"]) == 4 && len(nul) == 3",
	"!(len(no_entry) == 0) && !(len(no_entry) != 0) && 2 * len(entry) > len(entry)",
	"status == \"waiting\" && wait >= 5m",
	"(entry =~ \"^main\\\\.\" || labels[\"job\"] == \"x\") && system",
	"true",
	"!false",
	"system",
	"!!system",
	"system == true",
	"system != false",
	"true || false && false",
	"!(true && false)",
	"true == (1 < 2)",
	"status != \"idle\"",
	"\"waiting\" == status",
	"entry < \"main.i\"",
	"entry > \"main\"",
	"entry <= `main.handle`",
	"goid == 18",
	"goid == 0x12",
	"goid == 0b1_0010",
	"goid == 0o22",
	"goid == 1_8",
	"goid*2 == 36",
	"goid + 2 * 3 == 24",
	"(goid+2)*3 == 60",
	"goid % 5 == 3",
	"goid - 8 - 5 == 5",
	"100 / 10 / 5 == 2",
	"-goid == -18",
	"- 5 < 0",
	"-(2) == -2",
	"--5 == 5",
	"goid > 17.5",
	"17.5 < goid",
	"goid / 4 == 4",
	"goid / 4.0 == 4.5",
	"share == .25",
	"share == 2.5e-1",
	"share * 4 == 1",
	"1e3 == 1000",
	"-share < 0",
	"5. == 5",
	"big == 9223372036854775807",
	"-9223372036854775808 < -big",
	"big % -1 == 0",
	"huge > 0",
	"huge > big",
	"big < huge",
	"huge == 18446744073709551615",
	"huge == 0xffffffffffffffff",
	"huge != -1",
	"huge > 1.8e19",
	"huge / 2 == big",
	"huge - big - 1 == big",
	"huge % 10 == 5",
	"9223372036854775808 - 1 == big",
	"beginning > \"main\"",
	"beginning != \"main\"",
	"beginning < \"maio\"",
	"beginning > \"main.handle\"",
	"beginning != \"main.handle\"",
	"\"main.handle\" < beginning",
	"beginning =~ \"^main\"",
	"beginning !~ \"^mein\"",
	"beginning =~ \"hand\"",
	"nul == \"a\\x00b\"",
	"nul > \"a\"",
	"nul =~ \"b$\"",
	"-9223372036854775808 % -1 == 0",
	"wait == 5m",
	"wait == 300s",
	"wait == 0.5h - 25m",
	"wait == 4m59.999999999s + 1ns",
	"wait > 0",
	"0 < wait",
	"0s == 0",
	"1h30m == 90m",
	"1.5h == 90m",
	"1ms == 1000us",
	"1ms == 1000\302\265s",
	"1ms == 1000\316\274s",
	"1us == 1000ns",
	"wait * 2 == 10m",
	"2 * wait == 10m",
	"wait / 2 == 150s",
	"wait / 1m == 5",
	"wait / 10m == 0.5",
	"wait % 2m == 1m",
	"-wait < 0",
	"-5m < -4m",
	"entry =~ \"handle\"",
	"entry =~ `^main\\.h`",
	"entry !~ \"^handle\"",
	"entry =~ (\"x|main\")",
	"\"abc\" =~ \"b\"",
	"garbage =~ \"main\"",
	"garbage =~ `main$`",
	"garbage !~ \"mein\"",
	"status == \"wait\\x69\\u006eg\"",
	"\"\\u00e9\\U0001F600\" == \"\303\251\360\237\230\200\"",
	"\"\\101\\n\" == \"A\\x0a\"",
	"\"a\\x00b\" != \"a\"",
	"\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\" == \"\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b\\x5c\\x22\"",
	"labels[\"job\"] == \"mail\"",
	"labels[`a\"b`] == \"\"",
	"labels[\"a\\\"b\"] == \"\"",
	"labels[\"job\"] =~ \"^m\"",
	"stack == \"main.main\"",
	"stack =~ \"pool\"",
	"\"main.main\" == stack",
	"stack != \"main.mein\"",
	"stack !~ \"http\"",
	"stack < \"main.n\"",
	"stack > \"runtime\"",
	"\"s\" > stack",
	"stack =~ \"(*NO_JIT)po+l\"",
	"(no_system == false) == false",
	" \t\n goid==18 \r",
	"`a\r\n` == \"a\\n\"",
};

static const char *const false_texts[] = {
	"false",
	"!system",
	"!true",
	"system == false",
	"false && true || false",
	"status == \"idle\"",
	"goid < 18",
	"goid > 18.5",
	"entry =~ \"^Main\"",
	"entry =~ `main$`",
	"entry == \"main.handl\"",
	"entry == \"main.handle \"",
	"stack == \"pool\"",
	"stack != \"main.main\"",
	"stack !~ \"pool\"",
	"\"main.main\" != stack",
	"stack > \"s\"",
	"wait < 5m",
	"wait == 0",
	"garbage =~ \"^main\"",
	"\"a\\n\" =~ \"a$\"",
	"false && broken == 1",
};

static const char *const absent_true_texts[] = {
	"!(no_wait > 5m)",
	"!(no_wait != 0)",
	"!no_system",
	"!(no_entry =~ \"\")",
	"!(labels[\"nope\"] == \"x\")",
	"no_stack != \"x\"",
	"no_stack !~ \"x\"",
	"!(no_stack == \"x\")",
	"(no_system && true) == false",
	"(true && no_system) == false",
	"(false || no_system) == false",
};

static const char *const absent_false_texts[] = {
	"no_wait > 5m",
	"no_wait < 5m",
	"no_wait == 0",
	"no_wait != 0",
	"no_wait == no_wait",
	"no_wait + 1s > 0",
	"-no_wait < 0",
	"no_wait * 2 == 0",
	"no_wait / 2 == 0",
	"no_wait / no_wait == 1",
	"no_entry == \"\"",
	"no_entry != \"x\"",
	"no_entry =~ \"\"",
	"no_entry !~ \"x\"",
	"labels[\"nope\"] == \"\"",
	"labels[\"nope\"] != \"x\"",
	"labels[\"nope\"] !~ \"x\"",
	"no_system",
	"no_system == false",
	"no_system != true",
	"no_system || false",
	"no_system && true",
	"true && no_system",
	"no_stack == \"x\"",
	"no_stack =~ \"\"",
	"no_stack > \"\"",
	"stack == no_entry",
	"stack != no_entry",
	"stack != labels[\"nope\"]",
};

/* `caret` is the column, in characters from 1. */
static const struct {
	const char *text;
	int caret;
	const char *message, *hint;
} errors[] = {
	{"", 1, "the expression is empty", ""},
	{"   ", 1, "the expression is empty", ""},
	{"stauts == \"x\"", 1, "unknown name \"stauts\"", "did you mean \"status\"?"},
	{"goid == 1 && Sytem", 14, "unknown name \"Sytem\"", "did you mean \"system\"?"},
	{"status == waitng", 11, "unknown name \"waitng\"", "a string needs quotes: \"waitng\""},
	{"not system", 1, "unknown name \"not\"", "write !"},
	{"system and true", 8, "expected an operator or the end, found \"and\"", "write &&"},
	{"system or true", 8, "expected an operator or the end, found \"or\"", "write ||"},
	{"goid = 1", 6, "unexpected \"=\"", "write == to compare"},
	{"system & true", 8, "unexpected \"&\"", "write &&"},
	{"system | true", 8, "unexpected \"|\"", "write ||"},
	{"status == 'x'", 11, "unexpected \"'\"", "strings are written \"...\" or `...`"},
	{"goid == 1 ;", 11, "unexpected \";\"", ""},
	{"\303\251", 1, "unexpected \"\303\251\"", ""},
	{"goid", 1, "the expression needs a condition, but goid is a number", "write goid != 0"},
	{"wait", 1, "the expression needs a condition, but wait is a duration", "write wait > 5m"},
	{"entry", 1, "the expression needs a condition, but entry is a string",
		"write entry == \"...\""},
	{"stack", 1, "the expression needs a condition, but stack is a list of strings",
		"write stack =~ \"...\""},
	{"\"x\"", 1, "the expression needs a condition, but \"x\" is a string",
		"compare it with something"},
	{"system && entry", 11, "\"&&\" needs a condition, but entry is a string",
		"write entry == \"...\""},
	{"goid || system", 1, "\"||\" needs a condition, but goid is a number", "write goid != 0"},
	{"!entry == \"x\"", 2, "\"!\" needs a condition, but entry is a string",
		"write !(entry == \"...\")"},
	{"labels == \"x\"", 1, "labels is a map and needs a key", "write labels[\"key\"]"},
	{"labels[x] == \"x\"", 8, "expected a key in quotes, found \"x\"", ""},
	{"labels[\"x\" == \"x\"", 12, "expected \"]\", found \"==\"", ""},
	{"labels[\"a\\x00\"] == \"x\"", 8, "a key cannot contain a NUL character", ""},
	{"goid[\"x\"] == 1", 5, "goid is a number and takes no [\"key\"]", ""},
	{"wait > 300", 8, "a duration needs a unit", "write 5m or 300s"},
	{"300 < wait", 1, "a duration needs a unit", "write 5m or 300s"},
	{"wait == 1.5", 9, "a duration needs a unit", "write 5m or 300s"},
	{"wait + 5 > 1m", 8, "a duration needs a unit", "write 5m or 300s"},
	{"goid == \"5\"", 6, "cannot compare a number with a string", "write it without quotes"},
	{"wait > \"5m\"", 6, "cannot compare a duration with a string", "write it without quotes"},
	{"entry == 5", 7, "cannot compare a string with a number", "write \"5\""},
	{"labels[\"x\"] == 5", 13, "cannot compare a string with a number", "write \"5\""},
	{"system == 1", 8, "cannot compare a condition with a number", ""},
	{"system < true", 8, "\"<\" cannot compare conditions",
		"conditions support only == and !="},
	{"stack == no_stack", 7, "cannot compare two lists of strings",
		"compare each with a string"},
	{"status == \"wating\"", 11, "status is never \"wating\"",
		"did you mean \"waiting\"? it is one of \"idle\", \"runnable\", \"running\", "
		"\"waiting\""},
	{"\"zzz\" != status", 1, "status is never \"zzz\"",
		"it is one of \"idle\", \"runnable\", \"running\", \"waiting\""},
	{"status == (\"zzz\")", 12, "status is never \"zzz\"",
		"it is one of \"idle\", \"runnable\", \"running\", \"waiting\""},
	{"1 < goid < 5", 10, "comparisons cannot be chained", "write ... && goid ..."},
	{"entry + \"x\" == \"y\"", 7, "\"+\" cannot combine a string and a string",
		"strings can be compared and matched with =~"},
	{"wait * 1.5 > 5m", 6, "\"*\" cannot combine a duration and a number",
		"durations can be multiplied and divided by integers"},
	{"goid / wait > 1", 6, "\"/\" cannot combine a number and a duration",
		"durations can be multiplied and divided by integers"},
	{"-entry == \"x\"", 2, "\"-\" needs a number or a duration, not a string", ""},
	{"-system", 2, "\"-\" needs a number or a duration, not a condition", "write ! for not"},
	{"goid =~ \"x\"", 1, "\"=~\" needs a string on its left, not a number", ""},
	{"wait !~ \"x\"", 1, "\"!~\" needs a string on its left, not a duration", ""},
	{"entry =~ 5", 10, "\"=~\" needs a pattern on its right, not a number",
		"a regular expression in quotes"},
	{"entry =~ no_entry", 10,
		"\"=~\" needs a pattern on its right, not a string computed at run time",
		"a regular expression in quotes"},
	{"entry =~ \"ab(c\"", 15, "invalid regular expression: missing closing parenthesis", ""},
	{"entry =~ \"\\\\.\\u00e9*+?\"", 22,
		"invalid regular expression: quantifier does not follow a repeatable item", ""},
	{"entry =~ `[z-a]`", 14,
		"invalid regular expression: range out of order in character class", ""},
	{"entry =~ \"\\xff\"", 11,
		"invalid regular expression: UTF-8 error: illegal byte (0xfe or 0xff)", ""},
	{"entry =~ `\\C`", 13,
		"invalid regular expression: using \\C is disabled by the application", ""},
	{"entry =~ \"^main\\.x\"", 16, "escape \\. in a string is unknown",
		"write \\\\ for a backslash, or `...` for a raw string"},
	{"entry == \"\\x4\"", 11, "escape \\x4 in a string needs more hexadecimal digits", ""},
	{"entry == \"a\\400\"", 12, "escape \\400 in a string does not fit in a byte", ""},
	{"entry == \"\\08\"", 11, "escape \\08 in a string needs three octal digits", ""},
	{"entry == \"\\ud800\"", 11, "escape \\ud800 in a string is not a Unicode character", ""},
	{"entry == \"\\U00110000\"", 11,
		"escape \\U00110000 in a string is not a Unicode character", ""},
	{"entry == \"abc", 10, "unterminated string: no closing \"", ""},
	{"entry == \"abc\\\"", 10, "unterminated string: no closing \"", ""},
	{"entry == `abc", 10, "unterminated string: no closing `", ""},
	{"(goid == 1", 1, "\"(\" without a \")\"", ""},
	{"goid == 1)", 10, "expected an operator or the end, found \")\"", ""},
	{"(goid == 1 goid)", 12, "expected an operator or \")\", found \"goid\"", ""},
	{"goid ==", 8, "expected a name, a value or \"(\", but the expression ends", ""},
	{"goid == == 1", 9, "expected a name, a value or \"(\", found \"==\"", ""},
	{"()", 2, "expected a name, a value or \"(\", found \")\"", ""},
	{"entry \"x\"", 7, "expected an operator or the end, found \"x\"", ""},
	{"goid == 18446744073709551616", 9, "number \"18446744073709551616\" is out of range", ""},
	{"goid == 0x1ffffffffffffffff", 9, "number \"0x1ffffffffffffffff\" is out of range", ""},
	{"goid == -9223372036854775809", 10, "number \"-9223372036854775809\" is out of range", ""},
	{"share == 1e999", 10, "number \"1e999\" is out of range", ""},
	{"wait > 9999999999h", 8, "number \"9999999999h\" is out of range", ""},
	{"goid == 0755", 9, "malformed number \"0755\"",
		"write 0o755 for octal, or no leading zero"},
	{"goid == 0x", 9, "malformed number \"0x\"", ""},
	{"goid == 0b12", 9, "malformed number \"0b12\"", ""},
	{"goid == 1__0", 9, "malformed number \"1__0\"", ""},
	{"goid == 1_", 9, "malformed number \"1_\"", ""},
	{"wait > 5d", 8, "malformed duration \"5d\"",
		"the units are h, m, s, ms, us and ns, as in 1h30m"},
	{"wait > 5m3", 8, "malformed duration \"5m3\"",
		"the units are h, m, s, ms, us and ns, as in 1h30m"},
	{"share > 1.2.3", 9, "malformed duration \"1.2.3\"",
		"the units are h, m, s, ms, us and ns, as in 1h30m"},
	{"share > 1e", 9, "malformed duration \"1e\"",
		"the units are h, m, s, ms, us and ns, as in 1h30m"},
	{"goid / 0 == 1", 6, "division by zero", ""},
	{"len(beginning) > 1", 1, "the text was too long to read", ""},
	{"len(goid) > 1", 5, "len needs a string or a list, not a number", ""},
	{"cap(entry) > 1", 5, "cap needs a slice, an array or a channel", ""},
	{"len(entry > 1", 11, "expected \")\", found \">\"", ""},
	{"len(1) > 1", 5, "expected a name, found \"1\"", ""},
	{"len(entri) > 1", 5, "unknown name \"entri\"", "did you mean \"entry\"?"},
	{"len(labels) > 1", 5, "labels is a map and needs a key", "write labels[\"key\"]"},
	{"goid % (goid - 18) == 1", 6, "division by zero", ""},
	{"share / 0.0 == 1", 7, "division by zero", ""},
	{"wait / 0s > 1", 6, "division by zero", ""},
	{"huge + 1 == 0", 6, "the result does not fit in 64 bits", ""},
	{"-huge == 0", 1, "the result does not fit in 64 bits", ""},
	{"huge * huge == 0", 6, "the result does not fit in 64 bits", ""},
	{"1 == 1 && big + 1 == 0", 15, "the result does not fit in 64 bits", ""},
	{"-9223372036854775808 / -1 == 0", 22, "the result does not fit in 64 bits", ""},
	{"-(-9223372036854775808) == 0", 1, "the result does not fit in 64 bits", ""},
	{"wait * 99999999999 > 0", 6, "the result does not fit in 64 bits", ""},
	{"liar == 1", 1, "a value does not have its declared type",
		"this is a bug in gctxdbg; please report it"},
};

/* Comparisons that the missing rest of a cut string could change. */
static const char *const undecided_texts[] = {
	"beginning == \"main.handle2\"",
	"beginning < \"main.handler\"",
	"beginning == beginning",
	"beginning =~ \"handler\"",
	"beginning =~ \"handle\"",
	"beginning =~ \"handle$\"",
	"beginning =~ \"x\"",
	"beginning !~ \"x\"",
	"beginning =~ \"^main.*\"",
	"nothing == \"x\"",
	"nothing =~ \"^$\"",
	"nothing =~ \"\"",
	"labels[\"job\"] == \"x\" || beginning =~ \"x$\"",
};

static void test_cut_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(undecided_texts); i++) {
		_cleanup_free_ char *message = error_of(undecided_texts[i]);
		if (!strstr(message, "the rest could change the result"))
			fail_msg("%s: %s", undecided_texts[i], message);
	}
	struct calls calls = {{0}};
	assert_true(value_of("system || beginning == \"main.handle2\"", &calls));
}

static void test_used_names(void **state)
{
	(void)state;
	struct expr *expr =
		compile("labels[\"job\"] == \"x\" && goid > 3 && stack =~ \"y\" && "
			"(labels[\"a\"] == \"b\" || labels[\"job\"] != \"z\" || goid == 5)");
	const int ids[] = {LABELS, GOID, LABELS};
	const char *const keys[] = {"job", NULL, "a"};
	int id;
	const char *key;
	for (size_t i = 0; i < array_length(ids); i++) {
		assert_true(expr_used_name(expr, i, &id, &key));
		assert_int_equal(id, ids[i]);
		if (keys[i])
			assert_string_equal(key, keys[i]);
		else
			assert_null(key);
	}
	assert_false(expr_used_name(expr, array_length(ids), &id, &key));
	expr_destroy(expr);
}

static void test_values(void **state)
{
	(void)state;
	check_all(true_texts, array_length(true_texts), true);
	check_all(false_texts, array_length(false_texts), false);
}

static void test_absent(void **state)
{
	(void)state;
	check_all(absent_true_texts, array_length(absent_true_texts), true);
	check_all(absent_false_texts, array_length(absent_false_texts), false);
}

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(errors); i++) {
		_cleanup_free_ char *message = error_of(errors[i].text);
		bool hint = errors[i].hint[0];
		_cleanup_free_ char *expected = NULL;
		assert_true(
			asprintf(&expected, "%s at column %d%s%s%s\n  %s\n  %*s", errors[i].message,
				errors[i].caret, hint ? " (" : "", errors[i].hint, hint ? ")" : "",
				errors[i].text, errors[i].caret, "^") > 0);
		assert_string_equal(message, expected);
	}
}

/* If no name is similar, the known names are listed. */
static void test_unknown_name(void **state)
{
	(void)state;
	_cleanup_free_ char *message = error_of("xyzzy == 1");
	assert_non_null(
		strstr(message, "unknown name \"xyzzy\" at column 1 (known names: status, wait, "));
	assert_non_null(strstr(message, ", nul)\n  xyzzy == 1\n  ^"));
}

static void test_error_of_input(void **state)
{
	(void)state;
	_cleanup_free_ char *message = error_of("broken == 1");
	assert_string_equal(message, "the page is gone");
	struct calls calls = {{0}};
	assert_true(value_of("system || broken == 1", &calls));
	assert_int_equal(calls.of[BROKEN], 0);
}

static void test_short_circuit(void **state)
{
	(void)state;
	struct calls calls = {{0}};
	assert_false(value_of("goid == 1 && entry == \"x\"", &calls));
	assert_int_equal(calls.of[GOID], 1);
	assert_int_equal(calls.of[ENTRY], 0);
	assert_true(value_of("goid == 18 || entry == \"x\"", &calls));
	assert_int_equal(calls.of[GOID], 2);
	assert_int_equal(calls.of[ENTRY], 0);
	assert_false(value_of("goid == 18 && entry == \"x\"", &calls));
	assert_int_equal(calls.of[ENTRY], 1);
	/* An absent condition is false for both. */
	assert_true(value_of("no_system || system", &calls));
	assert_int_equal(calls.of[SYSTEM], 1);
	assert_false(value_of("no_system && system", &calls));
	assert_int_equal(calls.of[SYSTEM], 1);
	assert_true(
		value_of("goid == 1 && wait > 0 || !(system || wait > 0) || goid == 18", &calls));
	assert_int_equal(calls.of[WAIT], 0);
	/* A list is read up to the first element that matches. */
	calls = (struct calls){{0}};
	assert_true(value_of("stack == \"runtime.gopark\"", &calls));
	assert_int_equal(calls.of[STACK], 1);
	assert_true(value_of("stack !~ \"nope\"", &calls));
	assert_int_equal(calls.of[STACK], 5);
}

static void test_uses(void **state)
{
	(void)state;
	struct expr *expr =
		compile("goid == 1 && (stack =~ \"x\" || \"y\" == stack) || labels[\"k\"] == \"\"");
	assert_true(expr_uses(expr, GOID));
	assert_true(expr_uses(expr, STACK));
	assert_true(expr_uses(expr, LABELS));
	assert_false(expr_uses(expr, WAIT));
	assert_false(expr_uses(expr, STATUS));
	expr_destroy(expr);
	expr_destroy(NULL);
}

static void test_no_allocation(void **state)
{
	(void)state;
	struct expr *expr = compile(
		"goid + 1 == 19 && entry =~ \"(\\\\w+)\\\\.(han|x)+dle\" && stack =~ \"main$\" "
		"&& labels[\"job\"] == \"mail\" && garbage !~ \"(*NO_JIT)(a|b)+z\"");
	struct calls calls = {{0}};
	struct expr_input input = {supply, &calls};
	size_t before = allocations;
	for (int i = 0; i < 1000; i++) {
		bool result = false;
		assert_null(expr_run(expr, &input, &result));
		assert_true(result);
	}
	assert_int_equal(allocations, before);
	expr_destroy(expr);
}

/* `count` times `unit` between `before` and `after`; the caller frees it. */
static char *repeated(const char *before, const char *unit, size_t count, const char *after)
{
	size_t size = strlen(unit);
	char *text = malloc(strlen(before) + size * count + strlen(after) + 1);
	assert_non_null(text);
	char *end = stpcpy(text, before);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, unit);
	strcpy(end, after);
	return text;
}

static void check_refused(const char *text, const char *why)
{
	_cleanup_free_ char *message = error_of(text);
	if (!strstr(message, why))
		fail_msg("not \"%s\" but \"%s\"", why, message);
	assert_true(strlen(message) < 2500);
}

static void test_nesting(void **state)
{
	(void)state;
	static const char *const units[] = {"(", "!", "-(", "!(", "- "};
	for (size_t i = 0; i < array_length(units); i++) {
		_cleanup_free_ char *text = repeated("", units[i], 5000, "goid == 1");
		check_refused(text, "the expression is nested more than 64 levels deep at column ");
	}
	_cleanup_free_ char *open = repeated("", "(", 63, "goid == 18");
	_cleanup_free_ char *fits = repeated(open, ")", 63, "");
	struct calls calls = {{0}};
	assert_true(value_of(fits, &calls));
	/* The maximum stack that 64 levels can need. */
	_cleanup_free_ char *pending = repeated("", "1+1*(", 63, "1");
	_cleanup_free_ char *sums = repeated(pending, ")", 63, " == 64");
	assert_true(value_of(sums, &calls));
	_cleanup_free_ char *conditions = repeated("", "true == (1+1*2 == 3 && (", 31, "true");
	_cleanup_free_ char *closed = repeated(conditions, "))", 31, "");
	assert_true(value_of(closed, &calls));
}

static void test_length(void **state)
{
	(void)state;
	struct calls calls = {{0}};
	_cleanup_free_ char *chain = repeated("", "goid == 1 || ", 1000, "goid == 18");
	assert_true(value_of(chain, &calls));
	_cleanup_free_ char *many = repeated("goid == 0", "+1", 5000, "");
	check_refused(many, "the expression is too long: more than 8192 operands and operators");
	_cleanup_free_ char *huge = repeated("goid == 18", " ", 20000, "");
	check_refused(huge, "the expression is 20010 bytes long; the limit is 16384");
	_cleanup_free_ char *patterns = repeated("", "entry =~ \"x\" || ", 64, "entry =~ \"y\"");
	check_refused(patterns, "more than 64 regular expressions at column 1034");
	_cleanup_free_ char *name = repeated("", "name", 3000, "");
	check_refused(name, "unknown name \"namename");
}

/* Only the part of a long text around the column is shown. */
static void test_long_line(void **state)
{
	(void)state;
	_cleanup_free_ char *text = repeated("", "goid == 1 || ", 50, "goid == x || goid == 5");
	_cleanup_free_ char *message = error_of(text);
	char *line = strchr(message, '\n') + 1, *caret = strchr(line, '\n') + 1;
	assert_true(strlen(message) < 600);
	assert_memory_equal(line, "  ...", 5);
	assert_int_equal(line[strcspn(caret, "^")], 'x');
	_cleanup_free_ char *early = repeated("x == 1", " || goid == 1", 50, "");
	_cleanup_free_ char *cut = error_of(early);
	assert_non_null(strstr(cut, "...\n  ^"));
}

/* Control characters and invalid UTF-8 do not reach the terminal; columns count characters. */
static void test_odd_characters(void **state)
{
	(void)state;
	_cleanup_free_ char *control = error_of("entry == \"\033[2J\" &&\tx");
	assert_string_equal(
		strchr(control, '\n'), "\n  entry == \"?[2J\" && x\n                     ^");
	_cleanup_free_ char *wide = error_of("entry == \"\303\251\342\202\254\" && x");
	assert_non_null(strstr(wide, "at column 18 "));
	_cleanup_free_ char *broken = error_of("entry == \"\377\303\" && x");
	assert_non_null(strstr(broken, "at column 18 "));
	assert_non_null(strstr(broken, "\n  entry == \"?\?\" && x\n"));
}

/* Matching that would take forever is aborted, with and without the JIT. */
static void test_regex_limits(void **state)
{
	(void)state;
	check_refused("long =~ \"(a+)+[bc]\"", "matching \"aaaa");
	check_refused("long =~ \"(*NO_JIT)(a+)+[bc]\"", "matching \"aaaa");
	check_refused(
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\" =~ \"^(a|aa)+$\"", "takes too long");
	check_refused("entry =~ \"((((((((((a{1,99}){1,99}){1,99}){1,99}){1,99}))))))\"",
		"invalid regular expression: ");
	struct calls calls = {{0}};
	assert_true(value_of("long =~ \"^a+$\" && long !~ \"b\"", &calls));
}

static uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Random words of the language and random bytes must give a result or an error. */
static void test_garbage(void **state)
{
	(void)state;
	static const char *const words[] = {"status", "wait", "goid", "share", "system", "entry",
		"stack", "no_stack", "no_wait", "no_entry", "labels[\"job\"]", "labels",
		"\"waiting\"", "\"a(b\"", "`^m.*n$`", "true", "false", "0", "1",
		"9223372036854775807", "1.5", "5m", "0s", "1e9", "0x", "||", "&&", "==", "!=", "<",
		"<=", ">", ">=", "=~", "!~", "+", "-", "*", "/", "%", "!", "(", ")", "[", "]", "\"",
		"`", "\\", "\377", "\303\251"};
	uint64_t seed = 20240601;
	size_t compiled = 0;
	for (int round = 0; round < 60000; round++) {
		char text[256] = "";
		size_t count = random_next(&seed) % 9 + 1;
		for (size_t i = 0; i < count; i++) {
			if (random_next(&seed) % 16 == 0) {
				char byte[2] = {(char)(random_next(&seed) % 255 + 1)};
				strcat(text, byte);
			} else {
				strcat(text, words[random_next(&seed) % array_length(words)]);
			}
			if (random_next(&seed) % 2)
				strcat(text, " ");
		}
		struct expr *expr;
		struct error *err = expr_compile(text, &schema, &expr);
		if (!err) {
			compiled++;
			struct calls calls = {{0}};
			struct expr_input input = {supply, &calls};
			bool result;
			err = expr_run(expr, &input, &result);
			expr_destroy(expr);
		}
		if (err)
			assert_non_null(strstr(err->message, " at column "));
		error_destroy(err);
	}
	assert_true(compiled > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_cut_strings),
		cmocka_unit_test(test_used_names),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_error_of_input),
		cmocka_unit_test(test_short_circuit),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_odd_characters),
		cmocka_unit_test(test_regex_limits),
		cmocka_unit_test(test_uncertain_values),
		cmocka_unit_test(test_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
