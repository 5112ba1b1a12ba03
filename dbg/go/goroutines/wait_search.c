/* See wait_search.h. */
#include "dbg/go/goroutines/wait_search.h"

#include "dbg/go/program/program_state.h"

enum {
	WORDS = 128,	     /* searched from the saved SP outwards */
	MAX_QUEUE = 1 << 16, /* waiters of one sync.Cond that are searched */
};

struct search {
	struct program *program;
	const struct goroutine *goroutine;
	/* Whether `candidate` is proved to be the wanted struct. */
	bool (*proved)(struct search *search, uint64_t candidate);
	bool reading;
	int64_t fd;
};

/* Reads a field; false if it is unreadable. */
static bool try_field(struct program *program, uint64_t address, struct field field, uint64_t *ret)
{
	struct error *err = program_read_field(program, address, field, ret);
	bool failed = err != NULL;
	error_destroy(err);
	return !failed;
}

static struct error *search_stack(struct search *search, uint64_t *ret)
{
	const struct goroutine *goroutine = search->goroutine;
	uint64_t words[WORDS];
	*ret = 0;
	if (goroutine->sched_sp < goroutine->stack_low ||
		goroutine->sched_sp >= goroutine->stack_high)
		return NULL;
	size_t count = (goroutine->stack_high - goroutine->sched_sp) / sizeof(words[0]);
	if (count > WORDS)
		count = WORDS;
	struct error *err = target_read(
		search->program->target, goroutine->sched_sp, words, count * sizeof(words[0]));
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		uint64_t word = words[i];
		bool plausible = word > 0x1000 && word % 4 == 0 && word < 1ull << 47 &&
				 !(word >= goroutine->stack_low && word < goroutine->stack_high) &&
				 !program_is_go_pc(search->program, word);
		if (plausible && search->proved(search, word)) {
			*ret = word;
			return NULL;
		}
	}
	return NULL;
}

static bool poll_desc_proved(struct search *search, uint64_t candidate)
{
	struct program *program = search->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t reader, writer, fd;
	if (!try_field(program, candidate, layout->poll_desc.rg, &reader) ||
		!try_field(program, candidate, layout->poll_desc.wg, &writer) ||
		!try_field(program, candidate, layout->poll_desc.fd, &fd))
		return false;
	search->reading = reader == search->goroutine->address;
	search->fd = (int64_t)fd;
	return (search->reading || writer == search->goroutine->address) && fd < 1u << 30;
}

struct error *wait_search_poll_desc(struct program *program, const struct goroutine *goroutine,
	uint64_t *ret, bool *ret_reading, int64_t *ret_fd)
{
	*ret = 0;
	if (!field_present(program->layout.poll_desc.rg))
		return NULL;
	struct search search = {
		.program = program, .goroutine = goroutine, .proved = poll_desc_proved, .fd = -1};
	struct error *err = search_stack(&search, ret);
	if (!err && *ret) {
		*ret_reading = search.reading;
		*ret_fd = search.fd;
	}
	return err;
}

/*
 * The list must contain the goroutine and end at its tail. The second condition excludes words next
 * to the list (its lock is on the stack too), which otherwise look the same.
 */
static bool notify_list_proved(struct search *search, uint64_t candidate)
{
	struct program *program = search->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t sudog, tail, g;
	if (!try_field(program, candidate, layout->notify_list.head, &sudog) ||
		!try_field(program, candidate, layout->notify_list.tail, &tail))
		return false;
	bool found = false;
	for (size_t i = 0; sudog && i < MAX_QUEUE; i++) {
		if (sudog % 8 || !try_field(program, sudog, layout->sudog.g, &g))
			return false;
		found = found || g == search->goroutine->address;
		if (sudog == tail)
			return found;
		if (!try_field(program, sudog, layout->sudog.next, &sudog))
			return false;
	}
	return false;
}

struct error *wait_search_notify_list(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret)
{
	*ret = 0;
	if (!field_present(program->layout.notify_list.head))
		return NULL;
	struct search search = {
		.program = program, .goroutine = goroutine, .proved = notify_list_proved};
	return search_stack(&search, ret);
}

/* A sudog starts with its g as well: so there must be a closure, too. */
static bool coro_proved(struct search *search, uint64_t candidate)
{
	struct program *program = search->program;
	const struct runtime_layout *layout = &program->layout;
	static const struct field code = {0, 8};
	uint64_t g, closure, pc;
	return try_field(program, candidate, layout->coro.gp, &g) &&
	       g == search->goroutine->address &&
	       try_field(program, candidate, layout->coro.function, &closure) &&
	       try_field(program, closure, code, &pc) && program_is_go_pc(program, pc);
}

struct error *wait_search_coro(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret)
{
	struct search search = {.program = program, .goroutine = goroutine, .proved = coro_proved};
	return search_stack(&search, ret);
}
