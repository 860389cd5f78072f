/*
 * subject.c: a kernel that passes, fails, and ends in every way there is. Its
 * tests' results are what qemu_test.c expects.
 */
#include "ktest.h"

#define TEST_DEVICE ((volatile uint32_t *)0x100000)

extern char subject_bad_vector[], subject_stubborn_vector[];
extern char subject_sinking_vector[];
uint64_t subject_traps(uint64_t ebreaks);
uint64_t subject_ecall(void);
void subject_count(uint64_t times);
uint64_t subject_keeps_registers(void);
_Noreturn void todo(const char *what);

static void set_vector(const char *vector)
{
    __asm__ volatile("csrw stvec, %0" : : "r"(vector));
}

/* ---- Expectations ---- */

KERNEL_TEST(passes)
{
    ktest_note("a note, %d, %s, %c, 0x%lx, %5d|%-3u|%05x", -3, "text", 'c',
               0x123456789abcdef0, 42, 7u, 0xabu);
    ktest_equal(2 + 2, 4, "a sum");
    ktest_same_text("abc", "abc", "a text");
    ktest_same_bytes("abc", "abd", 2, "two bytes");
    ktest_at_most(3, 3, "three");
    ktest_at_least(3, 3, "three");
    ktest_equal(ktest_ok(5), 5, "what it returns");
    ktest_error(-22, -22);
}

KERNEL_TEST(differs_in_number)
{
    ktest_equal(-1234567, 42, "a number of %s", "things");
}

KERNEL_TEST(differs_in_hex)
{
    ktest_same_hex(0xfffful << 48, (uint64_t)&subject_bad_vector & 0, "bits");
}

KERNEL_TEST(differs_in_text)
{
    ktest_same_text("one\n\x01", "two\r", "a text");
}

KERNEL_TEST(differs_in_bytes)
{
    ktest_same_bytes("abcdef", "abXdef", 6, "six");
}

KERNEL_TEST(exceeds)
{
    ktest_at_most(1001, 1000, "instructions");
}

KERNEL_TEST(does_not_hold)
{
    ktest_check(1 > 2, "one is more than two");
}

KERNEL_TEST(is_refused)
{
    ktest_ok(-12);
}

KERNEL_TEST(is_not_written)
{
    ktest_ok(-38);
}

KERNEL_TEST(wrong_error)
{
    ktest_error(-12, -22);
}

KERNEL_TEST(says_todo)
{
    todo("the rest");
}

/* ---- Endings ---- */

/* Beyond what the optimiser knows. */
static volatile int forever = 1;

__attribute__((noinline)) static void run_in_circles(void)
{
    while (forever)
        continue;
}

KERNEL_TEST(hangs)
{
    ktest_note("goes round");
    run_in_circles();
}

KERNEL_TEST(sleeps)
{
    for (;;)
        __asm__ volatile("wfi");
}

static void sleep_on(void *argument)
{
    (void)argument;
    while (forever)
        continue;
}

/* sret to user mode, to a loop there. */
KERNEL_TEST(hangs_in_user_mode)
{
    __asm__ volatile("la t0, 1f\n"
                     "csrw sepc, t0\n"
                     "li t0, 1 << 8\n"
                     "csrc sstatus, t0\n"
                     "sret\n"
                     "1: j 1b"
                     :
                     :
                     : "t0", "memory");
}

KERNEL_TEST(hangs_on_all_harts)
{
    ktest_on_all_harts(sleep_on, NULL);
}

KERNEL_TEST(has_no_vector)
{
    set_vector(NULL);
    *(volatile int *)16 = 1;
}

KERNEL_TEST(spins_in_vector)
{
    set_vector(subject_bad_vector);
    __asm__ volatile("ebreak");
}

/* Traps are page faults then, of which machine mode gets to know nothing. */
static void map_memory(void)
{
    static uint64_t root[512] __attribute__((aligned(4096)));

    root[2] = 0x80000000 >> 2 | 0xcf; /* D, A, X, W, R, V */
    __asm__ volatile("csrw satp, %0"
                     :
                     : "r"(8ull << 60 | (uint64_t)root >> 12)
                     : "memory");
}

KERNEL_TEST(sinks_in_vector)
{
    map_memory();
    set_vector(subject_sinking_vector);
    __asm__ volatile("li sp, 0\n"
                     "ebreak");
}

KERNEL_TEST(has_its_vector_nowhere)
{
    map_memory();
    set_vector(NULL);
    __asm__ volatile("ebreak");
}

KERNEL_TEST(traps_again)
{
    set_vector(subject_stubborn_vector);
    __asm__ volatile("ebreak");
}

KERNEL_TEST(ends_machine)
{
    *TEST_DEVICE = 5 << 16 | 0x3333;
}

KERNEL_TEST(ends_machine_well)
{
    *TEST_DEVICE = 0x5555;
}

KERNEL_TEST(resets_machine)
{
    *TEST_DEVICE = 0x7777;
}

