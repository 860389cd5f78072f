/*
 * programs.S: given. Programs for user mode. Each runs wherever it lies: it
 * has no address of its own in it.
 */
#include "programs.h"

    .macro call number
    li a7, \number
    ecall
    .endm

    /* Among what is only read: it is data, as far as the kernel is concerned. */
    .section .rodata
    .balign 4

    .globl program_hello, program_hello_end
program_hello:
    lla a0, greeting
    lla a1, greeting_end
    sub a1, a1, a0
    call PROGRAM_PRINT
    li a0, 0
    call PROGRAM_END
greeting:
    .ascii "hello from user mode\n"
greeting_end:
    .balign 4
program_hello_end:

    /* Store to each of a0 pages of the heap, then see what stands there. */
    .globl program_touch, program_touch_end
program_touch:
    li t0, PROGRAM_HEAP
    slli t1, a0, 12
    add t1, t1, t0
    mv t2, t0
1:  bgeu t2, t1, 2f
    sd t2, 8(t2)
    li t3, 4096
    add t2, t2, t3
    j 1b
2:  bgeu t0, t1, 3f
    ld t2, 8(t0)
    bne t2, t0, 4f
    li t3, 4096
    add t0, t0, t3
    j 2b
3:  li a0, 0
    call PROGRAM_END
4:  li a0, 1
    call PROGRAM_END
program_touch_end:

    /* Call itself a0 times, with a frame of 1 KiB each. */
    .globl program_deep, program_deep_end
program_deep:
    jal 1f
    li a0, 0
    call PROGRAM_END
1:  addi sp, sp, -1024
    sd ra, 0(sp)
    beqz a0, 2f
    addi a0, a0, -1
    jal 1b
2:  ld ra, 0(sp)
    addi sp, sp, 1024
    ret
program_deep_end:

    /* Load from address a0. */
    .globl program_peek, program_peek_end
program_peek:
    ld a0, 0(a0)
    li a0, 0
    call PROGRAM_END
program_peek_end:

    /* Store to address a0; to its own text, if that is 0. */
    .globl program_poke, program_poke_end
program_poke:
    bnez a0, 1f
    lla a0, program_poke
1:  sd zero, 0(a0)
    li a0, 0
    call PROGRAM_END
program_poke_end:

    /* Go to address a0. */
    .globl program_jump, program_jump_end
program_jump:
    jr a0
program_jump_end:

    /* Have the kernel print 16 bytes at address a0, which is not ours, most
     * likely. */
    .globl program_leak, program_leak_end
program_leak:
    li a1, 16
    call PROGRAM_PRINT
    neg s0, a0
    bnez s0, 1f                 /* nothing was printed: no line to end */
    lla a0, leak_newline
    li a1, 1
    call PROGRAM_PRINT
1:  mv a0, s0
    call PROGRAM_END
leak_newline:
    .ascii "\n"
    .balign 4
program_leak_end:

    .globl program_loop, program_loop_end
program_loop:
    lla a0, looping
    lla a1, looping_end
    sub a1, a1, a0
    call PROGRAM_PRINT
1:  j 1b
looping:
    .ascii "on and on\n"
looping_end:
    .balign 4
program_loop_end:
