/*
 * qemu_test.c: the claims of qemu.h, ktest.h and ktest_device.h. The kernel
 * that is tested here is made of tests/kernel; its tests pass or fail on
 * purpose.
 */
#include "qemu_internal.h"

#include "failing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Run that kernel test in a process of its own: the page of its failure. */
static struct machine_options asked;

static void run_asked(void)
{
    machine_run_at(LAB_HERE, asked);
}

static const struct lab_shared *failed_run(struct machine_options options)
{
    int status;
    asked = options;
    struct lab_shared *page = failing_page(run_asked, &status);
    if (!page->failure.ready)
        lab_fail("%s has passed", options.test);
    return page;
}

#define fails(name, ...) \
    fails_at(LAB_HERE, (struct machine_options){.test = #name}, __VA_ARGS__)

static void expect_part(struct lab_where where, const char *what,
                        const char *is, const char *part)
{
    if (strstr(is, part) == NULL)
        lab_differ_at(where, what, part, is);
}

/* The kernel test fails in these words, in parts. */
static void fails_at(struct lab_where where, struct machine_options options,
                     const char *what, const char *expected, const char *actual)
{
    const struct lab_shared_failure *f = &failed_run(options)->failure;

    expect_part(where, "the failure's sentence", f->what, what);
    expect_part(where, "the value expected", f->expected, expected);
    expect_part(where, "the value that was there", f->actual, actual);
}

/* ---- expectations ---- */

lab_kernel_test(passes);

/* What a kernel test notes stands in the transcript. */
STEP_TEST(notes_are_taken_over)
{
    machine_run(.test = "passes");
    if (strstr(lab_page->transcript,
               "a note, -3, text, c, 0x123456789abcdef0,    42|7  |000ab\n") ==
        NULL)
        lab_fail("the note is not there: %s", lab_page->transcript);
}

STEP_TEST(values_are_shown)
{
    fails(differs_in_number, "a number of things", "42", "-1,234,567");
    fails(differs_in_hex, "bits", "0x0", "0xffff000000000000");
    fails(differs_in_text, "a text", "\"two\\r\"", "\"one\\n\\x01\"");
    fails(differs_in_bytes, "six: of 6 bytes, number 2", "58 64", "63 64");
    fails(exceeds, "instructions", "at most 1,000", "1,001");
    fails(does_not_hold, "not so: one is more than two", "", "");
}

/* Errors have their names, and their place in the kernel's file. */
STEP_TEST(errors_are_named)
{
    fails(is_refused, "-12", "no error", "-ENOMEM (Cannot allocate memory)");
    fails(is_not_written, "-38", "no error", "not written yet");
    fails(wrong_error, "-12", "-EINVAL", "-ENOMEM");
    fails(says_todo, "the rest is not written yet", "", "");
    const struct lab_shared *page =
        failed_run((struct machine_options){.test = "exceeds"});
    expect_part(LAB_HERE, "the file", page->failure.file, "kernel/subject.c");
    lab_at_least(page->failure.line, 1, "its line");
}

STEP_TEST(unknown_tests_are_refused)
{
    fails(is_nowhere, "tests/kernel has no KERNEL_TEST(is_nowhere)", "", "");
}

/* ---- endings ---- */

/* A hang is told with function, file and line; the notes are there. */
STEP_TEST(hang_is_told)
{
    fails(hangs, "no end after 10 s of the machine's time: in run_in_circles()",
          "", "");
    fails(hangs, "subject.c:", "", "");
    fails(sleeps, "in ktest_case_sleeps()", "", "");
    fails(hangs_in_user_mode, "in user mode, at 0x8", "", "");
    const struct lab_shared *page =
        failed_run((struct machine_options){.test = "hangs"});
    expect_part(LAB_HERE, "the transcript", page->transcript, "goes round\n");
}

STEP_TEST(limit_is_kept)
{
    fails_at(LAB_HERE,
             (struct machine_options){.test = "hangs", .limit_ms = 100},
             "no end after 0.1 s", "", "");
}

STEP_TEST(all_harts_that_hang_are_told)
{
    fails_at(LAB_HERE,
             (struct machine_options){.test = "hangs_on_all_harts", .harts = 4},
             "hart 3 is in sleep_on(), ", "", "");
}

STEP_TEST(hang_is_told_in_real_time)
{
    fails_at(LAB_HERE,
             (struct machine_options){.test = "hangs_on_all_harts",
                                      .harts = 2,
                                      .real_time = true,
                                      .limit_ms = 300},
             "hart 1 is in sleep_on(), ", "", "");
}

STEP_TEST(trap_without_vector_is_told)
{
    fails(has_no_vector,
          "a store access fault in ktest_case_has_no_vector(), subject.c:", "",
          "");
    fails(has_no_vector, "stval 0x10), and no trap vector: stvec is 0x0", "",
          "");
}

STEP_TEST(endless_traps_are_told)
{
    fails(spins_in_vector,
          "it spins in the trap vector, whose own first instruction traps: "
          "an illegal instruction in subject_bad_vector(), ",
          "", "");
    fails(sinks_in_vector,
          "it spins in the trap vector, which traps itself: a store page fault "
          "in subject_sinking_vector(), subject.S:",
          "", "");
    fails(has_its_vector_nowhere,
          "it spins in the trap vector, whose own first instruction traps: an "
          "instruction page fault in 0x0, where no code is",
          "", "");
    fails(traps_again,
          "the same trap again and again: a breakpoint in "
          "ktest_case_traps_again(), ",
          "", "");
}

STEP_TEST(end_of_the_machine_is_told)
{
    fails(ends_machine,
          "the kernel ended the machine with status 5 before the test was "
          "over, in ktest_case_ends_machine(), subject.c:",
          "", "");
    fails(ends_machine_well, "with status 0", "", "");
    fails(resets_machine, "the kernel reset the machine, in ", "", "");
}

/* What the test noted, the first words, the trap, and who called whom. */
STEP_TEST(panic_is_told_without_registers)
{
    const struct lab_shared *page =
        failed_run((struct machine_options){.test = "panics"});

    expect_part(LAB_HERE, "the transcript", page->transcript,
                "what the test did\n"
                "console: panic: nobody handles this\n"
                "console: hart 0\n"
                "console: trap: breakpoint, scause 0x3, stval 0, sepc "
                "0x80001234\n"
                "console:   0x80001234 walk+0x1c\n");
}

lab_kernel_test(is_expected_to_end);
lab_kernel_test(ends_with_this_status);

STEP_TEST(expected_end_must_come)
{
    fails(ends_otherwise, "with status 0", "", "");
    fails(ends_with_another_status, "with status 1", "", "");
    fails(does_not_end, "the kernel did not end the machine: it returned", "",
          "");
}

lab_kernel_test(reaches_for_result);

/* Of the machine's time: it shall not end before the test gets its turn. */
#define LONG_MS 1000000

/* A machine that is reset from outside comes to its start again. */
static void reset_while_it_runs(void)
{
    struct machine m;

    machine_start(&m, .test = "hangs", .limit_ms = LONG_MS);
    lab_until(MACHINE_BLOCK(&m)->transcript_len > 0, "the test has begun");
    machine_monitor(&m, "system_reset");
    FAILS(machine_finish(&m));
}

STEP_TEST(second_boot_is_told)
{
    failing(reset_while_it_runs, "the machine came to its start a second time",
            "", "");
}

static void kill_while_it_runs(void)
{
    struct machine m;

    machine_start(&m, .test = "hangs", .limit_ms = LONG_MS);
    lab_sys(kill(m.qemu.pid, SIGKILL));
    FAILS(machine_finish(&m));
}

STEP_TEST(death_of_qemu_is_told)
{
    failing(kill_while_it_runs, "QEMU was killed by SIGKILL", "", "");
}

/* Its own clock stands still as well. */
static void wait_for_a_paused_machine(void)
{
    struct machine m;

    machine_start(&m, .test = "hangs", .limit_ms = LONG_MS);
    machine_pause(&m);
    FAILS_AFTER(200, machine_finish(&m));
}

STEP_TEST(machine_that_does_not_end_is_told)
{
    failing(wait_for_a_paused_machine,
            "the machine did not end, nor its own clock end it; it is: hart 0 "
            "in ",
            "", "");
}

/* In front of the real one: it stays there when that has ended. */
static void stand_in_for_qemu(const char *folder)
{
    static char path[4096];
    char program[300];
    FILE *script;

    snprintf(program, sizeof program, "%s/qemu-system-riscv64", folder);
    script = fopen(program, "w");
    lab_check(script != NULL, "%s can be written", program);
    fprintf(script,
            "#!/bin/sh\nPATH=\"%s\" qemu-system-riscv64 \"$@\"\n"
            "exec sleep 1000\n",
            getenv("PATH"));
    fclose(script);
    lab_sys(chmod(program, 0755));
    snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
}

/* All was said; what QEMU does afterwards is nobody's fault here. */
STEP_TEST(qemu_that_hangs_behind_the_end_is_ended)
{
    stand_in_for_qemu(lab_tmp());
    machine_run(.test = "passes");
}

/* ---- traps ---- */

lab_kernel_test(catches);
lab_kernel_test(traps_reach_the_kernel);
lab_kernel_test_with(many_traps_reach_the_kernel, .limit_ms = 60000);

/* ---- run ---- */

lab_kernel_test_with(knows_the_run, .harts = 3,
                     .arguments = {42, 0, 0, 0, 0, 47});

STEP_TEST(seed_decides_what_is_drawn)
{
    char first[200];

    machine_run(.test = "knows_the_run", .arguments = {42, 0, 0, 0, 0, 47});
    snprintf(first, sizeof first, "%s",
             strstr(lab_page->transcript, "1 harts, "));
    lab_page->transcript_len = 0;
    machine_run(.test = "knows_the_run", .arguments = {42, 0, 0, 0, 0, 47});
    lab_same_text(strstr(lab_page->transcript, "1 harts, "), first,
                  "what is drawn");
}

lab_kernel_test(all_harts_come);

STEP_TEST(failure_of_another_hart_counts)
{
    fails_at(
        LAB_HERE,
        (struct machine_options){.test = "fails_on_another_hart", .harts = 4},
        "hart 3 does not like it", "", "");
}

/* Without icount, harts run at the same time. */
STEP_TEST(races_show_in_real_time)
{
    machine_run(.test = "races", .harts = 1, .real_time = true);
    fails_at(LAB_HERE,
             (struct machine_options){
                 .test = "races", .harts = 4, .real_time = true},
             "the counter", "12,000,000", "");
}

/* The host looks at a machine that waits for it. */
static uint64_t look(struct machine *m, const char *what,
                     const uint64_t values[2])
{
    lab_check(m->memory != NULL, "the machine has memory");
    lab_note("is asked for the %s", what);
    return strcmp(what, "sum") == 0 ? values[0] + values[1]
                                    : values[0] - values[1];
}

lab_kernel_test_with(asks_the_host, .harts = 1, .look = look);

STEP_TEST(nobody_looks)
{
    fails(asks_the_host, "ktest_host(\"sum\"): the host's test has no .look",
          "", "");
}

lab_kernel_test_with(counts_instructions, .harts = 1);
lab_kernel_test(alarm_comes_behind_each_instruction);
lab_kernel_test_with(takes_long, .harts = 1);
lab_kernel_test_with(is_entered, .harts = 4, .entry = "subject_start");

/* ---- machine ---- */

/* The test reads and writes the machine's memory, by names of the kernel. */
STEP_TEST(memory_is_shared)
{
    struct machine m;
    uint64_t address;

    machine_start(&m, .test = "hangs");
    address = machine_symbol(&m, "forever");
    *(volatile int *)machine_memory(&m, address, 4) = 0;
    machine_finish(&m);
    machine_release(&m);
}

STEP_TEST(monitor_answers)
{
    struct machine m;

    machine_start(&m, .test = "sleeps", .real_time = true);
    machine_pause(&m);
    expect_part(LAB_HERE, "info status", machine_monitor(&m, "info status"),
                "paused");
    expect_part(LAB_HERE, "info registers",
                machine_monitor(&m, "info registers"), " pc ");
    machine_continue(&m);
    expect_part(LAB_HERE, "info status", machine_monitor(&m, "info status"),
                "running");
    machine_release(&m);
}

STEP_TEST(places_have_names)
{
    struct machine m;
    uint64_t address;

    machine_start(&m, .test = "sleeps");
    address = machine_symbol(&m, "subject_bad_vector");
    lab_same_text(machine_place(&m, address),
                  "subject_bad_vector(), subject.S:18", "a place in assembly");
    lab_same_text(machine_place(&m, 0x10), "0x10, where no code is",
                  "no place");
    machine_release(&m);
}

/* ---- devices ---- */

lab_kernel_test(uart_takes_what_is_polled);
lab_kernel_test(uart_loses_what_is_not);
lab_kernel_test(uart_is_set_up);
lab_kernel_test(uart_receives);
lab_kernel_test(device_by_each_instruction);
lab_kernel_test(plic_gives_each_once);
lab_kernel_test(uart_interrupts_through_plic);
lab_kernel_test_with(plic_interrupts_the_hart, .harts = 4);
lab_kernel_test(watch_ends);

/* What a watched UART sends is on the console too. */
STEP_TEST(console_shows_what_was_sent)
{
    struct machine m;

    machine_start(&m, .test = "uart_takes_what_is_polled");
    machine_expect(&m, "hello");
    machine_finish(&m);
    machine_release(&m);
}

static void expect_in_vain(void)
{
    struct machine m;

    machine_start(&m, .test = "watch_ends");
    FAILS(machine_expect(&m, "another"));
}

STEP_TEST(end_of_the_console_is_told)
{
    failing(expect_in_vain, "on the console: \"another\"", "another",
            "the machine has ended");
    failing(expect_in_vain, "", "", "real");
}

static void expect_of_the_silent(void)
{
    struct machine m;

    machine_start(&m, .test = "hangs", .real_time = true);
    FAILS_AFTER(300, machine_expect(&m, "a word"));
}

STEP_TEST(silence_of_the_console_is_told)
{
    failing(expect_of_the_silent, "on the console: \"a word\"", "a word",
            "it is: hart 0 in run_in_circles(), subject.c:");
}

/* Without QEMU here, each test says so and none fails. */
static bool qemu_is_here(void)
{
    return system("command -v qemu-system-riscv64 >/dev/null 2>&1") == 0;
}

static void need_qemu(void)
{
    if (!qemu_is_here())
        lab_cannot_run("there is no qemu-system-riscv64",
                       "grader/install riscv");
}

static void add_expectations(void)
{
    lab_step("expectations");
    lab_fixture(need_qemu, NULL);
    lab_test(passes);
    lab_test(notes_are_taken_over);
    lab_test(values_are_shown);
    lab_test(errors_are_named);
    lab_test(unknown_tests_are_refused);
}

static void add_endings(void)
{
    lab_step("endings");
    lab_fixture(need_qemu, NULL);
    lab_test(hang_is_told);
    lab_test(limit_is_kept);
    lab_test(all_harts_that_hang_are_told);
    lab_test(hang_is_told_in_real_time);
    lab_test(trap_without_vector_is_told);
    lab_test(endless_traps_are_told);
    lab_test(end_of_the_machine_is_told);
    lab_test(panic_is_told_without_registers);
    lab_test(is_expected_to_end);
    lab_test(ends_with_this_status);
    lab_test(expected_end_must_come);
    lab_test(reaches_for_result);
    lab_test(second_boot_is_told);
    lab_test(death_of_qemu_is_told);
    lab_test(machine_that_does_not_end_is_told);
    lab_test(qemu_that_hangs_behind_the_end_is_ended);
}

static void add_traps(void)
{
    lab_step("traps");
    lab_fixture(need_qemu, NULL);
    lab_test(catches);
    lab_test(traps_reach_the_kernel);
    lab_test(many_traps_reach_the_kernel);
}

static void add_run(void)
{
    lab_step("run");
    lab_fixture(need_qemu, NULL);
    lab_test(knows_the_run);
    lab_test(seed_decides_what_is_drawn);
    lab_test(all_harts_come);
    lab_test(failure_of_another_hart_counts);
    lab_test(races_show_in_real_time);
    lab_test(asks_the_host);
    lab_test(nobody_looks);
    lab_test(counts_instructions);
    lab_test(alarm_comes_behind_each_instruction);
    lab_test(takes_long);
    lab_test(is_entered);
}

static void add_machine(void)
{
    lab_step("machine");
    lab_fixture(need_qemu, NULL);
    lab_test(memory_is_shared);
    lab_test(monitor_answers);
    lab_test(places_have_names);
}

static void add_devices(void)
{
    lab_step("devices");
    lab_fixture(need_qemu, NULL);
    lab_test(uart_takes_what_is_polled);
    lab_test(uart_loses_what_is_not);
    lab_test(uart_is_set_up);
    lab_test(uart_receives);
    lab_test(device_by_each_instruction);
    lab_test(plic_gives_each_once);
    lab_test(uart_interrupts_through_plic);
    lab_test(plic_interrupts_the_hart);
    lab_test(watch_ends);
}

static void add_console(void)
{
    lab_step("console");
    lab_fixture(need_qemu, NULL);
    lab_test(console_shows_what_was_sent);
    lab_test(end_of_the_console_is_told);
    lab_test(silence_of_the_console_is_told);
}

int main(int argc, char **argv)
{
    add_expectations();
    add_endings();
    add_traps();
    add_run();
    add_machine();
    add_devices();
    add_console();
    return lab_main(argc, argv);
}