static void show(const char *text)
{
    for (; *text != '\0'; text++)
        *(volatile char *)0x10000000 = *text;
}

/* As the course's kernels do. */
KERNEL_TEST(panics)
{
    ktest_note("what the test did");
    show("> \r\n> \r\npanic: nobody handles this\r\nhart 0\r\n"
         "trap: breakpoint, scause 0x3, stval 0, sepc 0x80001234\r\n"
         "  ra 0000000080000456   sp 0000000080010000\r\n"
         " t6 00000000000000ff\r\n"
         "  0x80001234 walk+0x1c\r\n");
    *TEST_DEVICE = 101 << 16 | 0x3333;
}

KERNEL_TEST(is_expected_to_end)
{
    ktest_expect_end(KTEST_END_FAIL);
    *TEST_DEVICE = 5 << 16 | 0x3333;
}

KERNEL_TEST(ends_with_this_status)
{
    ktest_expect_end(KTEST_END_STATUS(101));
    *TEST_DEVICE = 101 << 16 | 0x3333;
}

KERNEL_TEST(ends_with_another_status)
{
    ktest_expect_end(KTEST_END_STATUS(101));
    *TEST_DEVICE = 1 << 16 | 0x3333;
}

KERNEL_TEST(ends_otherwise)
{
    ktest_expect_end(KTEST_END_FAIL);
    *TEST_DEVICE = 0x5555;
}

KERNEL_TEST(does_not_end)
{
    ktest_expect_end(KTEST_END_FAIL);
}

/* What ktest keeps is out of a kernel's reach; the clock is so, too. */
KERNEL_TEST(reaches_for_result)
{
    struct ktest_trap trap;

    ktest_check(ktest_catch_store((void *)0x88100000, &trap),
                "a store to ktest's block traps");
    ktest_equal(trap.cause, 7, "its cause");
    ktest_check(ktest_catch_load((void *)0x88000000, &trap),
                "a load from ktest's code traps");
    ktest_check(ktest_catch_jump((void *)0x88000000, &trap),
                "a jump there traps");
    ktest_equal(trap.cause, 1, "its cause");
}

/* ---- Traps ---- */

static void breakpoint(void *argument)
{
    (void)argument;
    __asm__ volatile("ebreak");
}

static void nothing(void *argument)
{
    *(int *)argument = 1;
}

KERNEL_TEST(catches)
{
    struct ktest_trap trap;
    int ran = 0;

    set_vector(subject_bad_vector);
    ktest_check(ktest_catch(breakpoint, NULL, &trap), "a breakpoint traps");
    ktest_equal(trap.cause, 3, "its cause");
    ktest_check(trap.pc >= (uint64_t)breakpoint &&
                    trap.pc < (uint64_t)breakpoint + 32,
                "the pc is in the function");
    ktest_check(!ktest_catch(nothing, &ran, &trap), "nothing traps");
    ktest_equal(ran, 1, "what it did");
    ktest_check(trap.cause == KTEST_NO_TRAP, "there is no cause");
    ktest_check(ktest_catch_load((void *)0x10, &trap), "a load there traps");
    ktest_equal(trap.cause, 5, "its cause");
    ktest_same_hex(trap.value, 0x10, "its address");
    ktest_same_text(ktest_cause_text(5), "load access fault", "its name");
}

/* The kernel's own traps are the kernel's. */
KERNEL_TEST(traps_reach_the_kernel)
{
    ktest_equal(subject_traps(10), 10, "breakpoints that the vector saw");
    ktest_equal(subject_ecall(), 9, "the cause of an ecall");
    ktest_equal(subject_keeps_registers(), 1, "registers are kept");
}

/* Over many beats of the clock, too. */
KERNEL_TEST(many_traps_reach_the_kernel)
{
    ktest_equal(subject_traps(1000000), 1000000,
                "breakpoints that the vector saw");
}

/* ---- The run ---- */

KERNEL_TEST(knows_the_run)
{
    ktest_equal(ktest_argument(0), 42, "the first argument");
    ktest_equal(ktest_argument(5), 47, "the last argument");
    ktest_equal(ktest_hart(), 0, "the hart");
    ktest_note("%u harts, 0x%lx", ktest_hart_count(), ktest_random());
    ktest_check(ktest_random_below(10) < 10, "a number below 10");
}

static uint32_t came[4], rounds;

static void come(void *argument)
{
    ktest_check(argument == came, "the argument is handed on");
    came[ktest_hart()]++;
    __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
}

KERNEL_TEST(all_harts_come)
{
    for (unsigned i = 0; i < 3; i++)
        ktest_on_all_harts(come, came);
    for (unsigned i = 0; i < 4; i++)
        ktest_equal(came[i], i < ktest_hart_count() ? 3 : 0, "hart %u came", i);
    ktest_equal(rounds, 3 * ktest_hart_count(), "all of them");
}

static void fail_elsewhere(void *argument)
{
    (void)argument;
    if (ktest_hart() == ktest_hart_count() - 1)
        ktest_fail("hart %u does not like it", ktest_hart());
}

