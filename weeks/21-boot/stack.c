/*
 * stack.c: given. Which stack each hart is on.
 */
#include "stack.h"

#include "layout.h"
#include "riscv.h"

_Static_assert(HARTS_MAX *STACK_SPACING == 4 * (4096 + 16384),
               "kernel.ld, which reads no header, lays out the stacks");

static struct {
    uintptr_t low, high; /* 0, 0: its own */
} current[HARTS_MAX];

void stack_current(uintptr_t *low, uintptr_t *high)
{
    unsigned hart = hart_id();

    *low = current[hart].low;
    *high = current[hart].high;
    if (*high == 0) {
        *low = stack_low(hart);
        *high = stack_high(hart);
    }
}

void stack_set_current(uintptr_t low, uintptr_t high)
{
    unsigned hart = hart_id();

    current[hart].low = low;
    current[hart].high = high;
}
