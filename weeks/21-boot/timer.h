/*
 * timer.h: the contract of step 6: each hart's ticks. You write timer.c.
 *
 * Time is what rdtime counts, PLATFORM_TIME_HZ in a second. A hart has one
 * alarm, stimecmp: an interrupt is pending while time >= stimecmp.
 */
#ifndef TIMER_H
#define TIMER_H

#include "trap.h"

#include <stdint.h>

/*
 * Tick on this hart from now on: tick k (1, 2, …) is due at
 * begin + k * PLATFORM_TIME_HZ / hz, rounded down, however late the ones before
 * it were handled: no error adds up. A tick that came due while interrupts were
 * off is counted, once, as soon as they are on. Counting begins at 0 anew.
 * Switches the timer's interrupt on in sie, not interrupts in sstatus.
 * Returns 0.
 * Errors: -EINVAL hz is 0 or more than TIMER_HZ_MAX.
 * Source: handout step 6; Privileged Architecture, "Sstc".
 */
int timer_start_hart(uint32_t hz);

/* Tick no more on this hart; timer_ticks() stays as it is. */
void timer_stop_hart(void);

/* How many ticks this hart has counted since timer_start_hart(). */
uint64_t timer_ticks(void);

/*
 * Have this called on whichever hart has counted ticks, behind the counting,
 * with interrupts off; where several were late, once for all of them will do.
 * Week 23's scheduler hangs in here.
 *   callback   NULL: nobody. frame: the interrupted code's
 *   context    borrowed until another is set
 */
typedef void timer_callback(struct trap_frame *frame, void *context);
void timer_set_callback(timer_callback *callback, void *context);

#endif
