/*
 * harts_kernel.c: step 9, the stretch, in the kernel.
 */
#include "harts.h"
#include "ipi.h"
#include "kerrno.h"
#include "ktest.h"
#include "layout.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"
#include "spinlock.h"
#include "trap.h"

/* Many beginnings, as most races are lost right after one. */
#define COUNT_EACH 250
#define ROUNDS_MAX 100

/* No new round begins after so long: a lock that is handed on in turn is slow
 * where harts are more than the host has processors for. */
#define ROUNDS_MS 1000

/* ---- The lock ---- */

/* Interrupts are off while it is held, and then as before. */
KERNEL_TEST(interrupts_are_off_while_it_is_held)
{
    struct spinlock lock = {0}, other = {0};

    for (int on = 0; on <= 1; on++) {
        bool outer, inner;

        ktest_note("two locks are acquired, one in the other, with interrupts "
                   "%s",
                   on ? "on" : "off");
        interrupts_restore(on);
        outer = spinlock_acquire(&lock);
        ktest_equal(outer, on, "what spinlock_acquire() returns");
        ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0, "sstatus.SIE");
        inner = spinlock_acquire(&other);
        ktest_equal(inner, false, "what spinlock_acquire() returns then");
        spinlock_release(&other, inner);
        ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0,
                       "sstatus.SIE, when one is held still");
        spinlock_release(&lock, outer);
        ktest_equal(interrupts_off(), on, "whether interrupts are on");
    }
}

static struct spinlock shared;
static volatile unsigned long counter;
static unsigned long interrupts;

static int count_in_interrupt(struct trap_frame *frame, void *context)
{
    bool before = spinlock_acquire(&shared);

    (void)frame;
    (void)context;
    counter++;
    interrupts++;
    spinlock_release(&shared, before);
    stimecmp_write(UINT64_MAX);
    return 0;
}

/* An interrupt that wants the lock which it has interrupted waits for ever. It
 * comes 0 to 4 us after it was asked for, however long a trap takes. */
KERNEL_TEST(an_interrupt_may_want_it_too)
{
    unsigned long own = 0;

    trap_init_hart();
    ktest_ok(trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER,
                              count_in_interrupt, NULL));
    ktest_note("a counter is counted up under the lock, here and in 2,000 "
               "interrupts");
    stimecmp_write(UINT64_MAX);
    csr_write(sie, SIE_TIMER);
    interrupts_on();
    while (*(volatile unsigned long *)&interrupts < 2000) {
        unsigned ticks = (unsigned)ktest_random_below(40);
        bool before;

        stimecmp_write(time_read() + ticks);
        before = spinlock_acquire(&shared);
        counter++;
        own++;
        spinlock_release(&shared, before);
    }
    interrupts_off();
    ktest_equal(counter, own + interrupts, "the counter");
}

/* Whoever else is inside meanwhile, what it counts is lost. */
static void count_slowly(void)
{
    unsigned long before = counter;

    for (volatile int i = 0; i < 8; i++)
        ;
    counter = before + 1;
}

static unsigned at_the_line;
static unsigned rounds = ROUNDS_MAX;
static uint64_t rounds_until;

/* Nobody begins a round before all are there. Returns whether there is one;
 * hart 0 has said so before it came, for this round and not for an earlier. */
static bool line_up(unsigned round)
{
    unsigned all = ktest_hart_count() * (round + 1);

    if (hart_id() == 0 && rounds == ROUNDS_MAX && time_read() > rounds_until)
        __atomic_store_n(&rounds, round, __ATOMIC_RELAXED);
    __atomic_add_fetch(&at_the_line, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&at_the_line, __ATOMIC_ACQUIRE) < all)
        ;
    return round < __atomic_load_n(&rounds, __ATOMIC_RELAXED);
}

static void count_up(void *argument)
{
    (void)argument;
    for (unsigned round = 0; line_up(round); round++) {
        for (int i = 0; i < COUNT_EACH; i++) {
            bool before = spinlock_acquire(&shared);

            count_slowly();
            spinlock_release(&shared, before);
        }
    }
}

