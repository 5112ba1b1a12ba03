/*
 * The results of Error methods, for types of the standard library and for structs that consist of a
 * message. No code of the target is executed. Sources: the packages named below, releases 1.19
 * to 1.27.
 */
#include <ctype.h>
#include <stdio.h>

#include "dbg/go/values/go_text.h"
#include "dbg/go/values/value_note.h"
#include "dbg/go/values/value_state.h"

enum { MAX_MESSAGE = 4096, MAX_WRAPPED = 16, MAX_JOINED = 64 };

/*
 * The format of a type's message: {F} is the text of field F, {"F"} the same in quotes, {} the
 * value itself. The text of an error field is its message.
 */
static const struct {
	const char *package, *name, *format;
} formats[] = {
	{"errors", "errorString", "{s}"},
	{"fmt", "wrapError", "{msg}"},
	{"fmt", "wrapErrors", "{msg}"},
	{"io/fs", "PathError", "{Op} {Path}: {Err}"},
	{"os", "SyscallError", "{Syscall}: {Err}"},
	{"os", "LinkError", "{Op} {Old} {New}: {Err}"},
	{"os/exec", "Error", "exec: {\"Name\"}: {Err}"},
	{"net/url", "Error", "{Op} {\"URL\"}: {Err}"},
	{"strconv", "NumError", "strconv.{Func}: parsing {\"Num\"}: {Err}"},
	{"runtime", "errorString", "runtime error: {}"},
	{"context", "deadlineExceededError", "context deadline exceeded"},
	{"internal/poll", "DeadlineExceededError", "i/o timeout"},
	{"internal/poll", "errNetClosing", "use of closed network connection"},
	{"net", "timeoutError", "i/o timeout"},
	{"net", "canceledError", "operation was canceled"},
	{"net", "UnknownNetworkError", "unknown network {}"},
	{"net/http", "timeoutError", "{err}"},
	{"net/http", "tlsHandshakeTimeoutError", "net/http: TLS handshake timeout"},
	{"net/http", "MaxBytesError", "http: request body too large"},
};

static struct error *write_message(struct program *program, const struct value *value, FILE *stream,
	size_t depth, bool *known);

static struct error *write_string(
	struct program *program, const struct value *value, FILE *stream, bool quoted)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	uint64_t length;
	struct error *err = value_read_text(program, value, MAX_MESSAGE, &text, &size, &length);
	if (err)
		return err;
	if (quoted)
		go_write_quoted(stream, text, size);
	else
		fwrite(text, 1, size, stream);
	if (length > size)
		fputs("...", stream);
	return NULL;
}

/* The text of a field: a string, or an error's message. */
static struct error *write_part(struct program *program, const struct value *value, FILE *stream,
	bool quoted, size_t depth, bool *known)
{
	if (value->type->kind == GO_STRING)
		return write_string(program, value, stream, quoted);
	return write_message(program, value, stream, depth, known);
}

static struct error *write_format(struct program *program, const struct value *value,
	const char *format, FILE *stream, size_t depth, bool *known)
{
	struct error *err = NULL;
	while (*format && !err) {
		const char *close = *format == '{' ? strchr(format, '}') : NULL;
		if (!close) {
			fputc(*format++, stream);
			continue;
		}
		char name[32];
		bool quoted = format[1] == '"';
		size_t size = (size_t)(close - format) - 1 - 2 * quoted;
		snprintf(name, sizeof(name), "%.*s", (int)size, format + 1 + quoted);
		struct value field = *value;
		if (*name)
			err = value_part_field(program, value, name, &field);
		if (!err)
			err = write_part(program, &field, stream, quoted, depth, known);
		format = close + 1;
	}
	return err;
}

/* ---- Types whose method needs code ---- */

/* Go's texts are those of the C library, but start in lower case. */
static void write_errno(FILE *stream, int64_t number)
{
	char buffer[128];
	const char *text = number > 0 && number < 4096 ? strerrordesc_np((int)number) : NULL;
	if (!text) {
		fprintf(stream, "errno %lld", (long long)number);
		return;
	}
	snprintf(buffer, sizeof(buffer), "%s", text);
	if (islower((unsigned char)buffer[1]) || buffer[1] == '/' || buffer[1] == ' ')
		buffer[0] = (char)tolower((unsigned char)buffer[0]);
	fputs(buffer, stream);
}

/* net.Addr: TCPAddr, UDPAddr, IPAddr and UnixAddr. */
static struct error *write_address(
	struct program *program, const struct value *value, FILE *stream, bool *known)
{
	struct value address, field;
	_cleanup_free_ char *ip = NULL;
	int64_t port = 0;
	struct error *err = value_concrete(program, value, &address);
	if (err)
		return err;
	if (go_type_is(address.type, "net", "UnixAddr")) {
		err = value_part_field(program, &address, "Name", &field);
		return err ? err : write_string(program, &field, stream, false);
	}
	bool has_port = go_type_is(address.type, "net", "TCPAddr") ||
			go_type_is(address.type, "net", "UDPAddr");
	if (!has_port) {
		*known = false;
		return NULL;
	}
	err = value_part_field(program, &address, "IP", &field);
	if (!err)
		err = value_note(program, &field, &ip);
	if (!err)
		err = value_part_field(program, &address, "Port", &field);
	if (!err)
		err = value_integer(program, &field, &port);
	if (err)
		return err;
	bool colons = ip && strchr(ip, ':');
	fprintf(stream, "%s%s%s:%lld", colons ? "[" : "", ip ? ip : "", colons ? "]" : "",
		(long long)port);
	return NULL;
}

