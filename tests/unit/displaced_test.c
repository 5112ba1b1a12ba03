/*
 * Displaced instructions have the same effect as the originals: a child process executes each one
 * at its own address and at another, with the same registers and memory, and the results are
 * compared.
 */
#include "live_fixture.h"

#include <elf.h>
#include <inttypes.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <Zydis/Zydis.h>

#include "dbg/target/traps/displaced.h"

enum {
	CODE_SIZE = 1 << 16,
	DATA_SIZE = 1 << 16,
	POINTED_SIZE = 1 << 13, /* the start of the data, where registers point */
	STATE_SIZE = 1 << 14,
};

static const uint64_t code_at = 0x200000000000, slot_at = 0x200020000000, far_at = 0x300000000000,
		      data_at = 0x200040000000;

struct run {
	int signal;
	struct user_regs_struct regs;
	uint8_t data[DATA_SIZE];
	uint8_t extended[STATE_SIZE];
	size_t extended_size;
};

struct child {
	pid_t pid;
	struct user_regs_struct regs; /* at the start of a run */
	uint8_t data[DATA_SIZE];
	uint8_t extended[STATE_SIZE];
	size_t extended_size;
	uint64_t random;
};

static uint64_t next_random(struct child *child)
{
	child->random ^= child->random << 13;
	child->random ^= child->random >> 7;
	child->random ^= child->random << 17;
	return child->random;
}

static void map_at(uint64_t address, size_t size, int protection)
{
	void *wanted = (void *)(uintptr_t)address; // NOLINT
	if (mmap(wanted, size, PROT_READ | PROT_WRITE | protection,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != wanted)
		_exit(1);
	if (protection)
		memset(wanted, 0xCC, size);
}

static void child_start(struct child *child)
{
	*child = (struct child){.random = 88172645463325252};
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		map_at(code_at, CODE_SIZE, PROT_EXEC);
		map_at(slot_at, CODE_SIZE, PROT_EXEC);
		map_at(far_at, CODE_SIZE, PROT_EXEC);
		map_at(data_at, DATA_SIZE, 0);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_GETREGS, child->pid, NULL, &child->regs), 0);
	struct iovec part = {child->extended, sizeof(child->extended)};
	assert_int_equal(
		ptrace(PTRACE_GETREGSET, child->pid, (void *)NT_X86_XSTATE, &part), 0); // NOLINT
	child->extended_size = part.iov_len;
}

