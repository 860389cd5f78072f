/*
 * user.h: into user mode, and back by its next trap.
 */
#ifndef USER_H
#define USER_H

#include "trap.h"

/*
 * Run a program from where frame says until it traps: by ecall, by a mistake,
 * or because an interrupt came. Then frame says where it was and why.
 *
 *   frame   on entry: its 31 registers and sepc; nothing else is looked at. On
 *           return: those, and sstatus, scause and stval, as they were when it
 *           trapped. Of an ecall, sepc is the ecall's own address.
 *
 * In user mode interrupts come, whether they were on or off: sstatus.SIE is
 * supervisor mode's alone. Floating point, SUM and MXR are off. The table is
 * that of satp: the caller has chosen it.
 *
 * For the caller it is a function as any other: ra, sp, gp, tp and s0 to s11
 * are as they were, and so is whether interrupts are on. SUM and MXR are 0
 * afterwards; stvec is trap_vector, so that traps from the kernel go where they
 * always go.
 * Source: handout step 5.
 */
void user_run(struct trap_frame *frame);

#endif
