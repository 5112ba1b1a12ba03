/* The errors for unknown names and impossible values, with suggestions: see names.h. */
#include "dbg/expr/names.h"

#include "dbg/expr/diagnose.h"

struct error *expr_unknown_name(
	const char *text, size_t start, size_t end, const struct expr_schema *schema, bool operand)
{
	struct expr_suggestion near = {.word = text + start, .size = end - start};
	for (size_t i = 0; i < schema->count; i++)
		expr_suggestion_offer(&near, schema->names[i].name);
	struct expr_excerpt word = expr_excerpt(text, start, end);
	struct expr_hint hint = {.size = 0};
	if (near.best) {
		expr_hint_add(&hint, "did you mean \"%s\"?", near.best);
	} else if (!strcmp(word.text, "not")) {
		expr_hint_add(&hint, "write !");
	} else if (operand) {
		expr_hint_add(&hint, "a string needs quotes: \"%s\"", word.text);
	} else {
		for (size_t i = 0; i < schema->count; i++) {
			const char *name = schema->names[i].name;
			if (!strchr(name, '(')) /* len(…) */
				expr_hint_add(&hint, "%s%s", i ? ", " : "known names: ", name);
		}
	}
	return expr_diagnose(text, start, hint.text, "unknown name \"%s\"", word.text);
}

static bool has_value(const struct expr_name *name, const char *data, size_t size)
{
	for (size_t i = 0; name->values && name->values[i]; i++) {
		if (strlen(name->values[i]) == size && !memcmp(name->values[i], data, size))
			return true;
	}
	return false;
}

/* Says which other names have that value. */
static void hint_others(
	const struct expr_schema *schema, const char *data, size_t size, struct expr_hint *hint)
{
	size_t found = 0;
	for (size_t i = 0; i < schema->count; i++) {
		if (has_value(&schema->names[i], data, size))
			expr_hint_add(hint, "%s%s", found++ ? " and " : "it is a value of ",
				schema->names[i].name);
	}
	if (found)
		expr_hint_add(hint, "; ");
}

struct error *expr_check_value(const char *text, size_t start, size_t end,
	const struct expr_schema *schema, const struct expr_name *name, const char *data,
	size_t size)
{
	if (!name->values || has_value(name, data, size))
		return NULL;
	struct expr_suggestion near = {.word = data, .size = size};
	struct expr_hint hint = {.size = 0};
	for (size_t i = 0; name->values[i]; i++)
		expr_suggestion_offer(&near, name->values[i]);
	if (near.best)
		expr_hint_add(&hint, "did you mean \"%s\"? ", near.best);
	hint_others(schema, data, size, &hint);
	for (size_t i = 0; name->values[i]; i++)
		expr_hint_add(&hint, "%s\"%s\"", i ? ", " : "it is one of ", name->values[i]);
	struct expr_excerpt literal = expr_excerpt(text, start, end);
	return expr_diagnose(text, start, hint.text, "%s is never %s", name->name, literal.text);
}