KERNEL_TEST(fails_on_another_hart)
{
    ktest_on_all_harts(fail_elsewhere, NULL);
}

static volatile uint32_t counter;

#define COUNT 3000000

static void count(void *argument)
{
    (void)argument;
    for (int i = 0; i < COUNT; i++)
        counter = counter + 1;
}

/* Long rounds: a busy host lets the harts run by turns. */
KERNEL_TEST(races)
{
    unsigned harts = ktest_hart_count();

    for (unsigned round = 0; round < (harts == 1 ? 1 : 20); round++) {
        counter = 0;
        ktest_on_all_harts(count, NULL);
        ktest_equal(counter, COUNT * harts, "the counter");
    }
}

/* The count is exact, however long it takes: beats of the clock included. */
KERNEL_TEST(counts_instructions)
{
    uint64_t times[] = {1, 100, 10000000}, from, empty;

    ktest_instructions();
    from = ktest_instructions();
    empty = ktest_instructions() - from;
    for (unsigned i = 0; i < 3; i++) {
        from = ktest_instructions();
        subject_count(times[i]);
        uint64_t is = ktest_instructions() - from - empty;
        ktest_note("%lu rounds: %lu instructions", times[i], is);
        ktest_at_least(is, 2 * times[i] + 1, "instructions of the loop");
        ktest_at_most(is, 2 * times[i] + 7, "instructions of the loop");
    }
}

static uint64_t time_now(void)
{
    uint64_t value;

    __asm__ volatile("rdtime %0" : "=r"(value) : : "memory");
    return value;
}

/* stimecmp and sie.STIE; asleep meanwhile. */
KERNEL_TEST(takes_long)
{
    uint64_t until = time_now() + 30 * 10000000;

    ktest_limit_ms(60000);
    __asm__ volatile("csrw 0x14d, %0" : : "r"(until));
    __asm__ volatile("csrs sie, %0" : : "r"(1 << 5));
    while (time_now() < until)
        __asm__ volatile("wfi" : : : "memory");
}

/* ---- Alarms ---- */

#define ALARM_NOPS 200

/* A trap vector that keeps where the interrupt came, and ends it. */
uint64_t subject_interrupted_at;
extern const char subject_alarm_vector[], subject_alarm_nops[];
__asm__(".balign 4\n"
        "subject_alarm_vector:\n"
        "addi sp, sp, -16\n"
        "sd t0, 0(sp)\n"
        "sd t1, 8(sp)\n"
        "csrr t0, sepc\n"
        "la t1, subject_interrupted_at\n"
        "sd t0, 0(t1)\n"
        "li t0, -1\n"
        "csrw 0x14d, t0\n"
        "ld t0, 0(sp)\n"
        "ld t1, 8(sp)\n"
        "addi sp, sp, 16\n"
        "sret\n");

/* Behind how many of the nops, which follow the alarm, it came. */
static int64_t nops_before_alarm(uint64_t instructions)
{
    ktest_alarm(instructions);
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     "csrsi sstatus, 2\n"
                     "subject_alarm_nops:\n"
                     ".rept 200\n"
                     "nop\n"
                     ".endr\n"
                     "csrci sstatus, 2\n"
                     ".option pop"
                     :
                     :
                     : "memory");
    return (int64_t)(subject_interrupted_at - (uintptr_t)subject_alarm_nops) /
           4;
}

/* It comes at the first one while it is too early, then behind each in turn. */
KERNEL_TEST(alarm_comes_behind_each_instruction)
{
    int64_t before = 0, came;

    set_vector(subject_alarm_vector);
    __asm__ volatile("csrs sie, %0" : : "r"(1 << 5));
    for (uint64_t i = 0; i < ALARM_NOPS / 2; i++) {
        came = nops_before_alarm(i);
        ktest_note("%lu: behind %ld nops", i, came);
        if (i > 0 && (came > 0 || before > 0))
            ktest_equal(came, before + 1, "nops before the alarm of %lu", i);
        before = came;
    }
    ktest_at_least(before, ALARM_NOPS / 4, "nops before the last alarm");
}

KERNEL_TEST(asks_the_host)
{
    uint64_t answer = ktest_host("sum", 40, 2);

    ktest_equal(answer, 42, "what the host answers");
    ktest_equal(ktest_host("difference", 40, 2), 38, "its second answer");
}

/* ---- A start of its own ---- */

static uint32_t arrived;
static volatile uint32_t junk_bss[64];

/* bss is no zeros here, and each hart comes at once. */
void subject_main(unsigned hart)
{
    __atomic_fetch_or(&arrived, 1u << hart, __ATOMIC_RELEASE);
    if (hart != 0)
        for (;;)
            __asm__ volatile("wfi");
    ktest_run();
}

KERNEL_TEST(is_entered)
{
    unsigned zeros = 0;

    for (unsigned i = 0; i < 64; i++)
        zeros += junk_bss[i] == 0;
    ktest_at_most(zeros, 8, "words of the bss that are 0");
}
