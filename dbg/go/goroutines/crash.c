/* What ended the program that a core is of: see crash.h. */
#include "dbg/go/goroutines/crash.h"

#include <inttypes.h>
#include <signal.h>

#include "dbg/go/goroutines/crash_site.h"
#include "dbg/go/goroutines/crash_text.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/program/program_state.h"

bool program_was_crashing(struct program *program)
{
	const struct thread *threads;
	size_t count;
	if (program->target->ops->cont)
		return false; /* a process */
	struct error *err = target_threads(program->target, &threads, &count);
	error_destroy(err);
	for (size_t i = 0; !err && i < count; i++) {
		if (crash_signal_is_fatal(threads[i].signal))
			return true;
	}
	return false;
}

/* ---- The text ---- */

/* The g that the frame's code ran on. */
static uint64_t g_of_frame(const struct go_m *m, const struct frame *frame)
{
	if (!m)
		return 0;
	return frame->stack == FRAME_SYSTEM   ? m->g0
	       : frame->stack == FRAME_SIGNAL ? m->signal_g
					      : m->current_g;
}

/* Whether `words` are a string header with a plausible message; `*ret` is malloc'ed. */
static bool read_message(struct program *program, const uint64_t words[2], char **ret)
{
	enum { MAX_MESSAGE = 4096 };
	*ret = NULL;
	if (!words[0] || !words[1] || words[1] > MAX_MESSAGE)
		return false;
	char *text = calloc(1, words[1] + 1);
	struct error *err =
		text ? target_read(program->target, words[0], text, words[1]) : error_no_memory();
	bool fine = !err && strlen(text) == words[1];
	error_destroy(err);
	if (fine)
		*ret = text;
	else
		free(text);
	return fine;
}

/*
 * The message of runtime.throw or runtime.fatal. Each passes a closure to systemstack, which is in
 * its frame: the address of its function, then what it captures, which is the message, and since
 * 1.26 the panics in progress before or after it.
 */
static void write_fatal(
	FILE *stream, struct program *program, const struct frame *frame, uint64_t panics)
{
	enum { MAX_FRAME = 1024, CAPTURED = 3 };
	uint64_t words[MAX_FRAME / 8];
	char name[64];
	size_t count = frame->fp > frame->sp ? (frame->fp - frame->sp) / 8 : 0;
	count = count < array_length(words) ? count : array_length(words);
	snprintf(name, sizeof(name), "%s.func1", frame->function);
	struct error *err = target_read(program->target, frame->sp, words, count * 8);
	for (size_t i = 0; !err && i + CAPTURED <= count; i++) {
		_cleanup_free_ char *message = NULL;
		const char *function = program_function_name(program, words[i]);
		if (!function || strcmp(function, name) != 0)
			continue;
		bool first = read_message(program, &words[i + 1], &message);
		bool second = !first && i + CAPTURED < count &&
			      read_message(program, &words[i + 2], &message);
		uint64_t captured = second ? words[i + 1] : i + CAPTURED < count ? words[i + 3] : 0;
		if (!first && !second)
			continue;
		if (panics && captured == panics) {
			crash_write_panics(stream, program, panics);
			fputc('\t', stream);
		}
		fputs("fatal error: ", stream);
		crash_write_indented(stream, program, message);
		fputc('\n', stream);
		return;
	}
	error_destroy(err);
	fputs("fatal error (its text is unknown)\n", stream);
}

/*
 * The address that fatalsignal prints, even if another process sent the signal: its user and id are
 * then at the same place in siginfo_t.
 */
static uint64_t printed_address(const struct target_signal *signal)
{
	return signal->sender ? (uint64_t)signal->sender_uid << 32 | (uint32_t)signal->sender
			      : signal->address;
}

/* "SIGQUIT: quit", "PC=0x46… m=0 sigcode=0" (fatalsignal). */
static void write_signal(FILE *stream, struct program *program, const struct target_signal *signal,
	uint64_t pc, const struct go_m *m)
{
	/* Since 1.22, as the address. */
	bool with_address = field_present(program->layout.defer.head);
	const char *name = crash_signal_name(signal->number);
	if (name)
		fprintf(stream, "%s\n", name);
	else
		fprintf(stream, "Signal %d\n", signal->number);
	if (!pc || !m)
		return;
	fprintf(stream, "PC=0x%" PRIx64 " m=%" PRId64 " sigcode=%" PRIu64, pc, m->id,
		(uint64_t)(int64_t)signal->code);
	if (with_address && (signal->number == SIGSEGV || signal->number == SIGBUS))
		fprintf(stream, " addr=0x%" PRIx64, printed_address(signal));
	fputc('\n', stream);
}

