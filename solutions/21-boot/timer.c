/*
 * timer.c: each hart's ticks. Deadlines are computed from the beginning, never
 * from now: being late once makes no later tick late.
 */
#include "timer.h"

#include "kerrno.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"

#define NEVER UINT64_MAX

/* A hart touches its own alone, with interrupts off or in the interrupt. */
static struct clock {
    uint64_t begin;
    uint64_t ticks;
    uint32_t hz;
} clocks[HARTS_MAX];

static timer_callback *callback;
static void *callback_context;

static uint64_t clock_due(const struct clock *clock, uint64_t tick)
{
    return clock->begin + tick * PLATFORM_TIME_HZ / clock->hz;
}

static int on_timer(struct trap_frame *frame, void *context)
{
    struct clock *clock = &clocks[hart_id()];
    uint64_t before = clock->ticks;

    (void)context;
    while (time_read() >= clock_due(clock, clock->ticks + 1))
        clock->ticks++;
    /* An alarm in the future is what takes this interrupt back. */
    stimecmp_write(clock_due(clock, clock->ticks + 1));
    if (clock->ticks > before && callback != NULL)
        callback(frame, callback_context);
    return 0;
}

int timer_start_hart(uint32_t hz)
{
    struct clock *clock = &clocks[hart_id()];
    bool on;

    if (hz == 0 || hz > TIMER_HZ_MAX)
        return -EINVAL;
    on = interrupts_off();
    *clock = (struct clock){.begin = time_read(), .hz = hz};
    trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_timer, NULL);
    stimecmp_write(clock_due(clock, 1));
    csr_set(sie, SIE_TIMER);
    interrupts_restore(on);
    return 0;
}

void timer_stop_hart(void)
{
    csr_clear(sie, SIE_TIMER);
    stimecmp_write(NEVER);
}

uint64_t timer_ticks(void)
{
    return *(volatile uint64_t *)&clocks[hart_id()].ticks;
}

void timer_set_callback(timer_callback *wanted, void *context)
{
    bool on = interrupts_off();

    callback = wanted;
    callback_context = context;
    interrupts_restore(on);
}
