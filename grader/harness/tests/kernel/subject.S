/*
 * subject.S: what can be said in assembly alone.
 */

/* A start that goes to C on each hart at once, with a stack for each. */
    .globl subject_start
subject_start:
    la      sp, stacks
    addi    t0, a0, 1
    slli    t0, t0, 12
    add     sp, sp, t0
    call    subject_main

/* A vector whose first instruction traps. */
    .balign 4
    .globl subject_bad_vector
subject_bad_vector:
    unimp

/* One that stores on a stack that is not there, an other place each time. */
    .balign 4
    .globl subject_sinking_vector
subject_sinking_vector:
    addi    sp, sp, -288
    sd      ra, 0(sp)
1:  j       1b

/* One that returns to the instruction that trapped. */
    .balign 4
    .globl subject_stubborn_vector
subject_stubborn_vector:
    addi    t0, t0, 0
    sret

/* One that goes on behind it, and counts in t6. */
    .balign 4
    .globl subject_skipping_vector
subject_skipping_vector:
    addi    t6, t6, 1
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    sret

/* uint64_t subject_traps(uint64_t ebreaks): how many the vector saw. */
    .balign 4
    .globl subject_traps
subject_traps:
    la      t0, subject_skipping_vector
    csrw    stvec, t0
    li      t6, 0
    .option push
    .option norvc
1:  ebreak
    .option pop
    addi    a0, a0, -1
    bnez    a0, 1b
    mv      a0, t6
    ret

/* uint64_t subject_ecall(void): an ecall that is none of ktest's: scause. */
    .balign 4
    .globl subject_ecall
subject_ecall:
    la      t0, 1f
    csrw    stvec, t0
    li      a7, 0x1234
    ecall
    .balign 4
1:  csrr    a0, scause
    ret

/* void subject_count(uint64_t times): 2 * times + 1 instructions, with ret. */
    .balign 4
    .globl subject_count
subject_count:
    addi    a0, a0, -1
    bnez    a0, subject_count
    ret

/* An instruction after which each register but sp holds what is not said to
 * survive: a0 becomes 1 if all the others have kept theirs. */
    .balign 4
    .globl subject_keeps_registers
subject_keeps_registers:
    li      t1, 0x11
    li      t2, 0x22
    li      t3, 0x33
    li      a1, 0x44
    li      a2, 0x55
    li      a0, 0               /* KTEST_TEST */
    li      a7, 0x6b746505      /* KTEST_CALL + KTEST_CALL_GET */
    ecall
    li      a0, 0
    li      t0, 0x11
    bne     t0, t1, 1f
    li      t0, 0x22
    bne     t0, t2, 1f
    li      t0, 0x33
    bne     t0, t3, 1f
    li      t0, 0x44
    bne     t0, a1, 1f
    li      t0, 0x55
    bne     t0, a2, 1f
    li      a0, 1
1:  ret

    .section .bss
    .balign 16
stacks:
    .space  4 * 4096
