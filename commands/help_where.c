/* `help where`: the expression language, with the fields that a goroutine has. */
#include "commands/help.h"

#include "commands/goroutine_view.h"

static const char *type_name(enum expr_type type)
{
	static const char *const names[] = {
		[EXPR_BOOL] = "true or false",
		[EXPR_INT] = "number",
		[EXPR_FLOAT] = "number",
		[EXPR_STRING] = "string",
		[EXPR_DURATION] = "duration",
		[EXPR_STRINGS] = "strings",
		[EXPR_MAP] = "map",
	};
	return (size_t)type < array_length(names) && names[type] ? names[type] : "?";
}

struct error *help_print_where(struct shell *shell)
{
	static const char *const headings[] = {"FIELD", "TYPE", "MEANING", NULL};
	struct output *output = &shell->out;
	const struct expr_schema *schema = goroutine_expr_schema();
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	for (size_t i = 0; i < schema->count; i++) {
		const struct expr_name *name = &schema->names[i];
		table_cell(table, STYLE_STRONG, "%s", name->name);
		table_cell(table, STYLE_PLAIN, "%s", type_name(name->type));
		table_cell(table, STYLE_PLAIN, "%s", name->help ? name->help : "");
	}
	table_print(table, output);
	output_printf(output, STYLE_PLAIN,
		"\n"
		"Operators, loosest first: ||   &&   == != < <= > >= =~ !~   + -   * / %%   ! -\n"
		"Literals: \"text\" `raw text` 42 0x2a 1.5 5m 1h30m 250ms true false\n"
		"=~ matches a regular expression, !~ does not; a map is asked with name[\"key\"].\n"
		"A comparison with several strings holds if it holds for one of them; one with a\n"
		"value that a goroutine does not have is false.\n");
	output_printf(output, STYLE_STRONG, "\nExample\n");
	output_printf(output, STYLE_PLAIN,
		"  goroutines --where 'status == \"waiting\" && wait > 5m && stack =~ "
		"\"^main\\\\.\"'\n");
	return NULL;
}
