/*
 * panic_test.c: step 5.
 */
#include "qemu.h"
#include "steps.h"

#include <inttypes.h>
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

/* "  0x80001234 walk+0x1c": the address is that of the name, and so far on. */
static void expect_place_at(struct lab_where where, struct machine *m,
                            const char *line)
{
    uint64_t address, offset;
    char name[64];

    if (sscanf(line, "  %" SCNx64 " %63[^+]+%" SCNx64, &address, name,
               &offset) != 3)
        lab_fail_at(where, "this line is no address and NAME+OFFSET: \"%s\"",
                    line);
    if (strcmp(name, "?") == 0)
        return;
    if (machine_symbol(m, name) + offset != address)
        lab_fail_at(where,
                    "\"%s\", but %s is at 0x%" PRIx64 ", 0x%" PRIx64
                    " bytes before it",
                    line, name, machine_symbol(m, name),
                    address - machine_symbol(m, name));
}

/* All lines of the backtrace, which ends the panic. */
static void expect_places(struct lab_where where, struct machine *m)
{
    const char *at = machine_console(m);
    char line[120];

    while ((at = strstr(at, "\n  0x")) != NULL) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\r\n"),
                 at + 1);
        expect_place_at(where, m, line);
        at++;
    }
}

/*
 * Run a test that ends in a panic; and see that these texts are on the console,
 * in this order, and that each place has the name that it says.
 */
static void expect_last_words(struct machine_options options,
                              const char *const *texts)
{
    struct machine m;

    lab_note("a machine with %s", lab_count(options.harts, "hart"));
    machine_start_at(LAB_HERE, &m, options);
    machine_finish(&m);
    for (; *texts != NULL; texts++)
        machine_expect(&m, *texts);
    expect_places(LAB_HERE, &m);
    machine_release(&m);
}

/* From start on, so that the stack is the hart's own. */
#define LAST_WORDS_TEST(name, kernel_test, number, ...)                 \
    STEP_TEST(name)                                                     \
    {                                                                   \
        static const char *const texts[] = {__VA_ARGS__, NULL};         \
        expect_last_words((struct machine_options){.test = kernel_test, \
                                                   .entry = "start",    \
                                                   .harts = (number)},  \
                          texts);                                       \
    }                                                                   \
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

/* It is not always hart 0 that panics. */
STEP_TEST(another_hart_panics)
{
    static const char *const panics[] = {"panic: disk 2 is gone\r\n",
                                         "hart 2\r\n",
                                         "  0x80",
                                         " give_up+0x",
                                         " fail_on_this_hart+0x",
                                         " first_of_hart_2+0x",
                                         NULL};
    static const char *const traps[] = {
        "panic: ", "hart 2\r\n",       "trap: illegal instruction, scause 0x2",
        "  0x80",  " traps_at_once+0", " first_of_hart_2+0x",
        NULL};

    expect_last_words(
        (struct machine_options){.test = "panic_on_hart_2", .harts = 4},
        panics);
    expect_last_words((struct machine_options){.test = "panic_on_hart_2",
                                               .harts = 4,
                                               .arguments = {1}},
                      traps);
}

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
    lab_test(another_hart_panics);
    lab_test(panic_in_panic_is_the_end);
    lab_test(unknown_traps_panic);
}
