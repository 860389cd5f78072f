/*
 * start_kernel.c: step 2, in the kernel. Every hart has entered the member's
 * start; hart 0 comes to kernel_main() here.
 *
 * What is noted stands in .data: the bss is what is looked at.
 */
#include "boot.h"
#include "ipi.h"
#include "ktest.h"
#include "layout.h"
#include "riscv.h"

#define IN_DATA __attribute__((section(".data")))

#define UNTOUCHED 0x5ca1ab1e0ddba115

/* ktest_argument(0) of a test that does not want kernel_main() to go on. */
#define RETURN_AT_ONCE 1

/* How often kernel_main() was entered. */
static uint64_t start_entered IN_DATA = 0;

/* start_code.S: the harts that are late may come now. */
extern volatile uint64_t start_let_in;

static struct {
    uint64_t before; /* the last thing before … */
    uint64_t hart, device_tree, tp;
    uintptr_t frame, caller_frame;
    uintptr_t bss_dirty; /* the first address in the bss that is not 0 */
    uint64_t behind;     /* the bss */
    uint64_t after;
} seen IN_DATA = {.before = UNTOUCHED, .after = UNTOUCHED};

/* Some bss of the tests' own, so that there is enough to clear. */
static uint64_t zeros[3000];

static uintptr_t first_dirty(void)
{
    for (char *at = bss_start; at < bss_end; at++)
        if (*at != 0)
            return (uintptr_t)at;
    return 0;
}

__attribute__((noinline)) void kernel_main(unsigned hart,
                                           const void *device_tree)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    if (__atomic_fetch_add(&start_entered, 1, __ATOMIC_RELAXED) == 0) {
        seen.hart = hart;
        seen.device_tree = (uint64_t)device_tree;
        asm volatile("mv %0, tp" : "=r"(seen.tp));
        seen.frame = frame;
        seen.caller_frame = *(const uintptr_t *)(frame - 16);
        seen.bss_dirty = first_dirty();
        seen.behind = *(const volatile uint64_t *)bss_end;
        if (ktest_argument(0) == RETURN_AT_ONCE)
            return;
        ktest_run();
    }
    for (;;)
        wait_for_interrupt();
}

/* Sleep, so that whatever the others do they have done: a machine that counts
 * instructions lets them run as soon as this hart sleeps. */
static void wait_us(uint64_t us)
{
    uint64_t until = time_read() + us * 10;

    stimecmp_write(until);
    csr_set(sie, SIE_TIMER);
    while (time_read() < until)
        wait_for_interrupt();
    csr_clear(sie, SIE_TIMER);
    stimecmp_write(UINT64_MAX);
}

/* kernel_main(0, device tree), with tp the hart's number. */
KERNEL_TEST(hart_0_comes_to_kernel_main)
{
    ktest_note("start was entered with a0 = the hart and a1 = 0x%lx",
               ktest_argument(1));
    ktest_equal(seen.hart, 0, "kernel_main()'s first argument");
    ktest_same_hex(seen.device_tree, ktest_argument(1),
                   "kernel_main()'s second argument, what came in a1");
    ktest_same_hex(seen.tp, 0, "tp, in kernel_main()");
}

/* C wants its stack: the hart's own, from its top, a multiple of 16. */
KERNEL_TEST(the_stack_is_its_own)
{
    ktest_note("kernel_main() was entered with sp = 0x%lx", seen.frame);
    ktest_note("hart 0's stack is 0x%lx to 0x%lx", stack_low(0), stack_high(0));
    ktest_check(seen.frame > stack_low(0) && seen.frame <= stack_high(0),
                "sp lies in hart 0's stack");
    ktest_equal(seen.frame % 16, 0, "sp modulo 16");
    ktest_at_most(stack_high(0) - seen.frame, 64,
                  "how many bytes below the top of the stack sp is");
}

/* A backtrace ends where s0 is 0. Who calls kernel_main() may be C, too. */
KERNEL_TEST(the_first_frame_has_no_caller)
{
    uintptr_t above = seen.frame, frame = seen.caller_frame;

    ktest_note("start was entered with junk in s0");
    while (frame != 0) {
        ktest_note("above kernel_main() is a frame, 0x%lx", frame);
        if (frame <= above || frame > stack_high(0) || frame % 16 != 0)
            ktest_fail("s0 was neither 0 nor a frame above 0x%lx, in hart 0's "
                       "stack",
                       above);
        above = frame;
        frame = *(const uintptr_t *)(frame - 16);
    }
}

