/*
 * spinlock.h: the contract of the stretch, step 9, the first half. You write
 * spinlock.c.
 */
#ifndef SPINLOCK_H
#define SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nobody holds it. */
struct spinlock {
    uint32_t held;
};

/*
 * Wait until nobody holds it, and hold it. Interrupts of this hart are off from
 * before that on: one that wanted the same lock would wait for ever. All that
 * the last holder stored is seen.
 * Returns whether interrupts were on; spinlock_release() wants it.
 * Source: handout step 9; Unprivileged ISA, "A" extension, its spinlock
 * example.
 */
bool spinlock_acquire(struct spinlock *lock);

/*
 * Hold it no more; all that was stored while it was held is seen by who holds
 * it next. Then, and not before, interrupts as they were.
 *   interrupts   what spinlock_acquire() said
 */
void spinlock_release(struct spinlock *lock, bool interrupts);

#endif
