/* `x`: memory as numbers, as characters, or as addresses with what they point to. */
#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/threads/registers.h"
#include "commands/session/registry.h"
#include "commands/goroutines/selection.h"
#include "dbg/go/heap/heap.h"
#include "dbg/go/values/variables.h"

enum { MAX_COUNT = 65536 };

enum format { FORMAT_HEX, FORMAT_DECIMAL, FORMAT_CHARACTERS, FORMAT_ADDRESS };

static const char *const format_names[] = {"hex", "dec", "char", "addr", NULL};
static const char *const size_names[] = {"1", "2", "4", "8", NULL};

/* Parses a number, or $REGISTER of the selected frame or thread with an optional +N or -N. */
static struct error *parse_address(struct session *session, const char *text, uint64_t *ret)
{
	if (text[0] != '$')
		return argument_number(text, "address", ret);
	size_t length = strcspn(text + 1, "+-");
	_cleanup_free_ char *name = strndup(text + 1, length);
	struct selected selected;
	const struct frame *frame;
	struct error *err = selected_load(session, 0, &selected);
	if (err)
		return err;
	err = selected_frame(session, &selected, &frame);
	bool found = false;
	if (!err && name &&
		(strcmp(name, "pc") == 0 || strcmp(name, "sp") == 0 || strcmp(name, "fp") == 0)) {
		*ret = name[0] == 'p' ? frame->pc : name[0] == 's' ? frame->sp : frame->fp;
		found = true;
	}
	for (const struct register_name *r = register_names; !err && name && !found && r->name;
		r++) {
		if (strcmp(name, r->name) == 0 && selected.thread && selected.thread->regs_valid) {
			*ret = register_value(&selected.thread->regs, r);
			found = true;
		}
	}
	selected_deinit(&selected);
	if (!err && !found)
		err = error_create(ERROR_USAGE,
			"$%s is unknown: use $pc, $sp or $fp of the selected frame, or a "
			"register of the thread if the goroutine is running",
			name ? name : "");
	const char *rest = text + 1 + length;
	uint64_t offset = 0;
	if (!err && *rest)
		err = argument_number(rest + 1, "offset", &offset);
	if (!err)
		*ret = *rest == '-' ? *ret - offset : *ret + offset;
	return err;
}

/* Prints the goroutine whose g or stack `value` points to, if any. */
static bool annotate_goroutine(struct session *session, uint64_t value)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(session->program, &list);
	const struct goroutine *found = NULL;
	for (size_t i = 0; !err && !found && i < list->count; i++) {
		const struct goroutine *goroutine = &list->items[i];
		if (goroutine->address == value ||
			(value >= goroutine->stack_low && value < goroutine->stack_high))
			found = goroutine;
	}
	error_destroy(err);
	if (found)
		output_printf(&session->out, STYLE_DIM, "  %s of goroutine %" PRIu64,
			found->address == value ? "g" : "stack", found->goid);
	return found;
}

/* Prints the function, global variable, goroutine or heap object that `value` points to, if any. */
static void annotate(struct session *session, uint64_t value)
{
	struct program *program = session->program;
	const char *name = program_function_name(program, value);
	struct heap_object object;
	if (!name)
		name = program_global_name(program, value);
	if (name) {
		output_printf(&session->out, STYLE_DIM, "  ");
		output_text(&session->out, STYLE_FUNCTION, name);
		return;
	}
	if (annotate_goroutine(session, value) || !heap_object_at(program, value, &object))
		return;
	output_printf(&session->out, STYLE_DIM, "  heap object");
	if (value != object.address)
		output_printf(&session->out, STYLE_DIM, " 0x%" PRIx64 " + %" PRIu64, object.address,
			value - object.address);
	output_printf(&session->out, STYLE_DIM, ", %" PRIu64 " bytes%s", object.size,
		object.in_use ? "" : ", free");
}

static uint64_t item_at(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;
	memcpy(&value, bytes, size);
	return value;
}

static void print_item(struct output *output, uint64_t value, size_t size, enum format format)
{
	unsigned shift = 64 - 8 * (unsigned)size;
	if (format == FORMAT_DECIMAL)
		output_printf(output, STYLE_PLAIN, " %" PRId64, (int64_t)(value << shift) >> shift);
	else
		output_printf(output, STYLE_PLAIN, " 0x%0*" PRIx64, (int)size * 2, value);
}