static void write_site(FILE *stream, struct program *program, const struct crash_site *site,
	const struct go_m *m, struct crash *ret)
{
	const struct frame *frame = &site->stack.frames[site->frame];
	uint64_t g = g_of_frame(m, frame), panics = 0;
	if (g && site->kind != CRASH_SIGNAL)
		error_destroy(program_read_field(program, g, program->layout.g.panic, &panics));
	if (site->kind == CRASH_PANIC && panics)
		crash_write_panics(stream, program, panics);
	else if (site->kind == CRASH_PANIC)
		fputs("panic (its value is unknown)\n", stream);
	else if (site->kind == CRASH_FATAL)
		write_fatal(stream, program, frame, panics);
	else
		write_signal(stream, program, &site->signal, site->signal_pc, m);
	if (g && site->kind != CRASH_SIGNAL)
		crash_write_fault(stream, program, g, &ret->signal);
}

/* ---- The result ---- */

/* Not the stub of a C function, which cgo generates. */
static bool is_of_program(const struct frame *frame)
{
	return (frame->kind == FUNCTION_OWN || frame->kind == FUNCTION_PROGRAM) &&
	       frame->function && !strstr(frame->function, "._Cfunc_");
}

/* Fills in thread, goroutine and location. Returns the thread's m; NULL: unknown. */
static const struct go_m *locate(
	struct program *program, const struct crash_site *site, struct crash *ret)
{
	const struct go_m *m = program_m_of_thread(program, site->thread->tid);
	const struct goroutine *goroutine =
		m && m->current_g ? program_goroutine_at(program, m->current_g) : NULL;
	ret->tid = site->thread->tid;
	ret->goid = goroutine ? goroutine->goid : 0;
	for (size_t i = site->frame; goroutine && i < site->stack.count; i++) {
		const struct frame *frame = &site->stack.frames[i];
		if (!is_of_program(frame))
			continue;
		ret->where = (struct code_location){
			frame->function, frame->file, frame->line, frame->pc};
		break;
	}
	return m;
}

/* A signal that Go's handler did not see: C code had another one, or blocked it. */
static struct error *describe_unseen(FILE *stream, struct program *program, struct crash *ret)
{
	const struct target *target = program->target;
	_cleanup_(crash_site_deinit) struct crash_site site = {.thread = &target->threads[0]};
	struct error *err = thread_stack(program, site.thread, &site.stack);
	if (err)
		return err;
	ret->kind = CRASH_SIGNAL;
	ret->signal = target->signal;
	if (!ret->signal.number)
		ret->signal.number = site.thread->signal;
	locate(program, &site, ret);
	write_signal(stream, program, &ret->signal, 0, NULL);
	if (ret->signal.code > 0 && !ret->signal.sender)
		fprintf(stream, "code=%d addr=0x%" PRIx64 "\n", ret->signal.code,
			ret->signal.address);
	return NULL;
}

static void describe_site(
	FILE *stream, struct program *program, const struct crash_site *site, struct crash *ret)
{
	ret->kind = site->kind;
	ret->signal = site->signal;
	const struct go_m *m = locate(program, site, ret);
	write_site(stream, program, site, m, ret);
}

static void drop_last_newline(char *text)
{
	size_t length = strlen(text);
	if (length && text[length - 1] == '\n')
		text[length - 1] = 0;
}

struct error *program_crash(struct program *program, struct crash *ret)
{
	*ret = (struct crash){0};
	struct target *target = program->target;
	if (target->ops->cont)
		return NULL; /* a process */
	_cleanup_(crash_site_deinit) struct crash_site site = {0};
	bool killed = program_was_crashing(program);
	struct error *err = crash_site_find(program, killed, &site);
	if (err || (!site.kind && !killed))
		return err;
	size_t size;
	FILE *stream = open_memstream(&ret->text, &size);
	if (!stream)
		return error_no_memory();
	if (site.kind)
		describe_site(stream, program, &site, ret);
	else
		err = describe_unseen(stream, program, ret);
	ret->sent_by_itself = ret->signal.sender && ret->signal.sender == target->pid;
	if (fclose(stream) != 0 && !err)
		err = error_no_memory();
	if (err)
		crash_deinit(ret);
	else
		drop_last_newline(ret->text);
	return err;
}

void crash_deinit(struct crash *crash)
{
	free(crash->text);
	*crash = (struct crash){0};
}

const char *crash_kind_name(enum crash_kind kind)
{
	static const char *const names[] = {
		[CRASH_PANIC] = "panic", [CRASH_FATAL] = "fatal error", [CRASH_SIGNAL] = "signal"};
	return kind == CRASH_NONE ? NULL : names[kind];
}
