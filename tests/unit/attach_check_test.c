/* Why a process cannot be traced: each refusal has its own message. Also tests the readers of
 * /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <elf.h>
#include <unistd.h>

#include "dbg/target/process/attach_check.h"
#include "tests/unit/error_asserts.h"

static const uint64_t capability_ptrace = UINT64_C(1) << 19;

/* Two ordinary processes of user 1000: no obstacle. */
static struct attach_facts ordinary(void)
{
	return (struct attach_facts){
		.pid = 77,
		.target = {.state = 'S',
			.tgid = 77,
			.uids = {1000, 1000, 1000},
			.gids = {1000, 1000, 1000}},
		.self = {.state = 'R',
			.tgid = 88,
			.uids = {1000, 1000, 1000},
			.gids = {1000, 1000, 1000}},
		.owner_name = "alice",
		.yama_scope = -1,
	};
}

static void expect(const struct attach_facts *facts, int errnum, const char *text)
{
	struct error *err = attach_explain(facts, errnum);
	assert_non_null(err);
	if (!strstr(err->message, text) || !strstr(err->message, "process"))
		fail_msg("expected \"%s\" in: %s", text, err->message);
	error_destroy(err);
}

static void test_yama(void **state)
{
	(void)state;
	struct attach_facts facts = ordinary();
	facts.yama_scope = 1;
	expect(&facts, EPERM, "ptrace_scope = 1");
	facts.yama_scope = 2;
	expect(&facts, EPERM, "ptrace_scope = 2");
	facts.yama_scope = 3;
	facts.self.effective = capability_ptrace; /* even root */
	expect(&facts, EPERM, "until the next boot");
}

static void test_users_and_capabilities(void **state)
{
	(void)state;
	struct attach_facts facts = ordinary();
	facts.self.uids[0] = facts.self.uids[1] = facts.self.uids[2] = 1001;
	facts.yama_scope = 1; /* irrelevant here */
	expect(&facts, EPERM, "belongs to alice (uid 1000), not to you (uid 1001); use sudo");
	facts.self.uids[0] = facts.self.uids[1] = facts.self.uids[2] = 0;
	expect(&facts, EPERM, "--cap-add SYS_PTRACE");
	facts = ordinary();
	facts.target.uids[1] = 0; /* set-user-id program */
	expect(&facts, EPERM, "has the rights of another user (uid 0)");
	facts = ordinary();
	facts.target.uids[2] = 5; /* it has given up its rights for the moment */
	expect(&facts, EPERM,
		"another user (uid 5): its program is setuid or has changed its user ID");
	facts = ordinary();
	facts.target.gids[1] = 5;
	expect(&facts, EPERM, "group ID 5");
	facts = ordinary();
	facts.target.permitted = 1 << 12;
	expect(&facts, EPERM, "has capabilities that you lack");
	facts = ordinary();
	facts.not_dumpable = true;
	expect(&facts, EPERM, "not dumpable");
}

static void test_containers(void **state)
{
	(void)state;
	struct attach_facts facts = ordinary();
	facts.other_user_namespace = true;
	expect(&facts, EPERM, "another user namespace");
	facts = ordinary();
	facts.self.seccomp = 2;
	expect(&facts, EPERM, "seccomp");
	expect(&facts, ENOSYS, "seccomp");
	facts = ordinary();
	expect(&facts, EPERM, "security module");
	expect(&facts, ENOMEM, "Cannot allocate memory");
}

static void test_traced_already(void **state)
{
	(void)state;
	struct attach_facts facts = ordinary();
	facts.target.tracer = INT32_MAX; /* has exited in the meantime */
	snprintf(facts.tracer_name, sizeof(facts.tracer_name), "strace");
	expect(&facts, EPERM, "already traced by strace (process 2147483647)");
}

static void test_own_status(void **state)
{
	(void)state;
	struct process_status status;
	assert_int_equal(proc_read_status(getpid(), &status), 0);
	assert_int_equal(status.state, 'R');
	assert_int_equal(status.tgid, getpid());
	assert_int_equal(status.uids[0], getuid());
	assert_int_equal(status.uids[1], geteuid());
	assert_int_equal(status.gids[0], getgid());
	assert_true(proc_is_alive(getpid()));
	assert_false(proc_is_kernel_thread(getpid()));
	assert_int_equal(proc_read_status(INT32_MAX, &status), ENOENT);
	pid_t *tids;
	size_t count;
	assert_int_equal(proc_list_threads(getpid(), &tids, &count), 0);
	assert_true(count >= 1);
	assert_int_equal(tids[0], getpid());
	free(tids);
}

static void test_maps(void **state)
{
	(void)state;
	char text[] = "00400000-00401000 r-xp 00001000 08:01 42                         /tmp/a "
		      "b\\012c\\d (deleted)\n"
		      "7ffc0000-7ffd0000 rw-p 00000000 00:00 0 \n"
		      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  "
		      "[vsyscall]\n";
	struct mapping *mappings;
	size_t count;
	assert_null(parse_maps(text, &mappings, &count));
	assert_int_equal(count, 3);
	assert_int_equal(mappings[0].start, 0x400000);
	assert_int_equal(mappings[0].end, 0x401000);
	assert_int_equal(mappings[0].file_offset, 0x1000);
	assert_true(mappings[0].readable && !mappings[0].writable && mappings[0].executable);
	assert_string_equal(mappings[0].path, "/tmp/a b\nc\\d (deleted)");
	assert_null(mappings[1].path);
	assert_true(mappings[1].writable);
	assert_string_equal(mappings[2].path, "[vsyscall]");
	assert_true(mappings[2].end == 0xffffffffff601000);
	mappings_free(mappings, count);
}

static void test_bad_maps(void **state)
{
	(void)state;
	const char *const bad[] = {"garbage\n", "1000-2000\n", "2000-1000 r-xp 0 08:01 42 x\n",
		"1000-2000 r-xp 0 08:01 42 ok\n1000-2000 r-xp zz 08:01 42 x\n"};
	for (size_t i = 0; i < array_length(bad); i++) {
		char text[128];
		snprintf(text, sizeof(text), "%s", bad[i]);
		struct mapping *mappings;
		size_t count;
		assert_failure(parse_maps(text, &mappings, &count), ERROR_BAD_DATA, "");
	}
}

static void test_auxv(void **state)
{
	(void)state;
	const uint64_t pairs[] = {AT_PHDR, 0x40, AT_ENTRY, 0x1234, AT_NULL, 0, AT_BASE};
	assert_int_equal(auxv_value((const char *)pairs, sizeof(pairs), AT_ENTRY), 0x1234);
	assert_int_equal(
		auxv_value((const char *)pairs, sizeof(pairs), AT_BASE), 0); /* truncated */
	assert_int_equal(auxv_value(NULL, 0, AT_ENTRY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yama),
		cmocka_unit_test(test_users_and_capabilities),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_traced_already),
		cmocka_unit_test(test_own_status),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_bad_maps),
		cmocka_unit_test(test_auxv),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
