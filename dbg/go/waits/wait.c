/* What a blocked goroutine waits on: see wait.h. */
#include "dbg/go/waits/wait.h"

#include <seccomp.h>
#include <sys/syscall.h>

#include "dbg/go/goroutines/coroutines.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/goroutines/semaphores.h"
#include "dbg/go/waits/wait_list.h"
#include "dbg/go/goroutines/wait_search.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"

enum { MAX_SYSCALL = 1024 };

struct error *add_wait(struct waits *waits, struct wait wait)
{
	if (!array_reserve(&waits->items, &waits->capacity, waits->count + 1))
		return error_no_memory();
	waits->items[waits->count++] = wait;
	return NULL;
}

/* ---- Locks ---- */

/* Determines the kind of lock: from the wait reason since about 1.20; before, that is "semacquire"
 * and the stack decides. */
static struct error *lock_kind(struct waits *waits, const char *reason, struct wait *wait)
{
	static const struct {
		const char *reason;
		const char *function; /* innermost one of package sync, for "semacquire" */
		enum wait_kind kind;
		const char *op;
	} locks[] = {
		{"sync.Mutex.Lock", "sync.(*Mutex).lockSlow", WAIT_MUTEX, "lock"},
		{"sync.RWMutex.RLock", "sync.(*RWMutex).RLock", WAIT_RWMUTEX, "rlock"},
		{"sync.RWMutex.Lock", "sync.(*RWMutex).Lock", WAIT_RWMUTEX, "lock"},
		{"sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait", WAIT_GROUP, "wait"},
	};
	for (size_t i = 0; i < array_length(locks); i++) {
		if (strncmp(reason, locks[i].reason, strlen(locks[i].reason)) == 0) {
			wait->kind = locks[i].kind;
			wait->op = locks[i].op;
			return NULL;
		}
	}
	struct stack stack = {0};
	struct error *err = goroutine_stack(waits->program, waits->goroutine, &stack);
	const struct frame *frame = err ? NULL : stack_user_frame(&stack);
	for (size_t i = 0; frame && i < array_length(locks); i++) {
		if (strcmp(frame->function, locks[i].function) == 0) {
			wait->kind = locks[i].kind;
			wait->op = locks[i].op;
		}
	}
	stack_deinit(&stack);
	return err;
}

/* The address of the lock variable, from that of its semaphore. */
static uint64_t lock_address(
	const struct runtime_layout *layout, const struct wait *wait, uint64_t semaphore)
{
	struct field field = {0, 0};
	if (wait->kind == WAIT_MUTEX)
		field = layout->mutex.sema;
	else if (wait->kind == WAIT_RWMUTEX)
		field = wait->op[0] == 'r' ? layout->rwmutex.reader_sem
					   : layout->rwmutex.writer_sem;
	else if (wait->kind == WAIT_GROUP)
		field = layout->wait_group.sema;
	return semaphore ? semaphore - field.offset : 0;
}

static struct error *lock_waits(struct waits *waits, const char *reason)
{
	struct wait wait = {.kind = WAIT_SEMAPHORE, .op = "acquire", .fd = -1};
	struct error *err = lock_kind(waits, reason, &wait);
	uint64_t semaphore = 0;
	if (!err)
		err = semaphore_of(waits->program, waits->goroutine->address, &semaphore);
	if (err)
		return err;
	wait.address = lock_address(&waits->program->layout, &wait, semaphore);
	waits->partial |= !semaphore && waits->program->globals.semtable.address;
	return add_wait(waits, wait);
}

static struct error *cond_waits(struct waits *waits)
{
	struct wait wait = {.kind = WAIT_COND, .op = "wait", .fd = -1};
	uint64_t list;
	struct error *err = wait_search_notify_list(waits->program, waits->goroutine, &list);
	if (err)
		return err;
	wait.address = list ? list - waits->program->layout.cond.notify.offset : 0;
	waits->partial |= !list && field_present(waits->program->layout.notify_list.head);
	return add_wait(waits, wait);
}

/* ---- Timers, network, system calls ---- */

static struct error *sleep_waits(struct waits *waits)
{
	struct wait wait = {.kind = WAIT_TIMER, .op = "sleep", .fd = -1};
	struct error *err = goroutine_sleep_end(waits->program, waits->goroutine, &wait.until_ns);
	return err ? err : add_wait(waits, wait);
}

static struct error *network_waits(struct waits *waits)
{
	struct wait wait = {.kind = WAIT_NETWORK, .fd = -1};
	bool reading;
	struct error *err = wait_search_poll_desc(
		waits->program, waits->goroutine, &wait.address, &reading, &wait.fd);
	if (!err && wait.address)
		wait.op = reading ? "read" : "write";
	waits->partial |= !wait.address && field_present(waits->program->layout.poll_desc.rg);
	return err ? err : add_wait(waits, wait);
}

