/*
 * todo.S: given. Says "WHAT: not written yet" on the serial line and ends the
 * machine. In assembler, since whoever calls it may have no stack yet.
 */
#include "param.h"
#include "platform.h"

#define TEST_FAIL 0x3333

    .text
    .weak todo
todo:
    la t2, todo_text
    li t0, PLATFORM_UART0
1:  lbu t1, 0(a0)
    beqz t1, 2f
    sb t1, 0(t0)
    addi a0, a0, 1
    j 1b
2:  mv a0, t2                   /* then the text; then, behind it, the end */
    la t2, todo_end
    bne a0, t2, 1b

    li t0, PLATFORM_TEST
    li t1, PANIC_STATUS << 16 | TEST_FAIL
    sw t1, 0(t0)
3:  wfi
    j 3b

    .section .rodata
todo_text:
    .asciz ": not written yet\r\n"
todo_end:
    .asciz ""
