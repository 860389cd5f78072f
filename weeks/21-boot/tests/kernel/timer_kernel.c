/*
 * timer_kernel.c: step 6, in the kernel. This machine's time is counted in
 * instructions, so what is measured here repeats exactly.
 */
#include "kerrno.h"
#include "ktest.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"
#include "timer.h"
#include "trap.h"

/* How late a tick may be seen: an interrupt's way to the callback, amply. */
#define LATE_US_MAX 100

/* What the callback has seen. A tick's due time lies between two bounds, as it
 * is not known when exactly timer_start_hart() has read the time. */
static struct {
    uint64_t hz;
    uint64_t begin_low, begin_high;
    uint64_t calls;
    uint64_t ticks;
    uint64_t earliest, latest; /* at most so many units too early, too late */
    void *context;
    bool interrupts_on;
    uintptr_t sepc;
} seen;

static void on_tick(struct trap_frame *frame, void *context)
{
    uint64_t now = time_read();
    uint64_t ticks = timer_ticks();
    uint64_t after = ticks * PLATFORM_TIME_HZ / seen.hz;

    seen.calls++;
    seen.ticks = ticks;
    seen.context = context;
    seen.sepc = frame->sepc;
    seen.interrupts_on |= (csr_read(sstatus) & SSTATUS_SIE) != 0;
    if (now < seen.begin_low + after &&
        seen.begin_low + after - now > seen.earliest)
        seen.earliest = seen.begin_low + after - now;
    if (now > seen.begin_high + after &&
        now - seen.begin_high - after > seen.latest)
        seen.latest = now - seen.begin_high - after;
}

static void begin_ticks(uint32_t hz)
{
    trap_init_hart();
    seen.hz = hz;
    seen.calls = seen.ticks = seen.earliest = seen.latest = 0;
    seen.interrupts_on = false;
    timer_set_callback(on_tick, &seen);
    seen.begin_low = time_read();
    ktest_ok(timer_start_hart(hz));
    seen.begin_high = time_read();
}

/* Sleep until so many ticks were counted. */
static void wait_ticks(uint64_t ticks)
{
    interrupts_on();
    while (timer_ticks() < ticks)
        wait_for_interrupt();
    interrupts_off();
}

static void wait_until(uint64_t time)
{
    while (time_read() < time)
        ;
}

static void expect_on_time(void)
{
    ktest_equal(seen.earliest, 0,
                "how many tenths of a microsecond the earliest tick came "
                "before it was due");
    ktest_at_most(seen.latest / 10, LATE_US_MAX,
                  "how many microseconds the latest tick came after it was "
                  "due");
}

/* 1 to TIMER_HZ_MAX. */
KERNEL_TEST(rates_are_checked)
{
    trap_init_hart();
    ktest_note("timer_start_hart(0), (%d), (4294967295)", TIMER_HZ_MAX + 1);
    ktest_error(timer_start_hart(0), -EINVAL);
    ktest_error(timer_start_hart(TIMER_HZ_MAX + 1), -EINVAL);
    ktest_error(timer_start_hart(UINT32_MAX), -EINVAL);
    ktest_same_hex(csr_read(sie), 0, "sie");
    ktest_note("timer_start_hart(1), (%d)", TIMER_HZ_MAX);
    ktest_ok(timer_start_hart(1));
    ktest_ok(timer_start_hart(TIMER_HZ_MAX));
}

/* Which interrupts are let in at all is not the timer's business. */
KERNEL_TEST(interrupts_stay_off)
{
    struct trap_frame tick = {.scause = CAUSE_INTERRUPT | INTERRUPT_TIMER};

    trap_init_hart();
    csr_write(sie, SIE_SOFTWARE);
    ktest_note("timer_start_hart(100), with interrupts off");
    ktest_ok(timer_start_hart(100));
    ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0, "sstatus.SIE");
    ktest_same_hex(csr_read(sie), SIE_SOFTWARE | SIE_TIMER,
                   "sie: software, as before, and timer");
    ktest_check((csr_read(sip) & SIE_TIMER) == 0,
                "no timer interrupt is pending before the first tick is due");
    ktest_note("a tick is due; trap_dispatch(), as its interrupt would do");
    wait_until(time_read() + PLATFORM_TIME_HZ / 100);
    trap_dispatch(&tick);
    ktest_equal(timer_ticks(), 1, "timer_ticks()");
    ktest_check((csr_read(sip) & SIE_TIMER) == 0,
                "no timer interrupt is pending behind the handler: it would "
                "come again and again until stimecmp lies in the future");
    timer_stop_hart();
    timer_set_callback(NULL, NULL);
    ktest_note("timer_start_hart(100), with interrupts on, a timer interrupt "
               "due and nobody who handles it");
    trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, NULL, NULL);
    csr_clear(sie, SIE_TIMER);
    stimecmp_write(0);
    interrupts_on();
    ktest_ok(timer_start_hart(100));
    ktest_check(csr_read(sstatus) & SSTATUS_SIE,
                "interrupts are on, as before");
    interrupts_off();
}

/* 1,000 ticks, none of them early, the last as punctual as the first. */
KERNEL_TEST(a_thousand_ticks_do_not_drift)
{
    static const uint32_t rates[] = {100, 1000, 25000};

    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        ktest_limit_ms(60000);
        ktest_note("1,000 ticks, %u a second", rates[i]);
        begin_ticks(rates[i]);
        ktest_equal(timer_ticks(), 0, "timer_ticks() at the beginning");
        wait_ticks(1000);
        expect_on_time();
        timer_stop_hart();
    }
}

/* A rate that time's rate is no multiple of does not drift either. */
KERNEL_TEST(odd_rates_do_not_drift)
{
    static const uint32_t rates[] = {7, 60, 30000, 60001};
    static const uint64_t ticks[] = {50, 500, 3000, 3000};

    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        ktest_limit_ms(60000);
        ktest_note("%lu ticks, %u a second", ticks[i], rates[i]);
        begin_ticks(rates[i]);
        wait_ticks(ticks[i]);
        expect_on_time();
        timer_stop_hart();
    }
}

/* Ticks that came while interrupts were off are counted, once each. */
KERNEL_TEST(late_ticks_are_counted)
{
    uint64_t interval = PLATFORM_TIME_HZ / 1000;

    ktest_note("1,000 ticks a second; interrupts are off for 7.5 of them");
    begin_ticks(1000);
    wait_until(seen.begin_high + 15 * interval / 2);
    ktest_equal(timer_ticks(), 0, "timer_ticks() while interrupts are off");
    interrupts_on();
    wait_until(seen.begin_high + 15 * interval / 2 + interval / 4);
    interrupts_off();
    ktest_equal(timer_ticks(), 7, "timer_ticks() when they are on again");
    ktest_equal(seen.ticks, 7, "timer_ticks() in the last callback");
    seen.latest = 0;
    ktest_note("then to tick 20: each on time");
    wait_ticks(20);
    expect_on_time();
}

/* The callback: behind the counting, with interrupts off. */
KERNEL_TEST(the_callback_is_told)
{
    begin_ticks(1000);
    ktest_note("five ticks with a callback");
    wait_ticks(5);
    ktest_equal(seen.calls, 5, "how often the callback was called");
    ktest_equal(seen.ticks, 5, "timer_ticks() in the last callback");
    ktest_check(seen.context == &seen, "it gets the context it was set with");
    ktest_check(!seen.interrupts_on, "interrupts are off in it");
    ktest_check(seen.sepc >= 0x80000000 && seen.sepc < 0x88000000,
                "it gets the interrupted code's frame");
    ktest_note("timer_set_callback(NULL, NULL), and five more");
    timer_set_callback(NULL, NULL);
    wait_ticks(10);
    ktest_equal(seen.calls, 5, "how often the callback was called");
}

/* After timer_stop_hart() nothing comes, and what was counted stays. */
KERNEL_TEST(stopped_is_stopped)
{
    begin_ticks(1000);
    wait_ticks(3);
    ktest_note("after three ticks timer_stop_hart(); then 10 ms");
    timer_stop_hart();
    interrupts_on();
    wait_until(time_read() + PLATFORM_TIME_HZ / 100);
    interrupts_off();
    ktest_equal(timer_ticks(), 3, "timer_ticks()");
    ktest_equal(seen.calls, 3, "how often the callback was called");
    ktest_note("timer_start_hart() again, at another rate");
    begin_ticks(500);
    ktest_equal(timer_ticks(), 0, "timer_ticks() at the beginning");
    wait_ticks(10);
    expect_on_time();
}

/* ---- All harts ---- */

#define TOGETHER_MS 50

/* The harts take turns, so how long it took here is measured here. */
static void tick_on(void *argument)
{
    uint32_t hz = 1000 * (hart_id() + 1);
    uint64_t low, high, end;

    (void)argument;
    trap_init_hart();
    high = time_read();
    ktest_ok(timer_start_hart(hz));
    low = time_read();
    interrupts_on();
    wait_until(low + PLATFORM_TIME_HZ / 1000 * TOGETHER_MS);
    end = time_read();
    interrupts_off();
    ktest_at_least(timer_ticks(), (end - low) * hz / PLATFORM_TIME_HZ - 1,
                   "ticks on hart %u, at %u a second", hart_id(), hz);
    end = time_read();
    ktest_at_most(timer_ticks(), (end - high) * hz / PLATFORM_TIME_HZ,
                  "ticks on hart %u, at %u a second", hart_id(), hz);
    timer_stop_hart();
}

/* Each hart has ticks of its own, at a rate of its own. */
KERNEL_TEST(each_hart_has_its_own_ticks)
{
    timer_set_callback(NULL, NULL);
    ktest_note("each hart ticks at 1,000 a second times its number plus 1, "
               "for %d ms",
               TOGETHER_MS);
    ktest_on_all_harts(tick_on, NULL);
}
