/* The SIGINT handler: see ctrl_c.h. Its state is global because a signal handler takes no
 * argument. */
#include "commands/session/ctrl_c.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_bool *_Atomic cancel_flag;
static _Atomic int wake_fd = -1;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	int saved = errno;
	atomic_bool *flag = cancel_flag;
	if (flag)
		*flag = true;
	uint64_t one = 1;
	ssize_t written = write(wake_fd, &one, sizeof(one));
	(void)written;
	errno = saved;
}

void interrupt_install(atomic_bool *cancel)
{
	cancel_flag = cancel;
	if (wake_fd < 0)
		wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int interrupt_fd(void)
{
	return wake_fd;
}

bool interrupt_drain(void)
{
	uint64_t count;
	return read(wake_fd, &count, sizeof(count)) == sizeof(count);
}

void interrupt_ignore_suspend(bool ignore)
{
	signal(SIGTSTP, ignore ? SIG_IGN : SIG_DFL);
}
