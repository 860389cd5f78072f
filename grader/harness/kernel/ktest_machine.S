/*
 * ktest_machine.S: where every hart comes after a reset, and where the traps
 * come that machine mode keeps for itself (ktest_machine.c).
 *
 * mscratch is the top of this hart's machine-mode stack while the kernel runs,
 * and 0 while this code does: a trap that finds 0 is this code's own fault.
 */
#include "ktest_block.h"

#define STACK_BYTES 8192
#define FRAME_BYTES 272 /* struct frame: pc in place of x0, then x1 to x31 */
#define FROM 256        /* behind it: minstret at the trap */

    .section .text.first, "ax"
    .globl ktest_machine_reset
ktest_machine_reset:
    csrw    mie, zero
    csrw    mscratch, zero
    la      t0, trapped
    csrw    mtvec, t0
    csrr    a0, mhartid
    la      sp, stacks
    li      t0, STACK_BYTES
    addi    t1, a0, 1
    mul     t0, t0, t1
    add     sp, sp, t0
    call    ktest_machine_boot      /* gives the frame to enter the kernel by */

/* ktest_machine_resume(frame): leave machine mode with these registers. */
    .globl ktest_machine_resume
ktest_machine_resume:
    csrr    t0, mhartid
    la      t1, stacks
    li      t2, STACK_BYTES
    addi    t0, t0, 1
    mul     t2, t2, t0
    add     t1, t1, t2
    csrw    mscratch, t1
    ld      t0, 0(a0)
    csrw    mepc, t0
    ld      x1, 8(a0)
    ld      x2, 16(a0)
    ld      x3, 24(a0)
    ld      x4, 32(a0)
    ld      x5, 40(a0)
    ld      x6, 48(a0)
    ld      x7, 56(a0)
    ld      x8, 64(a0)
    ld      x9, 72(a0)
    ld      x11, 88(a0)
    ld      x12, 96(a0)
    ld      x13, 104(a0)
    ld      x14, 112(a0)
    ld      x15, 120(a0)
    ld      x16, 128(a0)
    ld      x17, 136(a0)
    ld      x18, 144(a0)
    ld      x19, 152(a0)
    ld      x20, 160(a0)
    ld      x21, 168(a0)
    ld      x22, 176(a0)
    ld      x23, 184(a0)
    ld      x24, 192(a0)
    ld      x25, 200(a0)
    ld      x26, 208(a0)
    ld      x27, 216(a0)
    ld      x28, 224(a0)
    ld      x29, 232(a0)
    ld      x30, 240(a0)
    ld      x31, 248(a0)
    ld      x10, 80(a0)
    mret

    .balign 4
trapped:
    csrrw   sp, mscratch, sp
    beqz    sp, ours
    addi    sp, sp, -FRAME_BYTES
    sd      x1, 8(sp)
    sd      x3, 24(sp)
    sd      x4, 32(sp)
    sd      x5, 40(sp)
    sd      x6, 48(sp)
    sd      x7, 56(sp)
    sd      x8, 64(sp)
    sd      x9, 72(sp)
    sd      x10, 80(sp)
    sd      x11, 88(sp)
    sd      x12, 96(sp)
    sd      x13, 104(sp)
    sd      x14, 112(sp)
    sd      x15, 120(sp)
    sd      x16, 128(sp)
    sd      x17, 136(sp)
    sd      x18, 144(sp)
    sd      x19, 152(sp)
    sd      x20, 160(sp)
    sd      x21, 168(sp)
    sd      x22, 176(sp)
    sd      x23, 184(sp)
    sd      x24, 192(sp)
    sd      x25, 200(sp)
    sd      x26, 208(sp)
    sd      x27, 216(sp)
    sd      x28, 224(sp)
    sd      x29, 232(sp)
    sd      x30, 240(sp)
    sd      x31, 248(sp)
    csrrw   t0, mscratch, zero      /* the kernel's sp */
    sd      t0, 16(sp)
    csrr    t0, mepc
    sd      t0, 0(sp)
    csrr    t0, minstret
    sd      t0, FROM(sp)
    mv      a0, sp
    call    ktest_machine_trap

    /* What was executed here is not the kernel's (ktest_machine_count.c). */
    la      t3, ktest_left_out
    ld      t0, FROM(sp)
    ld      t1, 0(t3)
    sub     t1, t1, t0
    ld      t2, 8(t3)
    addi    t2, t2, 1
    sd      t2, 8(t3)
    csrr    t0, minstret
    add     t1, t1, t0
    sd      t1, 0(t3)
    mv      a0, sp
    j       ktest_machine_resume

ours:
    csrrw   sp, mscratch, sp        /* our own again */
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    j       ktest_machine_broken

    .section .bss
    .balign 16
stacks:
    .space  STACK_BYTES * KTEST_HARTS_MAX
