/*
 * What the types of sync/atomic and sync.Map contain, which is printed instead of their fields.
 * Private to dbg/go/values/value*.c.
 *
 * Sources: sync/atomic/type.go, sync/atomic/value.go; sync/map.go up to 1.23, sync/oldmap.go (1.24
 * to 1.26 with GOEXPERIMENT=nosynchashtriemap), internal/sync/hashtriemap.go (since 1.24); releases
 * 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_CONTENT_H
#define GCTXDBG_GO_VALUES_VALUE_CONTENT_H

#include "dbg/go/values/value.h"

/* The value in an atomic.Int64, atomic.Pointer[T], atomic.Value and so on, borrowed from `value`;
 * type NULL: `value` is of another type. */
struct error *value_atomic(struct program *program, const struct value *value, struct value *ret);

bool go_type_is_sync_map(const struct go_type *type);
/* Calls `visit` with each key and value (both an any) of a sync.Map; as map_visit(). */
struct error *value_sync_map_visit(struct program *program, const struct value *map,
	struct error *(*visit)(void *context, const struct value *key, const struct value *value),
	void *context);

/*
 * The state of a sync.Mutex, RWMutex, WaitGroup, Once or Cond in words: "locked, 2 waiting".
 * `*ret` is malloc'ed; it is not set for other types. (value_lock.c)
 */
struct error *value_lock_note(struct program *program, const struct value *value, char **ret);

#endif
