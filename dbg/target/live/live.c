/* The live process as a target: opening it, and its operations. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/process/attach_check.h"
#include "dbg/target/live/live.h"
#include "dbg/target/process/proc_files.h"
#include "dwarf/base/proc_path.h"

/* Moves the tracer's notice, if any, to the target. */
static void take_notice(struct live *live)
{
	struct error *notice = tracer_take_notice(live->tracer);
	if (!notice)
		return;
	free(take_pointer(live->target.notice));
	live->target.notice = strdup(notice->message);
	error_destroy(notice);
}

void live_set_stop(struct live *live, struct stop *stop)
{
	struct target *target = &live->target;
	bool copied = stop->snapshot != 0;
	pid_t source = copied ? stop->snapshot : stop->tid;
	live->tid = stop->tid;
	target->pid = stop->pid;
	target->stop_monotonic_ns = stop->monotonic_ns;
	target->stop_realtime_ns = stop->realtime_ns;
	target->is_snapshot = copied;
	if (copied)
		target->trap_count = 0; /* a snapshot removes all traps */
	target->stall_ns = stop->stall_ns;
	target->ops = copied ? &snapshot_ops : &live_ops;
	if (copied || live->memory.tid != source)
		live_memory_close(&live->memory);
	live->memory.tid = source;
	live->memory.by_file = copied;
	take_notice(live);
	if (!stop->notice)
		return;
	free(target->notice);
	struct error *notice = take_pointer(stop->notice);
	if (asprintf(&target->notice,
		    "no snapshot, so process %d is stopped while you inspect it: %s",
		    (int)target->pid, notice->message) < 0)
		target->notice = NULL;
	error_destroy(notice);
}

/* ---- Operations ---- */

void live_destroy(struct target *target)
{
	struct live *live = live_of(target);
	tracer_destroy(live->tracer);
	live_memory_close(&live->memory);
	free(live);
}

static struct error *live_read(struct target *target, struct memory_run *runs, size_t count)
{
	struct error *err = live_memory_read(&live_of(target)->memory, runs, count);
	if (!err)
		tracer_hide_traps(live_of(target)->tracer, runs, count);
	/* If it was resumed meanwhile (watchdog, SIGTERM) the bytes may be torn. The state changes
	 * before the first thread runs. */
	if (!err && atomic_load(&target->state) != TARGET_STOPPED)
		err = error_create(ERROR_GONE,
			"process %d was resumed while its memory was read: %s", target->pid,
			target->gone_reason ? target->gone_reason : "it is running");
	return err;
}

static int compare_tids(const void *left, const void *right)
{
	pid_t a = ((const struct thread *)left)->tid, b = ((const struct thread *)right)->tid;
	return (a > b) - (a < b);
}

static bool shares_pid_namespace(pid_t tid)
{
	char own[64], other[64];
	return proc_read_namespace(getpid(), "ns/pid", own) &&
	       proc_read_namespace(tid, "ns/pid", other) && strcmp(own, other) == 0;
}

struct error *live_load_threads(struct target *target)
{
	struct live *live = live_of(target);
	struct thread *threads;
	size_t count;
	struct error *err = tracer_registers(live->tracer, &threads, &count);
	if (err)
		return err;
	qsort(threads, count, sizeof(*threads), compare_tids);
	bool shared = shares_pid_namespace(live->tid);
	for (size_t i = 0; i < count; i++) {
		proc_read_comm(threads[i].tid, threads[i].name);
		threads[i].ns_tid = shared ? threads[i].tid : proc_namespace_tid(threads[i].tid);
	}
	target->threads = threads;
	target->thread_count = count;
	return NULL;
}

static struct error *live_load_mappings(struct target *target)
{
	return proc_read_maps(live_of(target)->tid, &target->mappings, &target->mapping_count);
}

static bool live_vectors(struct target *target, pid_t tid, uint64_t ret[VECTOR_REGISTERS])
{
	return tracer_vectors(live_of(target)->tracer, tid, ret);
}

/* Whether a call succeeded or not: if the process runs now, its snapshot no longer exists. */
static void update_after_resume(struct target *target)
{
	if (target->state == TARGET_RUNNING) {
		target->ops = &live_ops;
		target->is_snapshot = false;
	}
	take_notice(live_of(target));
}

struct error *live_continue(struct target *target)
{
	struct error *err = tracer_continue(live_of(target)->tracer);
	update_after_resume(target);
	return err;
}

static struct error *stop_by(
	struct target *target, struct error *(*call)(struct tracer *tracer, struct stop *ret))
{
	struct live *live = live_of(target);
	struct stop stop;
	struct error *err = call(live->tracer, &stop);
	if (err)
		update_after_resume(target);
	else
		live_set_stop(live, &stop);
	return err;
}

struct error *live_snapshot(struct target *target)
{
	return stop_by(target, tracer_snapshot);
}

struct error *live_hold(struct target *target)
{
	return stop_by(target, tracer_hold);
}

static struct error *live_interrupt(struct target *target)
{
	return stop_by(target, target->pause == PAUSE_FORK ? tracer_snapshot : tracer_interrupt);
}

struct error *live_detach(struct target *target)
{
	struct error *err = tracer_detach(live_of(target)->tracer);
	take_notice(live_of(target));
	return err;
}

struct error *live_kill(struct target *target)
{
	return tracer_kill(live_of(target)->tracer);
}

