/*
 * trap.S: where stvec points. The interrupted code knows nothing of this, so
 * every register is as it was when it goes on. Yours; trap.h has the frame, and
 * where in it each register lies: TRAP_X(1) is ra's place, TRAP_X(2) sp's.
 */
#include "trap.h"

    .text
    .globl trap_vector
    .type trap_vector, @function
    .balign 4                   /* the low bits of stvec are its mode */
trap_vector:
    /* Step 4. These two lines say that it is not written yet. */
    la a0, trap_vector_text
    tail todo
    .size trap_vector, . - trap_vector

    .section .rodata
trap_vector_text:
    .asciz "trap"
