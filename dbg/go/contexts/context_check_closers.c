/* Finds what can still close the channels of foreign contexts: see context_check_state.h. */
#include "dbg/go/contexts/context_check_state.h"

#include "dbg/go/goroutines/timers.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/reach/find_pointers.h"
#include "dbg/go/types/itabs.h"
#include "dwarf/base/bisect.h"

/* An address that could lead to a close: of a foreign context, or of its channel. */
struct lead {
	uint64_t address;
	struct verdict *verdict;
};

struct search {
	const struct check *check;
	struct lead *leads; /* by address */
	size_t lead_count;
	uint64_t *targets; /* the addresses, each once */
	size_t *firsts;	   /* the first lead of each target, and the end */
	size_t target_count;
	struct itab *itabs;
	size_t itab_count;
};

/* The use of a pointer to the context, or to the channel, of one verdict. */
struct found {
	const struct search *search;
	const struct context *context;
	struct closer *result;
};

/* Code with nothing but an interface value cannot close the channel. */
static bool is_itab(const struct search *search, uint64_t word)
{
	return itabs_find(search->itabs, search->itab_count, word) != NULL;
}

static bool waits_for_it(const struct context *context, uint64_t goid)
{
	size_t at = bisect(i, context->waiter_count, context->waiters[i] >= goid);
	return at < context->waiter_count && context->waiters[at] == goid;
}

/* Whether the object is the sudog of a goroutine that waits on the channel. */
static bool is_waiting_sudog(const struct found *found, uint64_t object)
{
	struct program *program = found->search->check->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t g = 0, channel = 0;
	struct error *err = program_read_field(program, object, layout->sudog.c, &channel);
	if (!err)
		err = program_read_field(program, object, layout->sudog.g, &g);
	error_destroy(err);
	const struct goroutine *goroutine = !err && g && channel == found->context->done
						    ? program_goroutine_at(program, g)
						    : NULL;
	return goroutine && waits_for_it(found->context, goroutine->goid);
}

/* A pointer on a stack, or in a global. */
static void note_outside_heap(const struct found *found, const struct pointer_use *use)
{
	struct program *program = found->search->check->program;
	const struct goroutine *goroutine = program_goroutine_of_stack(program, use->location);
	uint64_t before = use->before;
	if (goroutine)
		error_destroy(target_read_u64(program->target, use->location - 8, &before));
	if (is_itab(found->search, before) ||
		(goroutine && waits_for_it(found->context, goroutine->goid)))
		return;
	*found->result = goroutine ? (struct closer){CLOSER_GOROUTINE, goroutine->goid, 0, 0}
				   : (struct closer){CLOSER_OBJECT, 0, use->location, 0};
}

/* A timer calls the closure that its argument points to. */
static struct error *note_in_heap(const struct found *found, uint64_t object)
{
	const struct go_timer *timers;
	size_t count;
	bool partial;
	struct error *err =
		program_timers(found->search->check->program, &timers, &count, &partial);
	if (err)
		return err;
	size_t at = bisect(i, count, timers[i].argument >= object);
	bool timer = at < count && timers[at].argument == object && timers[at].when_ns;
	*found->result = (struct closer){
		timer ? CLOSER_TIMER : CLOSER_OBJECT, 0, object, timer ? timers[at].when_ns : 0};
	return NULL;
}

static struct error *note(const struct found *found, const struct pointer_use *use)
{
	const struct context *it = found->context;
	bool inside = use->location - it->address < it->size;
	/* A timer says the most. */
	if (found->result->kind == CLOSER_TIMER || inside || is_itab(found->search, use->before))
		return NULL;
	if (!use->object) {
		if (!found->result->kind)
			note_outside_heap(found, use);
		return NULL;
	}
	return is_waiting_sudog(found, use->object) ? NULL : note_in_heap(found, use->object);
}

static struct error *visit(void *context, const struct pointer_use *use)
{
	const struct search *search = context;
	struct error *err = NULL;
	for (size_t i = search->firsts[use->target]; !err && i < search->firsts[use->target + 1];
		i++) {
		struct verdict *verdict = search->leads[i].verdict;
		err = note(&(struct found){search, &search->check->forest->items[verdict->context],
				   &verdict->closer},
			use);
	}
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct lead *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* Collects the leads of the verdicts on foreign contexts from number `first` on. */
static struct error *find_leads(struct search *search, size_t first)
{
	struct verdicts *verdicts = search->check->verdicts;
	size_t most = 2 * (verdicts->count - first);
	search->leads = calloc(most + 1, sizeof(*search->leads));
	search->targets = calloc(most + 1, sizeof(*search->targets));
	search->firsts = calloc(most + 1, sizeof(*search->firsts));
	if (!search->leads || !search->targets || !search->firsts)
		return error_no_memory();
	for (size_t i = first; i < verdicts->count; i++) {
		struct verdict *verdict = &verdicts->items[i];
		const struct context *context = &search->check->forest->items[verdict->context];
		if (verdict->link != LINK_HIDDEN)
			continue;
		search->leads[search->lead_count++] = (struct lead){context->address, verdict};
		search->leads[search->lead_count++] = (struct lead){context->done, verdict};
	}
	if (search->lead_count)
		qsort(search->leads, search->lead_count, sizeof(*search->leads), by_address);
	for (size_t i = 0; i < search->lead_count; i++) {
		if (i && search->leads[i].address == search->leads[i - 1].address)
			continue;
		search->targets[search->target_count] = search->leads[i].address;
		search->firsts[search->target_count++] = i;
	}
	search->firsts[search->target_count] = search->lead_count;
	return NULL;
}

struct error *check_find_closers(const struct check *check, size_t first)
{
	struct search search = {.check = check};
	struct verdicts *verdicts = check->verdicts;
	bool partial = false;
	struct error *err = find_leads(&search, first);
	if (!err && search.target_count)
		err = program_itabs(check->program, &search.itabs, &search.itab_count, &partial);
	if (!err && search.target_count)
		err = find_pointers(check->program, search.targets, search.target_count, true,
			visit, &search, &partial);
	for (size_t i = first; !err && i < verdicts->count; i++) {
		struct verdict *verdict = &verdicts->items[i];
		if (verdict->link != LINK_HIDDEN)
			continue;
		/* In memory that cannot be read, there may be something. */
		if (partial && !verdict->closer.kind)
			verdict->closer.kind = CLOSER_OBJECT;
		if (verdict->closer.kind)
			verdict->kind = VERDICT_ENDS_LATER;
	}
	free(search.itabs);
	free(search.leads);
	free(search.targets);
	free(search.firsts);
	return err;
}
