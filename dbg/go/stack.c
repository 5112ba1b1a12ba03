/* Unwinding goroutines and threads: see stack.h. */
#include "dbg/go/stack.h"

#include <stdarg.h>
#include <stdio.h>
#include <ucontext.h>

#include "dbg/go/pc_plan.h"
#include "dbg/go/program_state.h"
#include "dbg/target/native_unwind.h"

enum { MAX_SEGMENTS = 32 }; /* changes of stack in one thread */

/* Where unwinding stands. */
struct position {
	struct user_regs_struct
		regs; /* rip, rsp and rbp hold; for C code the others too, if known */
	bool exact;   /* rip is the instruction itself, not a return address */
	bool syscall; /* taken from g.syscallpc and g.syscallsp */
};

/* One run over a contiguous stack. */
struct segment {
	enum frame_stack kind;
	uint64_t low, high; /* bounds of that stack; 0: unknown */
};

enum segment_end {
	SEGMENT_TOP,	/* outermost function, or one past which nothing is known */
	SEGMENT_SIGNAL, /* a signal handler's; the position is the interrupted one */
	SEGMENT_SWITCH, /* came here from another stack */
	SEGMENT_OTHER,	/* the position is in the other language now */
	SEGMENT_BROKEN,
};

struct unwinding {
	struct program *program;
	struct stack *stack;
	const struct machine *machine; /* NULL: no thread of the runtime's */
	uint64_t goroutine_low, goroutine_high;
	uint64_t callback_sp; /* g0's SP where C last called Go; 0 none */
};

void stack_deinit(struct stack *stack)
{
	free(stack->frames);
	free(stack->problem);
	*stack = (struct stack){0};
}

__attribute__((format(printf, 2, 3))) static void problem(
	struct stack *stack, const char *format, ...)
{
	if (stack->problem)
		return;
	va_list args;
	va_start(args, format);
	if (vasprintf(&stack->problem, format, args) < 0)
		stack->problem = NULL;
	va_end(args);
}

static bool append(struct stack *stack, const struct frame *frame)
{
	if (stack->count >= FRAMES_MAX) {
		problem(stack, "the stack is deeper than %d frames; the outer ones are not shown",
			FRAMES_MAX);
		return false;
	}
	if (!array_reserve(&stack->frames, &stack->capacity, stack->count + 1)) {
		problem(stack, "out of memory");
		return false;
	}
	stack->frames[stack->count++] = *frame;
	return true;
}

/* The frames from `first` on belong to a signal handler. */
static void mark_signal(struct stack *stack, size_t first)
{
	for (size_t i = first; i < stack->count; i++)
		stack->frames[i].stack = FRAME_SIGNAL;
}

/* ---- C code ---- */

struct native_walk {
	struct unwinding *u;
	struct position *at;
	bool reached_go;
	bool after_signal; /* the frame before was a signal trampoline */
	size_t first;	   /* of its frames in the stack */
};

static bool on_native_frame(void *context, const struct native_frame *native)
{
	struct native_walk *walk = context;
	struct unwinding *u = walk->u;
	if (program_is_go_pc(u->program, native->pc)) {
		*walk->at = (struct position){
			.regs = {.rip = native->pc, .rsp = native->sp, .rbp = native->bp},
			.exact = walk->after_signal};
		walk->reached_go = true;
		return false;
	}
	walk->after_signal = native->signal_trampoline;
	const char *name = native->function ? native->function : "??";
	struct frame frame = {.pc = native->pc,
		.sp = native->sp,
		.fp = native->cfa,
		.entry = native->pc - native->function_offset,
		.function = pc_plans_intern(u->program->plans, name),
		.file = native->file ? pc_plans_intern(u->program->plans, native->file) : NULL,
		.stack = FRAME_C};
	if (!append(u->stack, &frame))
		return false;
	if (native->signal_trampoline) /* all so far were the handler's */
		mark_signal(u->stack, walk->first);
	return true;
}

