/*
 * An example plug-in: shows which goroutines wait for a lock, and which may hold it.
 *
 * Go does not record the holder of a mutex. A holder usually still has its address on the stack, so
 * the suspects are the goroutines that have it there and do not wait for it.
 */
#include <inttypes.h>

#include "commands/goroutines/goroutine_matches.h"
#include "commands/session/plugin.h"

enum { MAX_STACK = 1 << 20 };

/* True if the live part of the goroutine's stack contains the word `address`. */
static bool stack_holds(struct target *target, const struct goroutine *goroutine, uint64_t address)
{
	uint64_t sp = goroutine->syscall_sp ? goroutine->syscall_sp : goroutine->sched_sp;
	if (sp < goroutine->stack_low || sp >= goroutine->stack_high ||
		goroutine->stack_high - sp > MAX_STACK)
		return false;
	size_t size = (size_t)(goroutine->stack_high - sp) & ~(size_t)7;
	_cleanup_free_ uint64_t *words = malloc(size + 8);
	struct error *err = words ? target_read(target, sp, words, size) : error_no_memory();
	bool holds = false;
	for (size_t i = 0; !err && i < size / 8; i++)
		holds = holds || words[i] == address;
	error_destroy(err);
	return holds;
}

static bool waits_for(const struct goroutine_view *view, uint64_t address)
{
	for (size_t i = 0; i < view->wait_count; i++) {
		if (view->waits[i].address == address)
			return true;
	}
	return false;
}

struct search {
	struct session *session;
	uint64_t address;
};

static bool look_at(void *context, struct goroutine_view *view)
{
	const struct search *search = context;
	struct session *session = search->session;
	const struct frame *top = stack_user_frame(&view->stack);
	const char *role = NULL;
	if (waits_for(view, search->address))
		role = "waits";
	else if (stack_holds(session->target, view->goroutine, search->address))
		role = "may hold";
	if (role)
		output_printf(&session->out, STYLE_PLAIN, "%-9s goroutine %" PRIu64 "  %s\n", role,
			view->goroutine->goid, top ? top->function : "?");
	return !output_failed(&session->out);
}

static struct error *run(struct session *session, const struct arguments *arguments)
{
	struct search search = {.session = session};
	struct error *err =
		argument_number(arguments->words[0], "address of the lock", &search.address);
	if (err)
		return err;
	const struct view_query query = {0};
	struct goroutine_matches all;
	err = goroutine_matches_load(session, &query, &all);
	if (!err)
		err = goroutine_matches_visit(
			session, &all, VIEW_WAITS | VIEW_STACK, true, look_at, &search);
	goroutine_matches_deinit(&all);
	return err;
}

static const struct command lockholders = {
	.name = "lockholders",
	.group = GROUP_PLUGIN,
	.usage = "lockholders ADDRESS",
	.summary = "Lists the goroutines that wait for a lock, and those that may hold it",
	.example = "lockholders 0xc000012340    the address is in WAITS ON of `goroutines`",
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.run = run,
};

static const struct command *const commands[] = {&lockholders};

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI,
	.name = "lockholders",
	.commands = commands,
	.command_count = array_length(commands),
};
