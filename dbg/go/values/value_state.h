/*
 * Access to parts of values without copying them. Private to dbg/go/values.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_STATE_H
#define GCTXDBG_GO_VALUES_VALUE_STATE_H

#include "dbg/go/program/program_state.h"
#include "dbg/go/values/value.h"

enum {
	MAX_VALUE_SIZE = 1 << 28,   /* bytes of a value that is read whole */
	MAX_STRING_LENGTH = 1 << 30 /* longer strings and slices are damaged */
};

/*
 * The part of `value` at `offset`, of type `type`. It borrows the bytes of `value`: do not free it,
 * and do not use it after `value` is freed. ERROR_BAD_DATA if the part exceeds the value.
 */
struct error *value_part(
	const struct value *value, uint64_t offset, const struct go_type *type, struct value *ret);
/* Turns a borrowed part into a value of its own: copies its bytes, if it has any. */
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
/* The elements of a slice, array or string: their address, number and type. */
struct value_list {
	struct value base; /* an array; else its type is NULL and the elements are at `address` */
	const struct go_type *element; /* NULL for strings */
	uint64_t address;
	uint64_t length, capacity;
};
struct error *value_open_list(
	struct program *program, const struct value *value, struct value_list *ret);
struct error *value_list_element(const struct value_list *list, uint64_t index, struct value *ret);
/* What the pointer `value` points to. ERROR_NOT_FOUND if it is nil. */
struct error *value_part_pointed(
	struct program *program, const struct value *value, struct value *ret);
/* As value_dynamic(). */
struct error *value_part_dynamic(
	struct program *program, const struct value *value, struct value *ret);
/* Follows pointers and interfaces to a value of another kind. ERROR_NOT_FOUND if one is nil. */
struct error *value_concrete(struct program *program, const struct value *value, struct value *ret);

/* Reads at most `limit` bytes of a string; `*ret` is malloc'ed and NUL-terminated. */
struct error *value_read_text(struct program *program, const struct value *value, size_t limit,
	char **ret, size_t *ret_size, uint64_t *ret_length);
/* The value of an integer or bool, sign-extended if its type is signed. */
struct error *value_integer(struct program *program, const struct value *value, int64_t *ret);
bool go_kind_is_signed(enum go_kind kind);
bool go_kind_is_unsigned(enum go_kind kind); /* also uintptr */

#endif
