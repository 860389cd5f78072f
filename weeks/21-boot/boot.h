/*
 * boot.h: the contract of step 2, and of step 8: what ties it all together.
 * You write start.S and boot.c.
 */
#ifndef BOOT_H
#define BOOT_H

#include <stddef.h>

/*
 * start.S: where every hart enters supervisor mode, at about the same time.
 * Registers and memory hold junk, but a0 = the hart's number and a1 = the
 * device tree. Interrupts and paging are off. Never returns.
 *
 * Each hart: tp = its number (hart_id()), sp = the top of its own stack
 * (layout.h), s0 = 0, which ends every backtrace. Hart 0 fills the bss with
 * zeros and calls kernel_main(a0, a1); if that returns, it parks. All others
 * park: they stop in wfi, for ever, whatever wakes them, and touch no memory. A
 * hart whose number is HARTS_MAX or more has no stack: it parks as well, its sp
 * as it came.
 */
void start(void);

/* main.c, or a test: what hart 0 goes on with. */
void kernel_main(unsigned hart, const void *device_tree);

/*
 * boot.c: bring up all that there is, in an order that works: uart, traps,
 * PLIC, console (which switches the UART's interrupts on), ticks at TICK_HZ;
 * then, and not before, let interrupts in. On hart 0, once.
 */
void kernel_init(void);

/*
 * boot.c: wait for a line, asleep (wfi), and take it: what console_take_line()
 * says, but never -EAGAIN. Called with interrupts on.
 */
int kernel_read_line(char *buf, size_t size);

#endif
