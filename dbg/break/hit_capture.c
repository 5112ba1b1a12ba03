/* Provides the values of a hit to conditions and events: see hit_capture.h. */
#include "dbg/break/hit_capture.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

_Static_assert(BREAK_VALUES_MAX <= 32, "hit_capture.known has one bit per value");

/* The index of a value among those that the condition uses; used_count: it is not one of them. */
static size_t find_used(const struct breakpoint_entry *entry, int id, const char *key)
{
	size_t i = 0;
	for (; i < entry->used_count; i++) {
		const struct used_value *used = &entry->used[i];
		if (used->id == id &&
			(used->key == key || (used->key && key && !strcmp(used->key, key))))
			break;
	}
	return i;
}

struct error *hit_capture_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	struct hit_capture *capture = context;
	struct error *err = value_at_hit(&capture->input, id, index, key, ret);
	size_t used = err ? 0 : find_used(capture->entry, id, key);
	if (!err && used < capture->entry->used_count) {
		capture->seen[used] = *ret;
		capture->known |= UINT32_C(1) << used;
	}
	return err;
}

static const struct expr_name *name_of(const struct breakpoint_entry *entry, int id)
{
	for (size_t i = 0; i < entry->name_count; i++) {
		if (entry->names[i].id == id)
			return &entry->names[i];
	}
	return NULL;
}

/*
 * Copies the text of a value to the event, using at most half of the free room, so that some is
 * left for other values.
 */
static void copy_text(struct event_slot *slot, struct expr_value *text)
{
	size_t size = text->string.size, most = event_slot_room(slot) / 2;
	text->string.data = event_slot_text(
		slot, text->string.data, size < most ? size : most, &text->string.size);
	text->cut = text->cut || text->string.size < size;
}

/* Adds a field; false, without adding it, if there is no room for its name. */
static bool add_field(struct event_slot *slot, const char *name, const char *key,
	const struct expr_value *value, bool is_address)
{
	size_t name_size = strlen(name), key_size = key ? strlen(key) : 0;
	if (event_slot_room(slot) < name_size + key_size + 3)
		return false;
	struct break_field *field = &slot->event.fields[slot->event.field_count++];
	*field = (struct break_field){.value = *value, .is_address = is_address};
	field->name = event_slot_text(slot, name, name_size, NULL);
	if (key)
		field->key = event_slot_text(slot, key, key_size, NULL);
	if (value->type == EXPR_STRING)
		copy_text(slot, &field->value);
	return true;
}

static void capture_value(
	struct hit_capture *capture, struct event_slot *slot, int id, const char *key)
{
	const struct breakpoint_entry *entry = capture->entry;
	const struct expr_name *name = name_of(entry, id);
	size_t used = find_used(entry, id, key);
	struct expr_value value = {.type = EXPR_INT};
	if (!name)
		return;
	if (used < entry->used_count && capture->known >> used & 1)
		value = capture->seen[used];
	else
		error_destroy(value_at_hit(&capture->input, id, 0, key, &value));
	if (value.present &&
		!add_field(slot, name->name, key, &value, value_is_address(&entry->variables, id)))
		slot->event.fields_cut = true;
}

static bool is_shown(const struct breakpoint_entry *entry, int id)
{
	for (size_t i = 0; i < entry->shown_count; i++) {
		if (entry->shown[i] == id)
			return true;
	}
	return false;
}

/* ---- Labels ---- */

static bool has_label(const struct break_event *event, const char *key)
{
	for (size_t i = 0; i < event->field_count; i++) {
		if (event->fields[i].key && !strcmp(event->fields[i].key, key))
			return true;
	}
	return false;
}

static bool add_label(void *context, const struct expr_value *key, const struct expr_value *value)
{
	struct event_slot *slot = context;
	struct break_event *event = &slot->event;
	bool room = event->field_count < BREAK_FIELDS_MAX;
	if (!key->cut && has_label(event, key->string.data))
		return true;
	/* A cut key would be a different key. */
	if (!room || key->cut || !add_field(slot, "labels", key->string.data, value, false))
		event->labels_cut = true;
	return room;
}

static void capture_labels(struct hit *hit, struct event_slot *slot)
{
	const struct hit_labels labels = {add_label, slot, NULL};
	struct error *err = hit_visit_labels(hit, &labels);
	slot->event.has_labels = !err && slot->event.g;
	error_destroy(err);
}

/* ---- Where in the program ---- */

static bool in_context_package(const char *function)
{
	return strncmp(function, "context.", 8) == 0;
}

/* For a cancellation: the innermost frame outside package context that called into it. */
static const struct unwind_line *calls_context(const struct hit *hit)
{
	bool inside = false;
	for (size_t i = 0; i < hit->frame_count; i++) {
		const struct unwind_line *frame = hit->frames[i];
		if (in_context_package(frame->function))
			inside = true;
		else if (inside && frame->kind != FUNCTION_INTERNAL)
			return frame;
	}
	return NULL;
}

/* Not for goroutine creation and exit: their values contain the go statement. */
static void capture_user(struct hit *hit, struct event_slot *slot)
{
	const struct unwind_line *frame = NULL, *caller;
	if (hit->kind == LOCATION_NEWPROC || hit->kind == LOCATION_GOEXIT)
		return;
	struct error *err = hit_user_frame(hit, &frame);
	caller = !err && hit->kind == LOCATION_CANCEL ? calls_context(hit) : NULL;
	if (caller)
		frame = caller;
	error_destroy(err);
	if (frame)
		slot->event.user =
			(struct code_location){frame->function, frame->file, frame->line, 0};
}

void hit_capture_fill(struct hit_capture *capture, struct event_slot *slot)
{
	const struct breakpoint_entry *entry = capture->entry;
	for (size_t i = 0; i < entry->used_count && !entry->shown_only; i++) {
		const struct used_value *used = &entry->used[i];
		if ((used->key || !is_shown(entry, used->id)) &&
			slot->event.field_count < BREAK_VALUES_MAX)
			capture_value(capture, slot, used->id, used->key);
	}
	for (size_t i = 0; i < entry->shown_count; i++) {
		if (slot->event.field_count < BREAK_VALUES_MAX)
			capture_value(capture, slot, entry->shown[i], NULL);
	}
	if (entry->shown_only)
		return;
	capture_labels(capture->input.hit, slot);
	if (slot->event.of_runtime)
		capture_user(capture->input.hit, slot);
}
