/* libFuzzer target: compiles the input as an expression and runs it on a fake goroutine. */
#include "dbg/expr/expr.h"

enum { STATUS, WAIT, ABOUT, GOID, SHARE, SYSTEM, ENTRY, STACK, LABELS };

static const char *const statuses[] = {"idle", "running", "waiting", NULL};

static const struct expr_name names[] = {
	{"status", EXPR_STRING, STATUS, "", statuses},
	{"wait", EXPR_DURATION, WAIT, "", NULL},
	{"about", EXPR_DURATION, ABOUT, "", NULL},
	{"goid", EXPR_INT, GOID, "", NULL},
	{"share", EXPR_FLOAT, SHARE, "", NULL},
	{"system", EXPR_BOOL, SYSTEM, "", NULL},
	{"entry", EXPR_STRING, ENTRY, "", NULL},
	{"stack", EXPR_STRINGS, STACK, "", NULL},
	{"labels", EXPR_MAP, LABELS, "", NULL},
};

static void set_string(struct expr_value *value, const char *data)
{
	value->present = true;
	value->type = EXPR_STRING;
	value->string.data = data;
	value->string.size = strlen(data);
}

/* `context` is a bool: whether the values are present. */
static struct error *supply(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	static const char *const frames[] = {"runtime.gopark", "main.(*pool).run", "\xff\xfe"};
	if (!*(bool *)context)
		return NULL;
	ret->present = true;
	switch (id) {
	case WAIT:
		ret->type = EXPR_DURATION;
		ret->integer = INT64_MAX;
		break;
	case ABOUT:
		expr_value_bounds(ret, INT64_MIN, INT64_MAX - 1);
		break;
	case GOID:
		ret->type = EXPR_INT;
		ret->integer = INT64_MIN;
		break;
	case SHARE:
		ret->type = EXPR_FLOAT;
		ret->real = 0.25;
		break;
	case SYSTEM:
		ret->type = EXPR_BOOL;
		ret->boolean = true;
		break;
	case STACK:
		if (index < array_length(frames))
			set_string(ret, frames[index]);
		else
			ret->present = false;
		break;
	default:
		set_string(ret, key ? key : "waiting");
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct expr_schema schema = {names, array_length(names)};
	_cleanup_free_ char *text = malloc(size + 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	struct expr *expr;
	struct error *err = expr_compile(text, &schema, &expr);
	if (err) {
		error_destroy(err);
		return 0;
	}
	for (int present = 0; present < 2; present++) {
		bool values = present, result;
		struct expr_input input = {supply, &values};
		error_destroy(expr_run(expr, &input, &result));
	}
	expr_destroy(expr);
	return 0;
}
