/*
 * Sets traps in tests/programs/hits and compares the hits with the calls that the program counts.
 *
 *   trap_soak count SECONDS HITS PROGRAM ARGUMENT…   runs until both numbers are reached; stops the
 *                                                    program and compares the counts repeatedly
 *   trap_soak kill TIMES PROGRAM ARGUMENT…           kills the debugger TIMES times while all
 *                                                    threads hit traps
 *
 * The environment variable TRAP_SOAK_ALSO names more addresses to trap (hexadecimal, separated by
 * commas). Their hits are counted, but not compared.
 *
 * Prints one line of "key value" pairs. Exit status 0: no failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/traps/traps.h"

enum { FUNCTIONS = 4, MORE = 64, ROUND_MS = 1000 };

struct program {
	pid_t pid;
	FILE *in, *out;
	/* The program's functions, then the addresses that are not compared. */
	uint64_t addresses[FUNCTIONS + MORE];
	size_t address_count;
	uint64_t calls[FUNCTIONS];
	double ns_per_call, best_ns;
	uint64_t problems;
};

struct counts {
	_Atomic uint64_t hits[FUNCTIONS];
	uint64_t addresses[FUNCTIONS];
	_Atomic uint64_t others;
	_Atomic uint64_t until_stop; /* 0: never */
};

static bool failed;

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("trap_soak: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	failed = true;
}

static void require(struct error *err, const char *what)
{
	if (!err)
		return;
	complain("%s: %s", what, err->message);
	exit(1);
}

/* ---- The program ---- */

static bool read_line(struct program *program, char *line, int size)
{
	while (fgets(line, size, program->out)) {
		if (strncmp(line, "problem", 7) != 0)
			return true;
		complain("%s", line);
	}
	complain("the program has ended");
	return false;
}

