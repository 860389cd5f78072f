/*
 * program_test.c: step 8: boot.c in the kernel, and the monitor from outside.
 */
#include "qemu.h"
#include "registers.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

/* Define a test that runs with 1 hart and with 4. */
#define BOTH(name)                         \
    static void name##_on(unsigned harts); \
    STEP_TEST(name)                        \
    {                                      \
        name##_on(1);                      \
        name##_on(4);                      \
    }                                      \
    static void name##_on(unsigned harts)

/* kernel_init() and kernel_read_line() run on the hart's own stack. */
#define BOOT_TEST(name)                                           \
    STEP_TEST(name)                                               \
    {                                                             \
        machine_run(.test = #name, .entry = "start", .harts = 1); \
    }                                                             \
    _Static_assert(1, "")

BOOT_TEST(everything_is_up);
BOOT_TEST(interrupts_come_last);
BOOT_TEST(what_waits_is_taken);
BOOT_TEST(a_late_line_is_taken);
BOOT_TEST(no_line_is_slept_over);

static void boot(struct machine *m, unsigned harts)
{
    lab_note("the monitor, on %s", lab_count(harts, "hart"));
    machine_start(m, .program = "monitor", .harts = harts, .real_time = true);
    machine_expect(m, "`help` helps\r\n");
    machine_expect(m, "> ");
}

/* Enter, and what is said up to the next prompt, without the echo. */
static const char *command(struct machine *m, const char *line)
{
    machine_type(m, line);
    machine_type(m, "\n");
    machine_expect(m, "\r\n");
    return machine_expect(m, "> ");
}

/* It comes up, says so, and answers. */
BOTH(monitor_answers)
{
    struct machine m;
    char banner[32];

    boot(&m, harts);
    snprintf(banner, sizeof banner, "hart 0 of %u is up", harts);
    lab_check(strstr(machine_console(&m), banner) != NULL,
              "\"%s\" is on the console", banner);
    lab_check(strstr(command(&m, "help"), "uptime") != NULL,
              "`help` tells of uptime");
    lab_same_text(command(&m, "symbol 0x80001000x"),
                  "symbol: invalid argument\r\nusage: symbol ADDRESS\r\n> ",
                  "what is said");
    lab_same_text(command(&m, "dance"),
                  "dance: no such command; `help` lists them\r\n> ",
                  "what is said");
    lab_same_text(command(&m, ""), "> ", "what is said to nothing");
    machine_release(&m);
}

/* What a person mistypes, a person takes back. */
STEP_TEST(monitor_edits)
{
    struct machine m;

    boot(&m, 4);
    machine_type(&m, "nonsense\x15ups\x7ftime then\x17\n");
    machine_expect(&m, "ticks\r\n");
    machine_expect(&m, "> ");
    machine_type(&m, "off 3\x03");
    machine_expect(&m, "^C\r\n");
    machine_expect(&m, "> ");
    lab_check(strstr(command(&m, "uptime"), " ticks") != NULL,
              "`uptime` tells of ticks");
    machine_release(&m);
}

/* Traps that have handlers are handled, wherever they come from. */
STEP_TEST(monitor_handles_traps)
{
    struct machine m;

    boot(&m, 4);
    lab_same_text(command(&m, "ecall"), "it answered 42\r\n> ", "what is said");
    lab_check(strstr(command(&m, "ebreak"), "run_ebreak+0x") != NULL,
              "`ebreak` tells where it was");
    lab_check(strstr(command(&m, "read 0x10"), "read: bad address") != NULL,
              "an address where nothing is is refused");
    lab_check(strstr(command(&m, "stack"), "kernel_main+0x") != NULL,
              "`stack` tells of kernel_main");
    machine_release(&m);
}

/* Ticks go on while nobody types. */
STEP_TEST(monitor_ticks)
{
    struct machine m;
    unsigned long seconds, ms, ticks = 0;

    boot(&m, 4);
    lab_note("asks for `uptime` until 20 ticks have gone by");
    do {
        const char *said = command(&m, "uptime");

        if (sscanf(said, "%lu.%lu s, %lu ticks", &seconds, &ms, &ticks) != 3)
            lab_fail("`uptime` says \"%s\"", said);
        lab_at_most(ticks, (seconds * 1000 + ms) / 10 + 1,
                    "ticks after %lu.%03lu s", seconds, ms);
    } while (ticks < 20 && seconds < 60);
    lab_at_least(ticks, 20, "ticks");
    machine_release(&m);
}

/* Nobody types: hart 0 sleeps, but for its ticks; the others sleep anyway. */
STEP_TEST(monitor_sleeps)
{
    struct machine m;

    boot(&m, 4);
    for (unsigned hart = 0; hart < 4; hart++)
        registers_expect_asleep(&m, hart);
    machine_release(&m);
}

/* The last words, and QEMU's exit status. */
BOTH(monitor_panics)
{
    struct machine m;

    boot(&m, harts);
    machine_type(&m, "panic enough\n");
    machine_expect(&m, "panic: enough\r\n");
    machine_expect(&m, "hart 0\r\n");
    machine_expect(&m, "kernel_main+0x");
    lab_equal(machine_wait(&m), 101, "the machine's exit status");
    machine_release(&m);

    boot(&m, harts);
    machine_type(&m, "illegal\n");
    machine_expect(&m, "trap: illegal instruction, scause 0x2");
    machine_expect(&m, "run_illegal+0x");
    machine_expect(&m, "kernel_main+0x");
    lab_equal(machine_wait(&m), 101, "the machine's exit status");
    machine_release(&m);
}

/* `off` is the end, with the status that was asked for. */
STEP_TEST(monitor_ends)
{
    struct machine m;

    boot(&m, 4);
    machine_type(&m, "off 21\n");
    lab_equal(machine_wait(&m), 21, "the machine's exit status");
    machine_release(&m);
}

void program_step(void)
{
    lab_step("program");
    lab_test(everything_is_up);
    lab_test(interrupts_come_last);
    lab_test(what_waits_is_taken);
    lab_test(a_late_line_is_taken);
    lab_test(no_line_is_slept_over);
    lab_test(monitor_answers);
    lab_test(monitor_edits);
    lab_test(monitor_handles_traps);
    lab_test(monitor_ticks);
    lab_test(monitor_sleeps);
    lab_test(monitor_panics);
    lab_test(monitor_ends);
}
