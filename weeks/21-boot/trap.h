/*
 * trap.h: the contract of step 4: what a trap saves, who handles it, and how
 * the interrupted code goes on. Also read by the assembler.
 *
 * A trap is an exception (an instruction could not be completed, or asked for
 * one) or an interrupt (something else wants the hart). Either way the hart
 * goes to stvec, with sepc, scause and stval telling where, why and what, and
 * interrupts off. You write
 *     trap.S   trap_vector
 *     trap.c   the functions below
 *
 * Rules:
 *  1. Whatever the handlers do, the interrupted code finds every register and
 *     sstatus as in the frame when trap_dispatch() returns, and goes on at the
 *     frame's sepc. A handler that changes the frame changes the code's world.
 *  2. Traps nest: a handler may trap itself, and may let interrupts in, and may
 *     return with them on.
 *  3. Nothing is stored below the interrupted code's sp but what is the trap's
 *     own; sscratch is not touched (week 22 has a use for it).
 */
#ifndef TRAP_H
#define TRAP_H

/* Where in the frame register xN lies (x1 is ra, x2 is sp …), and the rest. */
#define TRAP_X(n) (8 * ((n)-1))
#define TRAP_SEPC 248
#define TRAP_SSTATUS 256
#define TRAP_SCAUSE 264
#define TRAP_STVAL 272
/* sp is a multiple of 16 wherever a function is called, so this is one. */
#define TRAP_FRAME_BYTES 288

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct trap_frame {
    uint64_t ra, sp, gp, tp;
    uint64_t t0, t1, t2;
    uint64_t s0, s1;
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
    uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
    uint64_t t3, t4, t5, t6;
    uint64_t sepc;    /* where: the instruction that trapped or comes next */
    uint64_t sstatus; /* before the trap: SPIE, SPP */
    uint64_t scause; /* riscv.h: CAUSE_INTERRUPT | INTERRUPT_…, EXCEPTION_… */
    uint64_t stval;  /* an address or an instruction, or 0 */
    uint64_t unused; /* TRAP_FRAME_BYTES is a multiple of 16 */
};

/*
 * What a handler does with a trap. It runs on the interrupted code's stack,
 * with interrupts off. It is called for its cause alone: frame->scause.
 *   frame     borrowed for the call; may be changed
 *   context   as given to trap_set_handler()
 * Returns 0: handled, go on as the frame says. Or -errno: not mine.
 */
typedef int trap_handler(struct trap_frame *frame, void *context);

/*
 * Make trap_vector this hart's stvec, in direct mode. Each hart calls it once;
 * it switches no interrupt on.
 * Source: handout step 4; Privileged Architecture, "stvec".
 */
void trap_init_hart(void);

/*
 * From now on this handler is asked when there is this cause, on every hart. A
 * later one takes its place. Several harts may set the same handler of a cause
 * at once (timer_start_hart() does): which one comes last is all the same. Of
 * different ones, whoever calls keeps the order.
 *   cause     as in scause: EXCEPTION_…, or CAUSE_INTERRUPT | INTERRUPT_…;
 *             both of 0 to 15
 *   handler   NULL: nobody, as at first
 *   context   borrowed until another handler is set
 * Returns 0.
 * Errors: -EINVAL there is no such cause.
 */
int trap_set_handler(uint64_t cause, trap_handler *handler, void *context);

/*
 * What trap_vector calls: finds the handler of frame->scause and lets it run. A
 * trap that nobody handles, or whose handler returns -errno, is the end:
 * panic_trap(). Later weeks call it as well, for traps of user programs.
 */
void trap_dispatch(struct trap_frame *frame);

/*
 * Let the interrupted code go on behind the instruction that trapped, which is
 * still in memory at frame->sepc: instructions have 2 or 4 bytes. What a
 * handler of ecall or ebreak does; one of a page fault does not.
 * Source: handout step 4; Unprivileged ISA, "Expanded Instruction-Length".
 */
void trap_skip_instruction(struct trap_frame *frame);

/* trap.S: where stvec points. Never called. */
void trap_vector(void);

_Static_assert(offsetof(struct trap_frame, t6) == TRAP_X(31), "as in trap.S");
_Static_assert(offsetof(struct trap_frame, sepc) == TRAP_SEPC, "as in trap.S");
_Static_assert(offsetof(struct trap_frame, stval) == TRAP_STVAL,
               "as in trap.S");
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_BYTES, "as in trap.S");

#endif
#endif
