/*
 * program_kernel.c: step 8, in the kernel: what boot.c ties together.
 */
#include "boot.h"
#include "console.h"
#include "kerrno.h"
#include "ktest.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"
#include "timer.h"
#include "trap.h"

static void spin_us(uint64_t us)
{
    uint64_t until = time_read() + us * (PLATFORM_TIME_HZ / 1000000);

    while (time_read() < until)
        ;
}

/* stvec before kernel_init(): its two low bits are no address. */
__attribute__((aligned(4))) static void trapped_too_early(void)
{
    ktest_fail("an interrupt was let in, and stvec is not trap_vector yet");
}

static bool all_was_up = true;

static int look_what_is_up(struct trap_frame *frame, void *context)
{
    uint64_t all = SIE_TIMER | SIE_EXTERNAL;

    (void)frame;
    (void)context;
    csr_clear(sip, SIE_SOFTWARE);
    csr_clear(sie, SIE_SOFTWARE);
    all_was_up = (csr_read(sie) & all) == all;
    return 0;
}

/* Interrupts are let in when all is up, not before. */
KERNEL_TEST(interrupts_come_last)
{
    ktest_ok(trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_SOFTWARE,
                              look_what_is_up, NULL));
    csr_write(stvec, trapped_too_early);
    csr_write(sie, SIE_SOFTWARE);
    csr_set(sip, SIE_SOFTWARE);
    ktest_note("kernel_init(), while an interrupt is pending: it comes as soon "
               "as interrupts are on");
    kernel_init();
    ktest_check(all_was_up,
                "ticks and the PLIC are in sie when interrupts are let in");
}

/* Everything is up: ticks at TICK_HZ, interrupts on. */
KERNEL_TEST(everything_is_up)
{
    mmio_write8(PLATFORM_UART0 + 3, 0x1a);
    ktest_note("the UART has 7 bits and a parity; kernel_init(), then 55 ms");
    kernel_init();
    ktest_same_hex(mmio_read8(PLATFORM_UART0 + 3), 0x03,
                   "LCR of the UART: uart_init() was called");
    ktest_check(csr_read(sstatus) & SSTATUS_SIE, "interrupts are on");
    ktest_same_hex(csr_read(stvec), (uintptr_t)trap_vector, "stvec");
    spin_us(55000);
    ktest_at_least(timer_ticks(), 5, "ticks after 55 ms");
    ktest_at_most(timer_ticks(), 6, "ticks after 55 ms");
    ktest_check((csr_read(sie) & SIE_EXTERNAL) != 0,
                "external interrupts are on in sie");
    ktest_equal(mmio_read32(PLATFORM_PLIC + 4 * PLATFORM_UART0_IRQ), 1,
                "priority of the UART's line in the PLIC");
    ktest_check(
        mmio_read32(PLATFORM_PLIC + 0x2000 + 0x80) >> PLATFORM_UART0_IRQ & 1,
        "the UART's line is enabled for hart 0");
    ktest_same_hex(mmio_read8(PLATFORM_UART0 + 1) & 1, 1,
                   "IER of the UART, the bit of bytes that arrive");
}

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++)
        console_receive(*keys);
}

/* What waits is taken at once; the length and ^C are as the console says. */
KERNEL_TEST(what_waits_is_taken)
{
    char line[CONSOLE_LINE_BYTES_MAX];
    bool on;

    kernel_init();
    interrupts_off();
    type("one\r\rthree\r");
    interrupts_on();
    ktest_note("three lines wait: \"one\", \"\", \"three\"");
    ktest_equal(kernel_read_line(line, sizeof line), 3,
                "what kernel_read_line() returns");
    ktest_same_text(line, "one", "the line");
    ktest_equal(kernel_read_line(line, sizeof line), 0,
                "what kernel_read_line() returns");
    ktest_same_text(line, "", "the line");
    ktest_error(kernel_read_line(line, 5), -ENOBUFS);
    ktest_equal(kernel_read_line(line, 6), 5,
                "what kernel_read_line() returns");
    ktest_same_text(line, "three", "the line");
    interrupts_off();
    type("\x03");
    interrupts_on();
    ktest_note("^C was typed");
    ktest_error(kernel_read_line(line, sizeof line), -EINTR);
    on = interrupts_off();
    ktest_check(on, "interrupts are on, as before");
}

static void type_at_tick_100(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    if (timer_ticks() == 100)
        type("at last\r");
}

/* A line that is long in coming is waited for. */
KERNEL_TEST(a_late_line_is_taken)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    kernel_init();
    timer_set_callback(type_at_tick_100, NULL);
    ktest_note("kernel_read_line(); a line is typed after 100 ticks, a second");
    ktest_equal(kernel_read_line(line, sizeof line), 7,
                "what kernel_read_line() returns");
    ktest_same_text(line, "at last", "the line");
    ktest_at_least(timer_ticks(), 100, "timer_ticks()");
}

static uint64_t typed_at;

static int type_once(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    stimecmp_write(UINT64_MAX);
    typed_at = time_read();
    type("\r");
    return 0;
}

/*
 * The line may come at any instruction, and no other interrupt will: who sleeps
 * over it, sleeps on.
 */
KERNEL_TEST(no_line_is_slept_over)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    kernel_init();
    timer_stop_hart();
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, type_once, NULL));
    csr_set(sie, SIE_TIMER);
    ktest_note("kernel_read_line(), without ticks; Enter is typed 0 to 640 "
               "instructions later, once");
    for (uint64_t after = 0; after < 640; after++) {
        ktest_alarm(after);
        ktest_equal(kernel_read_line(line, sizeof line), 0,
                    "what kernel_read_line() returns");
        ktest_at_most((time_read() - typed_at) / 10, 1000,
                      "how many microseconds after Enter it returned");
    }
}
