/* Naming the process that holds a snapshot: see snapshot_name.h. */
#include "dbg/target/snapshots/snapshot_name.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "dbg/target/process/proc_files.h"

enum { PAGE = 4096, PARTS = 4, NAME_SIZE = PARTS * SYSCALL_STUB_SIZE };

static const uint8_t copy_name[NAME_SIZE] = "gctxdbg-copy"; /* of at most 15 characters */

/* Where the name is written: in the stub's page, but not over the stub. */
static uint64_t place_for_name(uint64_t stub)
{
	uint64_t page = stub & ~(uint64_t)(PAGE - 1);
	return stub - page < PAGE / 2 ? page + PAGE - NAME_SIZE : page;
}

/* True if the page at `address` is the child's own copy once it is written. */
static bool is_private(pid_t pid, uint64_t address)
{
	struct mapping *mappings;
	size_t count;
	bool found = false;
	struct error *err = proc_read_maps(pid, &mappings, &count);
	if (err) {
		error_destroy(err);
		return false;
	}
	for (size_t i = 0; i < count && !found; i++)
		found = mappings[i].start <= address && address < mappings[i].end &&
			!mappings[i].shared;
	mappings_free(mappings, count);
	return found;
}

static bool may_be_named(pid_t pid, uint64_t place)
{
	const struct seccomp_call call = {
		SYS_prctl, (const uint64_t[INJECT_ARGUMENTS]){PR_SET_NAME, place}, "prctl"};
	struct error *err = seccomp_check(pid, &call, 1);
	bool allowed = !err;
	error_destroy(err);
	return allowed && is_private(pid, place);
}

static struct error *write_parts(pid_t pid, uint64_t place, const uint8_t *bytes)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < NAME_SIZE; i += SYSCALL_STUB_SIZE)
		err = syscall_stub_write(pid, place + i, bytes + i);
	return err;
}

struct error *snapshot_name(struct injection *injection)
{
	pid_t pid = injection->tid;
	uint64_t place = place_for_name(injection->own.stub);
	uint8_t original[NAME_SIZE];
	struct error *err = NULL;
	if (!may_be_named(pid, place))
		return NULL;
	for (size_t i = 0; !err && i < NAME_SIZE; i += SYSCALL_STUB_SIZE)
		err = syscall_stub_read(pid, place + i, original + i);
	if (!err)
		err = write_parts(pid, place, copy_name);
	if (err)
		return err;
	int64_t result;
	err = inject_syscall(injection, SYS_prctl,
		(const uint64_t[INJECT_ARGUMENTS]){PR_SET_NAME, place}, &result);
	struct error *restore_err = write_parts(pid, place, original);
	if (!err)
		return restore_err;
	error_destroy(restore_err);
	return err;
}
