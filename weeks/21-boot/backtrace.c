/*
 * backtrace.c: who called whom, from nothing but a stack. Yours; the contract
 * stands in panic.h.
 */
#include "layout.h"
#include "panic.h"
#include "todo.h"
#include "trap.h"

/* Step 5. */
size_t backtrace(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *out,
                 size_t max)
{
    (void)fp;
    (void)low;
    (void)high;
    (void)out;
    (void)max;
    todo("panic");
}

/* Step 5. */
size_t backtrace_trap(const struct trap_frame *frame, uintptr_t low,
                      uintptr_t high, uintptr_t *out, size_t max)
{
    (void)frame;
    (void)low;
    (void)high;
    (void)out;
    (void)max;
    todo("panic");
}
