/* Errors, warnings, notices and progress on stderr: see message.h. */
#include "commands/session/message.h"

#include <stdarg.h>
#include <unistd.h>

#include "commands/session/script.h"
#include "dwarf/base/clock.h"

static void erase_progress(struct session *session)
{
	if (session->progress_shown)
		fputs("\r\033[K", stderr);
	session->progress_shown = false;
	session->progress_ns = 0;
}

void session_end_cancelled_line(struct session *session)
{
	if (session->interactive && session->cancel && !session->cancel_shown) {
		fputc('\n', stderr);
		session->cancel_shown = true;
	}
}

/* Prints a message with its prefix. All control characters but its line breaks are escaped. */
static void print_message(struct session *session, const char *prefix, char *message)
{
	fflush(session->out.stream);
	erase_progress(session);
	session_end_cancelled_line(session);
	struct output output = {.stream = stderr};
	flockfile(stderr);
	fprintf(stderr, "gctxdbg: %s", prefix);
	char *rest = NULL;
	for (char *part = strtok_r(message, "\n", &rest); part;
		part = strtok_r(NULL, "\n", &rest)) {
		output_text(&output, STYLE_PLAIN, part);
		fputc('\n', stderr);
	}
	funlockfile(stderr);
}

void session_warn(struct session *session, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	char where[SCRIPT_POSITION_SIZE];
	script_describe(session->script, where, sizeof(where));
	char prefix[sizeof(where) + 16];
	snprintf(prefix, sizeof(prefix), "warning: %s", where);
	if (message)
		print_message(session, prefix, message);
}

void session_tell(struct session *session, const char *format, ...)
{
	if (session->settings.quiet)
		return;
	_cleanup_free_ char *message = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	if (message)
		print_message(session, "", message);
}

void session_report(struct session *session, struct error *err)
{
	if (!err)
		return;
	_cleanup_free_ char *message = strdup(err->message);
	if (message)
		print_message(session, "", message);
	else
		fputs("gctxdbg: out of memory\n", stderr);
	error_destroy(err);
}

bool session_settle(struct session *session, struct error *err)
{
	if (!err)
		return true;
	bool finding = err->code == ERROR_FINDINGS;
	if (finding)
		session->findings = true;
	else
		session->failures++;
	session_report(session, err);
	return finding;
}

void session_progress(struct session *session, const char *what, uint64_t done, uint64_t total)
{
	enum { INTERVAL_NS = 100000000, DELAY_NS = 200000000 };
	if (session->settings.quiet || !isatty(STDERR_FILENO))
		return;
	if (done >= total) {
		erase_progress(session);
		return;
	}
	int64_t now_ns = monotonic_now();
	/* Nothing for work that ends soon: no flicker. */
	if (!session->progress_ns)
		session->progress_ns = now_ns + DELAY_NS;
	if (now_ns - session->progress_ns < INTERVAL_NS)
		return;
	session->progress_ns = now_ns;
	session->progress_shown = true;
	enum { BAR = 24 };
	static const char bar[] = "========================";
	double part = (double)done / (double)total;
	fprintf(stderr, "\r\033[K%s [%-*.*s] %3.0f %%", what, BAR, (int)(BAR * part), bar,
		100 * part);
}