static void child_end(struct child *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

static void write_child(struct child *child, uint64_t address, const void *bytes, size_t size)
{
	struct iovec local = {(void *)(uintptr_t)bytes, size}; // NOLINT
	struct iovec remote = {(void *)(uintptr_t)address, size};
	assert_int_equal(process_vm_writev(child->pid, &local, 1, &remote, 1, 0), (ssize_t)size);
}

static void read_child(struct child *child, uint64_t address, void *bytes, size_t size)
{
	struct iovec local = {bytes, size};
	struct iovec remote = {(void *)(uintptr_t)address, size};
	assert_int_equal(process_vm_readv(child->pid, &local, 1, &remote, 1, 0), (ssize_t)size);
}

/* Fills the registers and the data with random pointers into the data. A quarter of the registers
 * get small numbers instead. */
static void shuffle(struct child *child)
{
	unsigned long long *registers[] = {&child->regs.rax, &child->regs.rbx, &child->regs.rcx,
		&child->regs.rdx, &child->regs.rsi, &child->regs.rdi, &child->regs.rbp,
		&child->regs.r8, &child->regs.r9, &child->regs.r10, &child->regs.r11,
		&child->regs.r12, &child->regs.r13, &child->regs.r14, &child->regs.r15,
		&child->regs.rsp};
	for (size_t i = 0; i < array_length(registers); i++) {
		*registers[i] = data_at + POINTED_SIZE / 4 +
				next_random(child) % (POINTED_SIZE / 2) / 16 * 16;
		if (next_random(child) % 4 == 0 && registers[i] != &child->regs.rsp)
			*registers[i] = next_random(child) % 20;
	}
	child->regs.eflags = 0x202 | (next_random(child) & 0x8D5);
	child->regs.orig_rax = UINT64_MAX;
	for (size_t i = 0; i < POINTED_SIZE / 8; i++) {
		uint64_t word = data_at + next_random(child) % POINTED_SIZE;
		memcpy(child->data + 8 * i, &word, 8);
	}
}

static void child_run(struct child *child, uint64_t rip, struct run *ret)
{
	int status;
	write_child(child, data_at, child->data, DATA_SIZE);
	child->regs.rip = rip;
	assert_int_equal(ptrace(PTRACE_SETREGS, child->pid, NULL, &child->regs), 0);
	struct iovec part = {child->extended, child->extended_size};
	assert_int_equal(
		ptrace(PTRACE_SETREGSET, child->pid, (void *)NT_X86_XSTATE, &part), 0); // NOLINT
	assert_int_equal(ptrace(PTRACE_CONT, child->pid, NULL, NULL), 0);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_true(WIFSTOPPED(status));
	memset(ret, 0, sizeof(*ret));
	ret->signal = WSTOPSIG(status);
	assert_int_equal(ptrace(PTRACE_GETREGS, child->pid, NULL, &ret->regs), 0);
	part = (struct iovec){ret->extended, sizeof(ret->extended)};
	assert_int_equal(
		ptrace(PTRACE_GETREGSET, child->pid, (void *)NT_X86_XSTATE, &part), 0); // NOLINT
	read_child(child, data_at, ret->data, DATA_SIZE);
}

/* Translates the registers of a thread that stopped in the slot, as the debugger does. */
static void translate(const struct displaced *displaced, struct run *run)
{
	const struct displaced_state *state = displaced_locate(displaced, run->regs.rip);
	if (!state)
		return;
	run->regs.rip = state->rip;
	run->regs.rsp += (unsigned long long)state->stack_change;
}

static void describe(const uint8_t *bytes, size_t size, char *ret, size_t ret_size)
{
	ZydisDisassembledInstruction text;
	size_t used = (size_t)snprintf(ret, ret_size, "%s:",
		ZYAN_SUCCESS(ZydisDisassembleIntel(
			ZYDIS_MACHINE_MODE_LONG_64, code_at, bytes, size, &text))
			? text.text
			: "?");
	for (size_t i = 0; i < size && used < ret_size; i++)
		used += (size_t)snprintf(ret + used, ret_size - used, " %02x", bytes[i]);
}

/* Memory below the stack pointer is undefined: do not compare it. */
static void forget_below_stack(struct run *run, uint64_t stack)
{
	if (stack >= data_at + 8 && stack <= data_at + DATA_SIZE)
		memset(run->data + (stack - 8 - data_at), 0, 8);
}

/* XSTATE_BV has a bit for each part of the vector state that is not in its initial state. A context
 * switch may clear the bit of a part that has returned to it; the contents are the same. */
static void forget_components(struct run *run)
{
	enum { XSTATE_BV = 512 };
	memset(run->extended + XSTATE_BV, 0, sizeof(uint64_t));
}

static void compare(struct child *child, const uint8_t *bytes, size_t size, uint64_t slot)
{
	static struct run own, moved;
	char text[256];
	uint64_t address = code_at + CODE_SIZE / 2;
	uint8_t nothing[DISPLACED_SIZE];
	struct displaced displaced;
	describe(bytes, size, text, sizeof(text));
	assert_success(displaced_make(address, (struct bytes){bytes, size}, slot, &displaced));
	assert_int_equal(displaced.length, size);
	memset(nothing, 0xCC, sizeof(nothing));
	shuffle(child);
	write_child(child, address, bytes, size);
	child_run(child, address, &own);
	/* Overwrite the original with int3, as a trap does. */
	write_child(child, address, nothing, size);
	write_child(child, slot, displaced.code, DISPLACED_SIZE);
	child_run(child, slot, &moved);
	write_child(child, slot, nothing, DISPLACED_SIZE);
	translate(&displaced, &moved);
	if (own.signal != SIGTRAP) {
		forget_below_stack(&own, own.regs.rsp);
		forget_below_stack(&moved, own.regs.rsp);
	}
	if (own.signal != moved.signal)
		fail_msg("%s: signal %d, displaced %d", text, own.signal, moved.signal);
	if (own.regs.rip != moved.regs.rip)
		fail_msg("%s: rip 0x%llx, displaced 0x%llx", text, own.regs.rip, moved.regs.rip);
	if (memcmp(&own.regs, &moved.regs, sizeof(own.regs)) != 0)
		fail_msg("%s: registers differ (rsp 0x%llx 0x%llx)", text, own.regs.rsp,
			moved.regs.rsp);
	if (memcmp(own.data, moved.data, sizeof(own.data)) != 0)
		fail_msg("%s: memory differs", text);
	forget_components(&own);
	forget_components(&moved);
	if (memcmp(own.extended, moved.extended, sizeof(own.extended)) != 0)
		fail_msg("%s: vector registers differ", text);
}

/* False for instructions whose result varies between runs, and for calls of the kernel. */
static bool is_comparable(const ZydisDecodedInstruction *instruction)
{
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_SYSENTER:
	case ZYDIS_MNEMONIC_INT:
	case ZYDIS_MNEMONIC_INT1:
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_RDTSC:
	case ZYDIS_MNEMONIC_RDTSCP:
	case ZYDIS_MNEMONIC_RDRAND:
	case ZYDIS_MNEMONIC_RDSEED:
	case ZYDIS_MNEMONIC_RDPMC:
	case ZYDIS_MNEMONIC_CPUID:
	case ZYDIS_MNEMONIC_XGETBV:
	case ZYDIS_MNEMONIC_XBEGIN:
	case ZYDIS_MNEMONIC_FXSAVE: /* they store the address of the last x87 instruction */
	case ZYDIS_MNEMONIC_FXSAVE64:
	case ZYDIS_MNEMONIC_XSAVE:
	case ZYDIS_MNEMONIC_XSAVEC:
	case ZYDIS_MNEMONIC_XSAVE64:
		return false;
	default:
		return instruction->meta.isa_ext != ZYDIS_ISA_EXT_X87 &&
		       instruction->meta.category != ZYDIS_CATEGORY_SYSRET &&
		       !(instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR);
	}
}

