/*
 * trap.S: where stvec points. The interrupted code knows nothing of this, so
 * every register is as it was when it goes on.
 */
#include "trap.h"

    .macro each_register do
    \do x1, TRAP_X(1)(sp)
    .irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
            21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \do x\n, TRAP_X(\n)(sp)
    .endr
    .endm

    .text
    .globl trap_vector
    .type trap_vector, @function
    .balign 4                   /* the low bits of stvec are its mode */
trap_vector:
    addi sp, sp, -TRAP_FRAME_BYTES
    each_register sd
    addi t0, sp, TRAP_FRAME_BYTES
    sd t0, TRAP_X(2)(sp)

    /* A trap in the handlers would write over these four. */
    csrr t0, sepc
    csrr t1, sstatus
    csrr t2, scause
    csrr t3, stval
    sd t0, TRAP_SEPC(sp)
    sd t1, TRAP_SSTATUS(sp)
    sd t2, TRAP_SCAUSE(sp)
    sd t3, TRAP_STVAL(sp)

    mv a0, sp
    call trap_dispatch

    /* sstatus first: it ends interrupts, one of which would take sepc. */
    ld t1, TRAP_SSTATUS(sp)
    csrw sstatus, t1
    ld t0, TRAP_SEPC(sp)
    csrw sepc, t0
    each_register ld
    ld sp, TRAP_X(2)(sp)        /* last: it is what all others go by */
    sret
    .size trap_vector, . - trap_vector
