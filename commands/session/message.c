/* Errors, warnings, notices and progress on stderr: see message.h. */
#include "commands/session/message.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands/session/script.h"
#include "dwarf/base/clock.h"
#include "dwarf/base/format.h"

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

/* Prints a message with its prefix, wrapped on a terminal. All control characters but its line
 * breaks are escaped. */
static void print_message(struct session *session, const char *prefix, const char *message)
{
	fflush(session->out.stream);
	erase_progress(session);
	session_end_cancelled_line(session);
	struct output output = {.stream = stderr};
	struct winsize size;
	unsigned width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
	_cleanup_free_ char *text = NULL;
	if (asprintf(&text, "gctxdbg: %s%s", prefix, message) < 0)
		text = NULL;
	flockfile(stderr);
	char *rest = NULL;
	for (char *part = text ? strtok_r(text, "\n", &rest) : NULL; part;
		part = strtok_r(NULL, "\n", &rest))
		output_wrapped(&output, part, 0, width);
	funlockfile(stderr);
}

void session_warn(struct session *session, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *message = format_text(format, args);
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
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *message = format_text(format, args);
	va_end(args);
	if (message)
		print_message(session, "", message);
}

bool session_confirm(struct session *session, const char *format, ...)
{
	if (!session->interactive || session->script)
		return true;
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *question = format_text(format, args);
	va_end(args);
	/* It may contain text from the target. */
	struct output output = {.stream = stderr};
	output_text(&output, STYLE_PLAIN, question ? question : "continue?");
	char answer[16] = "";
	fputs(" (y/N) ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

void session_report(struct session *session, struct error *err)
{
	if (!err)
		return;
	print_message(session, "", err->message);
	error_destroy(err);
}

bool session_settle(struct session *session, struct error *err)
{
	if (!err)
		return true;
	if (err->code == ERROR_FINDINGS) {
		/* The command has printed them. */
		session->findings = true;
		error_destroy(err);
		return true;
	}
	session->failures++;
	session_report(session, err);
	return false;
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
