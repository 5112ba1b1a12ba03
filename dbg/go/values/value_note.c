/* The readable forms of values: see value_note.h. */
#include "dbg/go/values/value_note.h"

#include <arpa/inet.h>

#include "dbg/go/values/go_text.h"
#include "dbg/go/values/value_content.h"
#include "dbg/go/values/value_state.h"
#include "dbg/go/values/value_time.h"

enum { MAX_BYTES_TEXT = 1024 };

static struct error *duration_note(struct program *program, const struct value *value, char **ret)
{
	int64_t nanoseconds;
	char text[GO_DURATION_SIZE];
	struct error *err = value_integer(program, value, &nanoseconds);
	if (err)
		return err;
	*ret = strdup(go_format_duration(nanoseconds, text));
	return *ret ? NULL : error_no_memory();
}

static struct error *ip_note(struct program *program, const struct value *value, char **ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct value_list list;
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
	struct error *err = value_open_list(program, value, &list);
	if (err || (list.length != 4 && list.length != 16))
		return err;
	err = target_read(program->target, list.address, bytes, (size_t)list.length);
	if (err)
		return err;
	bool old = list.length == 4 || memcmp(bytes, mapped, sizeof(mapped)) == 0;
	const void *start = list.length == 16 && old ? bytes + sizeof(mapped) : bytes;
	if (!inet_ntop(old ? AF_INET : AF_INET6, start, text, sizeof(text)))
		return NULL;
	*ret = strdup(text);
	return *ret ? NULL : error_no_memory();
}

static bool is_bytes(struct program *program, const struct go_type *type)
{
	const struct go_type *element;
	if (type->kind != GO_SLICE)
		return false;
	struct error *err = go_type_element(program, type, &element);
	bool same = !err && element->kind == GO_UINT8 && !element->package;
	error_destroy(err);
	return same;
}

static struct error *bytes_note(struct program *program, const struct value *value, char **ret)
{
	struct value_list list;
	char text[MAX_BYTES_TEXT], *note = NULL;
	size_t note_size;
	struct error *err = value_open_list(program, value, &list);
	if (err || !list.length)
		return err;
	size_t size = list.length < sizeof(text) ? (size_t)list.length : sizeof(text);
	err = target_read(program->target, list.address, text, size);
	if (err || !go_is_text(text, size))
		return err;
	FILE *stream = open_memstream(&note, &note_size);
	if (!stream)
		return error_no_memory();
	go_write_quoted(stream, text, size);
	if (size < list.length)
		fputs("...", stream);
	if (fclose(stream)) {
		free(note);
		return error_no_memory();
	}
	*ret = note;
	return NULL;
}

struct error *value_note(struct program *program, const struct value *value, char **ret)
{
	const struct go_type *type = value->type;
	struct error *err = NULL;
	if (go_type_is(type, "time", "Duration"))
		err = duration_note(program, value, ret);
	else if (go_type_is(type, "time", "Time"))
		err = time_note(program, value, ret);
	else if (go_type_is(type, "net", "IP"))
		err = ip_note(program, value, ret);
	else if (go_type_is_lock(type))
		err = value_lock_note(program, value, ret);
	else if (is_bytes(program, type))
		err = bytes_note(program, value, ret);
	else
		err = value_error_message(program, value, ret);
	return error_ignore_unreadable(err); /* the value itself shows that it is unreadable */
}

bool value_note_replaces(const struct value_node *node)
{
	return node->note && (go_type_is(node->type, "time", "Duration") ||
				     go_type_is(node->type, "time", "Time") ||
				     go_type_is(node->type, "net", "IP"));
}
