/*
 * The handler for SIGTRAP, see trap_handler.h. It runs in the target after the debugger's death: it
 * has only the signal's stack, no library, is position independent, and any thread may run it at
 * any time.
 *
 *   handler(rdi signal, rsi siginfo, rdx ucontext)
 *     of an int3 (SI_KERNEL):  in our area       the hit was handled already: continue there
 *                              after a trap      go back to it and retry
 *                              at a trap         already moved back: retry
 *     of a step (TRAP_TRACE):  it was our step: restore the thread's signal mask and continue
 *     anything else:           the old action
 */
#include "dbg/target/traps/trap_handler.h"

__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"gctxdbg_trap_handler_start:\n"
	".L_trap_area_start: .quad 0\n"
	".L_trap_area_end: .quad 0\n"
	".L_trap_table: .quad 0\n"
	".L_trap_table_count: .quad 0\n"
	".L_trap_old_handler: .quad 0\n"
	".L_trap_old_action: .quad 0\n"
	".L_trap_step_mask: .quad 0\n"
	/* rax: rip. uc_mcontext.gregs[REG_RIP] is at 168, si_code at 8. */
	"	movq 168(%rdx), %rax\n"
	"	cmpl $2, 8(%rsi)\n" /* TRAP_TRACE */
	"	je 5f\n"
	"	cmpl $0x80, 8(%rsi)\n" /* SI_KERNEL */
	"	jne 6f\n"
	"	cmpq .L_trap_area_start(%rip), %rax\n"
	"	jb 1f\n"
	"	cmpq .L_trap_area_end(%rip), %rax\n"
	"	jb 4f\n"
	"1:	leaq -1(%rax), %r9\n"
	"	movq .L_trap_table(%rip), %r8\n"
	"	movq .L_trap_table_count(%rip), %rcx\n"
	"2:	testq %rcx, %rcx\n"
	"	jz 6f\n"
	"	decq %rcx\n"
	"	cmpq (%r8,%rcx,8), %rax\n"
	"	je 4f\n"
	"	cmpq (%r8,%rcx,8), %r9\n"
	"	jne 2b\n"
	"	movq %r9, 168(%rdx)\n"
	"4:	ret\n"
	/* uc_sigmask is at 296, gregs[REG_EFL] at 176. If the kernel set the trap flag itself, it
	 * has cleared it already. */
	"5:	movq .L_trap_step_mask(%rip), %rax\n"
	"	movq (%rax), %rax\n"
	"	movq %rax, 296(%rdx)\n"
	"	andq $~0x100, 176(%rdx)\n"
	"	ret\n"
	"6:	movq .L_trap_old_handler(%rip), %rax\n"
	"	cmpq $1, %rax\n"
	"	je 4b\n"
	"	jb 7f\n"
	"	jmp *%rax\n"
	/* The default action, a core dump: restore it (rt_sigaction) and send the signal again
	 * (tgkill); it is delivered when this returns. */
	"7:	movl $13, %eax\n"
	"	movl $5, %edi\n"
	"	movq .L_trap_old_action(%rip), %rsi\n"
	"	xorl %edx, %edx\n"
	"	movl $8, %r10d\n"
	"	syscall\n"
	"	movl $186, %eax\n" /* gettid */
	"	syscall\n"
	"	movl %eax, %esi\n"
	"	movl $39, %eax\n" /* getpid */
	"	syscall\n"
	"	movl %eax, %edi\n"
	"	movl $5, %edx\n"
	"	movl $234, %eax\n" /* tgkill */
	"	syscall\n"
	"	ret\n"
	"gctxdbg_trap_handler_end:\n"
	".popsection\n");

extern const uint8_t gctxdbg_trap_handler_start[], gctxdbg_trap_handler_end[];

struct bytes trap_handler_code(void)
{
	return (struct bytes){gctxdbg_trap_handler_start,
		(size_t)(gctxdbg_trap_handler_end - gctxdbg_trap_handler_start)};
}
