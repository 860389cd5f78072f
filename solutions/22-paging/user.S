/*
 * user.S: into user mode and back, for C a function as any other.
 *
 * While a program runs
 *     sscratch   points to what user_run saved on the kernel's stack
 *     stvec      is user_vector
 * and the table is the program's, which has the kernel's addresses too: so
 * neither way in nor way out changes satp.
 */
#include "riscv.h"
#include "trap.h"

/* On the kernel's stack: what a function has to keep, and two more words. */
#define SAVED(n) (8 * (n))      /* ra gp tp, s0 to s11 */
#define SAVED_SSTATUS SAVED(15)
#define SAVED_FRAME SAVED(16)
#define SAVED_A0 SAVED(17)
#define SAVED_BYTES SAVED(18)

#define SSTATUS_FS (3 << 13)

    /* All but sp and a0: those have a turn of their own, since the one finds
     * what the kernel has saved and the other the frame. */
    .macro programs_registers do
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
            21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \do x\n, TRAP_X(\n)(a0)
    .endr
    .endm

    .macro kernels_registers do
    \do ra, SAVED(0)(sp)
    \do gp, SAVED(1)(sp)
    \do tp, SAVED(2)(sp)
    \do s0, SAVED(3)(sp)
    \do s1, SAVED(4)(sp)
    .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \do s\n, SAVED(3 + \n)(sp)
    .endr
    .endm

    .text
    .globl user_run
    .type user_run, @function
user_run:
    addi sp, sp, -SAVED_BYTES
    kernels_registers sd
    sd a0, SAVED_FRAME(sp)

    /* From here to sret no interrupt may come: stvec and sepc are the
     * program's already. In user mode they come whatever SIE says. */
    csrrci t0, sstatus, SSTATUS_SIE
    sd t0, SAVED_SSTATUS(sp)
    csrw sscratch, sp
    la t0, user_vector
    csrw stvec, t0
    li t0, SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS
    csrc sstatus, t0
    ld t0, TRAP_SEPC(a0)
    csrw sepc, t0

    programs_registers ld
    ld sp, TRAP_X(2)(a0)
    ld a0, TRAP_X(10)(a0)
    sret

    /* Every register is the program's. One swap gives us a stack. */
    .balign 4
user_vector:
    csrrw sp, sscratch, sp
    sd a0, SAVED_A0(sp)
    ld a0, SAVED_FRAME(sp)
    programs_registers sd
    ld t0, SAVED_A0(sp)
    sd t0, TRAP_X(10)(a0)
    csrr t0, sscratch           /* the program's sp */
    sd t0, TRAP_X(2)(a0)
    csrr t0, sepc
    sd t0, TRAP_SEPC(a0)
    csrr t0, sstatus
    sd t0, TRAP_SSTATUS(a0)
    csrr t0, scause
    sd t0, TRAP_SCAUSE(a0)
    csrr t0, stval
    sd t0, TRAP_STVAL(a0)

    la t0, trap_vector
    csrw stvec, t0
    kernels_registers ld
    ld t0, SAVED_SSTATUS(sp)
    addi sp, sp, SAVED_BYTES
    andi t0, t0, SSTATUS_SIE    /* interrupts as the caller had them */
    csrs sstatus, t0
    ret
    .size user_run, . - user_run