/*
 * The number is in the thread's registers while it is in the kernel. In the core of a crash the
 * thread is in its signal handler instead; then it is the first argument of syscall.Syscall or a
 * similar function.
 */
static struct error *syscall_number(struct waits *waits, int64_t *ret)
{
	*ret = -1;
	const struct thread *thread;
	error_destroy(goroutine_thread(waits->program, waits->goroutine, &thread));
	struct stack stack = {0};
	struct error *err = goroutine_stack(waits->program, waits->goroutine, &stack);
	bool in_handler = stack.count && stack.frames[0].stack == FRAME_SIGNAL;
	if (!err && thread && thread->regs_valid && !in_handler)
		*ret = (int64_t)thread->regs.orig_rax;
	if (*ret == SYS_restart_syscall) /* the kernel resumes an interrupted sleep */
		*ret = -1;
	for (size_t i = 0; !err && *ret < 0 && i < stack.count; i++) {
		const struct frame *frame = &stack.frames[i];
		if (frame->inlined || strncmp(frame->function, "syscall.", 8) != 0 ||
			!strstr(frame->function, "yscall"))
			continue;
		uint64_t argument = MAX_SYSCALL; /* unless it is readable */
		err = error_ignore_fault(
			target_read_u64(waits->program->target, frame->fp, &argument));
		if (!err && argument < MAX_SYSCALL)
			*ret = (int64_t)argument;
		break;
	}
	stack_deinit(&stack);
	return err;
}

static struct error *syscall_waits(struct waits *waits)
{
	struct wait wait = {.kind = WAIT_SYSCALL, .fd = -1};
	int64_t number;
	struct error *err = syscall_number(waits, &number);
	if (err)
		return err;
	if (number >= 0 && number < MAX_SYSCALL) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, (int)number);
		if (name)
			wait.name = string_pool_intern(waits->program->strings, name);
		free(name);
	}
	return add_wait(waits, wait);
}

/* ---- Coroutines ---- */

static struct error *coroutine_waits(struct waits *waits)
{
	struct program *program = waits->program;
	bool runs = goroutine_is_coroutine(program, waits->goroutine);
	struct wait wait = {.kind = WAIT_COROUTINE, .op = runs ? "yield" : "next", .fd = -1};
	struct error *err = coroutine_of(program, waits->goroutine, &wait.address);
	if (!err && wait.address && !runs)
		err = coroutine_runner(program, wait.address, &wait.goid);
	return err ? err : add_wait(waits, wait);
}

/* ---- Any wait ---- */

static struct error *find_waits(struct waits *waits)
{
	struct program *program = waits->program;
	const struct goroutine *goroutine = waits->goroutine;
	if (goroutine_in_syscall(program, goroutine))
		return syscall_waits(waits);
	const char *reason = goroutine_wait_reason(program, goroutine);
	if (!reason)
		return NULL;
	if (strstr(reason, "(nil chan)"))
		return add_wait(waits, (struct wait){.kind = WAIT_CHANNEL,
					       .op = strstr(reason, "send") ? "send" : "recv",
					       .fd = -1});
	if (strncmp(reason, "chan ", 5) == 0 || strncmp(reason, "select", 6) == 0)
		return channel_waits(waits, reason);
	if (strncmp(reason, "sleep", 5) == 0)
		return sleep_waits(waits);
	if (strncmp(reason, "coroutine", 9) == 0)
		return coroutine_waits(waits);
	if (strncmp(reason, "IO wait", 7) == 0)
		return network_waits(waits);
	if (strncmp(reason, "sync.Cond.Wait", 14) == 0)
		return cond_waits(waits);
	if (strncmp(reason, "sync.", 5) == 0 || strncmp(reason, "semacquire", 10) == 0)
		return lock_waits(waits, reason);
	return NULL;
}

struct error *goroutine_waits(struct program *program, const struct goroutine *goroutine,
	struct wait **ret, size_t *ret_count, bool *ret_partial)
{
	struct waits waits = {.program = program, .goroutine = goroutine};
	struct error *err = find_waits(&waits);
	*ret_partial = err || waits.partial;
	err = error_ignore_fault(err);
	if (err) {
		free(waits.items);
		return err;
	}
	*ret = waits.items;
	*ret_count = waits.count;
	return NULL;
}

const char *wait_kind_name(enum wait_kind kind)
{
	static const char *const names[] = {[WAIT_CHANNEL] = "chan",
		[WAIT_MUTEX] = "mutex",
		[WAIT_RWMUTEX] = "rwmutex",
		[WAIT_GROUP] = "waitgroup",
		[WAIT_COND] = "cond",
		[WAIT_SEMAPHORE] = "semaphore",
		[WAIT_TIMER] = "timer",
		[WAIT_NETWORK] = "network",
		[WAIT_SYSCALL] = "syscall",
		[WAIT_COROUTINE] = "coroutine"};
	return names[kind];
}
