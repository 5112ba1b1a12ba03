/* code_run: what short functions would return. The functions are assembled here and never called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/code/code_run.h"

/* All functions are between code_start and code_end; a function ends where the next label is. */
asm(".text\n"
    ".intel_syntax noprefix\n"
    "code_start:\n"
    /* func (never) Done() <-chan struct{} { return nil } */
    "returns_nil: xor eax, eax; ret\n"
    /* func (o *own) Done() <-chan struct{} { return o.done } */
    "returns_field: mov rax, [rax+16]; ret\n"
    "returns_receiver: ret\n"
    /* Unoptimised code keeps the receiver in a stack slot. */
    "spills: sub rsp, 16; mov [rsp+24], rax; xor eax, eax; mov rcx, [rsp+24]; mov rax, [rcx+8]\n"
    "  add rsp, 16; ret\n"
    /* if o.flag { return o.a }; return o.b */
    "decides: cmp byte ptr [rax+9], 0; je 1f; mov rax, [rax+16]; ret; 1: mov rax, [rax+24]; ret\n"
    "decides_signed: cmp qword ptr [rax], -1; jl 1f; mov eax, 7; ret; 1: mov eax, 8; ret\n"
    /* Undecided. */
    "forks: cmp qword ptr [r13], 0; je 1f; mov rbx, 1; mov rax, [rax+16]; ret\n"
    "  1: mov rbx, 2; mov rax, [rax+16]; ret\n"
    /* The stack check: calls runtime.morestack_noctxt and starts again. */
    "checks_stack: cmp rsp, [r14+16]; jbe 1f; mov rax, [rax+16]; ret\n"
    "  1: mov [rsp+8], rax; call ends; mov rax, [rsp+8]; jmp checks_stack\n"
    /* A wrapper; r14 is g. */
    "adjusts_panic: mov r12, [r14+32]; test r12, r12; jne 2f; 1: mov rax, [rax+16]; ret\n"
    "  2: lea r13, [rsp+8]; cmp [r12], r13; jne 1b; mov [r12], rsp; jmp 1b\n"
    "reads_g: mov rax, [r14+200]; ret\n"
    "calls_interface: push rbp; mov rbp, rsp; sub rsp, 8; mov rcx, [rax]; mov rax, [rax+8]\n"
    "  mov rcx, [rcx+24]; call rcx; add rsp, 8; pop rbp; ret\n"
    "calls_and_adds: mov rcx, [rax]; mov rax, [rax+8]; mov rcx, [rcx+24]; call rcx; inc rax; ret\n"
    "jumps: lea rax, [rax+16]; jmp returns_word\n"
    "enters: push rax; call returns_word; mov rcx, rax; pop rax; mov rax, [rax+8]; add rax, rcx; ret\n"
    "returns_word: mov rax, [rax]; ret\n"
    "locks: push rax; call harmless; pop rax; mov rax, [rax+16]; ret\n"
    "calls_opaque: push rax; call opaque; pop rax; mov rax, [rax+16]; ret\n"
    "calls_unknown: push rax; call [r13]; pop rax; mov rax, [rax+16]; ret\n"
    "barrier: push rax; call writes; pop rax; mov [r11], rax; mov rax, [rax+16]; ret\n"
    "loops: jmp loops\n"
    "loops_on_unknown: cmp qword ptr [r13], 0; je loops_on_unknown; xor eax, eax; ret\n"
    "recurses: call recurses; ret\n"
    "stores: mov qword ptr [rax+16], 5; mov rax, [rax+16]; ret\n"
    "stores_part: mov byte ptr [rax+16], 5; mov rax, [rax+16]; ret\n"
    "stores_anywhere: mov [r13], rcx; mov rax, [rax+16]; ret\n"
    "returns_time: sub rsp, 24; movups xmm0, [rax+8]; movups [rsp], xmm0; mov rax, [rsp]\n"
    "  mov rbx, [rsp+8]; mov edi, 1; movups [rsp+8], xmm15; mov rcx, [rsp+8]; add rsp, 24; ret\n"
    "selects: cmp qword ptr [rax], 4; cmovne rax, [rax+8]; sete bl; movzx ebx, bl; ret\n"
    "computes: mov rbx, [rax+8]; shl rbx, 4; shr rbx, 2; and rbx, 0xff; or rbx, 1; neg rcx; ret\n"
    "ends: int3\n"
    "harmless: int3\n"
    "opaque: int3\n"
    "writes: int3\n"
    "method: int3\n"
    "code_end: nop\n"
    ".att_syntax\n");

#define CODE(name) extern const uint8_t name[]
CODE(code_start);
CODE(code_end);
CODE(ends);
CODE(harmless);
CODE(opaque);
CODE(writes);
CODE(method);
CODE(returns_word);

/* Memory that the functions see; `itab` has its first method at offset 24. */
static uint64_t memory[8], itab[8];

/* Functions are not told apart, except those that other code calls. */
static bool read_code(void *context, uint64_t pc, struct bytes *ret, uint64_t *ret_start)
{
	(void)context;
	const uint64_t starts[] = {(uint64_t)code_start, (uint64_t)returns_word,
		(uint64_t)returns_word + 4, (uint64_t)code_end};
	for (size_t i = 0; i + 1 < array_length(starts); i++) {
		if (pc >= starts[i] && pc < starts[i + 1]) {
			*ret_start = starts[i];
			*ret = (struct bytes){
				(const uint8_t *)starts[i], (size_t)(starts[i + 1] - starts[i])};
			return true;
		}
	}
	return false;
}

static bool read_memory(void *context, uint64_t address, void *ret, size_t size)
{
	(void)context;
	if (address - (uint64_t)memory > sizeof(memory) - size &&
		address - (uint64_t)itab > sizeof(itab) - size)
		return false;
	memcpy(ret, (const void *)address, size);
	return true;
}

static enum code_call_kind on_call(
	void *context, uint64_t target, struct code_value receiver, uint64_t *ret)
{
	(void)context;
	*ret = receiver.word;
	return target == (uint64_t)ends	      ? CODE_CALL_END
	       : target == (uint64_t)harmless ? CODE_CALL_HARMLESS
	       : target == (uint64_t)opaque   ? CODE_CALL_OPAQUE
	       : target == (uint64_t)writes   ? CODE_CALL_BARRIER
	       : target == (uint64_t)method   ? CODE_CALL_RESULT
					      : CODE_CALL_ENTER;
}

static bool run(const uint8_t *function, struct code_value ret[CODE_RESULTS])
{
	const struct code_world world = {read_code, read_memory, on_call, NULL};
	struct code_runner *runner = code_runner_create(world);
	assert_non_null(runner);
	bool returned = code_run(runner, (uint64_t)function, (uint64_t)memory, ret);
	struct code_value again[CODE_RESULTS];
	assert_int_equal(returned, code_run(runner, (uint64_t)function, (uint64_t)memory, again));
	if (returned)
		assert_memory_equal(ret, again, sizeof(again));
	code_runner_destroy(runner);
	return returned;
}

#define RUN(name)                                                                                  \
	({                                                                                         \
		CODE(name);                                                                        \
		run(name, results);                                                                \
	})

static void assert_word(struct code_value value, uint64_t expected)
{
	assert_int_equal(value.kind, CODE_WORD);
	assert_int_equal(value.word, expected);
}

static int fill(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < array_length(memory); i++)
		memory[i] = 0x1000 + i;
	itab[3] = (uint64_t)method;
	return 0;
}

static void straight_code(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_true(RUN(returns_nil));
	assert_word(results[0], 0);
	assert_true(RUN(returns_field));
	assert_word(results[0], memory[2]);
	assert_int_equal(results[1].kind, CODE_UNKNOWN);
	assert_true(RUN(returns_receiver));
	assert_word(results[0], (uint64_t)memory);
	assert_true(RUN(spills));
	assert_word(results[0], memory[1]);
}

static void memory_decides_branches(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	memory[1] = 0x00ff;
	assert_true(RUN(decides));
	assert_word(results[0], memory[3]);
	memory[1] = 0x0100;
	assert_true(RUN(decides));
	assert_word(results[0], memory[2]);
	memory[0] = (uint64_t)-2;
	assert_true(RUN(decides_signed));
	assert_word(results[0], 8);
	memory[0] = (uint64_t)-1;
	assert_true(RUN(decides_signed));
	assert_word(results[0], 7);
}

static void both_sides_must_agree(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_true(RUN(forks));
	assert_word(results[0], memory[2]);
	assert_int_equal(results[1].kind, CODE_UNKNOWN);
	assert_true(RUN(checks_stack)); /* the other side never returns */
	assert_word(results[0], memory[2]);
	assert_true(RUN(adjusts_panic)); /* there is no panic */
	assert_word(results[0], memory[2]);
	assert_true(RUN(reads_g));
	assert_int_equal(results[0].kind, CODE_UNKNOWN);
}

static void calls(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	memory[0] = (uint64_t)itab;
	assert_true(RUN(calls_interface));
	for (unsigned i = 0; i < CODE_RESULTS; i++) {
		assert_int_equal(results[i].kind, CODE_RESULT);
		assert_int_equal(results[i].index, i);
		assert_int_equal(results[i].word, memory[1]);
	}
	assert_true(RUN(calls_and_adds)); /* no longer the method's result */
	assert_int_equal(results[0].kind, CODE_UNKNOWN);
	assert_true(RUN(jumps));
	assert_word(results[0], memory[2]);
	assert_true(RUN(enters));
	assert_word(results[0], memory[0] + memory[1]);
}

static void calls_that_change_memory(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_true(RUN(locks));
	assert_word(results[0], memory[2]);
	assert_true(RUN(barrier));
	assert_word(results[0], memory[2]);
	assert_true(RUN(calls_opaque));
	assert_int_equal(results[0].kind, CODE_UNKNOWN);
	assert_true(RUN(calls_unknown));
	assert_int_equal(results[0].kind, CODE_UNKNOWN);
}

static void stores_are_seen(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_true(RUN(stores));
	assert_word(results[0], 5);
	assert_int_equal(memory[2], 0x1002); /* nothing is written */
	assert_true(RUN(stores_part));
	assert_word(results[0], 0x1005);
	assert_true(RUN(stores_anywhere));
	assert_int_equal(results[0].kind, CODE_UNKNOWN);
}

static void endless_code(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_false(RUN(loops));
	assert_false(RUN(loops_on_unknown));
	assert_false(RUN(recurses));
	assert_false(RUN(ends)); /* never returns */
}

static void values(void **state)
{
	(void)state;
	struct code_value results[CODE_RESULTS];
	assert_true(RUN(returns_time));
	assert_word(results[0], memory[1]);
	assert_word(results[1], memory[2]);
	assert_word(results[2], 0);
	assert_word(results[3], 1);
	memory[0] = 4;
	assert_true(RUN(selects));
	assert_word(results[0], (uint64_t)memory);
	assert_word(results[1], 1);
	memory[0] = 5;
	assert_true(RUN(selects));
	assert_word(results[0], memory[1]);
	assert_word(results[1], 0);
	assert_true(RUN(computes));
	assert_word(results[1], ((memory[1] << 4 >> 2) & 0xff) | 1);
	assert_int_equal(results[2].kind, CODE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(straight_code, fill),
		cmocka_unit_test_setup(memory_decides_branches, fill),
		cmocka_unit_test_setup(both_sides_must_agree, fill),
		cmocka_unit_test_setup(calls, fill),
		cmocka_unit_test_setup(calls_that_change_memory, fill),
		cmocka_unit_test_setup(stores_are_seen, fill),
		cmocka_unit_test_setup(endless_code, fill),
		cmocka_unit_test_setup(values, fill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
