/* A hash set of strings: see strings.h. */
#include "dbg/go/program/strings.h"

#include "dwarf/base/hash.h"
#include "dwarf/base/memory.h"

struct interned {
	bool lost; /* not in the table: no memory */
	UT_hash_handle hh;
	char text[];
};

struct string_pool {
	struct interned *strings;
};

struct error *string_pool_create(struct string_pool **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : error_no_memory();
}

void string_pool_destroy(struct string_pool *pool)
{
	if (!pool)
		return;
	struct interned *string, *next;
	HASH_ITER (hh, pool->strings, string, next) {
		HASH_DEL(pool->strings, string);
		free(string);
	}
	free(pool);
}

const char *string_pool_intern(struct string_pool *pool, const char *text)
{
	struct interned *string;
	size_t size = strlen(text);
	HASH_FIND(hh, pool->strings, text, size, string);
	if (string)
		return string->text;
	string = malloc(sizeof(*string) + size + 1);
	if (!string)
		return NULL;
	memcpy(string->text, text, size + 1);
	string->lost = false;
	HASH_ADD_KEYPTR(hh, pool->strings, string->text, size, string);
	if (!string->lost)
		return string->text;
	free(string);
	return NULL;
}
