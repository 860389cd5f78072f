/*
 * trap_code.S: for each kind of trap a function that loads all registers but sp
 * and tp, traps, and stores all of them again.
 *
 * 0(sp) to 255(sp): TRAP_CODE_STACK, and after the trap the registers, stored
 * by sp alone, as no other register is free. Above it is what the caller wants
 * back.
 */
#define ALL_BUT_ZERO 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
#define ALL_TO_LOAD 1, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 10
#define SAVED_FROM_2 2, 3, 4, 5, 6, 7, 8, 9, 10, 11

    .macro trap_code name:req, instruction:vararg
    .text
    .globl \name, \name\()_at
    .type \name, @function
\name:
    addi sp, sp, -384
    sd ra, 256(sp)
    sd gp, 264(sp)
    sd tp, 272(sp)
    sd a0, 280(sp)
    sd s0, 288(sp)
    sd s1, 296(sp)
    .irp n, SAVED_FROM_2
    sd s\n, 288 + 8 * \n(sp)
    .endr
    la t0, trap_code_sp
    sd sp, 0(t0)
    ld t1, trap_code_stack
    .irp n, 0, ALL_BUT_ZERO
    sd t1, 8 * \n(sp)
    .endr
    .set below, 8               /* where the frame will be: nothing known */
    .rept 48
    sd t1, -below(sp)
    .set below, below + 8
    .endr
    .irp n, ALL_TO_LOAD
    ld x\n, 8 * \n(a0)
    .endr
\name\()_at:
    \instruction
    .irp n, ALL_BUT_ZERO
    sd x\n, 8 * \n(sp)
    .endr
    la t0, trap_code_sp_after
    sd sp, 0(t0)
    ld sp, trap_code_sp
    ld a0, 280(sp)
    .irp n, ALL_BUT_ZERO
    ld t0, 8 * \n(sp)
    sd t0, 8 * \n(a0)
    .endr
    ld ra, 256(sp)
    ld gp, 264(sp)
    ld tp, 272(sp)
    ld s0, 288(sp)
    ld s1, 296(sp)
    .irp n, SAVED_FROM_2
    ld s\n, 288 + 8 * \n(sp)
    .endr
    addi sp, sp, 384
    ret
    .size \name, . - \name
    .endm

    .section .rodata
    .balign 8
trap_code_stack:
    .dword 0xcafef00dcafef00d

    trap_code trap_code_ebreak, .insn 4, 0x00100073
    trap_code trap_code_short_ebreak, c.ebreak
    trap_code trap_code_ecall, ecall
    trap_code trap_code_illegal, .insn 4, 0xc0001073
    trap_code trap_code_short_illegal, .insn 2, 0
    trap_code trap_code_load, lb zero, 0x10(zero)
    trap_code trap_code_software, csrsi sip, 2