static void print_characters(struct output *output, const uint8_t *bytes, size_t count)
{
	output_printf(output, STYLE_DIM, "  ");
	for (size_t i = 0; i < count; i++)
		output_printf(output, STYLE_PLAIN, "%c",
			bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.');
}

static void print_memory(struct session *session, uint64_t address, const uint8_t *bytes,
	size_t count, size_t size, enum format format)
{
	struct output *output = &session->out;
	size_t per_line = format == FORMAT_ADDRESS	? 1
			  : format == FORMAT_CHARACTERS ? 64
							: 16 / size;
	for (size_t i = 0; i < count && !output_failed(output); i += per_line) {
		output_printf(output, STYLE_ADDRESS, "0x%" PRIx64 ":", address + i * size);
		size_t here = count - i < per_line ? count - i : per_line;
		for (size_t j = 0; j < here && format != FORMAT_CHARACTERS; j++)
			print_item(output, item_at(bytes + (i + j) * size, size), size, format);
		if (format == FORMAT_CHARACTERS || format == FORMAT_HEX)
			print_characters(output, bytes + i * size, here * size);
		if (format == FORMAT_ADDRESS)
			annotate(session, item_at(bytes + i * size, size));
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

static struct error *memory_json(
	struct output *output, uint64_t address, const uint8_t *bytes, size_t count, size_t size)
{
	struct json *json = json_create(output);
	json_address(json, "addr", address);
	json_uint(json, "size", size);
	json_array(json, "values"); /* strings: many JSON readers lose digits of 64-bit numbers */
	for (size_t i = 0; i < count; i++) {
		char text[24];
		snprintf(text, sizeof(text), "0x%" PRIx64, item_at(bytes + i * size, size));
		json_string(json, NULL, text);
	}
	json_end(json);
	return json_finish(json);
}

/* The memory to print, and how. */
struct request {
	uint64_t address, count, size;
	enum format format;
};

/* Parses the format of gdb, such as "8xg" after the slash: count, format letter, size letter. */
static struct error *parse_gdb_format(const char *text, struct request *request)
{
	static const char formats[] = "xdca", sizes[] = "bhwg";
	char *end;
	uint64_t count = strtoull(text, &end, 10);
	if (end != text)
		request->count = count;
	for (; *end; end++) {
		const char *format = strchr(formats, *end), *size = strchr(sizes, *end);
		if (format)
			request->format = (enum format)(format - formats);
		else if (size)
			request->size = 1ull << (size - sizes);
		else
			return error_create(ERROR_USAGE,
				"x/%s: unknown letter '%c'; formats are x (hex), d (decimal), c "
				"(characters), a (addresses), sizes are b, h, w, g (1, 2, 4, 8 "
				"bytes)",
				text, *end);
	}
	return NULL;
}

static struct error *parse_options(const struct arguments *arguments, struct request *request)
{
	const char *format = argument_value(arguments, "format");
	for (unsigned i = 0; format && format_names[i]; i++) {
		if (strcmp(format, format_names[i]) == 0)
			request->format = (enum format)i;
	}
	const char *size = argument_value(arguments, "size");
	return size ? argument_number(size, "--size", &request->size) : NULL;
}

static const char x_usage[] =
	"x ADDRESS [COUNT] [--format hex|dec|char|addr] [--size 1|2|4|8] [--json]";

static struct error *parse_request(
	struct session *session, const struct arguments *arguments, struct request *request)
{
	const char *const *words = arguments->words;
	*request = (struct request){.count = 16, .size = 8};
	struct error *err = parse_options(arguments, request);
	if (!err && words[0][0] == '/')
		err = parse_gdb_format(*words++ + 1, request);
	if (!err && !words[0])
		err = error_create(ERROR_USAGE, "x needs an address; usage: %s", x_usage);
	if (!err)
		err = parse_address(session, words[0], &request->address);
	if (!err && words[1])
		err = argument_number(words[1], "count", &request->count);
	if (!err && request->count > MAX_COUNT)
		err = error_create(ERROR_USAGE, "x shows at most %d items at a time", MAX_COUNT);
	if (request->format == FORMAT_ADDRESS)
		request->size = 8;
	if (request->format == FORMAT_CHARACTERS)
		request->size = 1;
	return err;
}

static struct error *memory_run(struct session *session, const struct arguments *arguments)
{
	struct request request;
	struct error *err = parse_request(session, arguments, &request);
	if (err)
		return err;
	size_t size = (size_t)(request.count * request.size);
	_cleanup_free_ uint8_t *bytes = malloc(size + 1);
	if (!bytes)
		return error_no_memory();
	err = target_read(session->target, request.address, bytes, size);
	if (!err && argument_given(arguments, "json"))
		err = memory_json(&session->out, request.address, bytes, (size_t)request.count,
			(size_t)request.size);
	else if (!err)
		print_memory(session, request.address, bytes, (size_t)request.count,
			(size_t)request.size, request.format);
	return err;
}

static const struct command_option options[] = {
	{"format", 'f', "FORMAT", "format of each item; addr also prints what it points to",
		format_names},
	{"size", 's', "BYTES", "size of each item (default 8)", size_names},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"examine", NULL};

static const struct command x_command = {
	.name = "x",
	.aliases = aliases,
	.group = GROUP_DATA,
	.usage = x_usage,
	.summary = "Prints memory",
	.help = "ADDRESS is a number, or $pc, $sp or $fp of the selected frame, or a register of "
		"the thread that runs it ($rsp), optionally followed by +N or -N. x/8xg ADDRESS "
		"works as in gdb: count, format, size. With --format addr, each item is printed with "
		"the function, global variable, goroutine or heap object that it points to.",
	.example = "x $sp 32 --format addr    the stack, with its return addresses",
	.options = options,
	.min_words = 1,
	.max_words = 3,
	.needs_target = true,
	.run = memory_run,
};
REGISTER_COMMAND(x_command);
