/*
 * ktest_entry.S: where tests begin in the kernel, and how they call the
 * machine-mode part.
 */
#include "ktest_block.h"

#define STACK_BYTES 16384

    .text

/* a0 = the hart. The host has cleared the bss. */
    .globl ktest_start
ktest_start:
    call    take_stack
    call    ktest_run

/* KTEST_CALL_HARTS enters here: a0 = function, a1 = argument, a2 = hart. */
    .globl ktest_enter_job
ktest_enter_job:
    mv      s1, a0
    mv      s2, a1
    mv      a0, a2
    call    take_stack
    mv      a0, s2
    jalr    s1
    li      a7, KTEST_CALL + KTEST_CALL_HART_END
    ecall

take_stack:
    mv      tp, a0
    la      sp, ktest_stacks
    li      t0, STACK_BYTES
    addi    t1, a0, 1
    mul     t0, t0, t1
    add     sp, sp, t0
    li      fp, 0
    ret

/* long ktest_call(long a0 … a5, long call) */
    .globl ktest_call
ktest_call:
    li      a7, KTEST_CALL
    or      a7, a7, a6
    ecall
    ret

/* bool ktest_catch_call(function, argument): 1 after a trap. What the machine
 * brings back at a trap are the registers at the first ecall. */
    .globl ktest_catch_call
ktest_catch_call:
    addi    sp, sp, -16
    sd      ra, 8(sp)
    mv      t0, a0
    mv      t1, a1
    li      a7, KTEST_CALL + KTEST_CALL_CATCH
    ecall
    bnez    a0, 1f
    mv      a0, t1
    jalr    t0
    li      a7, KTEST_CALL + KTEST_CALL_RELEASE
    ecall
    li      a0, 0
1:  ld      ra, 8(sp)
    addi    sp, sp, 16
    ret

/* void todo(const char *what): without a stack, from wherever it comes. */
    .globl todo
todo:
    mv      t0, a0
1:  lbu     a1, 0(t0)
    beqz    a1, 2f
    li      a0, 1
    li      a7, KTEST_CALL + KTEST_CALL_TEXT
    ecall
    addi    t0, t0, 1
    j       1b
2:  li      a7, KTEST_CALL + KTEST_CALL_UNWRITTEN
    ecall

    .section .bss
    .balign 16
    .globl ktest_stacks
ktest_stacks:
    .space  STACK_BYTES * KTEST_HARTS_MAX
