/*
 * start_test.c: step 2.
 */
#include "qemu.h"
#include "registers.h"
#include "steps.h"

#include <inttypes.h>
#include <string.h>

/* In start_kernel.c, too. */
#define RETURN_AT_ONCE 1

/* What ktest has in a1 where a hart enters start. */
#define DEVICE_TREE 0xdead00000000000b

/* Through the member's start. */
#define START_TEST(name, by, number)                                 \
    STEP_TEST(name)                                                  \
    {                                                                \
        machine_run(.test = #name, .entry = (by), .harts = (number), \
                    .arguments = {0, DEVICE_TREE});                  \
    }                                                                \
    _Static_assert(1, "")

STEP_TEST(hart_0_comes_to_kernel_main)
{
    machine_run(.test = "hart_0_comes_to_kernel_main", .entry = "start",
                .harts = 1, .arguments = {0, DEVICE_TREE});
    machine_run(.test = "hart_0_comes_to_kernel_main", .entry = "start",
                .harts = 4, .arguments = {0, DEVICE_TREE});
}

START_TEST(the_stack_is_its_own, "start", 4);
START_TEST(the_first_frame_has_no_caller, "start", 1);
START_TEST(the_bss_is_zero, "start", 1);
START_TEST(what_is_written_then_stays, "start_others_late", 4);
START_TEST(the_others_park, "start", 4);

static void expect_own_stack(struct machine *m, unsigned hart)
{
    uint64_t stacks = machine_symbol(m, "stacks_start");
    uint64_t spacing = (machine_symbol(m, "stacks_end") - stacks) / 4;
    uint64_t low = stacks + hart * spacing, high = low + spacing;
    struct hart_registers is = registers_read(m, hart);

    lab_equal(is.tp, hart, "tp of hart %u", hart);
    lab_check(is.sp > low && is.sp <= high,
              "sp of hart %u lies in its stack: 0x%" PRIx64 ", in 0x%" PRIx64
              " to 0x%" PRIx64,
              hart, is.sp, low, high);
}

/* What the kernel's test asks, of hart values[0]. Gives its sp. */
static uint64_t look_at(struct machine *m, const char *what,
                        const uint64_t values[2])
{
    unsigned hart = (unsigned)values[0];

    registers_expect_rest(m, hart);
    if (strcmp(what, "parked") == 0)
        expect_own_stack(m, hart);
    return registers_read(m, hart).sp;
}

/* There are more harts than stacks. */
STEP_TEST(harts_without_a_stack_park)
{
    machine_run(.test = "harts_without_a_stack_park",
                .entry = "start_others_late", .harts = 6, .look = look_at);
}

STEP_TEST(parked_harts_sleep)
{
    machine_run(.test = "parked_harts_sleep", .entry = "start_others_first",
                .harts = 4, .look = look_at);
}

/* Nothing is left to do where kernel_main() returns: hart 0 parks, too. */
STEP_TEST(whoever_returns_parks)
{
    machine_run(.test = "whoever_returns_parks", .entry = "start_but_hart_3",
                .harts = 4, .arguments = {RETURN_AT_ONCE}, .look = look_at);
}

void start_step(void)
{
    lab_step("start");
    lab_test(hart_0_comes_to_kernel_main);
    lab_test(the_stack_is_its_own);
    lab_test(the_first_frame_has_no_caller);
    lab_test(the_bss_is_zero);
    lab_test(what_is_written_then_stays);
    lab_test(the_others_park);
    lab_test(harts_without_a_stack_park);
    lab_test(parked_harts_sleep);
    lab_test(whoever_returns_parks);
}
