/*
 * Reads the state of the target at a hit, in the tracer thread: without caches, within bounds, and
 * only when first needed. Private to dbg/break.
 *
 * Allocates nothing except the unwind information of a new pc. Texts are in an arena that is
 * cleared at each hit.
 */
#ifndef GCTXDBG_BREAK_HIT_H
#define GCTXDBG_BREAK_HIT_H

#include "dbg/break/location.h"
#include "dbg/break/wrapped_call.h"
#include "dbg/target/traps/traps.h"

struct unwind_cache;
struct unwind_line;

enum {
	HIT_MAX_OBJECT = 1024,	  /* bytes of a g that are read */
	HIT_MAX_FRAMES = 256,	  /* of a stack, including inlined calls */
	HIT_MAX_TEXTS = 64 << 10, /* all texts of one hit */
	HIT_MAX_TEXT = 4096,	  /* one text; longer ones are cut */
};

/* A copy of a g. */
struct hit_goroutine {
	uint64_t address;
	bool loaded;
	uint8_t bytes[HIT_MAX_OBJECT];
};

/* Used only by the tracer thread; about 100 KiB, reused for each hit. */
struct hit {
	const struct trap_hit *trap;
	const struct program *program;
	struct unwind_cache *unwind; /* used only by the tracer thread */
	enum location_kind kind;
	uint64_t subject;     /* address of the g or context that the location is about; 0: none */
	uint64_t number;      /* number of the hit of its breakpoint, from 1 */
	int64_t monotonic_ns; /* CLOCK_MONOTONIC when the hit was received */

	struct hit_goroutine current; /* the goroutine that hit; address 0: none */
	bool current_known, on_system_stack;
	struct hit_goroutine other; /* the goroutine that the location is about */

	const struct unwind_line *frames[HIT_MAX_FRAMES];
	size_t frame_count;
	bool stack_known, stack_cut; /* cut: there are more frames */

	struct wrapped_calls calls; /* a cache, kept between hits */

	char texts[HIT_MAX_TEXTS];
	size_t texts_used;
};

/* Starts a new hit. `subject` and its offset are as in struct location. */
void hit_begin(struct hit *hit, const struct trap_hit *trap, enum location_kind kind, int subject,
	int64_t subject_offset);

/*
 * The register with DWARF number `number` (of a vector register, the low word); 0 for other
 * numbers.
 */
uint64_t hit_register(const struct hit *hit, uint64_t number);

/* Reads exactly `size` bytes, else ERROR_FAULT. */
struct error *hit_read(const struct hit *hit, uint64_t address, void *ret, size_t size);

/*
 * Copies the `size` bytes of the Go string at `address` to the arena, and adds a NUL. The string
 * may contain NULs itself.
 */
struct error *hit_text(struct hit *hit, uint64_t address, uint64_t size, struct expr_value *ret);
/* printf to the arena; NULL if it is full. */
const char *hit_format(struct hit *hit, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The goroutine that hit: the one that the thread runs, or runs for on the system stack. Its
 * address is 0 if there is none.
 */
struct error *hit_current(struct hit *hit, struct hit_goroutine **ret);
/* The goroutine that the location is about. */
struct error *hit_other(struct hit *hit, struct hit_goroutine **ret);
/* A field of the copied g; 0 if the release lacks it. */
uint64_t hit_goroutine_field(const struct hit_goroutine *goroutine, struct field field);

/* The logical frames on the stack of the goroutine that hit, innermost first (hit_stack.c). */
struct error *hit_stack(struct hit *hit);
/* The innermost of them that is not internal to the runtime; NULL: none. */
struct error *hit_user_frame(struct hit *hit, const struct unwind_line **ret);
/* The return address of the function that the thread is in; 0: unknown. */
uint64_t hit_return_address(const struct hit *hit);

/*
 * The pprof labels of the goroutine that hit (hit_labels.c). Calls `visit` for each until it
 * returns false. Texts are in the arena; long ones, including keys, are cut. With `only`, `key` is
 * absent.
 */
struct hit_labels {
	bool (*visit)(void *context, const struct expr_value *key, const struct expr_value *value);
	void *context;
	const char *only; /* visit only the label with this key; NULL: all */
};
struct error *hit_visit_labels(struct hit *hit, const struct hit_labels *labels);
/* The value of the label `key`; absent if there is none. */
struct error *hit_label(struct hit *hit, const char *key, struct expr_value *ret);

/* ---- Interfaces and types (hit_value.c) ---- */

/*
 * The address of the dynamic type's descriptor of an interface with the given words; 0: nil.
 * `empty` is true for the type any, false for interfaces with methods.
 */
struct error *hit_dynamic_type(
	struct hit *hit, bool empty, const uint64_t words[2], uint64_t *ret_type);
/* The name of the type with this descriptor, in the arena. */
struct error *hit_type_name(struct hit *hit, uint64_t descriptor, struct expr_value *ret);
/* The text of a value in an interface: of strings, simple errors and integers; absent for others.
 * `descriptor` is its type, `data` the second word of the interface. */
struct error *hit_describe(
	struct hit *hit, uint64_t descriptor, uint64_t data, struct expr_value *ret);

#endif
