/*
 * qemu_machine_part.S: ktest_machine.elf, as data of the test program.
 */
    .section .rodata
    .balign 8
    .globl ktest_machine_elf
ktest_machine_elf:
    .incbin KTEST_MACHINE
    .globl ktest_machine_elf_end
ktest_machine_elf_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