/* All of the bss is zero, and nothing else has become so. */
KERNEL_TEST(the_bss_is_zero)
{
    ktest_note("the bss, 0x%lx to 0x%lx, was full of junk",
               (uintptr_t)bss_start, (uintptr_t)bss_end);
    if (seen.bss_dirty != 0)
        ktest_fail("at 0x%lx, %lu bytes from the beginning of the bss and %lu "
                   "from its end, is something else than 0",
                   seen.bss_dirty, seen.bss_dirty - (uintptr_t)bss_start,
                   (uintptr_t)bss_end - seen.bss_dirty);
    ktest_check(seen.behind != 0,
                "the 8 bytes behind the bss hold the junk that was there");
    ktest_same_hex(seen.before, UNTOUCHED, "a variable in .data");
    ktest_same_hex(seen.after, UNTOUCHED, "a variable in .data");
}

/* The bss is cleared before kernel_main(), once, and never again. */
KERNEL_TEST(what_is_written_then_stays)
{
    ktest_note("fill a table in the bss; only now harts 1 to 3 enter start; "
               "read it 20 ms later");
    for (unsigned i = 0; i < sizeof zeros / sizeof *zeros; i++)
        zeros[i] = i + 1;
    start_let_in = 1;
    wait_us(20000);
    for (unsigned i = 0; i < sizeof zeros / sizeof *zeros; i++)
        ktest_equal(zeros[i], i + 1, "entry %u of the table", i);
}

/* One hart goes on. */
KERNEL_TEST(the_others_park)
{
    ktest_note("wait 2 ms: does another hart come to kernel_main()?");
    wait_us(2000);
    ktest_equal(start_entered, 1, "how many harts came to kernel_main()");
}

/* Of memory that is nobody's: what lies behind the stacks. */
static uint64_t sum_behind_stacks(void)
{
    const uint64_t *word = (const uint64_t *)stacks_end;
    uint64_t sum = 0;

    for (unsigned i = 0; i < 3 * STACK_SPACING / sizeof *word; i++)
        sum = (sum << 1 | sum >> 63) ^ word[i];
    return sum;
}

/* A hart that there is no stack for does not take what lies there. */
KERNEL_TEST(harts_without_a_stack_park)
{
    uint64_t before = sum_behind_stacks();

    ktest_note("%u harts, and stacks for %d; only now harts 1 to 5 enter "
               "start, and then each is woken, for nothing",
               ktest_hart_count(), HARTS_MAX);
    start_let_in = 1;
    wait_us(2000);
    for (unsigned hart = 1; hart < ktest_hart_count(); hart++)
        ipi_send(hart);
    wait_us(2000);
    for (unsigned hart = HARTS_MAX; hart < ktest_hart_count(); hart++)
        ktest_same_hex(ktest_host("sp", hart, 0), KTEST_JUNK(2),
                       "sp of hart %u: it has no stack, so it is as it came",
                       hart);
    ktest_same_hex(sum_behind_stacks(), before,
                   "a checksum of the memory behind the stacks");
    ktest_equal(start_entered, 1, "how many harts came to kernel_main()");
}

/* Each has its number and its stack, and sleeps, though it was woken twice. */
KERNEL_TEST(parked_harts_sleep)
{
    ktest_note("harts 1 to 3 came before hart 0, and were woken, for nothing; "
               "now each is woken again");
    for (unsigned hart = 1; hart < ktest_hart_count(); hart++)
        ipi_send(hart);
    wait_us(2000);
    for (unsigned hart = 1; hart < ktest_hart_count(); hart++)
        ktest_host("parked", hart, 0);
}

/* Hart 3 looks, which did not come to start. */
KERNEL_TEST(whoever_returns_parks)
{
    ktest_note("20 ms ago kernel_main() has returned");
    /* The machine's time goes on while the host looks. */
    ktest_limit_ms(3600000);
    for (unsigned hart = 0; hart < 3; hart++)
        ktest_host("asleep", hart, 0);
    ktest_equal(start_entered, 1, "how often kernel_main() was entered");
}
