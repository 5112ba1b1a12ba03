/* What goes to stderr: errors, warnings, news about the target, progress. */
#include "commands/session/session.h"

#include <stdarg.h>
#include <unistd.h>

#include "commands/session/script.h"
#include "dwarf/base/clock.h"

/* Erases the progress line, if one is shown. */
static void erase_progress(struct shell *shell)
{
	if (shell->progress_shown)
		fputs("\r\033[K", stderr);
	shell->progress_shown = false;
	shell->progress_ns = 0;
}

void shell_end_cancelled_line(struct shell *shell)
{
	if (shell->interactive && shell->cancel && !shell->cancel_shown) {
		fputc('\n', stderr);
		shell->cancel_shown = true;
	}
}

/* Prints a message with its prefix; only its line breaks reach the terminal as they are. */
static void print_message(struct shell *shell, const char *prefix, char *message)
{
	fflush(shell->out.stream);
	erase_progress(shell);
	shell_end_cancelled_line(shell);
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

void shell_warn(struct shell *shell, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	char where[SCRIPT_POSITION_SIZE];
	script_describe(shell->script, where, sizeof(where));
	char prefix[sizeof(where) + 16];
	snprintf(prefix, sizeof(prefix), "warning: %s", where);
	if (message)
		print_message(shell, prefix, message);
}

void shell_tell(struct shell *shell, const char *format, ...)
{
	if (shell->settings.quiet)
		return;
	_cleanup_free_ char *message = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	if (message)
		print_message(shell, "", message);
}

void shell_report(struct shell *shell, struct error *err)
{
	if (!err)
		return;
	_cleanup_free_ char *message = strdup(err->message);
	if (message)
		print_message(shell, "", message);
	else
		fputs("gctxdbg: out of memory\n", stderr);
	error_destroy(err);
}

void shell_progress(struct shell *shell, const char *what, uint64_t done, uint64_t total)
{
	enum { INTERVAL_NS = 100000000, DELAY_NS = 200000000 };
	if (shell->settings.quiet || !isatty(STDERR_FILENO))
		return;
	if (done >= total) {
		erase_progress(shell);
		return;
	}
	int64_t now_ns = monotonic_now();
	/* What takes no longer than a moment flashes nothing. */
	if (!shell->progress_ns)
		shell->progress_ns = now_ns + DELAY_NS;
	if (now_ns - shell->progress_ns < INTERVAL_NS)
		return;
	shell->progress_ns = now_ns;
	shell->progress_shown = true;
	enum { BAR = 24 };
	static const char bar[] = "========================";
	double part = (double)done / (double)total;
	fprintf(stderr, "\r\033[K%s [%-*.*s] %3.0f %%", what, BAR, (int)(BAR * part), bar,
		100 * part);
}