/* One hart at a time. */
KERNEL_TEST(a_counter_comes_out_right)
{
    ktest_limit_ms(120000);
    counter = 0;
    rounds_until = time_read() + ROUNDS_MS * (PLATFORM_TIME_HZ / 1000);
    ktest_note("each hart counts to %d on the same counter, up to %d times",
               COUNT_EACH, ROUNDS_MAX);
    ktest_on_all_harts(count_up, NULL);
    ktest_equal(counter,
                (unsigned long)COUNT_EACH * rounds * ktest_hart_count(),
                "the counter, after %u times", rounds);
}

/* ---- The harts ---- */

static struct {
    uint64_t hart, tp, sp, vector, status, calls;
} seen[HARTS_MAX];

static unsigned entered;

/* harts_start() has returned: it does not wait for anybody. */
static unsigned started;

/* start_code.S: the harts that are late may come now. */
extern volatile uint64_t start_let_in;

static int add(struct trap_frame *frame, void *context)
{
    (void)context;
    frame->a0 += 5;
    frame->sepc += 4;
    return 0;
}

static uint64_t trap_here(uint64_t number)
{
    register uint64_t a0 asm("a0") = number;

    asm volatile(".insn 4, 0x00100073" : "+r"(a0) : : "memory");
    return a0;
}

static void look_around(unsigned hart)
{
    seen[hart % HARTS_MAX].hart = hart;
    asm volatile("mv %0, tp" : "=r"(seen[hart % HARTS_MAX].tp));
    asm volatile("mv %0, sp" : "=r"(seen[hart % HARTS_MAX].sp));
    seen[hart % HARTS_MAX].vector = csr_read(stvec);
    seen[hart % HARTS_MAX].status = csr_read(sstatus);
    seen[hart % HARTS_MAX].calls = trap_here(hart);
    while (!__atomic_load_n(&started, __ATOMIC_ACQUIRE))
        ;
    __atomic_add_fetch(&entered, 1, __ATOMIC_RELEASE);
}

static void wait_entered(unsigned count)
{
    while (__atomic_load_n(&entered, __ATOMIC_ACQUIRE) < count)
        ;
}

static void expect_hart(unsigned hart)
{
    ktest_equal(seen[hart].hart, hart, "main()'s argument");
    ktest_same_hex(seen[hart].tp, hart, "tp, on hart %u", hart);
    ktest_check(seen[hart].sp > stack_low(hart) &&
                    seen[hart].sp <= stack_high(hart),
                "sp lies in hart %u's stack: 0x%lx, in 0x%lx to 0x%lx", hart,
                seen[hart].sp, stack_low(hart), stack_high(hart));
    ktest_same_hex(seen[hart].vector, (uintptr_t)trap_vector,
                   "stvec, on hart %u", hart);
    ktest_same_hex(seen[hart].status & SSTATUS_SIE, 0,
                   "sstatus.SIE, on hart %u", hart);
    ktest_equal(seen[hart].calls, hart + 5, "what a trap made of a0");
}

#define REST_TICKS 1000 /* what three harts get to wake, look, and sleep */

/* Sleep, so that the others' turns come: on a machine that counts instructions
 * one hart runs at a time. Asks for the timer's interrupt in sie. */
static void rest(void)
{
    uint64_t until = time_read() + REST_TICKS;

    stimecmp_write(until);
    while (time_read() < until)
        wait_for_interrupt();
}

/* Each hart goes on, on its own stack, with its number, with traps. */
KERNEL_TEST(all_harts_go_on)
{
    unsigned harts = ktest_hart_count();

    trap_init_hart();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, add, NULL));
    ktest_note("harts_start(%u, main), where main() waits until "
               "harts_start() has returned",
               harts);
    ktest_ok(harts_start(harts, look_around));
    __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
    start_let_in = 1;
    wait_entered(harts - 1);
    for (unsigned hart = 1; hart < harts; hart++)
        expect_hart(hart);
    ktest_error(harts_start(harts, look_around), -EALREADY);
}

