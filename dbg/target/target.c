/*
 * Dispatching: checks the target's state, reads through the cache, passes the rest to the source.
 */
#include "dbg/target/target.h"

#include <inttypes.h>
#include <signal.h>

#include "dbg/target/memory_cache.h"
#include "dwarf/base/bisect.h"

enum {
	/* Bulk readers use each batch once. A larger cache only costs the kernel's time to clear
	 * its pages. */
	CACHE_BYTES = 24 << 20,
	STRING_PART = 256,
};

struct target_signal target_signal_decode(const void *siginfo, size_t size)
{
	siginfo_t info = {0};
	memcpy(&info, siginfo, size < sizeof(info) ? size : sizeof(info));
	if (size < offsetof(siginfo_t, si_addr) + sizeof(info.si_addr) || info.si_signo <= 0 ||
		info.si_signo > 64)
		return (struct target_signal){0};
	struct target_signal signal = {.number = info.si_signo, .code = info.si_code};
	/* The kernel's own codes are positive. */
	if (info.si_code == SI_USER || info.si_code == SI_QUEUE || info.si_code == SI_TKILL) {
		signal.sender = info.si_pid > 0 ? info.si_pid : 0;
		signal.sender_uid = info.si_uid;
	} else if (info.si_code > 0 && info.si_code != SI_KERNEL)
		signal.address = (uintptr_t)info.si_addr;
	return signal;
}

static void free_threads(struct target *target)
{
	free(target->threads);
	target->threads = NULL;
	target->thread_count = 0;
}

static void free_mappings(struct target *target)
{
	for (size_t i = 0; i < target->mapping_count; i++)
		free(target->mappings[i].path);
	free(target->mappings);
	target->mappings = NULL;
	target->mapping_count = 0;
}

static void free_stop_data(struct target *target)
{
	free_threads(target);
	free_mappings(target);
}

void target_destroy(struct target *target)
{
	if (!target)
		return;
	free_stop_data(target);
	memory_cache_destroy(take_pointer(target->cache));
	free(take_pointer(target->exe_path));
	free(take_pointer(target->exe_name));
	free(take_pointer(target->command_line));
	free(take_pointer(target->notice));
	target->ops->destroy(target);
}

/* ERROR_GONE and what can be done about it, unless the target is stopped. */
static struct error *check_stopped(struct target *target)
{
	int state = atomic_load_explicit(&target->state, memory_order_acquire);
	if (state == TARGET_STOPPED)
		return NULL;
	if (state == TARGET_RUNNING)
		return error_create(ERROR_GONE,
			"process %d is running; stop it with \"interrupt\" first",
			(int)target->pid);
	const char *reason = target->gone_reason;
	return error_create(ERROR_GONE, "process %d is no longer available: %s", (int)target->pid,
		reason ? reason : "it has exited or was detached");
}

struct error *target_check(struct target *target)
{
	if (target->cancel && atomic_load_explicit(target->cancel, memory_order_relaxed))
		return error_create(ERROR_CANCELLED, "interrupted");
	return check_stopped(target);
}

static struct error *ensure_cache(struct target *target)
{
	if (!target->cache)
		target->cache = memory_cache_create(CACHE_BYTES);
	return target->cache ? NULL : error_no_memory();
}

static struct error *fault_error(struct target *target, uint64_t address)
{
	if (target->ops->fault)
		return target->ops->fault(target, address);
	return error_create(ERROR_FAULT,
		"cannot read memory at 0x%" PRIx64 ": nothing is mapped there", address);
}

struct error *target_read(struct target *target, uint64_t address, void *ret, size_t size)
{
	struct error *err = check_stopped(target);
	if (err)
		return err;
	if (!size)
		return NULL;
	bool wraps = size - 1 > UINT64_MAX - address;
	size_t readable = wraps ? (size_t)(UINT64_MAX - address) : size;
	bool complete = true;
	uint64_t fault = UINT64_MAX;
	err = ensure_cache(target);
	if (!err)
		err = memory_cache_read(
			target->cache, target, address, ret, readable, &complete, &fault);
	/* The watchdog may have resumed it meanwhile; then the bytes may be torn. */
	if (!err)
		err = check_stopped(target);
	if (err)
		return err;
	return complete && !wraps ? NULL : fault_error(target, fault);
}

struct error *target_read_string(struct target *target, uint64_t address, size_t size, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t capacity = 0, length = 0;
	while (length < size) {
		/* Never across a page boundary: the page after the string may be unreadable. */
		size_t part = STRING_PART - (size_t)((address + length) % STRING_PART);
		if (part > size - length)
			part = size - length;
		if (!array_reserve(&text, &capacity, length + part + 1))
			return error_no_memory();
		struct error *err = target_read(target, address + length, text + length, part);
		if (err)
			return err;
		const char *end = memchr(text + length, 0, part);
		if (end) {
			length = (size_t)(end - text);
			break;
		}
		length += part;
	}
	if (!array_reserve(&text, &capacity, length + 1))
		return error_no_memory();
	text[length] = 0;
	*ret = take_pointer(text);
	return NULL;
}

