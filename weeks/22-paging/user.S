/*
 * user.S: into user mode and back. Yours: step 5.
 */
#include "riscv.h"
#include "trap.h"

/* Given, to be used or not: what a function has to keep, on the kernel's stack;
 * `kernels_registers sd` stores it, `kernels_registers ld` loads it. */
#define SAVED(n) (8 * (n))      /* ra gp tp, s0 to s11: 0 to 14 */

    .macro kernels_registers do
    \do ra, SAVED(0)(sp)
    \do gp, SAVED(1)(sp)
    \do tp, SAVED(2)(sp)
    \do s0, SAVED(3)(sp)
    \do s1, SAVED(4)(sp)
    .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \do s\n, SAVED(3 + \n)(sp)
    .endr
    .endm

    .text
    .globl user_run
    .type user_run, @function
user_run:
    la a0, name
    tail todo
    .size user_run, . - user_run

    .section .rodata
name:
    .asciz "user_run"
