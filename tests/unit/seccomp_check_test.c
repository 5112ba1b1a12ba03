/* Evaluating seccomp filters: one like Docker's, arithmetic, and invalid programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/syscall.h>

#include "dbg/target/process/seccomp_check.h"

/* clone is allowed without new namespaces, getpid returns errno 1, everything else kills. */
static const struct sock_filter docker[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7e020000),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 2),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static uint32_t evaluate(long number, uint64_t flags)
{
	struct seccomp_data data = {.nr = (int)number, .args = {flags}};
	return seccomp_evaluate(docker, array_length(docker), &data);
}

static void test_filter(void **state)
{
	(void)state;
	assert_int_equal(evaluate(SYS_clone, 0x400), SECCOMP_RET_ALLOW);
	assert_int_equal(evaluate(SYS_clone, 0x20000000), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(evaluate(SYS_getpid, 0), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(evaluate(SYS_wait4, 0), SECCOMP_RET_KILL_PROCESS);
}

static void test_arithmetic(void **state)
{
	(void)state;
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 7),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0), /* 7 * 64 */
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2), /* 112 */
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), /* 119 */
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct seccomp_data data = {0};
	assert_int_equal(
		seccomp_evaluate(program, array_length(program), &data), 7 * sizeof(data) / 4 + 7);
}

static void test_invalid_programs_are_not_allowed(void **state)
{
	(void)state;
	const struct seccomp_data data = {0};
	const struct sock_filter far[] = {BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX)};
	const struct sock_filter zero[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	assert_int_equal(seccomp_evaluate(far, 1, &data), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_evaluate(zero, 2, &data), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(seccomp_evaluate(NULL, 0, &data), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_invalid_programs_are_not_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