/* Changes rip-relative operands to point into the data, and branches to point into the code. */
static void redirect_operands(struct child *child, const ZydisDecodedInstruction *instruction,
	const ZydisDecodedOperand *operands, uint8_t *bytes)
{
	uint64_t end = code_at + CODE_SIZE / 2 + instruction->length;
	for (int i = 0; i < instruction->operand_count; i++) {
		if (operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY ||
			operands[i].mem.base != ZYDIS_REGISTER_RIP)
			continue;
		int32_t distance =
			(int32_t)(data_at + POINTED_SIZE / 4 +
				  next_random(child) % (POINTED_SIZE / 2) / 64 * 64 - end);
		memcpy(bytes + instruction->raw.disp.offset, &distance, sizeof(distance));
		return;
	}
	if (instruction->raw.imm[0].is_relative && instruction->raw.imm[0].size == 32) {
		int32_t distance = (int32_t)(code_at + next_random(child) % (CODE_SIZE / 2) - end);
		memcpy(bytes + instruction->raw.imm[0].offset, &distance, sizeof(distance));
	}
}

/* ---- Tests ---- */

struct encoding {
	const char *what;
	uint8_t bytes[INSTRUCTION_MAX];
	uint8_t size;
};

static const struct encoding encodings[] = {
	{"push rbp", {0x55}, 1},
	{"cmp rsp, [r14+0x10]", {0x49, 0x3B, 0x66, 0x10}, 4},
	{"lea rax, [rip+x]", {0x48, 0x8D, 0x05, 0, 0, 0, 0}, 7},
	{"mov [rip+x], imm32 (distance before an immediate)", {0xC7, 0x05, 0, 0, 0, 0, 1, 2, 3, 4},
		10},
	{"cmp byte [rip+x], imm8", {0x80, 0x3D, 0, 0, 0, 0, 7}, 7},
	{"vmovdqu ymm1, [rip+x]", {0xC5, 0xFE, 0x6F, 0x0D, 0, 0, 0, 0}, 8},
	{"jmp rel8", {0xEB, 0x20}, 2},
	{"jmp rel32", {0xE9, 0, 0, 0, 0}, 5},
	{"jmp rax", {0xFF, 0xE0}, 2},
	{"jmp [rip+x]", {0xFF, 0x25, 0, 0, 0, 0}, 6},
	{"jmp [rsp+8]", {0xFF, 0x64, 0x24, 8}, 4},
	{"call rel32", {0xE8, 0, 0, 0, 0}, 5},
	{"call rax", {0xFF, 0xD0}, 2},
	{"call r12", {0x41, 0xFF, 0xD4}, 3},
	{"call [rdx]", {0xFF, 0x12}, 2},
	{"call [rip+x]", {0xFF, 0x15, 0, 0, 0, 0}, 6},
	{"call [rsp]", {0xFF, 0x14, 0x24}, 3},
	{"call [rsp+8]", {0xFF, 0x54, 0x24, 8}, 4},
	{"call [rsp+0x108]", {0xFF, 0x94, 0x24, 8, 1, 0, 0}, 7},
	{"call [rsp+rcx*8]", {0xFF, 0x14, 0xCC}, 3},
	{"call [r12+8]", {0x41, 0xFF, 0x54, 0x24, 8}, 5},
	{"call [rax+rbx*2+1]", {0xFF, 0x54, 0x58, 1}, 4},
	{"ret", {0xC3}, 1},
	{"ret 16", {0xC2, 16, 0}, 3},
	{"jrcxz", {0xE3, 0x10}, 2},
	{"jecxz", {0x67, 0xE3, 0x10}, 3},
	{"loop", {0xE2, 0x10}, 2},
	{"loopne", {0xE0, 0xE0}, 2},
	{"rep movsb", {0xF3, 0xA4}, 2},
	{"lock xadd [rdx], rax", {0xF0, 0x48, 0x0F, 0xC1, 0x02}, 5},
	{"div, perhaps by 0", {0x48, 0xF7, 0xF1}, 3},
	{"ud2", {0x0F, 0x0B}, 2},
	{"hlt", {0xF4}, 1},
	{"push [rsp+8]", {0xFF, 0x74, 0x24, 8}, 4},
	{"pop rsp", {0x5C}, 1},
	{"push rsp", {0x54}, 1},
	{"enter", {0xC8, 0x10, 0, 0}, 4},
	{"leave", {0xC9}, 1},
	{"endbr64", {0xF3, 0x0F, 0x1E, 0xFA}, 4},
	{"nop of 15", {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0},
		15},
};

