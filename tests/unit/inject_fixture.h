/*
 * For tests that inject system calls into another process: a tracer without the tracer thread, and
 * a check that the code of the process is unchanged.
 */
#ifndef GCTXDBG_TESTS_INJECT_FIXTURE_H
#define GCTXDBG_TESTS_INJECT_FIXTURE_H

#include "tests/unit/live_fixture.h"

#include <fcntl.h>
#include <sys/signalfd.h>

#include "dbg/target/tracing/inject.h"
#include "dbg/target/tracing/tracee_table.h"

static const struct stop_limits fixture_limits = {
	.progress_ns = INT64_C(30000000000), .total_ns = INT64_C(50000000000)};

/* This thread becomes the tracer of `pid`, but traces no thread of it yet. */
static inline void fixture_tracees_init(struct tracees *tracees, pid_t pid)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*tracees = (struct tracees){.pid = pid, .tracer = (pid_t)syscall(SYS_gettid)};
	tracees->child_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The same, and traces and stops all threads. */
static inline struct error *fixture_trace(struct tracees *tracees, pid_t pid)
{
	fixture_tracees_init(tracees, pid);
	return tracees_stop(tracees, &fixture_limits);
}

static inline void fixture_untrace(struct tracees *tracees)
{
	sigset_t set;
	tracees_leave(tracees);
	tracees_deinit(tracees);
	close(tracees->child_fd);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The number of bytes in executable mappings that differ from their files. */
static inline size_t changed_text(pid_t pid)
{
	struct mapping *mappings;
	size_t count, changed = 0;
	assert_success(proc_read_maps(pid, &mappings, &count));
	int mem = proc_open_memory(pid, O_RDONLY);
	assert_true(mem >= 0);
	for (size_t i = 0; i < count; i++) {
		const struct mapping *mapping = &mappings[i];
		if (!mapping->executable || !mapping->path || mapping->path[0] != '/')
			continue;
		int file = open(mapping->path, O_RDONLY | O_CLOEXEC);
		assert_true(file >= 0);
		for (uint64_t at = mapping->start; at < mapping->end; at += 4096) {
			uint8_t here[4096], there[4096] = {0};
			assert_int_equal(pread(mem, here, sizeof(here), (off_t)at), sizeof(here));
			assert_true(
				pread(file, there, sizeof(there),
					(off_t)(mapping->file_offset + at - mapping->start)) >= 0);
			for (size_t k = 0; k < sizeof(here); k++)
				changed += here[k] != there[k];
		}
		close(file);
	}
	close(mem);
	mappings_free(mappings, count);
	return changed;
}

#endif
