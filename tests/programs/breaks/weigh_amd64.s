#include "textflag.h"
#include "funcdata.h"

// func weigh(a, b, c int) int
TEXT ·weigh(SB), 0, $24-32
	NO_LOCAL_POINTERS
	MOVQ a+0(FP), AX
	MOVQ AX, 0(SP)
	MOVQ b+8(FP), AX
	MOVQ AX, 8(SP)
	CALL ·larger(SB)
	MOVQ 16(SP), AX
	ADDQ c+16(FP), AX
	MOVQ AX, ret+24(FP)
	RET

// func larger(a, b int) int
TEXT ·larger(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	MOVQ b+8(FP), CX
	CMPQ AX, CX
	JGE  done
	MOVQ CX, AX
done:
	MOVQ AX, ret+16(FP)
	RET