static void compare_encoding(struct child *child, const struct encoding *encoding, uint64_t slot)
{
	struct encoding copy = *encoding;
	ZydisDecoder decoder;
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	assert_true(ZYAN_SUCCESS(
		ZydisDecoderDecodeFull(&decoder, copy.bytes, copy.size, &instruction, operands)));
	assert_int_equal(instruction.length, copy.size);
	redirect_operands(child, &instruction, operands, copy.bytes);
	compare(child, copy.bytes, copy.size, slot);
}

static void test_encodings(void **state)
{
	(void)state;
	static struct child child;
	child_start(&child);
	for (size_t i = 0; i < array_length(encodings); i++) {
		for (int times = 0; times < 20; times++)
			compare_encoding(&child, &encodings[i], slot_at);
	}
	/* All sixteen conditions, as near and short branches. */
	for (uint8_t condition = 0; condition < 16; condition++) {
		for (int times = 0; times < 20; times++) {
			const struct encoding near_branch = {
				"jcc", {0x0F, (uint8_t)(0x80 | condition), 0, 0, 0, 0}, 6};
			const struct encoding short_branch = {
				"jcc", {(uint8_t)(0x70 | condition), 0x40}, 2};
			compare_encoding(&child, &near_branch, slot_at);
			compare_encoding(&child, &short_branch, slot_at);
		}
	}
	child_end(&child);
}

