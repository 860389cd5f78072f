/*
 * timer.c: each hart's ticks. Yours; the contract stands in timer.h.
 */
#include "timer.h"

#include "kerrno.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"
#include "todo.h"

/* Step 6. What must a hart remember to know when tick k is due? */
int timer_start_hart(uint32_t hz)
{
    (void)hz;
    return -ENOSYS;
}

/* Step 6. */
void timer_stop_hart(void)
{
    todo("timer");
}

/* Step 6. */
uint64_t timer_ticks(void)
{
    todo("timer");
}

/* Step 6. */
void timer_set_callback(timer_callback *callback, void *context)
{
    (void)callback;
    (void)context;
    todo("timer");
}
