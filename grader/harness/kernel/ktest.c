/*
 * ktest.c: the run of one kernel test, and what it asks of the machine.
 */
#include "ktest_internal.h"

static uint64_t random_state;
static bool must_end;

/* ---- Texts ---- */

void ktest_say(const char *text)
{
    while (*text != '\0') {
        long words[5] = {0};
        char *to = (char *)words;
        long len = 0;
        while (len < (long)sizeof words && *text != '\0')
            to[len++] = *text++;
        ktest_call(len, words[0], words[1], words[2], words[3], words[4],
                   KTEST_CALL_TEXT);
    }
}

void ktest_note(const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    ktest_vformat(line, sizeof line, format, args);
    va_end(args);
    ktest_say(line);
    ktest_ask(KTEST_CALL_NOTE, 0, 0);
}

/* ---- The run ---- */

void ktest_pass(void)
{
    ktest_ask(KTEST_CALL_PASS, 0, 0);
    for (;;)
        continue;
}

void ktest_expect_end(unsigned how)
{
    must_end = true;
    ktest_ask(KTEST_CALL_ENDING, how, 0);
}

void ktest_run(void)
{
    void (*test)(void) =
        (void (*)(void))ktest_ask(KTEST_CALL_GET, KTEST_TEST, 0);

    random_state = (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_SEED, 0);
    must_end = false;
    test();
    if (must_end)
        ktest_fail("the kernel did not end the machine: it returned");
    ktest_pass();
}

__attribute__((weak)) void kernel_main(unsigned hart, const void *device_tree)
{
    (void)hart;
    (void)device_tree;
    ktest_run();
}

unsigned ktest_hart(void)
{
    return (unsigned)ktest_ask(KTEST_CALL_GET, KTEST_HART, 0);
}

unsigned ktest_hart_count(void)
{
    return (unsigned)ktest_ask(KTEST_CALL_GET, KTEST_HARTS, 0);
}

uint64_t ktest_argument(unsigned index)
{
    return (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_ARGUMENT, index);
}

void ktest_limit_ms(uint64_t ms)
{
    ktest_ask(KTEST_CALL_LIMIT, (long)ms, 0);
}

uint64_t ktest_host(const char *what, uint64_t first, uint64_t second)
{
    ktest_say(what);
    return (uint64_t)ktest_ask(KTEST_CALL_HOST, (long)first, (long)second);
}

/* splitmix64, as in lab.h. */
uint64_t ktest_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t ktest_random_below(uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)ktest_random() * bound) >> 64);
}

void ktest_on_all_harts(void (*function)(void *), void *argument)
{
    ktest_call((long)ktest_enter_job, (long)function, (long)argument, 0, 0, 0,
               KTEST_CALL_HARTS);
    function(argument);
    while (ktest_ask(KTEST_CALL_GET, KTEST_RUNNING, 0) != 0)
        continue;
}

/* ---- Traps ---- */

bool ktest_catch(void (*function)(void *), void *argument,
                 struct ktest_trap *trap)
{
    *trap = (struct ktest_trap){.cause = KTEST_NO_TRAP};
    if (!ktest_catch_call(function, argument))
        return false;
    trap->cause = (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_TRAP, 0);
    trap->pc = (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_TRAP, 1);
    trap->value = (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_TRAP, 2);
    trap->status = (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_TRAP, 3);
    return true;
}

static void load(void *address)
{
    (void)*(volatile char *)address;
}

static void store(void *address)
{
    *(volatile char *)address = 0x55;
}

static void jump(void *address)
{
    ((void (*)(void))address)();
}

bool ktest_catch_load(const volatile void *address, struct ktest_trap *trap)
{
    return ktest_catch(load, (void *)address, trap);
}

bool ktest_catch_store(volatile void *address, struct ktest_trap *trap)
{
    return ktest_catch(store, (void *)address, trap);
}

bool ktest_catch_jump(const void *address, struct ktest_trap *trap)
{
    return ktest_catch(jump, (void *)address, trap);
}

const char *ktest_cause_text(uint64_t cause)
{
    static const char *const texts[] = {
        "instruction address misaligned",
        "instruction access fault",
        "illegal instruction",
        "breakpoint",
        "load address misaligned",
        "load access fault",
        "store address misaligned",
        "store access fault",
        "ecall from user mode",
        "ecall from supervisor mode",
        "cause 10",
        "ecall from machine mode",
        "instruction page fault",
        "load page fault",
        "cause 14",
        "store page fault",
    };

    if (cause == KTEST_NO_TRAP)
        return "no trap";
    if (cause >> 63)
        return "an interrupt";
    return cause < sizeof texts / sizeof *texts ? texts[cause]
                                                : "an unknown cause";
}

/* ---- Instructions ---- */

uint64_t ktest_instructions(void)
{
    return (uint64_t)ktest_ask(KTEST_CALL_GET, KTEST_COUNT, 0);
}
