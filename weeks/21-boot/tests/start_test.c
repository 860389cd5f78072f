/*
 * start_test.c: step 2.
 */
#include "qemu.h"
#include "registers.h"
#include "steps.h"

#include <inttypes.h>
#include <string.h>

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

static uint64_t sp_of(struct machine *m, const char *what,
                      const uint64_t values[2])
{
    (void)what;
    registers_expect_asleep(m, (unsigned)values[0]);
    return registers_read(m, (unsigned)values[0]).sp;
}

/* There are more harts than stacks. */
STEP_TEST(harts_without_a_stack_park)
{
    machine_run(.test = "harts_without_a_stack_park",
                .entry = "start_others_late", .harts = 6, .look = sp_of);
}

static volatile uint64_t *word_named(struct machine *m, const char *name)
{
    return machine_memory(m, machine_symbol(m, name), sizeof(uint64_t));
}

/* Wait until hart 0 has written this; a machine that is over never will. */
static void wait_for_word(struct machine *m, const char *name, const char *what)
{
    volatile uint64_t *word = word_named(m, name);

    lab_until(*word != 0 || machine_has_ended(m), "%s", what);
    if (*word == 0)
        machine_finish(m);
}

/* Each parked hart has its number and its stack, and sleeps, also when it was
 * there before hart 0, and was woken. */
STEP_TEST(parked_harts_sleep)
{
    struct machine m;
    uint64_t stacks, spacing;

    machine_start(&m, .test = "harts_are_looked_at",
                  .entry = "start_others_first", .harts = 4);
    wait_for_word(&m, "start_woken",
                  "hart 0 comes to kernel_main() and wakes the others, once");
    stacks = machine_symbol(&m, "stacks_start");
    spacing = (machine_symbol(&m, "stacks_end") - stacks) / 4;
    for (unsigned hart = 1; hart < 4; hart++) {
        struct hart_registers is;

        registers_expect_asleep(&m, hart);
        is = registers_read(&m, hart);
        lab_equal(is.tp, hart, "tp of hart %u", hart);
        lab_check(is.sp > stacks + hart * spacing &&
                      is.sp <= stacks + (hart + 1) * spacing,
                  "sp of hart %u lies in its stack: 0x%" PRIx64
                  ", in 0x%" PRIx64 " to 0x%" PRIx64,
                  hart, is.sp, stacks + hart * spacing,
                  stacks + (hart + 1) * spacing);
    }
    machine_release(&m);
}

/* Nothing is left to do where kernel_main() returns: hart 0 parks, too. */
STEP_TEST(whoever_returns_parks)
{
    struct machine m;

    machine_start(&m, .test = "harts_are_looked_at", .entry = "start",
                  .harts = 4, .real_time = true, .arguments = {1});
    lab_note("kernel_main() returns at once");
    wait_for_word(&m, "start_entered", "hart 0 comes to kernel_main()");
    for (unsigned hart = 0; hart < 4; hart++)
        registers_expect_asleep(&m, hart);
    lab_equal(*word_named(&m, "start_entered"), 1,
              "how often kernel_main() was entered");
    machine_release(&m);
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
