/*
 * count_kernel.c: what runs in the kernel.
 */
#include "ktest.h"
#include "made_up_kernel.h"

/* The sum of a few numbers is theirs. */
KERNEL_TEST(sum_is_right)
{
    ktest_note("made_up_count(4)");
    ktest_equal(ktest_ok(made_up_count(4)), 10, "1 + 2 + 3 + 4");
}

/* A number below 0 is refused. */
KERNEL_TEST(below_zero_is_refused)
{
    ktest_error(made_up_count(-1), -22);
}

static volatile int cleared[100];
extern char stack_low[], stack_high[];

/* The bss is zeros, and the stack is the kernel's. */
KERNEL_TEST(start_prepares)
{
    char *here = __builtin_frame_address(0);

    for (unsigned i = 0; i < 100; i++)
        ktest_equal(cleared[i], 0, "a word of the bss");
    ktest_check(here >= stack_low && here <= stack_high,
                "sp points into the kernel's stack");
}
