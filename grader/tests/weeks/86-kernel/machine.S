# machine.S: given. From machine mode to machine_next in supervisor mode.

    .section .machine.entry, "ax"
    .globl machine_start
machine_start:
    li      t0, -1
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    li      t0, 0x1800
    csrc    mstatus, t0
    li      t0, 0x800
    csrs    mstatus, t0
    csrr    a0, mhartid
    la      t0, machine_next
    csrw    mepc, t0
    mret