/* ---- Between two instructions of harts_start() ---- */

/* Where the last alarm came, and behind how many instructions the next one is
 * to come: one more, if the way back takes longer than that. */
static struct {
    uintptr_t last;
    uint64_t after;
    unsigned instructions;
} stepper;

static void let_others_look(void)
{
    for (unsigned hart = 1; hart < ktest_hart_count(); hart++)
        ipi_send(hart);
    rest();
}

static int on_step(struct trap_frame *frame, void *context)
{
    (void)context;
    if (frame->sepc == stepper.last) {
        stepper.after++;
    } else {
        stepper.last = frame->sepc;
        stepper.instructions++;
        let_others_look();
    }
    ktest_alarm(stepper.after);
    return 0;
}

/*
 * A parked hart may look at any moment: it finds nothing to do, or all of it.
 * Where harts_start() keeps interrupts out, nobody looks here.
 */
KERNEL_TEST(whoever_looks_finds_all)
{
    trap_init_hart();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, add, NULL));
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_step, NULL));
    ktest_note("harts_start(4, main); behind each of its instructions all "
               "parked harts are woken, and look");
    started = 1; /* main() does not wait: a hart that spins keeps the rest */
    stimecmp_write(0);
    csr_write(sie, SIE_TIMER);
    interrupts_on();
    ktest_ok(harts_start(4, look_around));
    interrupts_off();
    stimecmp_write(UINT64_MAX);
    ktest_note("they looked %u times", stepper.instructions);
    wait_entered(3);
    for (unsigned hart = 1; hart < 4; hart++)
        expect_hart(hart);
}

/* Not more than were asked for. */
KERNEL_TEST(the_others_stay_parked)
{
    trap_init_hart();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, add, NULL));
    csr_write(sie, SIE_TIMER);
    ktest_note("each parked hart is woken, for nothing; then "
               "harts_start(3, …), on a machine of 4; then each is woken");
    let_others_look();
    started = 1; /* main() does not wait: a hart that spins keeps the rest */
    ktest_ok(harts_start(3, look_around));
    while (*(volatile unsigned *)&entered < 2)
        rest();
    for (unsigned i = 0; i < 8; i++)
        let_others_look();
    ktest_equal(entered, 2, "how many harts came to main()");
    ktest_host("asleep", 3, 0);
    expect_hart(1);
    expect_hart(2);
}

static void never(unsigned hart)
{
    ktest_fail("hart %u was let go", hart);
}

/* There is no hart 4, and no 0 harts. */
KERNEL_TEST(how_many_is_checked)
{
    trap_init_hart();
    ktest_note("harts_start() of 0, %d and 2^32 - 1 harts", HARTS_MAX + 1);
    ktest_error(harts_start(0, never), -EINVAL);
    ktest_error(harts_start(HARTS_MAX + 1, never), -EINVAL);
    ktest_error(harts_start(UINT32_MAX, never), -EINVAL);
}

static void count_on_hart(unsigned hart)
{
    (void)hart;
    count_up(NULL);
    __atomic_add_fetch(&entered, 1, __ATOMIC_RELEASE);
}

/* All of it together, as the monitor's command `harts` does. */
KERNEL_TEST(all_count_together)
{
    unsigned harts = ktest_hart_count();

    ktest_limit_ms(120000);
    counter = 0;
    trap_init_hart();
    rounds_until = time_read() + ROUNDS_MS * (PLATFORM_TIME_HZ / 1000);
    ktest_note("harts_start(%u, …): each counts to %d, up to %d times", harts,
               COUNT_EACH, ROUNDS_MAX);
    ktest_ok(harts_start(harts, count_on_hart));
    count_up(NULL);
    wait_entered(harts - 1);
    ktest_equal(counter, (unsigned long)COUNT_EACH * rounds * harts,
                "the counter, after %u times", rounds);
}
