/*
 * machine.S: given. The few lines that run in machine mode, where each hart
 * begins. They give supervisor mode what it needs, and leave for it. On a board
 * with OpenSBI there is no such file: the handout, "Further".
 *
 * They end in machine_next, with a0 = the hart's number and a1 = the device
 * tree, as OpenSBI does; the link says --defsym machine_next=start.
 *
 * What comes back to machine mode is one interrupt: a hart that was woken by
 * its word in the CLINT. It is passed on to supervisor mode as a software
 * interrupt, which a hart of supervisor mode can't send to another.
 */
#include "param.h"
#include "platform.h"

#define MIE_MACHINE_SOFTWARE (1 << 3)
#define MIP_SUPERVISOR_SOFTWARE 0x2
#define MSTATUS_MPP_MACHINE (3 << 11)
#define MSTATUS_MPP_SUPERVISOR (1 << 11)
#define PMP_NAPOT_RWX 0x1f

    .section .machine.entry, "ax"
    .globl machine_start
machine_start:
    /* All of memory is supervisor mode's; without this line, none of it. */
    li t0, -1
    csrw pmpaddr0, t0
    li t0, PMP_NAPOT_RWX
    csrw pmpcfg0, t0

    /* Traps are supervisor mode's, too: exceptions and interrupts. */
    li t0, 0xffff
    csrw medeleg, t0
    csrw mideleg, t0

    /* It may read time, cycle and instret, and has a timer: stimecmp (Sstc). */
    li t0, 7
    csrw mcounteren, t0
    csrw scounteren, t0
    li t0, 1
    slli t0, t0, 63
    csrs 0x30a, t0              /* menvcfg.STCE */

    la t0, machine_vector
    csrw mtvec, t0
    csrr a0, mhartid
    slli t1, a0, 4
    la t0, machine_saved
    add t0, t0, t1
    csrw mscratch, t0
    li t0, MIE_MACHINE_SOFTWARE
    csrw mie, t0

    /* mret: to supervisor mode, without paging, interrupts off. */
    csrw satp, zero
    csrw sie, zero
    li t0, MSTATUS_MPP_MACHINE
    csrc mstatus, t0
    li t0, MSTATUS_MPP_SUPERVISOR
    csrs mstatus, t0
    csrci sstatus, 2            /* SIE */
    la t0, machine_next
    csrw mepc, t0
    mret

    /* A hart was woken. Two registers are borrowed, in a place of its own. */
    .balign 4
machine_vector:
    csrrw t0, mscratch, t0
    sd t1, 0(t0)
    sd t2, 8(t0)

    csrr t1, mcause
    bgez t1, .                  /* an exception in these lines: never */
    csrr t1, mhartid
    slli t1, t1, 2
    li t2, PLATFORM_CLINT
    add t1, t1, t2
    sw zero, 0(t1)              /* its word: heard */
    csrsi mip, MIP_SUPERVISOR_SOFTWARE

    ld t1, 0(t0)
    ld t2, 8(t0)
    csrrw t0, mscratch, t0
    mret

    .balign 16
machine_saved:
    .zero HARTS_MAX * 16
