/*
 * What can be read at a hit, in the tracer thread: past all caches, within bounds, when first asked
 * for. Private to dbg/break.
 *
 * Nothing is allocated, except the plan of a pc that has not been seen before. Texts live in an
 * arena that is emptied with each hit.
 */
#ifndef GCTXDBG_BREAK_HIT_H
#define GCTXDBG_BREAK_HIT_H

#include "dbg/break/location.h"
#include "dbg/break/wrapped_call.h"
#include "dbg/target/traps/traps.h"

struct unwind_cache;
struct plan_line;

enum {
	HIT_MAX_OBJECT = 1024,	  /* bytes of a g that are looked at */
	HIT_MAX_FRAMES = 256,	  /* of a stack, inlined calls included */
	HIT_MAX_TEXTS = 64 << 10, /* all texts of one hit */
	HIT_MAX_TEXT = 4096,	  /* one of them; the rest is cut */
};

/* A copy of a g. */
struct hit_goroutine {
	uint64_t address;
	bool loaded;
	uint8_t bytes[HIT_MAX_OBJECT];
};

/* Of the tracer thread; about 100 KiB, reused from hit to hit. */
struct hit {
	const struct trap_hit *trap;
	const struct program *program;
	struct unwind_cache *unwind; /* the tracer thread's own */
	enum location_kind kind;
	uint64_t subject;     /* the g or the context that the place is about; 0 */
	uint64_t number;      /* which hit of its breakpoint this is */
	int64_t monotonic_ns; /* CLOCK_MONOTONIC when the hit came here */

	struct hit_goroutine current; /* that hit; address 0: none */
	bool current_known, on_system_stack;
	struct hit_goroutine other; /* that the place is about */

	const struct plan_line *frames[HIT_MAX_FRAMES];
	size_t frame_count;
	bool stack_known, stack_cut; /* there are more frames */

	struct wrapped_calls calls; /* kept from hit to hit */

	char texts[HIT_MAX_TEXTS];
	size_t texts_used;
};

/* `subject` and its offset as in struct location. */
void hit_begin(struct hit *hit, const struct trap_hit *trap, enum location_kind kind, int subject,
	int64_t subject_offset);

/* The value of the register with DWARF's number `number` (of a vector register its low word); 0 for
 * others. */
uint64_t hit_register(const struct hit *hit, uint64_t number);

/* Reads exactly `size` bytes; ERROR_FAULT. */
struct error *hit_read(const struct hit *hit, uint64_t address, void *ret, size_t size);

/* The `size` bytes of a Go string at `address`, in the arena, with a NUL besides; those that it
 * contains are bytes like others. */
struct error *hit_text(struct hit *hit, uint64_t address, uint64_t size, struct expr_value *ret);
/* printf into the arena; NULL when it is full. */
const char *hit_format(struct hit *hit, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The goroutine that hit: the one that the thread runs, or runs for on the system stack. Its
 * address is 0 when there is none. */
struct error *hit_current(struct hit *hit, struct hit_goroutine **ret);
/* The goroutine that the place is about. */
struct error *hit_other(struct hit *hit, struct hit_goroutine **ret);
/* A field of it. */
uint64_t hit_goroutine_field(const struct hit_goroutine *goroutine, struct field field);

/* The logical frames on the stack of the goroutine that hit, innermost first (hit_stack.c). */
struct error *hit_stack(struct hit *hit);
/* The innermost of them that is not of the runtime; NULL: none. */
struct error *hit_user_frame(struct hit *hit, const struct plan_line **ret);
/* The caller's frame: its return address, that is where the function the thread is in returns to;
 * 0 unknown. */
uint64_t hit_return_address(const struct hit *hit);

/*
 * The pprof labels of the goroutine that hit (hit_labels.c): `visit` gets texts in the arena until
 * it returns false; long ones are cut, keys too. When only one is wanted there is no text of its
 * key.
 */
struct hit_labels {
	bool (*visit)(void *context, const struct expr_value *key, const struct expr_value *value);
	void *context;
	const char *only; /* the one with this key; NULL: all */
};
struct error *hit_visit_labels(struct hit *hit, const struct hit_labels *labels);
/* The value of one of them; absent: there is none. */
struct error *hit_label(struct hit *hit, const char *key, struct expr_value *ret);

/* ---- Interfaces and types (hit_value.c) ---- */

/* The two words of an interface, of a type with methods (`empty` false) or any: `*ret_type` is the
 * dynamic type's descriptor, 0: nil. */
struct error *hit_dynamic_type(
	struct hit *hit, bool empty, const uint64_t words[2], uint64_t *ret_type);
/* The name of the type with this descriptor, in the arena. */
struct error *hit_type_name(struct hit *hit, uint64_t descriptor, struct expr_value *ret);
/* What a value in an interface says of itself: strings and simple errors their text, integers their
 * digits; absent: others. */
struct error *hit_describe(
	struct hit *hit, uint64_t descriptor, uint64_t data, struct expr_value *ret);

#endif