static enum segment_end unwind_c(struct unwinding *u, struct position *at)
{
	struct native_walk walk = {.u = u, .at = at, .first = u->stack->count};
	struct error *err =
		native_unwind(u->program->native, &at->regs, at->exact, on_native_frame, &walk);
	if (err) {
		problem(u->stack, "%s", err->message);
		error_destroy(err);
		return SEGMENT_BROKEN;
	}
	return walk.reached_go ? SEGMENT_OTHER : SEGMENT_TOP;
}

/*
 * Go that C called: the goroutine's frames go on beyond cgocallback with whatever called C, and the
 * C frames in between are on g0's stack. runtime/asm_amd64.s cgocallback leaves g0.sched.sp at its
 * own frame there, and the value before at 0(SP); its caller is runtime/cgo's crosscall2, which has
 * saved C's registers (abi_amd64.h).
 */
static void append_callers_in_c(struct unwinding *u, const struct position *callback)
{
	enum { CROSSCALL_ARGUMENTS = 0x18 }; /* below the registers that crosscall2 saves */
	struct target *target = u->program->target;
	uint64_t sp = u->callback_sp, before, return_pc, saved[5], link[2];
	u->callback_sp = 0;
	const struct pc_plan *plan = pc_plan_at(u->program, callback->regs.rip, callback->exact);
	if (!sp || !plan || !plan->has_sp_delta)
		return;
	struct error *err = target_read_u64(target, sp, &before);
	uint64_t crosscall_sp = sp + (uint64_t)(int64_t)plan->sp_delta + 8;
	if (!err)
		err = target_read_u64(target, crosscall_sp - 8, &return_pc);
	plan = err ? NULL : pc_plan_at(u->program, return_pc, false);
	if (!err && plan && plan->role == ROLE_CROSSCALL && plan->has_sp_delta) {
		uint64_t c_sp = crosscall_sp + (uint64_t)(int64_t)plan->sp_delta + 8;
		err = target_read(target, crosscall_sp + CROSSCALL_ARGUMENTS, saved, sizeof(saved));
		if (!err)
			err = target_read(target, c_sp - sizeof(link), link, sizeof(link));
		struct position at = {.regs = {.rip = link[1],
					      .rsp = c_sp,
					      .rbp = link[0],
					      .rbx = saved[0],
					      .r12 = saved[1],
					      .r13 = saved[2],
					      .r14 = saved[3],
					      .r15 = saved[4]}};
		if (!err && !program_is_go_pc(u->program, link[1]))
			unwind_c(u, &at);
		u->callback_sp = before > sp ? before : 0;
	}
	error_destroy(err);
}

/* ---- Go code ---- */

static bool append_plan(struct stack *stack, const struct pc_plan *plan, const struct position *at,
	uint64_t fp, enum frame_stack kind)
{
	for (size_t i = 0; i < plan->line_count; i++) {
		const struct plan_line *line = &plan->lines[i];
		struct frame frame = {.pc = at->regs.rip,
			.sp = at->regs.rsp,
			.fp = fp,
			.entry = plan->entry,
			.function = line->function,
			.file = line->file,
			.line = line->line,
			.stack = kind,
			.inlined = line->inlined};
		if (!append(stack, &frame))
			return false;
	}
	return true;
}

static bool inside(const struct segment *segment, uint64_t address)
{
	return !segment->high || (address >= segment->low && address <= segment->high);
}

/*
 * The kernel has put struct rt_sigframe on the handler's stack: its first word is the handler's
 * return address, at fp - 8; the ucontext follows at fp. Takes the interrupted registers from
 * there.
 */
static bool interrupted_position(struct unwinding *u, uint64_t fp, struct position *at)
{
	gregset_t gregs;
	struct error *err = target_read(u->program->target,
		fp + offsetof(ucontext_t, uc_mcontext.gregs), gregs, sizeof(gregs));
	if (err) {
		problem(u->stack, "the registers that the signal saved cannot be read: %s",
			err->message);
		error_destroy(err);
		return false;
	}
#define REG(name) ((unsigned long long)gregs[name])
	*at = (struct position){.exact = true,
		.regs = {.r8 = REG(REG_R8),
			.r9 = REG(REG_R9),
			.r10 = REG(REG_R10),
			.r11 = REG(REG_R11),
			.r12 = REG(REG_R12),
			.r13 = REG(REG_R13),
			.r14 = REG(REG_R14),
			.r15 = REG(REG_R15),
			.rdi = REG(REG_RDI),
			.rsi = REG(REG_RSI),
			.rbp = REG(REG_RBP),
			.rbx = REG(REG_RBX),
			.rdx = REG(REG_RDX),
			.rax = REG(REG_RAX),
			.rcx = REG(REG_RCX),
			.rsp = REG(REG_RSP),
			.rip = REG(REG_RIP)}};
#undef REG
	return true;
}

