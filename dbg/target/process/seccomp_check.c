/* A classic BPF interpreter, and the seccomp filters of a thread. */
#include "dbg/target/process/seccomp_check.h"

#include <errno.h>
#include <linux/audit.h>
#include <sys/ptrace.h>

#include "dbg/target/process/proc_files.h"

enum { MODE_NONE = 0, MODE_FILTER = 2, MAX_FILTERS = 256 };

/* ---- Classic BPF, the part that seccomp allows ---- */

struct bpf_vm {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
};

/* False: division by zero, which ends the program with action 0. */
static bool compute(struct bpf_vm *vm, uint16_t code, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		vm->a += operand;
		return true;
	case BPF_SUB:
		vm->a -= operand;
		return true;
	case BPF_MUL:
		vm->a *= operand;
		return true;
	case BPF_DIV:
		vm->a = operand ? vm->a / operand : 0;
		return operand;
	case BPF_AND:
		vm->a &= operand;
		return true;
	case BPF_OR:
		vm->a |= operand;
		return true;
	case BPF_XOR:
		vm->a ^= operand;
		return true;
	case BPF_LSH:
		vm->a <<= operand & 31;
		return true;
	case BPF_RSH:
		vm->a >>= operand & 31;
		return true;
	case BPF_NEG:
		vm->a = -vm->a;
		return true;
	default:
		return false;
	}
}

static bool seccomp_check_compare(uint32_t a, uint16_t code, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand;
	}
}

static uint32_t seccomp_check_load(
	const struct bpf_vm *vm, const struct sock_filter *at, const struct seccomp_data *data)
{
	uint32_t word = 0;
	switch (BPF_MODE(at->code)) {
	case BPF_ABS:
		if (at->k <= sizeof(*data) - sizeof(word))
			memcpy(&word, (const uint8_t *)data + at->k, sizeof(word));
		return word;
	case BPF_LEN:
		return sizeof(*data);
	case BPF_MEM:
		return vm->memory[at->k % BPF_MEMWORDS];
	default:
		return at->k;
	}
}

uint32_t seccomp_evaluate(
	const struct sock_filter *filter, size_t count, const struct seccomp_data *data)
{
	struct bpf_vm vm = {0};
	/* Jumps only go forward, so this terminates. */
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *at = &filter[i];
		uint32_t operand = BPF_SRC(at->code) == BPF_X ? vm.x : at->k;
		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			vm.a = seccomp_check_load(&vm, at, data);
			break;
		case BPF_LDX:
			vm.x = seccomp_check_load(&vm, at, data);
			break;
		case BPF_ST:
			vm.memory[at->k % BPF_MEMWORDS] = vm.a;
			break;
		case BPF_STX:
			vm.memory[at->k % BPF_MEMWORDS] = vm.x;
			break;
		case BPF_ALU:
			if (!compute(&vm, at->code, operand))
				return SECCOMP_RET_KILL_THREAD;
			break;
		case BPF_JMP:
			if (BPF_OP(at->code) == BPF_JA)
				i += at->k;
			else
				i += seccomp_check_compare(vm.a, at->code, operand) ? at->jt
										    : at->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(at->code) == BPF_A ? vm.a : at->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(at->code) == BPF_TAX)
				vm.x = vm.a;
			else
				vm.a = vm.x;
			break;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* ---- Filters of a thread ---- */

static bool allows(const struct sock_filter *filter, size_t count, const struct seccomp_call *call)
{
	struct seccomp_data data = {.nr = (int)call->number, .arch = AUDIT_ARCH_X86_64};
	memcpy(data.args, call->arguments, sizeof(data.args));
	uint32_t action = seccomp_evaluate(filter, count, &data) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Reads filter number `index`; `*ret_count` is 0 if there is none. Returns 0 or an errno value. */
static int read_filter(pid_t tid, unsigned long index, struct sock_filter *ret, size_t *ret_count)
{
	long count = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)index, ret); // NOLINT
	*ret_count = count > 0 && count <= BPF_MAXINSNS ? (size_t)count : 0;
	return count < 0 && errno != ENOENT ? errno : 0;
}

struct error *seccomp_check(pid_t tid, const struct seccomp_call *calls, size_t count)
{
	struct process_status status;
	if (proc_read_status(tid, &status) != 0)
		return error_create(ERROR_GONE, "thread %d has exited", tid);
	if (status.seccomp == MODE_NONE)
		return NULL;
	if (status.seccomp != MODE_FILTER)
		return error_create(
			ERROR_OTHER, "process %d is in seccomp's strict mode", status.tgid);
	_cleanup_free_ struct sock_filter *filter = calloc(BPF_MAXINSNS, sizeof(*filter));
	if (!filter)
		return error_no_memory();
	for (unsigned long index = 0; index < MAX_FILTERS; index++) {
		size_t length;
		int errnum = read_filter(tid, index, filter, &length);
		if (errnum)
			return error_system(errnum,
				"process %d has seccomp filters, and checking whether they allow a "
				"copy requires CAP_SYS_ADMIN",
				status.tgid);
		if (!length)
			return NULL;
		for (size_t i = 0; i < count; i++) {
			if (!allows(filter, length, &calls[i]))
				return error_create(ERROR_OTHER,
					"a seccomp filter does not allow process %d to call %s",
					status.tgid, calls[i].name);
		}
	}
	return error_create(ERROR_OTHER, "process %d has too many seccomp filters", status.tgid);
}
