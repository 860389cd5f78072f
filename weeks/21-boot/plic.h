/*
 * plic.h: the contract of step 7, the first half: which device wants something.
 * You write plic.c.
 *
 * The PLIC has a line from each device, 1 to PLATFORM_IRQ_COUNT - 1, and two
 * contexts for each hart: 2 * hart is its machine mode, 2 * hart + 1 its
 * supervisor mode. A hart claims a line (0: there is none), lets its handler
 * run, and completes it.
 */
#ifndef PLIC_H
#define PLIC_H

#include <stdint.h>

/*
 * Nobody has a line, whatever was before: every priority 0, no handler, no
 * stray counted. Becomes the handler of external interrupts (trap_set_handler).
 * Called before all others here.
 */
void plic_init(void);

/*
 * Let this hart's supervisor mode take interrupts of each priority above 0:
 * threshold 0, no line enabled yet, and external interrupts on in sie, not in
 * sstatus.
 */
void plic_init_hart(void);

/*
 * What a device's handler is told. Interrupts are off.
 *   irq   its line, claimed; it is completed when the handler has returned
 */
typedef void plic_handler(uint32_t irq, void *context);

/*
 * Give a line a handler and priority 1, and enable it on this hart. NULL: the
 * line is disabled on this hart and has priority 0 again. Leaves sstatus as it
 * was, interrupts on or off.
 *   context   borrowed until another is set
 * Returns 0.
 * Errors: -EINVAL there is no such line.
 * Source: handout step 7; RISC-V PLIC Specification.
 */
int plic_set_handler(uint32_t irq, plic_handler *handler, void *context);

/* Lines that were claimed and had no handler; they were completed. */
uint64_t plic_strays(void);

#endif
