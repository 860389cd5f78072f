/*
 * start_code.S: where harts enter that do not come to start at the same moment:
 * those of a real machine never do.
 */
#include "platform.h"
#include "riscv.h"

    .text

/* Hart 0 comes alone; the others when start_let_in is no longer 0. */
    .globl start_others_late
start_others_late:
    beqz a0, 2f
    la t0, start_let_in
1:  ld t1, 0(t0)
    beqz t1, 1b
2:  tail start

/* t0 = so many ms from now; until then this hart sleeps. A machine that counts
 * instructions lets the others run meanwhile, and not before. */
    .macro sleep_ms ms
    li t1, 10000 * \ms
    rdtime t0
    add t0, t0, t1
    csrw CSR_STIMECMP, t0
    li t1, SIE_TIMER
    csrs sie, t1
1:  wfi
    rdtime t1
    bltu t1, t0, 1b
    li t1, -1
    csrw CSR_STIMECMP, t1
    csrw sie, zero
    .endm

/* The others have been there for 4 ms when hart 0 comes; in the middle each was
 * woken once, for nothing. */
    .globl start_others_first
start_others_first:
    bnez a0, 2f
    sleep_ms 2
    li t3, PLATFORM_CLINT
    li t4, 1
    sw t4, 4(t3)
    sw t4, 8(t3)
    sw t4, 12(t3)
    sleep_ms 2
2:  tail start

/* Hart 3 does not come to start: it sleeps for 20 ms, and then runs the test. */
    .globl start_but_hart_3
start_but_hart_3:
    li t0, 3
    bne a0, t0, 2f
    mv tp, a0
    sleep_ms 20
    la sp, stack_of_hart_3_end
    li s0, 0
    call ktest_run
2:  tail start

    .data
    .balign 8
    .globl start_let_in
start_let_in:
    .dword 0

    .balign 16
    .zero 4096
stack_of_hart_3_end:
