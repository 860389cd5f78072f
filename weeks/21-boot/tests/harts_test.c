/*
 * harts_test.c: step 9, the stretch.
 */
#include "qemu.h"
#include "registers.h"
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>
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

/* What the kernel's test asks, of hart values[0]. */
static uint64_t look_at_rest(struct machine *m, const char *what,
                             const uint64_t values[2])
{
    (void)what;
    registers_expect_rest(m, (unsigned)values[0]);
    return 0;
}

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

/* No races: the machine counts instructions, and each hart has its turn. */
STEP_TEST(the_others_stay_parked)
{
    machine_run(.test = "the_others_stay_parked", .entry = "start", .harts = 4,
                .look = look_at_rest);
}

STEP_TEST(whoever_looks_finds_all)
{
    machine_run(.test = "whoever_looks_finds_all", .entry = "start",
                .harts = 4);
}

/* ---- Order ---- */

#define CODE_BYTES 65536
#define CALLS_DEEP 2

/* A function's instructions, from the image of the tests. */
static void disassemble(const char *function, char *text, size_t size)
{
    static const char *const prefixes[] = {
        "riscv64-unknown-elf-", "riscv64-elf-", "riscv64-linux-gnu-"};
    char command[512];
    size_t len = 0;

    for (unsigned i = 0; i < 3 && len == 0; i++) {
        FILE *objdump;

        snprintf(command, sizeof command,
                 "%sobjdump -d --no-show-raw-insn --disassemble=%s %s "
                 "2>/dev/null | grep '^ '",
                 prefixes[i], function, lab_program("kernel.elf"));
        objdump = popen(command, "r");
        if (objdump == NULL)
            continue;
        len = fread(text, 1, size - 1, objdump);
        pclose(objdump);
    }
    text[len] = '\0';
}

/* Append them, with those of the functions it calls where it calls them. */
static void append_code(const char *function, unsigned deep, char *code)
{
    char *own = malloc(CODE_BYTES);
    char *rest = own, *line;

    if (own == NULL)
        lab_fail("no memory");
    disassemble(function, own, CODE_BYTES);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        size_t len = strlen(code);
        char called[64];

        snprintf(code + len, CODE_BYTES - len, "%s\n", line);
        if (deep > 0 &&
            sscanf(line, "%*[^\t]\tj%*[^<]<%63[^+>]>", called) == 1 &&
            strcmp(called, function) != 0)
            append_code(called, deep - 1, code);
    }
    free(own);
}

static const char *code_of(const char *function)
{
    static char code[CODE_BYTES];

    lab_note("looks at the instructions of %s()", function);
    code[0] = '\0';
    append_code(function, CALLS_DEEP, code);
    if (code[0] == '\0')
        lab_fail("objdump shows no function %s", function);
    return code;
}

static bool starts(const char *instruction, const char *name)
{
    return strncmp(instruction, name, strlen(name)) == 0;
}

/* The next instruction of this code; NULL at its end. */
static const char *next_instruction(const char **code)
{
    const char *tab = strchr(*code, '\t');

    if (tab == NULL)
        return NULL;
    *code = tab + 1 + strcspn(tab + 1, "\n");
    return tab + 1;
}

/* A fence that what is in `before` passes before what is in `after`: of "rw".
 */
static bool is_fence(const char *instruction, const char *before,
                     const char *after)
{
    char from[8], to[8];

    if (starts(instruction, "fence\n") || starts(instruction, "fence.tso"))
        return true;
    return sscanf(instruction, "fence\t%7[iorw],%7[iorw]", from, to) == 2 &&
           strspn(before, from) == strlen(before) &&
           strspn(after, to) == strlen(after);
}

static bool is_atomic(const char *instruction)
{
    return starts(instruction, "amo") || starts(instruction, "sc.");
}

static bool is_store(const char *instruction)
{
    return is_atomic(instruction) || starts(instruction, "sw\t") ||
           starts(instruction, "sd\t") || starts(instruction, "sh\t") ||
           starts(instruction, "sb\t");
}

/* Of a lock that has no atomic instruction a fence anywhere will do. */
static bool acquires(const char *code)
{
    bool atomic =
        strstr(code, "\tamo") == NULL && strstr(code, "\tsc.") == NULL;
    const char *instruction;

    if (strstr(code, ".aq") != NULL)
        return true;
    while ((instruction = next_instruction(&code)) != NULL) {
        atomic = atomic || is_atomic(instruction);
        if (atomic && is_fence(instruction, "r", "rw"))
            return true;
    }
    return false;
}

static bool releases(const char *code)
{
    bool fence = false;
    const char *instruction;

    if (strstr(code, ".rl") != NULL || strstr(code, ".aqrl") != NULL)
        return true;
    while ((instruction = next_instruction(&code)) != NULL) {
        if (fence && is_store(instruction))
            return true;
        fence = fence || is_fence(instruction, "rw", "w");
    }
    return false;
}

/*
 * This is no test of what happens. QEMU keeps more order than RISC-V promises
 * when the machine it runs on is an x86, so a lock without order counts right
 * here, and wrong on a board. So its object code is looked at.
 */
STEP_TEST(order_is_asked_for)
{
    const char *code = code_of("spinlock_acquire");

    if (!acquires(code))
        lab_fail("nothing in spinlock_acquire() keeps what follows it from "
                 "being done before it: .aq, or a fence r,rw behind the "
                 "instruction that takes the lock\n%s",
                 code);
    code = code_of("spinlock_release");
    if (!releases(code))
        lab_fail("nothing in spinlock_release() keeps what precedes it from "
                 "being done after it: .rl, or a fence rw,w before the store "
                 "that gives the lock back\n%s",
                 code);
}

/* The monitor's command, as a person sees it. */
STEP_TEST(monitor_counts)
{
    struct machine m;

    machine_start(&m, .program = "monitor", .harts = 4, .real_time = true);
    machine_expect(&m, "> ");
    machine_type(&m, "harts 1000000000000\n");
    machine_expect(&m, "harts: each counts to 10000000 at most\r\n");
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
