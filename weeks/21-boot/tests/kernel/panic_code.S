/*
 * panic_code.S: what C has no words for, of panic_kernel.c.
 */
    .text

/* Its first instruction is none. In front of it lies another function. */
    .type before_traps_at_once, @function
before_traps_at_once:
    ret
    .size before_traps_at_once, . - before_traps_at_once

    .globl traps_at_once
    .type traps_at_once, @function
traps_at_once:
    .insn 2, 0
    ret
    .size traps_at_once, . - traps_at_once

/* void go_on_at(uintptr_t sp, void (*function)(void)): and nobody called it. */
    .globl go_on_at
    .type go_on_at, @function
go_on_at:
    mv sp, a0
    li s0, 0
    li ra, 0
    jr a1
    .size go_on_at, . - go_on_at
