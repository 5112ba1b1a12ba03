/* `help where`: the expression language and the fields of goroutines and contexts. */
#include "commands/builtin/help_where.h"

#include "commands/contexts/context_view.h"
#include "commands/goroutines/goroutine_view.h"
#include "commands/render/table.h"

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

static struct error *print_fields(
	struct output *output, const char *heading, const struct expr_schema *schema)
{
	static const char *const headings[] = {"FIELD", "TYPE", "MEANING", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	for (size_t i = 0; i < schema->count; i++) {
		const struct expr_name *name = &schema->names[i];
		table_cell(table, STYLE_STRONG, "%s", name->name);
		table_cell(table, STYLE_PLAIN, "%s", type_name(name->type));
		table_cell(table, STYLE_PLAIN, "%s", name->help ? name->help : "");
	}
	output_printf(output, STYLE_STRONG, "%s\n", heading);
	table_print(table, output);
	output_printf(output, STYLE_PLAIN, "\n");
	return NULL;
}

struct error *help_print_where(struct session *session)
{
	struct output *output = &session->out;
	struct error *err = print_fields(output, "goroutines", goroutine_expr_schema());
	if (!err)
		err = print_fields(output, "ctx list, ctx tree", context_expr_schema());
	if (err)
		return err;
	output_printf(output, STYLE_PLAIN,
		"Operators, lowest precedence first: "
		"||   &&   == != < <= > >= =~ !~   + -   * / %%   ! -\n"
		"Literals: \"text\" `raw text` 42 0x2a 1.5 5m 1h30m 250ms true false\n"
		"=~ matches a regular expression, !~ does not match; name[\"key\"] reads a map;\n"
		"len(name) is the length of a string or of a list of strings.\n"
		"A comparison with a list of strings is true if it is true for one of them; a\n"
		"comparison with an absent value is false.\n");
	output_printf(output, STYLE_PLAIN,
		"\nbreak, tbreak, trace and condition use the same language; their fields depend\n"
		"on the location, see \"help break\".\n");
	output_printf(output, STYLE_STRONG, "\nExamples\n");
	output_printf(output, STYLE_PLAIN,
		"  goroutines --where 'status == \"waiting\" && wait > 5m && stack =~ "
		"\"^main\\\\.\"'\n"
		"  ctx list --where 'state == \"active\" && children > 100'\n"
		"  break newproc if creator =~ \"^main\\\\.\" && hits > 100\n");
	return NULL;
}
