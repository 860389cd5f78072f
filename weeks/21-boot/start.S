/*
 * start.S: from junk to C. Every hart runs these lines at the same time. Yours;
 * the contract stands in boot.h.
 */
#include "param.h"

    .text
    .globl start
    .type start, @function
start:
    /* Step 2. These two lines say that it is not written yet. */
    la a0, start_text
    tail todo
    .size start, . - start

    .section .rodata
start_text:
    .asciz "start"
