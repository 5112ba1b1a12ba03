/* Unwinding C frames: known call chains in a child process, live and in its core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/native/native_unwind.h"
#include "dwarf/base/proc_path.h"
#include "tests/unit/core_writer.h"
#include "tests/unit/live_fixture.h"
#include "tests/unit/tsan.h"

enum { MAX_FRAMES = 64 };

/* Not static: the optimizer must not remove the names from .symtab. */
void chain_innermost(volatile int *depth);
void chain_middle(volatile int *depth);
void chain_outermost(volatile int *depth);
void chain_handler(int signal);

__attribute__((noinline)) void chain_innermost(volatile int *depth)
{
	for (;;) {
		pause();
		*depth += 1;
	}
}

__attribute__((noinline)) void chain_handler(int number)
{
	volatile int depth = number;
	chain_innermost(&depth);
	depth++;
}

__attribute__((noinline)) void chain_middle(volatile int *depth)
{
	if (*depth == 1) {
		/* Save some registers on the stack, so that unwinding has something to restore. */
		volatile char room[200];
		room[100] = 1;
		raise(SIGUSR1);
		*depth += room[100];
	} else if (*depth == 2) {
		void (*volatile nowhere)(void) = NULL;
		signal(SIGSEGV, chain_handler);
		nowhere();
		*depth += 1;
	} else {
		chain_innermost(depth);
	}
	*depth += 1;
}

__attribute__((noinline)) void chain_outermost(volatile int *depth)
{
	chain_middle(depth);
	*depth += 1;
}

struct frames {
	struct native_frame frames[MAX_FRAMES];
	char names[MAX_FRAMES][64];
	char files[MAX_FRAMES][256];
	size_t count, limit;
};

static bool remember(void *context, const struct native_frame *frame)
{
	struct frames *frames = context;
	if (frames->count == frames->limit)
		return false;
	size_t i = frames->count++;
	frames->frames[i] = *frame;
	snprintf(frames->names[i], sizeof(frames->names[i]), "%s",
		frame->function ? frame->function : "?");
	snprintf(frames->files[i], sizeof(frames->files[i]), "%s", frame->file ? frame->file : "?");
	return frames->count < frames->limit;
}

static pid_t start_child(int kind)
{
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGUSR1, chain_handler);
		volatile int depth = kind;
		chain_outermost(&depth);
		_exit(1);
	}
	assert_true(child > 0);
	/* Wait until it sleeps in pause(). */
	char line[256] = "";
	for (int i = 0; i < 2000 && strncmp(line, "34 ", 3) != 0; i++) {
		usleep(1000);
		FILE *file = fopen(proc_path(child, "syscall").text, "re");
		if (file) {
			(void)!fgets(line, sizeof(line), file);
			fclose(file);
		}
	}
	return child;
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static struct native_unwinder *unwind(struct target *target, struct frames *frames)
{
	const struct thread *threads;
	size_t count;
	assert_null(target_threads(target, &threads, &count));
	assert_int_equal(count, 1);
	struct native_unwinder *unwinder;
	assert_null(native_unwinder_create(target, &unwinder));
	assert_null(native_unwind(unwinder, &threads[0].regs, true, remember, frames));
	for (size_t i = 1; i < frames->count; i++) {
		if (!frames->frames[i - 1].signal_trampoline)
			assert_int_equal(frames->frames[i - 1].cfa, frames->frames[i].sp);
	}
	return unwinder;
}

static size_t find(const struct frames *frames, const char *name, size_t from)
{
	for (size_t i = from; i < frames->count; i++) {
		if (strcmp(frames->names[i], name) == 0)
			return i;
	}
	for (size_t i = 0; i < frames->count; i++)
		print_message("#%zu %lx %s+%lu %s%s\n", i, frames->frames[i].pc, frames->names[i],
			frames->frames[i].function_offset, frames->files[i],
			frames->frames[i].signal_trampoline ? " signal" : "");
	fail_msg("no frame of %s", name);
	return 0;
}

static void check_tail(const struct frames *frames, size_t middle)
{
	assert_string_equal(frames->names[middle], "chain_middle");
	assert_string_equal(frames->names[middle + 1], "chain_outermost");
	assert_string_equal(frames->names[middle + 2], "start_child");
	assert_non_null(strstr(frames->files[middle], "native_unwind_test"));
	size_t main_frame = find(frames, "main", middle);
	assert_true(main_frame > middle + 2);
	assert_true(frames->frames[middle].function_offset > 0);
}

static void check_calls(struct target *target)
{
	struct frames frames = {.limit = MAX_FRAMES};
	struct native_unwinder *unwinder = unwind(target, &frames);
	size_t innermost = find(&frames, "chain_innermost", 0);
	assert_true(innermost > 0); /* below it: libc's pause() */
	assert_non_null(strstr(frames.files[0], "libc"));
	check_tail(&frames, innermost + 1);

	/* Start within the stack, as if Go code had called C: a return address and its stack
	 * pointer. */
	struct user_regs_struct regs = {
		.rip = frames.frames[innermost + 1].pc,
		.rsp = frames.frames[innermost + 1].sp,
		.rbp = frames.frames[innermost + 1].bp,
	};
	struct frames rest = {.limit = 2};
	assert_null(native_unwind(unwinder, &regs, false, remember, &rest));
	assert_int_equal(rest.count, 2);
	assert_string_equal(rest.names[0], "chain_middle");
	assert_string_equal(rest.names[1], "chain_outermost");

	/* Garbage only ends the stack. */
	for (uint64_t i = 0; i < 200; i++) {
		regs.rip = i % 3 ? frames.frames[i % frames.count].pc + i : i * 0x1234567;
		regs.rsp = frames.frames[0].sp + i * 61;
		regs.rbp = i % 2 ? regs.rsp + i : UINT64_MAX - i;
		struct frames any = {.limit = MAX_FRAMES};
		assert_null(native_unwind(unwinder, &regs, i % 2, remember, &any));
		assert_true(any.count > 0);
	}
	native_unwinder_refresh(unwinder);
	native_unwinder_destroy(unwinder);
}

static void check_signal(struct target *target)
{
	struct frames frames = {.limit = MAX_FRAMES};
	native_unwinder_destroy(unwind(target, &frames));
	size_t handler = find(&frames, "chain_handler", 0);
	assert_true(frames.frames[handler + 1].signal_trampoline);
	assert_string_equal(frames.names[handler - 1], "chain_innermost");
	check_tail(&frames, find(&frames, "chain_middle", handler));
}

static void check_bad_call(struct target *target)
{
	struct frames frames = {.limit = MAX_FRAMES};
	native_unwinder_destroy(unwind(target, &frames));
	size_t handler = find(&frames, "chain_handler", 0);
	assert_true(frames.frames[handler + 1].signal_trampoline);
	assert_int_equal(frames.frames[handler + 2].pc, 0);
	check_tail(&frames, handler + 3);
}

typedef void (*checker)(struct target *target);
static const checker checkers[] = {check_calls, check_signal, check_bad_call};

static void test_live(void **state)
{
	(void)state;
	skip_under_tsan();
	for (int kind = 0; kind < (int)array_length(checkers); kind++) {
		pid_t child = start_child(kind);
		struct target *target = fixture_attach(child);
		checkers[kind](target);
		target_destroy(target);
		stop_child(child);
	}
}

static void fail_on_warning(void *context, const char *message)
{
	(void)context;
	fail_msg("%s", message);
}

/* Writes a core of a stopped process, as the kernel would. */
static void write_core(struct target *target, const char *path)
{
	const struct thread *threads;
	size_t count, headers;
	assert_null(target_threads(target, &threads, &count));
	struct buffer core = make_core(target->pid, &threads[0].regs, 1, &headers);
	write_file(path, core.data, core.size);
	free(core.data);
}

static void test_core(void **state)
{
	(void)state;
	skip_under_tsan();
	for (int kind = 0; kind < (int)array_length(checkers); kind++) {
		pid_t child = start_child(kind);
		char path[64];
		snprintf(path, sizeof(path), "/tmp/gctxdbg-unwind.%d", (int)child);
		struct target *target = fixture_attach(child);
		write_core(target, path);
		target_destroy(target);
		stop_child(child);
		struct error *err = core_open(NULL, path, fail_on_warning, NULL, &target);
		unlink(path);
		assert_success(err);
		checkers[kind](target);
		target_destroy(target);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_core),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
