/* Writing JSON through yajl: see json.h. */
#include "commands/render/json.h"

#include <inttypes.h>
#include <math.h>
#include <yajl/yajl_gen.h>

#include "commands/render/utf8.h"

enum { JSON_MAX_DEPTH = 64 };

struct json {
	struct output *output;
	yajl_gen generator;
	bool is_array[JSON_MAX_DEPTH];
	size_t depth; /* may exceed the maximum; deeper levels are not written */
	/* yajl writes a few bytes at a time; passing each on to stdio would dominate the cost. */
	char buffer[16 << 10];
	size_t buffered;
};

static void flush(struct json *json)
{
	if (!output_failed(json->output))
		fwrite_unlocked(json->buffer, 1, json->buffered, json->output->stream);
	json->buffered = 0;
}

static void write_text(void *context, const char *text, size_t size)
{
	struct json *json = context;
	if (size > sizeof(json->buffer) - json->buffered)
		flush(json);
	if (size > sizeof(json->buffer)) {
		if (!output_failed(json->output))
			fwrite_unlocked(text, 1, size, json->output->stream);
		return;
	}
	memcpy(json->buffer + json->buffered, text, size);
	json->buffered += size;
}

struct json *json_create(struct output *output)
{
	struct json *json = calloc(1, sizeof(*json));
	yajl_gen generator = json ? yajl_gen_alloc(NULL) : NULL;
	if (!generator) {
		free(json);
		return NULL;
	}
	json->output = output;
	json->generator = generator;
	yajl_gen_config(generator, yajl_gen_print_callback, write_text, (void *)json);
	json_object(json, NULL);
	json_int(json, "version", 1);
	return json;
}

struct error *json_finish(struct json *json)
{
	if (!json)
		return error_no_memory();
	while (json->depth)
		json_end(json);
	flush(json);
	fputc('\n', json->output->stream);
	yajl_gen_free(json->generator);
	free(json);
	return NULL;
}

/* Writes a string. Each byte that is not valid UTF-8 becomes U+FFFD, as in Go's encoding/json. */
static void write_string(struct json *json, const char *text, size_t size)
{
	size_t valid = 0, bad = 0;
	while ((valid += utf8_plain(text + valid, size - valid)) < size) {
		uint32_t character = 0;
		size_t length = utf8_decode(text + valid, size - valid, &character);
		if (!length)
			break;
		valid += length;
	}
	if (valid == size) {
		yajl_gen_string(json->generator, (const unsigned char *)text, size);
		return;
	}
	for (size_t i = valid; i < size; i++)
		bad += (text[i] & 0x80) != 0;
	char *clean = malloc(size + 2 * bad);
	if (!clean) {
		yajl_gen_string(json->generator, (const unsigned char *)text, valid);
		return;
	}
	size_t written = 0;
	for (size_t i = 0; i < size;) {
		uint32_t character = 0;
		size_t length = utf8_decode(text + i, size - i, &character);
		memcpy(clean + written, length ? text + i : "\xef\xbf\xbd", length ? length : 3);
		written += length ? length : 3;
		i += length ? length : 1;
	}
	yajl_gen_string(json->generator, (const unsigned char *)clean, written);
	free(clean);
}

/* Writes the key of a value; false if the value must not be written. */
static bool begin_value(struct json *json, const char *key)
{
	if (!json || json->depth > JSON_MAX_DEPTH || output_failed(json->output))
		return false;
	if (key && json->depth && !json->is_array[json->depth - 1])
		write_string(json, key, strlen(key));
	return true;
}

static void open_level(struct json *json, const char *key, bool is_array)
{
	if (!json)
		return;
	if (json->depth < JSON_MAX_DEPTH) {
		/* Count the level even if nothing can be written any more. */
		if (begin_value(json, key)) {
			if (is_array)
				yajl_gen_array_open(json->generator);
			else
				yajl_gen_map_open(json->generator);
		}
		json->is_array[json->depth] = is_array;
	} else if (json->depth == JSON_MAX_DEPTH) {
		json_null(json, key);
	}
	json->depth++;
}

void json_object(struct json *json, const char *key)
{
	open_level(json, key, false);
}

void json_array(struct json *json, const char *key)
{
	open_level(json, key, true);
}

void json_end(struct json *json)
{
	if (!json || !json->depth)
		return;
	json->depth--;
	if (json->depth >= JSON_MAX_DEPTH || output_failed(json->output))
		return;
	if (json->is_array[json->depth])
		yajl_gen_array_close(json->generator);
	else
		yajl_gen_map_close(json->generator);
}

void json_string_n(struct json *json, const char *key, const char *value, size_t size)
{
	if (!value)
		json_null(json, key);
	else if (begin_value(json, key))
		write_string(json, value, size);
}

void json_string(struct json *json, const char *key, const char *value)
{
	json_string_n(json, key, value, value ? strlen(value) : 0);
}

void json_problem(struct json *json, const struct error *err)
{
	if (!json || !err)
		return;
	while (json->depth > 1)
		json_end(json);
	json_string(json, "problem", err->message);
}

/* Writes the text of a number. */
static void write_number(struct json *json, const char *key, const char *text)
{
	if (begin_value(json, key))
		yajl_gen_number(json->generator, text, strlen(text));
}

void json_int(struct json *json, const char *key, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRId64, value);
	write_number(json, key, text);
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, value);
	write_number(json, key, text);
}

void json_double(struct json *json, const char *key, double value)
{
	/* JSON has no NaN and no infinities, and only a corrupt value can be this large. */
	if (!isfinite(value) || fabs(value) >= 1e18) {
		json_null(json, key);
		return;
	}
	char text[32];
	int length = snprintf(text, sizeof(text), "%.3f", value);
	while (text[length - 1] == '0')
		text[--length] = 0;
	if (text[length - 1] == '.')
		text[--length] = 0;
	write_number(json, key, strcmp(text, "-0") ? text : "0");
}

void json_bool(struct json *json, const char *key, bool value)
{
	if (begin_value(json, key))
		yajl_gen_bool(json->generator, value);
}

void json_null(struct json *json, const char *key)
{
	if (begin_value(json, key))
		yajl_gen_null(json->generator);
}

void json_address(struct json *json, const char *key, uint64_t value)
{
	if (!value) {
		json_null(json, key);
		return;
	}
	/* Addresses are the most frequent values: format them by hand, from the end. */
	char text[2 + 16], *at = text + sizeof(text);
	for (; value; value >>= 4)
		*--at = "0123456789abcdef"[value & 15];
	*--at = 'x';
	*--at = '0';
	json_string_n(json, key, at, (size_t)(text + sizeof(text) - at));
}