struct error *target_prefetch(struct target *target, struct range *ranges, size_t count)
{
	struct error *err = target_check(target);
	if (!err)
		err = ensure_cache(target);
	return err ? err : memory_cache_prefetch(target->cache, target, ranges, count);
}

struct error *target_read_ahead(struct target *target, struct range *ranges, size_t count)
{
	struct error *err = target_check(target);
	if (!err)
		err = ensure_cache(target);
	return err ? err : memory_cache_read_ahead(target->cache, target, ranges, count);
}

struct error *target_read_runs(struct target *target, struct memory_run *runs, size_t count)
{
	struct error *err = target_check(target);
	if (!err)
		err = target->ops->read(target, runs, count);
	return err ? err : target_check(target);
}

void target_trim_cache(struct target *target)
{
	if (target->cache)
		memory_cache_drop(target->cache);
}

void target_drop_cache(struct target *target)
{
	target_trim_cache(target);
	free_stop_data(target);
}

struct error *target_threads(struct target *target, const struct thread **ret, size_t *ret_count)
{
	struct error *err = check_stopped(target);
	if (!err && !target->threads) {
		err = target->ops->load_threads(target);
		if (err)
			free_threads(target);
	}
	if (err)
		return err;
	*ret = target->threads;
	*ret_count = target->thread_count;
	return NULL;
}

bool target_vectors(struct target *target, pid_t tid, uint64_t ret[VECTOR_REGISTERS])
{
	return target->ops->vectors && target->state == TARGET_STOPPED &&
	       target->ops->vectors(target, tid, ret);
}

struct error *target_mappings(struct target *target, const struct mapping **ret, size_t *ret_count)
{
	struct error *err = check_stopped(target);
	if (!err && !target->mappings) {
		err = target->ops->load_mappings(target);
		if (err)
			free_mappings(target);
	}
	if (err)
		return err;
	*ret = target->mappings;
	*ret_count = target->mapping_count;
	return NULL;
}

/* The first mapping that ends after `address`, or NULL. */
static const struct mapping *first_mapping_after(struct target *target, uint64_t address)
{
	const struct mapping *mappings;
	size_t count;
	struct error *err = target_mappings(target, &mappings, &count);
	if (err) {
		error_destroy(err);
		return NULL;
	}
	size_t index = bisect(i, count, mappings[i].end > address);
	return index < count ? &mappings[index] : NULL;
}

const struct mapping *target_mapping_at(struct target *target, uint64_t address)
{
	const struct mapping *mapping = first_mapping_after(target, address);
	return mapping && mapping->start <= address ? mapping : NULL;
}

uint64_t target_skip_hole(struct target *target, uint64_t address)
{
	const struct mapping *mapping = first_mapping_after(target, address);
	if (!mapping)
		return UINT64_MAX;
	return mapping->start > address ? mapping->start : mapping->end;
}

/* The error for a source that lacks an operation; `what` completes "a core cannot …". */
static struct error *cannot(const struct target *target, const char *what)
{
	return error_create(ERROR_GONE, "a %s cannot %s", target->ops->kind, what);
}

struct error *target_continue(struct target *target)
{
	if (!target->ops->cont)
		return cannot(target, "continue");
	struct error *err = check_stopped(target);
	if (err)
		return err;
	target_drop_cache(target);
	return target->ops->cont(target);
}

struct error *target_interrupt(struct target *target)
{
	if (!target->ops->interrupt)
		return cannot(target, "be interrupted: it does not run");
	int state = target->state;
	if (state == TARGET_STOPPED)
		return NULL;
	if (state == TARGET_GONE)
		return check_stopped(target);
	target_drop_cache(target);
	return target->ops->interrupt(target);
}

struct error *target_snapshot(struct target *target)
{
	if (!target->ops->snapshot)
		return cannot(target, "be copied: it does not change");
	if (target->state == TARGET_GONE)
		return check_stopped(target);
	target_drop_cache(target);
	return target->ops->snapshot(target);
}

struct error *target_hold(struct target *target)
{
	if (!target->ops->hold)
		return cannot(target, "be stopped: it does not run");
	if (target->state == TARGET_GONE)
		return check_stopped(target);
	if (target->state == TARGET_STOPPED && !target->is_snapshot)
		return NULL;
	target_drop_cache(target);
	return target->ops->hold(target);
}

/* Detaching and killing are possible whether the target is running or stopped. */
static struct error *end(
	struct target *target, struct error *(*op)(struct target *target), const char *what)
{
	if (!op)
		return cannot(target, what);
	if (target->state == TARGET_GONE)
		return check_stopped(target);
	target_drop_cache(target);
	return op(target);
}

struct error *target_detach(struct target *target)
{
	return end(target, target->ops->detach, "be detached: there is no process");
}

struct error *target_kill(struct target *target)
{
	return end(target, target->ops->kill, "be killed: there is no process");
}

void target_stop_at(struct target *target, uint64_t address)
{
	if (target->ops->stop_at)
		target->ops->stop_at(target, address);
}

bool target_program_lives(struct target *target)
{
	return target->state != TARGET_GONE && (!target->ops->lives || target->ops->lives(target));
}

bool target_next_event(struct target *target, struct target_event *ret)
{
	return target->ops->next_event && target->ops->next_event(target, ret);
}
