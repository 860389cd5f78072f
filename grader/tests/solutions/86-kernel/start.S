# start.S: step 2. A stack for hart 0, a cleared bss, and kernel_main(a0, a1).

    .globl start
start:
    bnez    a0, park
    la      sp, stack_high
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    kernel_main
park:
    wfi
    j       park
