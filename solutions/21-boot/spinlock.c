/*
 * spinlock.c: one hart at a time.
 */
#include "spinlock.h"

#include "riscv.h"

/* One instruction reads and writes. .aq: nothing that follows is earlier. */
static uint32_t swap_acquire(uint32_t *word, uint32_t value)
{
    asm volatile("amoswap.w.aq %0, %0, (%1)"
                 : "+&r"(value)
                 : "r"(word)
                 : "memory");
    return value;
}

bool spinlock_acquire(struct spinlock *lock)
{
    bool interrupts = interrupts_off();

    while (swap_acquire(&lock->held, 1) != 0)
        ;
    return interrupts;
}

void spinlock_release(struct spinlock *lock, bool interrupts)
{
    /* .rl: nothing that precedes is later. */
    asm volatile("amoswap.w.rl zero, zero, (%0)"
                 :
                 : "r"(&lock->held)
                 : "memory");
    interrupts_restore(interrupts);
}
