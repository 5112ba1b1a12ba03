// The C half of the cgo program: functions that sleep, spin, and call Go.
#define _GNU_SOURCE
#include "c.h"

#include "_cgo_export.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int counter;
static volatile pid_t signalled_thread;
static volatile int handler_runs;
static volatile int spin_runs;

__attribute__((noinline)) static void c_inner(int seconds)
{
	while (seconds > 0)
		seconds = (int)sleep((unsigned)seconds);
	counter++;
}

__attribute__((noinline)) void c_outer(int seconds)
{
	c_inner(seconds);
	counter++;
}

void c_call_back(void)
{
	goBlock();
	counter++;
}

void c_call_back_into_c(void)
{
	goSleepInC();
	counter++;
}

void c_descend(int depth)
{
	goDescend(depth);
	counter++;
}

static int compare(const void *a, const void *b)
{
	return goCompare((int *)a, (int *)b);
}

void c_sort(void)
{
	int numbers[] = {3, 1, 2};
	qsort(numbers, 3, sizeof(int), compare);
	counter++;
}

void c_spin(void)
{
	spin_runs = 1;
	for (;;)
		counter++;
}

static void *thread_without_go(void *arg)
{
	c_outer(3600);
	return arg;
}

static void *thread_calling_go(void *arg)
{
	goBlock();
	return arg;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run, NULL) != 0)
		abort();
}

// A thread that the Go runtime does not know: it must not get signals that the runtime handles.
void c_start_thread_without_go(void)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	start(thread_without_go);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void c_start_thread_calling_go(void)
{
	start(thread_calling_go);
}

static void stay_in_handler(int sig)
{
	(void)sig;
	handler_runs = 1;
	for (;;)
		counter++;
}

void c_install_handler(void)
{
	struct sigaction act = {.sa_handler = stay_in_handler, .sa_flags = SA_ONSTACK | SA_RESTART};
	sigfillset(&act.sa_mask);
	sigaction(SIGUSR2, &act, NULL);
	signalled_thread = gettid();
}

// Returns when the signal handler and c_spin() run, so that a stack looked at later shows both.
void c_raise_in_go_code(void)
{
	while (!signalled_thread)
		usleep(1000);
	syscall(SYS_tgkill, getpid(), signalled_thread, SIGUSR2);
	while (!handler_runs || !spin_runs)
		usleep(1000);
}
