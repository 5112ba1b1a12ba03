/*
 * The state of locks in words: see value_content.h.
 *
 * Sources: sync/mutex.go, internal/sync/mutex.go (since 1.24), sync/rwmutex.go, sync/waitgroup.go,
 * sync/once.go, sync/cond.go, releases 1.19 to 1.27.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/values/value_content.h"
#include "dbg/go/values/value_state.h"

enum {
	MUTEX_LOCKED = 1, /* mutexLocked and so on */
	MUTEX_STARVING = 4,
	MUTEX_WAITERS = 3, /* mutexWaiterShift */
	MAX_READERS = 1 << 30,
	MAX_PATH = 64,
};
static const uint32_t waiters_mask = 0x7fffffff; /* the flag above it: waitGroupBubbleFlag */

/* The integer in the field at `path`, whose names are separated by dots; it may be an atomic. */
static struct error *read_number(
	struct program *program, const struct value *value, const char *path, int64_t *ret)
{
	struct value part = *value, inner;
	char names[MAX_PATH], *rest = names;
	snprintf(names, sizeof(names), "%s", path);
	struct error *err = NULL;
	for (char *name; !err && (name = strsep(&rest, "."));)
		err = value_part_field(program, &part, name, &part);
	if (!err)
		err = value_atomic(program, &part, &inner);
	if (!err && inner.type)
		part = inner;
	return err ? err : value_integer(program, &part, ret);
}

/* The state of a mutex at `path` ("" or "w."), which is in a struct of internal/sync since 1.24. */
static struct error *read_mutex(
	struct program *program, const struct value *value, const char *path, int64_t *ret)
{
	char name[MAX_PATH];
	snprintf(name, sizeof(name), "%sstate", path);
	struct error *err = read_number(program, value, name, ret);
	if (!err || err->code != ERROR_NOT_FOUND)
		return err;
	error_destroy(err);
	snprintf(name, sizeof(name), "%smu.state", path);
	return read_number(program, value, name, ret);
}

/* `who`: "reader" or "writer"; NULL: any. */
static void write_waiting(FILE *stream, int64_t count, const char *who)
{
	if (count && who)
		fprintf(stream, ", %" PRId64 " %s%s waiting", count, who, count == 1 ? "" : "s");
	else if (count)
		fprintf(stream, ", %" PRId64 " waiting", count);
}

static struct error *mutex(struct program *program, const struct value *value, FILE *stream)
{
	int64_t state;
	struct error *err = read_mutex(program, value, "", &state);
	if (err)
		return err;
	fputs(state & MUTEX_LOCKED ? "locked" : "unlocked", stream);
	if (state & MUTEX_STARVING)
		fputs(", starving", stream);
	write_waiting(stream, state >> MUTEX_WAITERS, NULL);
	return NULL;
}

/* A writer subtracts MAX_READERS from the count of readers, then waits until `readerWait` of them
 * have left; readers that come later wait. */
static struct error *rw_mutex(struct program *program, const struct value *value, FILE *stream)
{
	int64_t readers, leaving, writers;
	struct error *err = read_number(program, value, "readerCount", &readers);
	if (!err)
		err = read_number(program, value, "readerWait", &leaving);
	if (!err)
		err = read_mutex(program, value, "w.", &writers);
	if (err)
		return err;
	bool writing = readers < 0;
	if (writing && !leaving)
		fputs("locked for writing", stream);
	else if (writing || readers)
		fprintf(stream, "locked for reading by %" PRId64, writing ? leaving : readers);
	else
		fputs("unlocked", stream);
	if (writing)
		write_waiting(stream, readers + MAX_READERS - leaving, "reader");
	write_waiting(stream, (writers >> MUTEX_WAITERS) + (writing && leaving), "writer");
	return NULL;
}

static struct error *wait_group(struct program *program, const struct value *value, FILE *stream)
{
	int64_t state;
	struct error *err = read_number(program, value, "state", &state);
	if (err && err->code == ERROR_NOT_FOUND) { /* 1.19 */
		error_destroy(err);
		err = read_number(program, value, "state1", &state);
	}
	if (err)
		return err;
	fprintf(stream, "counter %" PRId64, state >> 32);
	write_waiting(stream, state & waiters_mask, NULL);
	return NULL;
}

static struct error *once(struct program *program, const struct value *value, FILE *stream)
{
	int64_t done, state;
	struct error *err = read_number(program, value, "done", &done);
	if (!err)
		err = read_mutex(program, value, "m.", &state);
	if (err)
		return err;
	fputs(done ? "done" : state & MUTEX_LOCKED ? "running" : "not done", stream);
	write_waiting(stream, state >> MUTEX_WAITERS, NULL);
	return NULL;
}

static struct error *cond(struct program *program, const struct value *value, FILE *stream)
{
	int64_t waited, notified;
	struct error *err = read_number(program, value, "notify.wait", &waited);
	if (!err)
		err = read_number(program, value, "notify.notify", &notified);
	if (!err)
		fprintf(stream, "%" PRIu32 " waiting", (uint32_t)(waited - notified));
	return err;
}

typedef struct error *(*describe_lock)(
	struct program *program, const struct value *value, FILE *stream);

static describe_lock find_lock(const struct go_type *type)
{
	static const struct {
		const char *package, *name;
		describe_lock describe;
	} locks[] = {
		{"sync", "Mutex", mutex},
		{"internal/sync", "Mutex", mutex},
		{"sync", "RWMutex", rw_mutex},
		{"sync", "WaitGroup", wait_group},
		{"sync", "Once", once},
		{"sync", "Cond", cond},
	};
	for (size_t i = 0; type->kind == GO_STRUCT && i < array_length(locks); i++) {
		if (go_type_is(type, locks[i].package, locks[i].name))
			return locks[i].describe;
	}
	return NULL;
}

bool go_type_is_lock(const struct go_type *type)
{
	return find_lock(type) != NULL;
}

struct error *value_lock_note(struct program *program, const struct value *value, char **ret)
{
	describe_lock describe = find_lock(value->type);
	char *text = NULL;
	size_t size;
	if (!describe)
		return NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return error_no_memory();
	struct error *err = describe(program, value, stream);
	if (fclose(stream) && !err)
		err = error_no_memory();
	if (err)
		free(text);
	else
		*ret = text;
	return err;
}
