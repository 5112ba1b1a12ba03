/* Decodes time.Time and time.Location: see value_time.h. */
#include "dbg/go/values/value_time.h"

#include <inttypes.h>

#include "dbg/go/values/go_text.h"
#include "dbg/go/values/value_state.h"
#include "dwarf/base/bisect.h"

enum { MAX_ZONE = 64, MAX_TRANSITIONS = 1 << 16 };

struct zone {
	char name[MAX_ZONE];
	int64_t offset; /* seconds east of UTC */
};

struct go_time go_time_decode(uint64_t wall, uint64_t ext)
{
	/*
	 * Seconds from 1 January of year 1 to 1970 and to 1885. A time with a monotonic part (bit
	 * 63 of `wall`) counts from 1885, in 33 bits of `wall`; `ext` is its monotonic clock.
	 */
	const int64_t to_1970 = 62135596800, to_1885 = 59453308800;
	struct go_time time = {.nanoseconds = wall & ((1U << 30) - 1)};
	if (wall >> 63) {
		time.has_monotonic = true;
		time.monotonic = (int64_t)ext;
		time.unix_seconds = to_1885 + (int64_t)(wall << 1 >> 31) - to_1970;
	} else {
		time.unix_seconds = (int64_t)(ext - (uint64_t)to_1970);
	}
	return time;
}

struct error *value_time(struct program *program, const struct value *value, struct go_time *ret)
{
	struct value field;
	uint64_t wall = 0, ext = 0;
	struct error *err = value_part_field(program, value, "wall", &field);
	if (!err)
		err = value_word(program, &field, 0, &wall);
	if (!err)
		err = value_part_field(program, value, "ext", &field);
	if (!err)
		err = value_word(program, &field, 0, &ext);
	if (!err)
		*ret = go_time_decode(wall, ext);
	return err;
}

/* ---- Locations ---- */

static struct error *read_zone(struct program *program, const struct value *value, struct zone *ret)
{
	struct value field;
	_cleanup_free_ char *name = NULL;
	size_t size;
	uint64_t length;
	struct error *err = value_part_field(program, value, "name", &field);
	if (!err)
		err = value_read_text(program, &field, MAX_ZONE - 1, &name, &size, &length);
	if (!err)
		err = value_part_field(program, value, "offset", &field);
	if (!err)
		err = value_integer(program, &field, &ret->offset);
	if (err)
		return err;
	if (ret->offset < -86400 * 7 || ret->offset > 86400 * 7 || !go_is_text(name, size))
		return error_create(ERROR_BAD_DATA, "a time zone is damaged");
	memcpy(ret->name, name, size);
	ret->name[size] = 0;
	return NULL;
}

static struct error *integer_field(
	struct program *program, const struct value *value, const char *name, int64_t *ret)
{
	struct value field;
	struct error *err = value_part_field(program, value, name, &field);
	return err ? err : value_integer(program, &field, ret);
}

/* Whether transition `index` is after `when`; true once `*err` is set, so that a search ends. */
static bool is_after(struct program *program, const struct value_list *list, uint64_t index,
	int64_t when, struct error **err)
{
	struct value entry;
	int64_t start = 0;
	if (!*err)
		*err = value_list_element(list, index, &entry);
	if (!*err)
		*err = integer_field(program, &entry, "when", &start);
	return *err || start > when;
}

/* The last transition that is not after `when`, or -1. */
static struct error *find_transition(
	struct program *program, const struct value_list *list, int64_t when, int64_t *ret)
{
	struct error *err = NULL;
	size_t next = bisect(i, (size_t)list->length, is_after(program, list, i, when, &err));
	*ret = (int64_t)next - 1;
	return err;
}

/*
 * time.(*Location).lookup. ERROR_NOT_FOUND for a time after the last transition if the zone
 * continues by a rule.
 */
static struct error *lookup_zone(
	struct program *program, const struct value *location, int64_t when, struct zone *ret)
{
	struct value field;
	struct value_list zones, transitions;
	int64_t start = 0, end = 0, index = 0, number = 0;
	struct error *err = integer_field(program, location, "cacheStart", &start);
	if (!err)
		err = integer_field(program, location, "cacheEnd", &end);
	if (!err)
		err = value_part_field(program, location, "cacheZone", &field);
	uint64_t cached = 0;
	if (!err)
		err = value_word(program, &field, 0, &cached);
	if (err)
		return err;
	if (cached && when >= start && when < end)
		return read_zone(program, &field, ret);
	err = value_part_field(program, location, "zone", &field);
	if (!err)
		err = value_open_list(program, &field, &zones);
	if (!err && !zones.length) {
		*ret = (struct zone){.name = "UTC"};
		return NULL;
	}
	if (!err)
		err = value_part_field(program, location, "tx", &field);
	if (!err)
		err = value_open_list(program, &field, &transitions);
	if (!err && transitions.length > MAX_TRANSITIONS)
		err = error_create(ERROR_BAD_DATA, "a time.Location is damaged");
	if (!err)
		err = find_transition(program, &transitions, when, &index);
	struct value entry;
	uint64_t rule = 0;
	if (!err)
		err = value_part_field(program, location, "extend", &field);
	if (!err)
		err = value_word(program, &field, 8, &rule);
	if (!err && rule && index + 1 == (int64_t)transitions.length)
		err = error_create(ERROR_NOT_FOUND, "its time zone uses an extend rule, which is "
						    "not supported");
	if (!err && index >= 0) {
		err = value_list_element(&transitions, (uint64_t)index, &entry);
		if (!err)
			err = integer_field(program, &entry, "index", &number);
	}
	if (!err && (number < 0 || (uint64_t)number >= zones.length))
		err = error_create(ERROR_BAD_DATA, "a time.Location is damaged");
	if (!err)
		err = value_list_element(&zones, (uint64_t)number, &entry);
	return err ? err : read_zone(program, &entry, ret);
}

static struct error *zone_of(
	struct program *program, const struct value *value, int64_t when, struct zone *ret)
{
	struct value field, location;
	uint64_t pointer = 0;
	*ret = (struct zone){.name = "UTC"};
	struct error *err = value_part_field(program, value, "loc", &field);
	if (!err)
		err = value_word(program, &field, 0, &pointer);
	if (err || !pointer)
		return err;
	err = value_concrete(program, &field, &location);
	return err ? err : lookup_zone(program, &location, when, ret);
}

struct error *time_note(struct program *program, const struct value *value, char **ret)
{
	struct go_time time;
	struct zone zone;
	struct error *err = value_time(program, value, &time);
	if (err)
		return err;
	err = zone_of(program, value, time.unix_seconds, &zone);
	if (err) {
		error_destroy(err);
		zone = (struct zone){.name = "UTC"};
	}
	size_t size;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return error_no_memory();
	go_write_time(stream, time.unix_seconds, time.nanoseconds, (int32_t)zone.offset, zone.name);
	if (time.has_monotonic) {
		bool negative = time.monotonic < 0;
		uint64_t since = negative ? -(uint64_t)time.monotonic : (uint64_t)time.monotonic;
		fprintf(stream, " m=%c%" PRIu64 ".%09" PRIu64, negative ? '-' : '+',
			since / 1000000000, since % 1000000000);
	}
	if (fclose(stream)) {
		free(text);
		return error_no_memory();
	}
	*ret = text;
	return NULL;
}
