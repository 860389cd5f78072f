/*
 * panic_test.c: step 5.
 */
#include "qemu.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

lab_kernel_test_with(callers_are_found, .harts = 1);
lab_kernel_test_with(no_more_than_max, .harts = 1);
lab_kernel_test_with(nothing_outside_the_stack_is_read, .harts = 1);
lab_kernel_test_with(a_broken_stack_ends_it, .harts = 1);
lab_kernel_test_with(a_leaf_has_no_address, .harts = 1);
lab_kernel_test(who_called_is_found);
lab_kernel_test_with(a_trap_begins_at_sepc, .harts = 1);
lab_kernel_test_with(a_trap_in_a_leaf_tells_ra, .harts = 1);
lab_kernel_test_with(a_jump_into_nowhere_tells_ra, .harts = 1);

/*
 * Run a test that ends in a panic, from start on, so that the stack is the
 * hart's own; and see that these texts are on the console, in this order.
 */
static void expect_last_words(const char *test, unsigned harts,
                              const char *const *texts)
{
    struct machine m;

    lab_note("a machine with %s", lab_count(harts, "hart"));
    machine_start(&m, .test = test, .entry = "start", .harts = harts);
    machine_finish(&m);
    for (; *texts != NULL; texts++)
        machine_expect(&m, *texts);
    machine_release(&m);
}

#define LAST_WORDS_TEST(name, kernel_test, harts, ...)          \
    STEP_TEST(name)                                             \
    {                                                           \
        static const char *const texts[] = {__VA_ARGS__, NULL}; \
        expect_last_words(kernel_test, harts, texts);           \
    }                                                           \
    _Static_assert(1, "")

LAST_WORDS_TEST(panic_says_what_and_who, "panic_tells_who_called", 4,
                "panic: disk 3 is gone\r\n", "hart 0\r\n", "  0x80",
                " give_up+0x", "  0x80", " read_disk+0x", "  0x80",
                " ktest_case_panic_tells_who_called+0x");

LAST_WORDS_TEST(panic_is_alone, "panic_lets_no_interrupt_in", 1,
                "panic: quiet, please\r\n", "hart 0\r\n",
                " ktest_case_panic_lets_no_interrupt_in+0x");

LAST_WORDS_TEST(unhandled_traps_panic, "unhandled_traps_are_the_end", 4,
                "panic: ", "hart 0\r\n",
                "trap: load access fault, scause 0x5, stval 0x10, sepc 0x80",
                "s5 0123456789abcdef", "  0x80", " touch+0x", "  0x80",
                " look+0x", "  0x80",
                " ktest_case_unhandled_traps_are_the_end+0x");

LAST_WORDS_TEST(refused_traps_panic, "refused_traps_are_the_end", 1,
                "panic: ", "trap: breakpoint, scause 0x3",
                " ktest_case_refused_traps_are_the_end+0x");

/* The second panic is the last. */
STEP_TEST(panic_in_panic_is_the_end)
{
    struct machine m;
    unsigned panics = 0;

    machine_start(&m, .test = "panic_in_panic_ends", .entry = "start");
    machine_expect(&m, "panic: ");
    machine_expect(&m, "panic: ");
    machine_finish(&m);
    for (const char *at = machine_console(&m);
         (at = strstr(at, "panic: ")) != NULL; at++)
        panics++;
    lab_equal(panics, 2, "how often \"panic: \" is on the console");
    lab_check(strstr(machine_console(&m), "hart ") == NULL,
              "the second panic says its message, and no more");
    machine_release(&m);
}

/* There are more causes than this machine has. */
STEP_TEST(unknown_traps_panic)
{
    static const uint64_t causes[] = {14, UINT64_C(1) << 63 | 16, 64};

    for (unsigned i = 0; i < sizeof causes / sizeof *causes; i++)
        machine_run(.test = "unknown_causes_are_the_end", .entry = "start",
                    .arguments = {0, 0, causes[i]});
}

void panic_step(void)
{
    lab_step("panic");
    lab_test(callers_are_found);
    lab_test(no_more_than_max);
    lab_test(nothing_outside_the_stack_is_read);
    lab_test(a_broken_stack_ends_it);
    lab_test(a_leaf_has_no_address);
    lab_test(who_called_is_found);
    lab_test(a_trap_begins_at_sepc);
    lab_test(a_trap_in_a_leaf_tells_ra);
    lab_test(a_jump_into_nowhere_tells_ra);
    lab_test(panic_says_what_and_who);
    lab_test(panic_is_alone);
    lab_test(unhandled_traps_panic);
    lab_test(refused_traps_panic);
    lab_test(panic_in_panic_is_the_end);
    lab_test(unknown_traps_panic);
}