bool live_next_event(struct target *target, struct target_event *ret)
{
	struct live *live = live_of(target);
	if (!tracer_next_event(live->tracer, ret))
		return false;
	bool trap = ret->kind == TARGET_EVENT_TRAP || ret->kind == TARGET_EVENT_BREAKPOINT;
	if (trap && !target->is_snapshot) {
		struct stop stop;
		tracer_last_stop(live->tracer, &stop);
		live_set_stop(live, &stop);
	}
	return true;
}

/* Traps are set in the process itself, which replaces a snapshot. */
struct error *live_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler)
{
	if (target->is_snapshot && !count)
		return NULL;
	struct error *err = target->is_snapshot ? target_hold(target) : NULL;
	if (!err)
		err = tracer_set_traps(live_of(target)->tracer, addresses, count, handler);
	if (!err)
		target->trap_count = count;
	return err;
}

void live_stop_at(struct target *target, uint64_t address)
{
	tracer_stop_at(live_of(target)->tracer, address);
}

/* The second number in /proc/PID/statm is the number of resident pages. */
bool live_resident(struct target *target, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	unsigned long long total, resident;
	if (proc_read_file(proc_path(target->pid, "statm").text, &text, &size) ||
		sscanf(text, "%llu %llu", &total, &resident) != 2)
		return false;
	*ret = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

const struct target_ops live_ops = {
	.kind = "live process",
	.resident = live_resident,
	.destroy = live_destroy,
	.read = live_read,
	.load_threads = live_load_threads,
	.vectors = live_vectors,
	.load_mappings = live_load_mappings,
	.cont = live_continue,
	.interrupt = live_interrupt,
	.snapshot = live_snapshot,
	.hold = live_hold,
	.detach = live_detach,
	.kill = live_kill,
	.next_event = live_next_event,
	.set_traps = live_set_traps,
	.stop_at = live_stop_at,
};

/* ---- Opening ---- */

static void destroy_cleanup(struct live **live)
{
	if (*live)
		target_destroy(&(*live)->target);
}

static struct error *create(const struct live_options *options, struct live **ret)
{
	_cleanup_(destroy_cleanup) struct live *live = calloc(1, sizeof(*live));
	if (!live)
		return error_no_memory();
	live->target.ops = &live_ops;
	live->target.state = TARGET_GONE;
	live->target.event_fd = -1;
	live->target.cancel = options ? options->cancel : NULL;
	live->target.pause = options ? options->pause : PAUSE_STOP;
	live->memory.mem_fd = -1;
	struct error *err = tracer_create(&live->target, options, &live->tracer);
	if (err)
		return err;
	live->target.event_fd = tracer_event_fd(live->tracer);
	*ret = take_pointer(live);
	return NULL;
}

/* Reads the arguments, which the kernel ends with NUL each. */
static struct error *describe_arguments(struct live *live)
{
	_cleanup_free_ char *arguments = NULL;
	size_t size = 0;
	if (proc_read_file(proc_path(live->tid, "cmdline").text, &arguments, &size) != 0)
		return NULL; /* unknown */
	while (size && !arguments[size - 1])
		size--;
	if (!size)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		if (!arguments[i])
			arguments[i] = ' ';
	}
	live->target.command_line = strndup(arguments, size);
	return live->target.command_line ? NULL : error_no_memory();
}

static struct error *describe_program(struct live *live)
{
	struct target *target = &live->target;
	char name[4097];
	target->exe_path = strdup(proc_path(live->tid, "exe").text);
	if (!target->exe_path)
		return error_no_memory();
	ssize_t length = readlink(target->exe_path, name, sizeof(name) - 1);
	/* Only kernel threads, which are never attached to, and exited processes lack this link. */
	if (length < 0 && (errno == ENOENT || errno == ESRCH))
		return error_create(ERROR_GONE, "process %d has exited", (int)target->pid);
	if (length > 0)
		name[length] = 0;
	target->exe_name = strdup(length > 0 ? name : target->exe_path);
	if (!target->exe_name)
		return error_no_memory();
	_cleanup_free_ char *auxv = NULL;
	size_t size = 0;
	if (proc_read_file(proc_path(live->tid, "auxv").text, &auxv, &size) != 0)
		return NULL; /* all of them stay 0, unknown */
	target->entry = auxv_value(auxv, size, AT_ENTRY);
	target->phdr = auxv_value(auxv, size, AT_PHDR);
	target->vdso = auxv_value(auxv, size, AT_SYSINFO_EHDR);
	return describe_arguments(live);
}

/* `err`: the result of the tracer call that was to stop the process. */
static struct error *finish(
	struct live **live, struct error *err, struct stop *stop, struct target **ret)
{
	if (err)
		return err;
	live_set_stop(*live, stop);
	err = describe_program(*live);
	if (err)
		return err;
	*ret = &take_pointer(*live)->target;
	return NULL;
}

struct error *live_attach(pid_t pid, const struct live_options *options, struct target **ret)
{
	struct error *err = attach_check(pid);
	if (err)
		return err;
	_cleanup_(destroy_cleanup) struct live *live = NULL;
	err = create(options, &live);
	if (err)
		return err;
	struct stop stop;
	err = tracer_attach(live->tracer, pid, &stop);
	return finish(&live, err, &stop, ret);
}

struct error *live_exec(char *const argv[], const struct live_options *options, struct target **ret)
{
	_cleanup_(destroy_cleanup) struct live *live = NULL;
	struct error *err = attach_check_proc();
	if (!err)
		err = create(options, &live);
	if (err)
		return err;
	struct stop stop;
	err = tracer_exec(live->tracer, argv, &stop);
	return finish(&live, err, &stop, ret);
}
