/*
 * user_code.S: see user_code.h.
 */
#include "user_code.h"

    .macro code name
    .globl user_\name, user_\name\()_end
    .balign 8
user_\name:
    .endm
    .macro end name
user_\name\()_end:
    .endm

    .section .rodata
    .option push
    .option norvc
    .option norelax

    code ecall
    ecall
    end ecall

    code store_all
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
            20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\n, 8 * \n(x31)
    .endr
    ecall
    end store_all

    code load_all
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
            20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ld x\n, 8 * \n(x31)
    .endr
    ecall
    end load_all

    code loop
    j .
    end loop

    code load
    ld a1, 0(a0)
    ecall
    end load

    code store
    sd a1, 0(a0)
    ecall
    end store

    code jump
    jr a0
    end jump

    code csr
    csrr a0, sstatus
    ecall
    end csr

    code sret
    sret
    ecall
    end sret

    code fence
    sfence.vma
    ecall
    end fence

    code satp
    csrw satp, zero
    ecall
    end satp

    code float
    .word 0xe0000553            /* fmv.x.w a0, fa0 */
    ecall
    end float

    code break
    ebreak
    ecall
    end break

    code count
1:  addi a0, a0, 1
    ecall
    j 1b
    end count

    code touch
    li t1, 4096
1:  beqz a1, 2f
    sd a0, 8(a0)
    add a0, a0, t1
    addi a1, a1, -1
    j 1b
2:  ecall
    end touch

    code deep
    mv s0, a0
    jal 1f
    mv a0, s0
    ecall
1:  addi sp, sp, -512
    sd ra, 0(sp)
    beqz a0, 2f
    addi a0, a0, -1
    jal 1b
2:  ld ra, 0(sp)
    addi sp, sp, 512
    ret
    end deep

    code sum
    li t0, 0
1:  beqz a1, 2f
    ld t1, 0(a0)
    add t0, t0, t1
    addi a0, a0, 8
    addi a1, a1, -1
    j 1b
2:  mv a0, t0
    ecall
    end sum

    .option pop

    /* Each register's pattern is its number and where this stack is. */
#define PATTERN 0x5a00
#define KEPT(n) (8 * (n))

    .text
    .globl user_run_guarded
user_run_guarded:
    addi sp, sp, -144
    sd ra, KEPT(0)(sp)
    sd gp, KEPT(1)(sp)
    sd tp, KEPT(2)(sp)
    sd s0, KEPT(3)(sp)
    sd s1, KEPT(4)(sp)
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    sd x\n, KEPT(\n - 13)(sp)
    .endr
    la t0, guarded_sp
    sd sp, 0(t0)
    .irp n, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    li x\n, PATTERN + \n
    .endr
    call user_run

    la t0, guarded_sp
    ld t0, 0(t0)
    li a0, 2
    bne sp, t0, 1f
    .irp n, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    li a0, \n
    li t1, PATTERN + \n
    bne x\n, t1, 1f
    .endr
    li a0, 0
1:  mv sp, t0
    ld ra, KEPT(0)(sp)
    ld gp, KEPT(1)(sp)
    ld tp, KEPT(2)(sp)
    ld s0, KEPT(3)(sp)
    ld s1, KEPT(4)(sp)
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    ld x\n, KEPT(\n - 13)(sp)
    .endr
    addi sp, sp, 144
    ret

    .data
    .balign 8
guarded_sp:
    .dword 0
