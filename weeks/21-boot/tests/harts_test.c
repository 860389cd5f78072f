/*
 * harts_test.c: step 9, the stretch.
 */
#include "qemu.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

lab_kernel_test_with(interrupts_are_off_while_it_is_held, .harts = 4);
lab_kernel_test_with(an_interrupt_may_want_it_too, .harts = 1);
lab_kernel_test_with(a_counter_comes_out_right, .harts = 4, .real_time = true);

/* Entered by start, as the harts are start's. */
#define START_TEST(name, number)                                        \
    STEP_TEST(name)                                                     \
    {                                                                   \
        machine_run(.test = #name, .entry = "start", .harts = (number), \
                    .real_time = true);                                 \
    }                                                                   \
    _Static_assert(1, "")

START_TEST(the_others_stay_parked, 4);
START_TEST(how_many_is_checked, 4);
START_TEST(all_count_together, 4);

/* Each on its own stack, whether many or none, and whether they have been there
 * for long or come to start only now. */
STEP_TEST(all_harts_go_on)
{
    machine_run(.test = "all_harts_go_on", .entry = "start", .harts = 1);
    machine_run(.test = "all_harts_go_on", .entry = "start_others_first",
                .harts = 4);
    machine_run(.test = "all_harts_go_on", .entry = "start_others_late",
                .harts = 4, .real_time = true);
}

/* No races: the machine counts instructions. */
STEP_TEST(whoever_looks_finds_all)
{
    machine_run(.test = "whoever_looks_finds_all", .entry = "start",
                .harts = 4);
}

/* ---- Order ---- */

/* Append a function's instructions, from the image of the tests. */
static void disassemble(const char *function, char *text, size_t size)
{
    static const char *const prefixes[] = {
        "riscv64-unknown-elf-", "riscv64-elf-", "riscv64-linux-gnu-"};
    size_t before = strlen(text), len = before;
    char command[512];

    for (unsigned i = 0; i < 3 && len == before; i++) {
        FILE *objdump;

        snprintf(command, sizeof command,
                 "%sobjdump -d --no-show-raw-insn --disassemble=%s %s "
                 "2>/dev/null | grep '^ '",
                 prefixes[i], function, lab_program("kernel.elf"));
        objdump = popen(command, "r");
        if (objdump == NULL)
            continue;
        len += fread(text + len, 1, size - 1 - len, objdump);
        pclose(objdump);
        text[len] = '\0';
    }
}

/* And of the functions that it calls, if it has some. */
static void disassemble_calls(char *text, size_t size)
{
    char *end = text + strlen(text);

    for (char *at = text; (at = strstr(at, "jal")) != NULL && at < end; at++) {
        char name[64];

        if (sscanf(at, "%*[^<\n]<%63[^+>]>", name) == 1)
            disassemble(name, text, size);
    }
}

static void expect_order(const char *function, const char *const *any_of,
                         const char *why)
{
    static char text[65536];

    lab_note("looks at the instructions of %s()", function);
    text[0] = '\0';
    disassemble(function, text, sizeof text);
    if (text[0] == '\0')
        lab_fail("objdump shows no function %s", function);
    disassemble_calls(text, sizeof text);
    for (; *any_of != NULL; any_of++)
        if (strstr(text, *any_of) != NULL)
            return;
    lab_fail("%s\n%s", why, text);
}

/*
 * This is no test of what happens. QEMU keeps more order than RISC-V promises
 * when the machine it runs on is an x86, so a lock without order counts right
 * here, and wrong on a board. So its object code is looked at.
 */
STEP_TEST(order_is_asked_for)
{
    static const char *const acquire[] = {".aq",
                                          "fence\tr,rw",
                                          "fence\trw,rw",
                                          "fence\tiorw,iorw",
                                          "fence\n",
                                          "fence.tso",
                                          NULL};
    static const char *const release[] = {".rl",
                                          ".aqrl",
                                          "fence\trw,w",
                                          "fence\trw,rw",
                                          "fence\tiorw,iorw",
                                          "fence\tiorw,ow",
                                          "fence\n",
                                          "fence.tso",
                                          NULL};

    expect_order("spinlock_acquire", acquire,
                 "nothing in spinlock_acquire() keeps what follows it from "
                 "being done before it: .aq, or a fence r,rw");
    expect_order("spinlock_release", release,
                 "nothing in spinlock_release() keeps what precedes it from "
                 "being done after it: .rl, or a fence rw,w");
}

/* The monitor's command, as a person sees it. */
STEP_TEST(monitor_counts)
{
    struct machine m;

    machine_start(&m, .program = "monitor", .harts = 4, .real_time = true);
    machine_expect(&m, "> ");
    machine_type(&m, "harts 250\n");
    machine_expect(&m, "4 harts counted to 1000\r\n");
    machine_expect(&m, "> ");
    machine_type(&m, "harts\n");
    machine_expect(&m, "harts: already done\r\n");
    machine_release(&m);
}

void harts_step(void)
{
    lab_step("harts");
    lab_test(interrupts_are_off_while_it_is_held);
    lab_test(an_interrupt_may_want_it_too);
    lab_test(a_counter_comes_out_right);
    lab_test(order_is_asked_for);
    lab_test(all_harts_go_on);
    lab_test(whoever_looks_finds_all);
    lab_test(the_others_stay_parked);
    lab_test(how_many_is_checked);
    lab_test(all_count_together);
    lab_test(monitor_counts);
}
