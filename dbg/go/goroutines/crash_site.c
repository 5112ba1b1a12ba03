/* Finding the thread that crashed: see crash_site.h. */
#include "dbg/go/goroutines/crash_site.h"

#include <signal.h>
#include <ucontext.h>

#include "dbg/go/goroutines/crash_text.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/program/program_state.h"

void crash_site_deinit(struct crash_site *site)
{
	stack_deinit(&site->stack);
}

static enum crash_kind kind_of_frame(const struct frame *frame)
{
	static const struct {
		const char *function;
		enum crash_kind kind;
	} functions[] = {
		{"runtime.fatalpanic", CRASH_PANIC},
		{"runtime.throw", CRASH_FATAL},
		{"runtime.fatal", CRASH_FATAL},
		{"runtime.sighandler", CRASH_SIGNAL},
	};
	for (size_t i = 0; frame->function && i < array_length(functions); i++) {
		if (strcmp(frame->function, functions[i].function) == 0)
			return functions[i].kind;
	}
	return CRASH_NONE;
}

/*
 * Reads the signal that the handler of frame number `site->frame` handles. The kernel's struct
 * rt_sigframe begins with the return address of sigtramp, which is the frame's caller; then follow
 * the ucontext, whose mask has 8 bytes, and the siginfo.
 */
static void read_signal(struct program *program, struct crash_site *site)
{
	enum { SIGINFO = offsetof(ucontext_t, uc_sigmask) + 8 };
	char siginfo[32];
	for (size_t i = site->frame; i < site->stack.count; i++) {
		const struct frame *frame = &site->stack.frames[i];
		if (!frame->function ||
			(strcmp(frame->function, "runtime.sigtramp") != 0 &&
				strcmp(frame->function, "runtime.cgoSigtramp") != 0))
			continue;
		uint64_t pc_at = frame->fp + offsetof(ucontext_t, uc_mcontext.gregs) +
				 REG_RIP * sizeof(greg_t);
		struct error *err =
			target_read(program->target, frame->fp + SIGINFO, siginfo, sizeof(siginfo));
		if (!err)
			err = target_read_u64(program->target, pc_at, &site->signal_pc);
		if (!err)
			site->signal = target_signal_decode(siginfo, sizeof(siginfo));
		error_destroy(err);
		break;
	}
	site->relayed =
		site->signal.number == SIGQUIT && site->signal.sender == program->target->pid;
}

/*
 * The innermost frame decides: a fatal error may happen while a panic is printed. The signal
 * handler also runs for harmless signals (preemption, profiling).
 */
static struct error *inspect_thread(
	struct program *program, const struct thread *thread, bool killed, struct crash_site *ret)
{
	*ret = (struct crash_site){.thread = thread};
	struct error *err = thread_stack(program, thread, &ret->stack);
	for (size_t i = 0; !err && i < ret->stack.count; i++) {
		enum crash_kind kind = kind_of_frame(&ret->stack.frames[i]);
		ret->frame = i;
		if (kind == CRASH_SIGNAL) {
			read_signal(program, ret);
			if (!killed || !crash_signal_is_fatal(ret->signal.number)) {
				ret->signal = (struct target_signal){0};
				ret->relayed = false;
				continue;
			}
		}
		ret->kind = kind;
		if (kind)
			break;
	}
	return err;
}

struct error *crash_site_find(struct program *program, bool killed, struct crash_site *ret)
{
	const struct thread *threads;
	size_t count;
	*ret = (struct crash_site){0};
	struct error *err = target_threads(program->target, &threads, &count);
	for (size_t i = 0; !err && i < count; i++) {
		struct crash_site site;
		err = inspect_thread(program, &threads[i], killed, &site);
		bool better = !err && site.kind && (!ret->kind || (ret->relayed && !site.relayed));
		if (better) {
			crash_site_deinit(ret);
			*ret = site;
		} else
			crash_site_deinit(&site);
		if (ret->kind && !ret->relayed)
			break;
	}
	return err;
}
