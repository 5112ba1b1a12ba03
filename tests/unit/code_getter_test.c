/* code_getter: what short methods return, from machine code as Go's compiler generates it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dwarf/code/code_getter.h"

#define READ(...)                                                                                  \
	({                                                                                         \
		static const uint8_t code_[] = {__VA_ARGS__};                                      \
		struct code_getter getter_;                                                        \
		code_getter_read((struct bytes){code_, sizeof(code_)}, 0x1000, &getter_);          \
		getter_;                                                                           \
	})

/* func (never) Done() <-chan struct{} { return nil } */
static void nil(void **state)
{
	(void)state;
	struct code_getter getter = READ(0x31, 0xc0, 0xc3); /* xor eax,eax; ret */
	assert_int_equal(getter.kind, CODE_GETTER_ZERO);
}

/* func (o *own) Done() <-chan struct{} { return o.done } */
static void field(void **state)
{
	(void)state;
	struct code_getter getter = READ(0x48, 0x8b, 0x40, 0x10, 0xc3); /* mov rax,[rax+16]; ret */
	assert_int_equal(getter.kind, CODE_GETTER_WORD);
	assert_int_equal(getter.path.count, 1);
	assert_int_equal(getter.path.offsets[0], 16);
}

/* func (w *web) Done() <-chan struct{} { return w.Request.ctx.Done() } */
static void interface(void **state)
{
	(void)state;
	struct code_getter getter = READ(0x55, 0x48, 0x89, 0xe5, /* push rbp; mov rbp,rsp */
		0x48, 0x83, 0xec, 0x08,				 /* sub rsp,8 */
		0x48, 0x8b, 0x40, 0x08,				 /* mov rax,[rax+8] */
		0x48, 0x8b, 0x48, 0x30,				 /* mov rcx,[rax+48] */
		0x48, 0x8b, 0x40, 0x38,				 /* mov rax,[rax+56] */
		0x48, 0x8b, 0x49, 0x20,				 /* mov rcx,[rcx+32] */
		0xff, 0xd1, 0x48, 0x83, 0xc4, 0x08, 0x5d, 0xc3); /* call rcx; … ret */
	assert_int_equal(getter.kind, CODE_GETTER_INTERFACE);
	assert_int_equal(getter.method, 32);
	assert_int_equal(getter.path.count, 2);
	assert_int_equal(getter.path.offsets[0], 8);
	assert_int_equal(getter.path.offsets[1], 48);
}

/* Unoptimized code keeps the receiver in a stack slot. */
static void spilled(void **state)
{
	(void)state;
	struct code_getter getter = READ(0x48, 0x83, 0xec, 0x10, /* sub rsp,16 */
		0x48, 0x89, 0x44, 0x24, 0x18,			 /* mov [rsp+24],rax */
		0x31, 0xc0,					 /* xor eax,eax */
		0x48, 0x8b, 0x4c, 0x24, 0x18,			 /* mov rcx,[rsp+24] */
		0x48, 0x8b, 0x41, 0x08,				 /* mov rax,[rcx+8] */
		0x48, 0x83, 0xc4, 0x10, 0xc3);			 /* add rsp,16; ret */
	assert_int_equal(getter.kind, CODE_GETTER_WORD);
	assert_int_equal(getter.path.offsets[0], 8);
}

/* A wrapper of a method promoted from a struct that is embedded at +24. */
static void call(void **state)
{
	(void)state;
	struct code_getter getter = READ(0x48, 0x83, 0xc0, 0x18, /* add rax,24: not supported */
		0xe9, 0x00, 0x01, 0x00, 0x00);
	assert_int_equal(getter.kind, CODE_GETTER_UNKNOWN);
	getter = READ(0x48, 0x8d, 0x40, 0x18,  /* lea rax,[rax+24] */
		0xe9, 0x00, 0x01, 0x00, 0x00); /* jmp +0x100 */
	assert_int_equal(getter.kind, CODE_GETTER_CALL);
	assert_int_equal(getter.path.count, 0);
	assert_int_equal(getter.path.add, 24);
	assert_int_equal(getter.target, 0x1000 + 9 + 0x100);
}

/* Unsupported code: a global, arithmetic, half an instruction, an endless loop. */
static void unknown(void **state)
{
	(void)state;
	assert_int_equal(READ(0x48, 0x8b, 0x05, 1, 2, 3, 4, 0xc3).kind, CODE_GETTER_UNKNOWN);
	assert_int_equal(
		READ(0x48, 0x8b, 0x40, 0x10, 0x48, 0xff, 0xc0, 0xc3).kind, CODE_GETTER_UNKNOWN);
	assert_int_equal(READ(0x48, 0x8b).kind, CODE_GETTER_UNKNOWN);
	assert_int_equal(READ(0xeb, 0xfe).kind, CODE_GETTER_UNKNOWN);
	assert_int_equal(READ(0xc3).kind, CODE_GETTER_UNKNOWN); /* returns its receiver */
}

static void paths_join(void **state)
{
	(void)state;
	const struct code_path first = {{8}, 1, 16}, second = {{24, 32}, 2, 0};
	struct code_path path;
	assert_true(code_path_append(&first, &second, &path));
	assert_int_equal(path.count, 3);
	assert_int_equal(path.offsets[1], 40);
	assert_int_equal(path.offsets[2], 32);
	struct code_path full = {{0}, CODE_PATH_MAX, 0};
	assert_false(code_path_append(&full, &second, &path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nil),
		cmocka_unit_test(field),
		cmocka_unit_test(interface),
		cmocka_unit_test(spilled),
		cmocka_unit_test(call),
		cmocka_unit_test(unknown),
		cmocka_unit_test(paths_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