/* The caller's rbp: a Go function with a frame saves it right below its return address. */
static uint64_t caller_bp(
	struct unwinding *u, const struct pc_plan *plan, const struct position *at, uint64_t fp)
{
	uint64_t bp = at->regs.rbp;
	if (plan->sp_delta >= 8) {
		struct error *err = target_read_u64(u->program->target, fp - 16, &bp);
		error_destroy(err);
	}
	return bp;
}

/*
 * One physical Go frame (resolveInternal and next of runtime/traceback.go): appends it and moves
 * `at` to its caller. Returns false when the segment ends here, in the way told by `*end`.
 */
static bool unwind_go_frame(struct unwinding *u, const struct segment *segment, struct position *at,
	enum segment_end *end)
{
	const struct pc_plan *plan = pc_plan_at(u->program, at->regs.rip, at->exact);
	*end = SEGMENT_TOP;
	if (!plan) {
		problem(u->stack, "no Go function contains pc 0x%llx", at->regs.rip);
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (!plan->has_sp_delta)
		return false; /* an external function (race detector): the runtime stops here too */
	uint64_t sp = at->regs.rsp;
	uint64_t fp = sp + (uint64_t)(int64_t)plan->sp_delta + 8;
	if (!inside(segment, sp) || !inside(segment, fp) || fp <= sp) {
		problem(u->stack, "the stack pointer 0x%llx of %s is outside of the stack",
			(unsigned long long)sp, plan->lines[plan->line_count - 1].function);
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (!append_plan(u->stack, plan, at, fp, segment->kind)) {
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (plan->role == ROLE_CGOCALLBACK && segment->kind == FRAME_GOROUTINE)
		append_callers_in_c(u, at);
	if (plan->role == ROLE_SIGTRAMP) {
		*end = interrupted_position(u, fp, at) ? SEGMENT_SIGNAL : SEGMENT_BROKEN;
		return false;
	}
	if (plan->role == ROLE_SYSTEM_STACK && segment->kind == FRAME_SYSTEM) {
		*end = SEGMENT_SWITCH;
		return false;
	}
	bool writes_sp = (plan->flags & PC_FUNCTION_SP_WRITE) && plan->role != ROLE_CGOCALLBACK &&
			 !at->syscall;
	if ((plan->flags & PC_FUNCTION_TOP_FRAME) || writes_sp)
		return false;
	uint64_t return_pc;
	struct error *err = target_read_u64(u->program->target, fp - 8, &return_pc);
	if (err) {
		problem(u->stack, "%s", err->message);
		error_destroy(err);
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (return_pc == 0)
		return false;
	uint64_t bp = caller_bp(u, plan, at, fp);
	bool trap = plan->role == ROLE_SIGPANIC ||
		    (u->program->preempt_is_trap &&
			    (plan->role == ROLE_ASYNC_PREEMPT || plan->role == ROLE_DEBUG_CALL));
	*at = (struct position){.regs = {.rip = return_pc, .rsp = fp, .rbp = bp}, .exact = trap};
	return true;
}

static enum segment_end unwind_go(
	struct unwinding *u, const struct segment *segment, struct position *at)
{
	enum segment_end end;
	while (unwind_go_frame(u, segment, at, &end)) {
		if (!program_is_go_pc(u->program, at->regs.rip))
			return SEGMENT_OTHER;
	}
	return end;
}

/* ---- Threads ---- */

static struct segment segment_of(const struct unwinding *u, uint64_t sp)
{
	const struct machine *machine = u->machine;
	if (u->goroutine_high && sp >= u->goroutine_low && sp <= u->goroutine_high)
		return (struct segment){FRAME_GOROUTINE, u->goroutine_low, u->goroutine_high};
	if (machine && machine->signal_high && sp >= machine->signal_low &&
		sp <= machine->signal_high)
		return (struct segment){FRAME_SIGNAL, machine->signal_low, machine->signal_high};
	/* The bounds of g0 are a guess of the runtime's on threads that C made. */
	return (struct segment){FRAME_SYSTEM, 0, 0};
}

/*
 * Unwinds from the thread's registers through signal handlers, C code and the system stack. Returns
 * true when it went on through the goroutine's own frames to their end; false when those are still
 * to come, from where the goroutine was saved. With `saved_only` the goroutine's own frames are
 * never taken from the registers.
 */
static bool unwind_from_registers(struct unwinding *u, struct position *at, bool saved_only)
{
	bool in_vdso = u->machine && u->machine->vdso_sp;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		bool go = program_is_go_pc(u->program, at->regs.rip);
		struct segment segment = segment_of(u, at->regs.rsp);
		enum segment_end end;
		if (go && in_vdso && segment.kind != FRAME_SIGNAL) {
			/* traceback1: registers inside a vDSO call are replaced by those of its
			 * caller. */
			*at = (struct position){
				.regs = {.rip = u->machine->vdso_pc, .rsp = u->machine->vdso_sp}};
			in_vdso = false;
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE && saved_only)
			return false;
		size_t before = u->stack->count;
		end = go ? unwind_go(u, &segment, at) : unwind_c(u, at);
		if (end == SEGMENT_SIGNAL) {
			/* The interrupted code may have been inside the signal stack's owner: all
			 * above is the handler's. */
			mark_signal(u->stack, before);
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE)
			return true;
		if (end == SEGMENT_OTHER)
			continue;
		if (in_vdso && end != SEGMENT_BROKEN) {
			*at = (struct position){
				.regs = {.rip = u->machine->vdso_pc, .rsp = u->machine->vdso_sp}};
			in_vdso = false;
			continue;
		}
		return false;
	}
	problem(u->stack, "the thread changes stacks more than %d times", MAX_SEGMENTS);
	return true;
}

/* The goroutine's own frames from where it was saved: runtime/traceback.go initAt. */
static void unwind_saved(struct unwinding *u, const struct goroutine *goroutine)
{
	bool syscall = goroutine->syscall_sp != 0;
	struct position at = {.syscall = syscall,
		.regs = {.rip = syscall ? goroutine->syscall_pc : goroutine->sched_pc,
			.rsp = syscall ? goroutine->syscall_sp : goroutine->sched_sp,
			.rbp = goroutine->sched_bp}};
	struct segment segment = {FRAME_GOROUTINE, goroutine->stack_low, goroutine->stack_high};
	if (at.regs.rip == 0 && at.regs.rsp != 0) {
		/* A call of a nil function: start in its caller. */
		uint64_t return_pc;
		struct error *err = target_read_u64(u->program->target, at.regs.rsp, &return_pc);
		if (!err)
			at.regs.rip = return_pc;
		error_destroy(err);
		at.regs.rsp += 8;
	}
	enum segment_end end = unwind_go(u, &segment, &at);
	if (end == SEGMENT_OTHER)
		problem(u->stack, "unexpected return address 0x%llx", at.regs.rip);
}

static const struct thread *find_thread(struct program *program, pid_t tid)
{
	const struct thread *threads;
	size_t count;
	struct error *err = target_threads(program->target, &threads, &count);
	error_destroy(err);
	for (size_t i = 0; !err && i < count; i++) {
		if (threads[i].tid == tid && threads[i].regs_valid)
			return &threads[i];
	}
	return NULL;
}

/* A goroutine that C has called is locked to its thread, whose g0 tells where C was left. */
static uint64_t callback_sp(struct program *program, const struct goroutine *goroutine)
{
	const struct machine *machine =
		goroutine->locked_machine ? program_machine_at(program, goroutine->locked_machine)
					  : NULL;
	return machine ? machine->system_sp : 0;
}

static void stack_clear(struct stack *stack)
{
	stack->count = 0;
	free(stack->problem);
	stack->problem = NULL;
}

struct error *goroutine_stack(
	struct program *program, const struct goroutine *goroutine, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u = {.program = program,
		.stack = ret,
		.machine = goroutine->tid ? program_machine_at(program, goroutine->machine) : NULL,
		.goroutine_low = goroutine->stack_low,
		.goroutine_high = goroutine->stack_high,
		.callback_sp = callback_sp(program, goroutine)};
	const struct thread *thread = goroutine->tid ? find_thread(program, goroutine->tid) : NULL;
	if (thread) {
		struct position at = {.regs = thread->regs, .exact = true};
		/* In a system call the runtime's tracebacks start where the call was entered. */
		if (unwind_from_registers(&u, &at, goroutine->syscall_sp != 0))
			return target_check(program->target);
	} else if (goroutine_is_running(program, goroutine)) {
		problem(ret, "it is running, but no thread of the target is known to run it");
	}
	unwind_saved(&u, goroutine);
	return target_check(program->target);
}

struct error *thread_stack(struct program *program, const struct thread *thread, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u = {.program = program,
		.stack = ret,
		.machine = program_machine_of_thread(program, thread->tid)};
	const struct goroutine *goroutine = NULL;
	if (u.machine && u.machine->current_g)
		goroutine = program_goroutine_at(program, u.machine->current_g);
	if (goroutine) {
		u.goroutine_low = goroutine->stack_low;
		u.goroutine_high = goroutine->stack_high;
		u.callback_sp = callback_sp(program, goroutine);
	}
	if (!thread->regs_valid) {
		problem(ret, "its registers are not known");
		return NULL;
	}
	struct position at = {.regs = thread->regs, .exact = true};
	if (!unwind_from_registers(&u, &at, false) && goroutine)
		unwind_saved(&u, goroutine);
	return target_check(program->target);
}

/* ---- What frames are ---- */

const char *frame_stack_name(enum frame_stack stack)
{
	static const char *const names[] = {[FRAME_GOROUTINE] = "goroutine",
		[FRAME_SYSTEM] = "system",
		[FRAME_SIGNAL] = "signal",
		[FRAME_C] = "c"};
	return names[stack];
}

static bool has_prefix(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++) {
		if (strncmp(text, *prefixes, strlen(*prefixes)) == 0)
			return true;
	}
	return false;
}

bool frame_is_runtime(const struct frame *frame)
{
	static const char *const prefixes[] = {"runtime.", "runtime/internal/", "internal/runtime/",
		"internal/poll.runtime_", "sync.runtime_", "internal/sync.runtime_", NULL};
	return frame->stack == FRAME_SIGNAL || frame->stack == FRAME_SYSTEM ||
	       has_prefix(frame->function, prefixes);
}

const struct frame *stack_user_frame(const struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (!frame_is_runtime(&stack->frames[i]))
			return &stack->frames[i];
	}
	return stack->count ? &stack->frames[0] : NULL;
}

/* Not in the standard library: there the first element of a package's path has no dot, but main is
 * the program's. */
static bool is_users(const struct frame *frame)
{
	size_t first = strcspn(frame->function, "/");
	return frame->stack == FRAME_GOROUTINE &&
	       (strncmp(frame->function, "main.", 5) == 0 ||
		       (frame->function[first] == '/' && memchr(frame->function, '.', first)));
}

const struct frame *stack_telling_frame(const struct stack *stack)
{
	static const char *const low[] = {"internal/", "sync.", "syscall.", "time.", "net.", "os.",
		"io.", "bufio.", "bytes.", "crypto/", NULL};
	const struct frame *telling = NULL;
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (is_users(frame))
			return frame;
		if (!telling && !frame_is_runtime(frame) && frame->stack != FRAME_C &&
			!has_prefix(frame->function, low))
			telling = frame;
	}
	return telling ? telling : stack_user_frame(stack);
}