static void start(struct program *program, char **argv)
{
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		exit(1);
	program->pid = fork();
	if (program->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	program->in = fdopen(in[1], "w");
	program->out = fdopen(out[0], "r");
	char line[256];
	if (!read_line(program, line, sizeof(line)) ||
		sscanf(line, "ready %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
			&program->addresses[0], &program->addresses[1], &program->addresses[2],
			&program->addresses[3]) != FUNCTIONS)
		exit(1);
	program->address_count = FUNCTIONS;
	const char *also = getenv("TRAP_SOAK_ALSO");
	while (also && *also && program->address_count < FUNCTIONS + MORE) {
		char *rest;
		program->addresses[program->address_count++] = strtoull(also, &rest, 16);
		also = rest + (*rest == ',');
	}
}

static void send_line(struct program *program, const char *what)
{
	fprintf(program->in, "%s\n", what);
	fflush(program->in);
}

static bool pause_program(struct program *program)
{
	char line[256];
	send_line(program, "pause");
	return read_line(program, line, sizeof(line)) &&
	       sscanf(line,
		       "paused %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %lf %lf %" SCNu64,
		       &program->calls[0], &program->calls[1], &program->calls[2],
		       &program->calls[3], &program->ns_per_call, &program->best_ns,
		       &program->problems) == FUNCTIONS + 3;
}

/* True if the code in memory equals that in the files, and no other code is mapped. */
static bool text_is_intact(pid_t pid)
{
	struct mapping *mappings;
	size_t count;
	require(proc_read_maps(pid, &mappings, &count), "maps");
	bool intact = true;
	int mem = proc_open_memory(pid, O_RDONLY);
	for (size_t i = 0; i < count; i++) {
		const struct mapping *m = &mappings[i];
		if (!m->executable || !m->path || m->path[0] != '/')
			continue;
		size_t size = (size_t)(m->end - m->start);
		uint8_t *memory = calloc(1, size), *file = calloc(1, size);
		int fd = open(m->path, O_RDONLY | O_CLOEXEC);
		ssize_t n = pread(fd, file, size, (off_t)m->file_offset);
		if (fd < 0 || n <= 0 || pread(mem, memory, size, (off_t)m->start) < n ||
			memcmp(memory, file, (size_t)n) != 0) {
			complain("text of %s differs from the file", m->path);
			intact = false;
		}
		close(fd);
		free(memory);
		free(file);
	}
	for (size_t i = 0; i < count; i++) {
		if (mappings[i].executable && !mappings[i].path) {
			complain("executable memory is still mapped at 0x%" PRIx64,
				mappings[i].start);
			intact = false;
		}
	}
	mappings_free(mappings, count);
	close(mem);
	return intact;
}

/* ---- Hits ---- */

static enum trap_answer count_hit(void *context, const struct trap_hit *hit)
{
	struct counts *counts = context;
	for (int i = 0; i < FUNCTIONS; i++) {
		if (counts->addresses[i] == hit->address) {
			counts->hits[i]++;
			if (counts->until_stop && --counts->until_stop == 0)
				return TRAP_STOP;
			return TRAP_GO_ON;
		}
	}
	counts->others++;
	return TRAP_GO_ON;
}

static bool counts_are_equal(const struct program *program, const struct counts *counts,
	const uint64_t before[FUNCTIONS])
{
	bool equal = true;
	for (int i = 0; i < FUNCTIONS; i++) {
		uint64_t calls = program->calls[i] - before[i];
		if (counts->hits[i] == calls)
			continue;
		complain("function %d: %" PRIu64 " hits, %" PRIu64 " calls", i, counts->hits[i],
			calls);
		equal = false;
	}
	return equal;
}

static uint64_t sum(const struct counts *counts)
{
	uint64_t all = 0;
	for (int i = 0; i < FUNCTIONS; i++)
		all += counts->hits[i];
	return all;
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* Stops the program by a trap or an interrupt and resumes it, repeatedly. */
static void stop_and_resume(struct target *target, struct counts *counts, int64_t until_ns)
{
	while (monotonic_now() < until_ns) {
		struct target_event event;
		if (rand() % 2) {
			counts->until_stop = (uint64_t)(1 + rand() % 200);
			struct pollfd fd = {.fd = target->event_fd, .events = POLLIN};
			if (poll(&fd, 1, 300) == 1 && target->state == TARGET_STOPPED) {
				while (target_next_event(target, &event))
					;
				require(target_continue(target), "continue");
			}
		} else {
			require(target_interrupt(target), "interrupt");
			while (target_next_event(target, &event))
				;
			if (target->state == TARGET_STOPPED)
				require(target_continue(target), "continue");
		}
		pause_ms(rand() % 50);
	}
	counts->until_stop = 0;
}

/* Resumes the program from any state: a stop may be in progress. */
static void force_running(struct target *target)
{
	struct target_event event;
	require(target_interrupt(target), "interrupt");
	while (target_next_event(target, &event))
		;
	require(target_continue(target), "continue");
}

static int count_for(struct program *program, int seconds, uint64_t wanted)
{
	struct counts counts = {0};
	memcpy(counts.addresses, program->addresses, sizeof(counts.addresses));
	const struct trap_handler handler = {count_hit, &counts};
	struct target *target;
	uint64_t before[FUNCTIONS] = {0};
	require(live_attach(program->pid, NULL, &target), "attach");
	require(target_set_traps(target, program->addresses, program->address_count, &handler),
		"set traps");
	require(target_continue(target), "continue");
	int64_t began = monotonic_now();
	int rounds = 0;
	double ns = 0, best = 0;
	while (!failed && (monotonic_now() - began < seconds * INT64_C(1000000000) ||
				  sum(&counts) < wanted)) {
		send_line(program, "resume");
		/* Every other round runs without stops, to measure the time per hit. */
		if (rounds % 2)
			stop_and_resume(
				target, &counts, monotonic_now() + ROUND_MS * INT64_C(1000000));
		else
			pause_ms(ROUND_MS);
		if (rounds % 2)
			force_running(target);
		if (!pause_program(program) || !counts_are_equal(program, &counts, before))
			break;
		if (!(rounds % 2))
			ns = program->ns_per_call;
		if (!(rounds % 2) && (best <= 0 || program->best_ns < best))
			best = program->best_ns;
		rounds++;
	}
	target_destroy(target);
	bool intact = text_is_intact(program->pid);
	send_line(program, "resume");
	pause_ms(50);
	bool alive = pause_program(program);
	printf("hits %" PRIu64 " others %" PRIu64
	       " rounds %d seconds %.1f ns_per_call %.0f best_ns %.0f problems %" PRIu64
	       " intact %d alive %d exact %d\n",
		sum(&counts), counts.others, rounds, (double)(monotonic_now() - began) / 1e9, ns,
		best, program->problems, intact, alive, !failed);
	return failed || program->problems;
}

/* ---- Killing the debugger ---- */

static void debug_until_killed(struct program *program, int ready)
{
	struct counts counts = {0};
	memcpy(counts.addresses, program->addresses, sizeof(counts.addresses));
	const struct trap_handler handler = {count_hit, &counts};
	struct target *target;
	require(live_attach(program->pid, NULL, &target), "attach");
	require(target_set_traps(target, program->addresses, program->address_count, &handler),
		"set traps");
	require(target_continue(target), "continue");
	while (sum(&counts) < 100)
		pause_ms(1);
	if (write(ready, "r", 1) != 1)
		exit(1);
	while (true)
		stop_and_resume(target, &counts, INT64_MAX);
}

static bool wait_until_free(pid_t pid)
{
	for (int ms = 0; ms < 40000; ms++) {
		struct process_status status;
		if (proc_read_status(pid, &status) != 0 || status.state == 'Z') {
			fprintf(stderr, "trap_soak: the program has died\n");
			return false;
		}
		bool quiet = !status.tracer;
		/* The guardian exits last, after it has removed the trap area. */
		struct mapping *mappings;
		size_t count;
		if (quiet && !proc_read_maps(pid, &mappings, &count)) {
			for (size_t i = 0; i < count; i++)
				quiet &= !(mappings[i].executable && !mappings[i].path);
			mappings_free(mappings, count);
		}
		if (quiet)
			return true;
		pause_ms(1);
	}
	fprintf(stderr, "trap_soak: process %d is still traced or has a trap area\n", (int)pid);
	return false;
}

static bool survives_a_kill(char **argv)
{
	struct program program = {0};
	int ready[2];
	start(&program, argv);
	send_line(&program, "resume");
	if (pipe2(ready, O_CLOEXEC) != 0)
		return false;
	fflush(NULL);
	pid_t debugger = fork();
	if (debugger == 0)
		debug_until_killed(&program, ready[1]);
	close(ready[1]);
	char byte;
	bool survived = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	struct timespec pause = {.tv_nsec = rand() % 60000000};
	nanosleep(&pause, NULL);
	kill(debugger, SIGKILL);
	waitpid(debugger, NULL, 0);
	survived = survived && wait_until_free(program.pid) && pause_program(&program) &&
		   text_is_intact(program.pid);
	if (survived) {
		uint64_t before = program.calls[0];
		send_line(&program, "resume");
		pause_ms(20);
		survived =
			pause_program(&program) && program.calls[0] > before && !program.problems;
	}
	kill(program.pid, SIGKILL);
	int status = 0;
	waitpid(program.pid, &status, 0);
	if (!survived)
		fprintf(stderr, "trap_soak: the program's wait status is %#x\n", (unsigned)status);
	fclose(program.in);
	fclose(program.out);
	return survived;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	srand((unsigned)time(NULL));
	if (argc > 4 && strcmp(argv[1], "count") == 0) {
		struct program program = {0};
		start(&program, argv + 4);
		int status = count_for(&program, atoi(argv[2]), strtoull(argv[3], NULL, 10));
		kill(program.pid, SIGKILL);
		return status;
	}
	if (argc > 3 && strcmp(argv[1], "kill") == 0) {
		int times = atoi(argv[2]), survived = 0;
		for (int i = 0; i < times; i++)
			survived += survives_a_kill(argv + 3);
		printf("kills %d survived %d\n", times, survived);
		return survived * 100 < times * 95;
	}
	fputs("usage: trap_soak count SECONDS HITS PROGRAM… | kill TIMES PROGRAM…\n", stderr);
	return 2;
}
