/*
 * How values are looked into without copying them. Private to dbg/go/value*.c and evaluate.c.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_STATE_H
#define GCTXDBG_GO_VALUES_VALUE_STATE_H

#include "dbg/go/program/program_state.h"
#include "dbg/go/values/value.h"

enum {
	MAX_VALUE_SIZE = 1 << 28,   /* bytes of one value that is read whole */
	MAX_STRING_LENGTH = 1 << 30 /* more is damage; so for slices */
};

/*
 * The part of `value` at `offset` of type `type`. Bytes are not copied: do not free the result, and
 * use it while `value` lives. ERROR_BAD_DATA when it does not lie inside.
 */
struct error *value_part(
	const struct value *value, uint64_t offset, const struct go_type *type, struct value *ret);
/* Takes a part that is borrowed from `owner` over: copies its bytes, if it has any. */
struct error *value_own(struct value *value);
/* Reads `size` bytes at `offset`. */
struct error *value_copy(struct program *program, const struct value *value, uint64_t offset,
	void *ret, size_t size);
/* The word at `offset`. */
struct error *value_word(
	struct program *program, const struct value *value, uint64_t offset, uint64_t *ret);

/* ---- Parts by kind; the results are borrowed ---- */

struct error *value_part_field(
	struct program *program, const struct value *value, const char *name, struct value *ret);
/* Where the elements of a slice, array or string are, how many and of which type. */
struct value_list {
	struct value base; /* of an array; else type NULL and `address` is that of the elements */
	const struct go_type *element; /* NULL for strings */
	uint64_t address;
	uint64_t length, capacity;
};
struct error *value_open_list(
	struct program *program, const struct value *value, struct value_list *ret);
struct error *value_list_element(const struct value_list *list, uint64_t index, struct value *ret);
/* As value_dynamic(). */
struct error *value_part_dynamic(
	struct program *program, const struct value *value, struct value *ret);
/* Follows pointers and interfaces until something else is there; nil is ERROR_NOT_FOUND. */
struct error *value_concrete(struct program *program, const struct value *value, struct value *ret);

/* Reads the string value, at most `limit` bytes of it; `*ret` is malloc'ed, NUL-terminated. */
struct error *value_read_text(struct program *program, const struct value *value, size_t limit,
	char **ret, size_t *ret_size, uint64_t *ret_length);
/* The integer that a value of an integer kind (or bool) holds, sign-extended. */
struct error *value_integer(struct program *program, const struct value *value, int64_t *ret);
bool go_kind_is_signed(enum go_kind kind);
bool go_kind_is_unsigned(enum go_kind kind); /* also uintptr */

#endif
