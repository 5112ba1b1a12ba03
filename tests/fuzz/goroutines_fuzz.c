/*
 * libFuzzer target: the input (after a byte that chooses the release) is the target's memory, with
 * the runtime's variables at its start and a function table after its objects. Reads everything
 * about all goroutines.
 */
#include "dbg/go/go_program.h"
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/goroutines/summary.h"
#include "dbg/go/waits/wait.h"
#include "dbg/go/waits/wait_time.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/target/native/native_unwind.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/layouts.h"

/* The layout that tests/fuzz/seeds.py writes. */
enum {
	MEMORY = 0x100000,
	ALLGS = MEMORY,
	ALLM = MEMORY + 24,
	SCHED = MEMORY + 32,
	SEMTABLE = MEMORY + 0x2e00,
	SEMTABLE_SIZE = 256,
	TEXTS = MEMORY + 256, /* names of statuses and wait reasons */
	TEXT_COUNT = 8,
	TABLE = 0x3000, /* offset of the function table in the input */
	CODE = 0x400000,
	CODE_SIZE = 1 << 20,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static char **read_texts(struct program *program)
{
	char **texts = calloc(TEXT_COUNT, sizeof(*texts));
	for (size_t i = 0; texts && i < TEXT_COUNT; i++)
		error_destroy(program_read_string(program, TEXTS + 16 * i, 64, &texts[i]));
	return texts;
}

static struct program *open_program(uint8_t release, struct bytes memory)
{
	struct program *program = calloc(1, sizeof(*program));
	struct module *module = calloc(1, sizeof(*module));
	if (!program || !module)
		abort();
	program->layout = *fuzz_layout(release);
	program->target = fake_target_create(memory, MEMORY);
	((struct fake_target *)(void *)program->target)->ends = true;
	program->warn = ignore;
	program->started = true;
	program->modules[program->module_count++] = module;
	module->text = CODE;
	module->etext = CODE + CODE_SIZE;
	module->types = MEMORY;
	module->etypes = MEMORY + memory.size;
	program->globals.allgs.address = ALLGS;
	program->globals.allm.address = ALLM;
	program->globals.sched.address = SCHED;
	program->globals.semtable = (struct global){SEMTABLE, SEMTABLE_SIZE};
	program->wait_reasons = read_texts(program);
	program->status_names = read_texts(program);
	program->wait_reason_count = program->status_name_count = TEXT_COUNT;
	struct bytes table;
	if (bytes_slice(memory, TABLE, memory.size - TABLE, &table))
		error_destroy(
			pclntab_open(table, table, &program->layout.pclntab, &module->pclntab));
	if (string_pool_create(&program->strings) || unwind_cache_create(&program->unwind_cache) ||
		goroutine_cache_create(&program->goroutines) ||
		native_unwinder_create(program->target, &program->native))
		abort();
	return program;
}

static void ask(struct program *program, const struct goroutine *goroutine, struct stack *stack)
{
	struct wait *waits = NULL;
	struct label *labels = NULL;
	struct code_location location;
	size_t wait_count = 0, label_count = 0;
	bool partial;
	error_destroy(goroutine_waits(program, goroutine, &waits, &wait_count, &partial));
	error_destroy(goroutine_labels(program, goroutine, &labels, &label_count, &partial));
	error_destroy(goroutine_stack(program, goroutine, stack));
	if (stack->count > FRAMES_MAX || !goroutine_state(program, goroutine))
		abort();
	stack_user_frame(stack);
	stack_summary_frame(stack);
	goroutine_creator(program, goroutine, &location);
	goroutine_wait_ns(program, goroutine);
	struct wait_time time = goroutine_wait_time(program, goroutine);
	if (time.min_ns < 0 || time.max_ns < 0)
		abort();
	program_function_name(program, goroutine->start_pc);
	labels_free(labels, label_count);
	free(waits);
}

/* The stack and its roots. */
struct seen {
	struct stack stack;
	struct stack_roots roots;
};

static void look(struct program *program, const struct goroutine *goroutine, struct seen *ret)
{
	error_destroy(goroutine_stack(program, goroutine, &ret->stack));
	error_destroy(goroutine_stack_roots(program, goroutine, &ret->stack, &ret->roots));
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && a->sp == b->sp && a->fp == b->fp && a->entry == b->entry &&
	       a->line == b->line && a->stack == b->stack && a->kind == b->kind &&
	       a->inlined == b->inlined && a->wrapper == b->wrapper &&
	       strcmp(a->function, b->function) == 0;
}

static bool same_root(const struct stack_root *a, const struct stack_root *b)
{
	return a->address == b->address && a->value == b->value && a->frame == b->frame &&
	       a->mapped == b->mapped;
}

static bool same(const struct seen *a, const struct seen *b)
{
	bool same = a->stack.count == b->stack.count && a->roots.count == b->roots.count &&
		    a->roots.partial == b->roots.partial && !a->stack.problem == !b->stack.problem;
	for (size_t i = 0; same && i < a->stack.count; i++)
		same = same_frame(&a->stack.frames[i], &b->stack.frames[i]);
	for (size_t i = 0; same && i < a->roots.count; i++)
		same = same_root(&a->roots.items[i], &b->roots.items[i]);
	return same;
}

/* A stack that is recognised by its shape has the frames and roots that unwinding it finds. */
static void compare_with_unwinding(struct program *program, const struct goroutine *goroutine)
{
	struct seen recognised = {0}, unwound = {0};
	struct unwind_cache *cache = program->unwind_cache;
	look(program, goroutine, &recognised);
	if (unwind_cache_create(&program->unwind_cache))
		abort();
	look(program, goroutine, &unwound);
	if (!same(&recognised, &unwound))
		abort();
	stack_deinit(&recognised.stack);
	stack_deinit(&unwound.stack);
	free(recognised.roots.items);
	free(unwound.roots.items);
	unwind_cache_destroy(program->unwind_cache);
	program->unwind_cache = cache;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 + TABLE)
		return 0;
	struct program *program = open_program(data[0], (struct bytes){data + 1, size - 1});
	struct target *target = program->target;
	const struct goroutine_list *list;
	struct stack stack = {0};
	struct summary summary;
	struct error *err = program_goroutines(program, &list);
	for (size_t i = 0; !err && i < list->count && i < 16; i++)
		ask(program, &list->items[i], &stack);
	for (size_t i = 0; !err && i < list->count && i < 16; i++)
		compare_with_unwinding(program, &list->items[i]);
	error_destroy(err);
	error_destroy(program_summary(program, &summary));
	stack_deinit(&stack);
	program_close(program);
	target_destroy(target);
	return 0;
}
