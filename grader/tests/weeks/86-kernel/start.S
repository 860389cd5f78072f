# start.S: step 2. A stack for hart 0, a cleared bss, and kernel_main(a0, a1).

    .globl start
start:
    la      a0, name
    tail    todo

    .section .rodata
name:
    .asciz  "start"
