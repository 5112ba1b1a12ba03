/* Completion inside expressions: see completion_expression.h. */
#include "commands/cli/completion_expression.h"

#include <ctype.h>

#include "commands/session/line.h"
#include "dbg/expr/expr.h"

/* Finds the start of the condition at the end of the line; NULL: there is none. `text` follows the
 * command's name. */
static const char *find_condition(const struct command *command, const char *text)
{
	const char *at = NULL;
	if (command->condition) {
		at = line_find_condition(text);
		at = at ? at + strlen("if") : NULL;
	} else if (command->raw) { /* after a number */
		at = text + strspn(text, " \t");
		at += strcspn(at, " \t");
	}
	return at && isspace((unsigned char)*at) ? at : NULL;
}

/* True if `text` ends inside a string literal. */
static bool ends_in_string(const char *text)
{
	char quote = 0;
	for (; *text; text++) {
		if (!quote && (*text == '"' || *text == '`'))
			quote = *text;
		else if (quote == *text)
			quote = 0;
		else if (quote == '"' && *text == '\\' && text[1])
			text++;
	}
	return quote;
}

static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Finds the start of the value of --where, which is the last word. */
static const char *find_option_value(
	const struct command *command, const char *text, const struct completion_position *position)
{
	bool expression = position->waiting && !strcmp(position->waiting->name, "where");
	return expression && command->fields ? text + position->end.word : NULL;
}

bool completion_find_expression(const struct command *command, const char *text,
	const struct completion_position *position, struct completion_expression *ret)
{
	if (!command->fields)
		return false;
	ret->begin = find_condition(command, text);
	if (!ret->begin && !command->condition && !command->raw)
		ret->begin = find_option_value(command, text, position);
	if (!ret->begin)
		return false;
	ret->word = text + strlen(text);
	while (ret->word > ret->begin && is_name_character(ret->word[-1]))
		ret->word--;
	ret->in_string = ends_in_string(ret->begin);
	return true;
}

void completion_add_fields(struct session *session, const struct command *command, const char *text,
	const struct completion_expression *expression, struct completions *completions)
{
	const struct expr_schema *schema;
	_cleanup_free_ char *before = strndup(text, (size_t)(expression->begin - text));
	if (!before || expression->in_string)
		return;
	struct error *err = command->fields(session, before, &schema);
	for (size_t i = 0; !err && i < schema->count; i++) {
		const struct expr_name *name = &schema->names[i];
		char with_key[128];
		snprintf(with_key, sizeof(with_key), "%s[\"", name->name);
		completions_add(completions, expression->word,
			name->type == EXPR_MAP ? with_key : name->name);
	}
	error_destroy(err);
}
