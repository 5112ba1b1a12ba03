/*
 * JSON documents, streamed through yajl so that memory does not grow with the document.
 *
 * All functions accept a NULL writer and do nothing then.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_JSON_H
#define GCTXDBG_COMMANDS_RENDER_JSON_H

#include "commands/render/output.h"

struct json;

/* Begins a document on `output`: opens the top object and writes "version":1. NULL when out of
 * memory. */
struct json *json_create(struct output *output);

/* Closes every open object and array, ends the line and frees the writer. Fails only for a NULL
 * writer (no memory), so that a renderer need not check json_create(). */
struct error *json_finish(struct json *json);

/* Inside an object `key` names the value; inside an array it is NULL. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json); /* closes the innermost object or array */

/* A NULL string is written as null. Each byte that is not valid UTF-8 becomes U+FFFD. */
void json_string(struct json *json, const char *key, const char *value);
void json_string_n(struct json *json, const char *key, const char *value, size_t size);

void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_double(struct json *json, const char *key, double value); /* at most 3 decimals */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_address(struct json *json, const char *key, uint64_t value); /* "0x…"; 0 becomes null */

/*
 * Records in the document that it is incomplete, because of an error after its first item: closes
 * everything but the top object and adds "problem" with the error's message. Does nothing for a
 * NULL `err`, which stays the caller's: the command must fail with it as well.
 */
void json_problem(struct json *json, const struct error *err);

#endif
