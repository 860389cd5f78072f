/*
 * user_code.h: code for user mode, and what calls user_run() as no C code
 * would (user_code.S).
 */
#ifndef USER_CODE_H
#define USER_CODE_H

#include "trap.h"

#ifndef __ASSEMBLER__

#define CODE(name) extern const char user_##name[], user_##name##_end[];

CODE(ecall)     /* asks, at once */
CODE(store_all) /* x1 to x31, at 8 n behind USER_DATA, by way of x31's value:
                   it is USER_DATA */
CODE(load_all)  /* x1 to x30 from there; x31 stays */
CODE(loop)      /* never ends */
CODE(load)      /* from a0 */
CODE(store)     /* to a0 */
CODE(jump)      /* to a0 */
CODE(csr)       /* reads sstatus */
CODE(sret)
CODE(fence) /* sfence.vma */
CODE(satp)  /* writes satp */
CODE(float) /* fmv.x.w */
CODE(break) /* ebreak */
CODE(count) /* a0 + 1, ecall, over and over */
CODE(touch) /* stores to a1 pages from a0 on, ecall */
CODE(deep)  /* a0 calls, with 512 bytes of stack each, ecall */
CODE(sum)   /* adds up a1 words from a0 on; a0, ecall */
#undef CODE

/*
 * user_run(frame) with patterns in gp, tp and s0 to s11. Returns 0 if all of
 * them and sp are the same afterwards, else the number of the first register
 * that is not: 2 for sp.
 */
unsigned user_run_guarded(struct trap_frame *frame);

#endif
#endif