static bool refers_to_rip(const ZydisDecodedInstruction *instruction)
{
	return instruction->attributes & ZYDIS_ATTRIB_IS_RELATIVE;
}

/* Beyond the range of a 32-bit displacement, rip-relative operands cannot be displaced; branches
 * and calls can. */
static void test_far(void **state)
{
	(void)state;
	static struct child child;
	child_start(&child);
	static const char *const movable[] = {"push rbp", "jmp rel8", "jmp rel32", "call rel32",
		"call [rsp+8]", "jrcxz", "loop", "ret", "call rax"};
	for (size_t i = 0; i < array_length(encodings); i++) {
		for (size_t k = 0; k < array_length(movable); k++) {
			if (strcmp(encodings[i].what, movable[k]) == 0)
				compare_encoding(&child, &encodings[i], far_at);
		}
	}
	struct displaced displaced;
	static const uint8_t load[] = {0x48, 0x8D, 0x05, 0, 0, 0, 0};
	assert_failure(
		displaced_make(code_at, (struct bytes){load, sizeof(load)}, far_at, &displaced),
		ERROR_OTHER, "2 GiB");
	child_end(&child);
}

static void test_refused(void **state)
{
	(void)state;
	struct displaced displaced;
	static const struct encoding bad[] = {
		{"nothing", {0}, 0},
		{"cut short", {0x48, 0x8D, 0x05, 0}, 4},
		{"undefined", {0x06}, 1},
	};
	static const struct encoding immovable[] = {
		{"call far [rax]", {0xFF, 0x18}, 2},
		{"call rsp", {0xFF, 0xD4}, 2},
		{"call [rsp-8]", {0xFF, 0x54, 0x24, 0xF8}, 4},
		{"xbegin", {0xC7, 0xF8, 0, 0, 0, 0}, 6},
		{"jmp rel with 66", {0x66, 0xE9, 0, 0, 0, 0}, 6},
	};
	for (size_t i = 0; i < array_length(bad); i++)
		assert_failure(displaced_make(code_at, (struct bytes){bad[i].bytes, bad[i].size},
				       slot_at, &displaced),
			ERROR_BAD_DATA, "0x200000000000: no instruction starts there");
	for (size_t i = 0; i < array_length(immovable); i++)
		assert_failure(displaced_make(code_at,
				       (struct bytes){immovable[i].bytes, immovable[i].size},
				       slot_at, &displaced),
			ERROR_OTHER, "cannot be executed out of line");
}

/* The code of the C library: thousands of encodings from compilers and hand-written assembly. */
static struct bytes libc_text(void)
{
	struct mapping *mappings;
	size_t count;
	struct bytes text = {NULL, 0};
	assert_success(proc_read_maps(getpid(), &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		const struct mapping *m = &mappings[i];
		if (m->executable && m->path && strstr(m->path, "libc.so"))
			text = (struct bytes){
				(const uint8_t *)(uintptr_t)m->start, (size_t)(m->end - m->start)};
	}
	mappings_free(mappings, count);
	assert_non_null(text.data);
	return text;
}

static void test_libc(void **state)
{
	(void)state;
	static struct child child;
	child_start(&child);
	ZydisDecoder decoder;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	struct bytes text = libc_text();
	size_t compared = 0, relative = 0;
	for (size_t at = 0, seen = 0; at + INSTRUCTION_MAX < text.size;) {
		ZydisDecodedInstruction instruction;
		ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
		uint8_t bytes[INSTRUCTION_MAX];
		memcpy(bytes, text.data + at, sizeof(bytes));
		if (ZYAN_FAILED(ZydisDecoderDecodeFull(
			    &decoder, bytes, sizeof(bytes), &instruction, operands))) {
			at++;
			continue;
		}
		at += instruction.length;
		if (!is_comparable(&instruction) || ++seen % 37)
			continue;
		relative += refers_to_rip(&instruction) != 0;
		redirect_operands(&child, &instruction, operands, bytes);
		compare(&child, bytes, instruction.length, slot_at);
		compared++;
	}
	assert_true(compared > 4000);
	assert_true(relative > 500);
	child_end(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_libc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
