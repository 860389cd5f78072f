/*
 * one_character.S: the least of all kernels, to which boots are compared: one
 * character on the UART, in machine mode, then nothing more.
 */
    .globl _start
_start:
    li t0, 0x10000000
    li t1, '!'
    sb t1, 0(t0)
1:  wfi
    j 1b
