/* code_slots: whether a word of a stack frame is still used. The code is never called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/code/code_slots.h"

/* Each piece asks about the word at RSP + 32. */
asm(".text\n"
    ".intel_syntax noprefix\n"
    "reads: mov rax, [rsp+32]; ret; reads_end:\n"
    "reads_part: movzx eax, byte ptr [rsp+39]; ret; reads_part_end:\n"
    "reads_pair: movups xmm0, [rsp+24]; ret; reads_pair_end:\n"
    "reads_neighbours: mov rax, [rsp+24]; mov rbx, [rsp+40]; ret; reads_neighbours_end:\n"
    "overwrites: mov [rsp+32], rcx; mov rax, [rsp+32]; ret; overwrites_end:\n"
    "overwrites_part: mov [rsp+32], ecx; mov rax, [rsp+32]; ret; overwrites_part_end:\n"
    "overwrites_pair: movups [rsp+32], xmm15; mov rax, [rsp+32]; ret; overwrites_pair_end:\n"
    "adds: add qword ptr [rsp+32], 1; ret; adds_end:\n"
    "other_side: test rax, rax; je 1f; mov [rsp+32], rcx; 1: mov rax, [rsp+32]; ret\n"
    "  other_side_end:\n"
    "loops: call [rbx]; mov rcx, [rsp+8]; jmp loops; loops_end:\n"
    "loops_and_reads: 1: test rax, rax; je 2f; mov rcx, [rsp+32]; ret; 2: jmp 1b\n"
    "  loops_and_reads_end:\n"
    "takes_address: lea rdi, [rsp+16]; ret; takes_address_end:\n"
    "takes_address_above: lea rdi, [rsp+40]; ret; takes_address_above_end:\n"
    "indexes: mov rax, [rsp+rcx*8+16]; ret; indexes_end:\n"
    "jumps_by_table: jmp [rax+rcx*8]; jumps_by_table_end:\n"
    "leaves: mov rax, 1; ret; mov rax, [rsp+32]; leaves_end:\n"
    ".att_syntax\n");

#define USES(name)                                                                                 \
	({                                                                                         \
		extern const uint8_t name[], name##_end[];                                         \
		code_slot_uses((struct bytes){name, (size_t)(name##_end - name)}, 0, 32);          \
	})
#define READS(name) (USES(name).read)
#define OVERWRITES(name) (USES(name).overwritten)

static void accesses(void **state)
{
	(void)state;
	assert_true(READS(reads));
	assert_true(READS(reads_part));
	assert_true(READS(reads_pair));
	assert_true(READS(adds));
	assert_true(READS(overwrites_part));
	assert_false(READS(reads_neighbours));
	assert_false(READS(overwrites));
	assert_false(READS(overwrites_pair));
	assert_true(OVERWRITES(overwrites));
	assert_true(OVERWRITES(overwrites_pair));
	assert_false(OVERWRITES(overwrites_part));
	assert_false(OVERWRITES(adds));
}

static void paths(void **state)
{
	(void)state;
	assert_true(READS(other_side));
	assert_true(OVERWRITES(other_side));
	assert_false(OVERWRITES(loops_and_reads));
	assert_true(READS(loops_and_reads));
	assert_false(READS(loops));
	assert_false(READS(leaves));
}

static void addresses(void **state)
{
	(void)state;
	assert_true(READS(takes_address));
	assert_false(READS(takes_address_above));
	assert_true(READS(indexes));
}

/* What is not understood may read it. */
static void unknown(void **state)
{
	(void)state;
	static const uint8_t half[] = {0x48, 0x8b};
	assert_true(READS(jumps_by_table));
	assert_true(code_slot_uses((struct bytes){half, sizeof(half)}, 0, 32).read);
	assert_true(code_slot_uses((struct bytes){half, sizeof(half)}, 2, 32).read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses),
		cmocka_unit_test(paths),
		cmocka_unit_test(addresses),
		cmocka_unit_test(unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