static struct error *is_nil(
	struct program *program, const struct value *value, const char *name, bool *ret)
{
	struct value field;
	uint64_t word = 0;
	struct error *err = value_part_field(program, value, name, &field);
	if (!err)
		err = value_word(program, &field, field.type->kind == GO_STRING ? 8 : 0, &word);
	*ret = !word;
	return err;
}

static struct error *write_operation(
	struct program *program, const struct value *value, FILE *stream, size_t depth, bool *known)
{
	bool no_net, no_source, no_address;
	struct value field;
	struct error *err = is_nil(program, value, "Net", &no_net);
	if (!err)
		err = is_nil(program, value, "Source", &no_source);
	if (!err)
		err = is_nil(program, value, "Addr", &no_address);
	if (!err)
		err = write_format(
			program, value, no_net ? "{Op}" : "{Op} {Net}", stream, depth, known);
	if (!err && !no_source) {
		fputc(' ', stream);
		err = value_part_field(program, value, "Source", &field);
		if (!err)
			err = write_address(program, &field, stream, known);
	}
	if (!err && !no_address) {
		fputs(no_source ? " " : "->", stream);
		err = value_part_field(program, value, "Addr", &field);
		if (!err)
			err = write_address(program, &field, stream, known);
	}
	return err ? err : write_format(program, value, ": {Err}", stream, depth, known);
}

static struct error *write_joined(
	struct program *program, const struct value *value, FILE *stream, size_t depth, bool *known)
{
	struct value field;
	struct value_list list;
	struct error *err = value_part_field(program, value, "errs", &field);
	if (!err)
		err = value_open_list(program, &field, &list);
	for (uint64_t i = 0; !err && i < list.length; i++) {
		struct value element;
		if (i == MAX_JOINED) {
			fputs("\n...", stream);
			break;
		}
		if (i)
			fputc('\n', stream);
		err = value_list_element(&list, i, &element);
		if (!err)
			err = write_message(program, &element, stream, depth, known);
	}
	return err;
}

/* ---- Any error ---- */

/* Whether the type is a struct whose only field is a string. */
static bool is_message_struct(struct program *program, const struct go_type *type)
{
	const struct go_field *fields;
	size_t count;
	if (type->kind != GO_STRUCT)
		return false;
	struct error *err = go_type_fields(program, type, &fields, &count);
	bool just = !err && count == 1 && fields[0].type->kind == GO_STRING;
	error_destroy(err);
	return just;
}

/* Writes the message of an error whose concrete value, after following pointers, is `value`. */
static struct error *write_concrete(struct program *program, const struct value *value,
	FILE *stream, size_t depth, bool guess, bool *known)
{
	const struct go_type *type = value->type;
	for (size_t i = 0; i < array_length(formats); i++)
		if (go_type_is(type, formats[i].package, formats[i].name))
			return write_format(
				program, value, formats[i].format, stream, depth, known);
	if (go_type_is(type, "net", "OpError"))
		return write_operation(program, value, stream, depth, known);
	if (go_type_is(type, "errors", "joinError"))
		return write_joined(program, value, stream, depth, known);
	if (go_type_is(type, "net", "DNSError")) {
		bool no_server;
		struct error *err = is_nil(program, value, "Server", &no_server);
		return err ? err
			   : write_format(program, value,
				     no_server ? "lookup {Name}: {Err}"
					       : "lookup {Name} on {Server}: {Err}",
				     stream, depth, known);
	}
	if (go_type_is(type, "syscall", "Errno")) {
		int64_t number;
		struct error *err = value_integer(program, value, &number);
		if (!err)
			write_errno(stream, number);
		return err;
	}
	*known = guess && is_message_struct(program, type);
	if (!*known)
		return NULL;
	const struct go_field *fields;
	size_t count;
	struct value field;
	struct error *err = go_type_fields(program, type, &fields, &count);
	if (!err)
		err = value_part(value, fields[0].offset, fields[0].type, &field);
	return err ? err : write_string(program, &field, stream, false);
}

static struct error *write_message(
	struct program *program, const struct value *value, FILE *stream, size_t depth, bool *known)
{
	struct value concrete;
	if (!depth) {
		*known = false;
		return NULL;
	}
	bool guess = value->type->kind == GO_INTERFACE;
	struct error *err = value_concrete(program, value, &concrete);
	return err ? err : write_concrete(program, &concrete, stream, depth - 1, guess, known);
}

/* Whether the type can be an error: the interface, a pointer, or a named type. */
static bool may_be_error(const struct go_type *type)
{
	if (type->kind == GO_INTERFACE)
		return strcmp(type->name, "error") == 0;
	return type->kind == GO_POINTER || type->named;
}

struct error *value_error_message(struct program *program, const struct value *value, char **ret)
{
	uint64_t word = 1;
	if (!may_be_error(value->type))
		return NULL;
	enum go_kind kind = value->type->kind;
	struct error *err = NULL;
	if (kind == GO_POINTER || kind == GO_INTERFACE)
		err = value_word(program, value, 0, &word);
	if (err || !word)
		return err;
	size_t size;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return error_no_memory();
	bool known = true;
	err = write_message(program, value, stream, MAX_WRAPPED, &known);
	bool failed = fclose(stream) != 0;
	if (err || !known || failed) {
		free(text);
		return err || !failed ? err : error_no_memory();
	}
	*ret = text;
	return NULL;
}
