/*
 * start.S: from junk to C. Every hart runs these lines at the same time.
 */
#include "param.h"

    .text
    .globl start
    .type start, @function
start:
    li t0, HARTS_MAX
    bgeu a0, t0, park           /* there is no stack for it */
    mv tp, a0

    /* sp = stacks_start + (hart + 1) * STACK_SPACING: stacks grow down. */
    la sp, stacks_start
    addi t0, a0, 1
    li t1, STACK_SPACING
    mul t0, t0, t1
    add sp, sp, t0
    li s0, 0                    /* here every backtrace ends */

    bnez a0, park_hart

    /* Hart 0 alone: what C calls zero is not zero yet. */
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b

2:  call kernel_main            /* a0 and a1 are as they came */
    j park

    /* The stretch: one that is woken, and finds somewhere to go, goes there. */
park_hart:
    li t0, 1 << 1               /* SIE_SOFTWARE: wfi ends, no trap is taken */
    csrw sie, t0
1:  wfi
    csrw sip, zero              /* before it looks: the next one is not lost */
    la t0, harts_entry
    ld t1, 0(t0)
    beqz t1, 1b
    fence rw, rw                /* what was stored before harts_entry */
    jalr t1                     /* a0 is the hart */

park:
    csrw sie, zero
1:  wfi
    j 1b
    .size start, . - start
