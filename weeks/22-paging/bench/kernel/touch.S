/*
 * touch.S: a program for user mode: see counts.c.
 */
    .section .rodata
    .balign 8
    .globl bench_touch, bench_touch_end
bench_touch:
    li t2, 4096
    li s2, 0                    /* the first round's count */
again:
    mv t0, a0
    mv t1, a1
    csrr s0, instret
1:  beqz t1, 2f
    sd zero, 0(t0)
    add t0, t0, t2
    addi t1, t1, -1
    j 1b
2:  csrr s1, instret
    sub s1, s1, s0
    bnez s2, 3f
    mv s2, s1
    j again
3:  mv a0, s2
    mv a1, s1
    ecall
bench_touch_end:
