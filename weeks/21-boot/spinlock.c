/*
 * spinlock.c: one hart at a time. Yours, a stretch; the contract stands in
 * spinlock.h.
 */
#include "spinlock.h"

#include "riscv.h"
#include "todo.h"

/* Step 9, a stretch. Leave it as it is until you want it. */
bool spinlock_acquire(struct spinlock *lock)
{
    (void)lock;
    todo("harts");
}

/* Step 9. */
void spinlock_release(struct spinlock *lock, bool interrupts)
{
    (void)lock;
    (void)interrupts;
    todo("harts");
}
