/*
 * uart_kernel.c: step 3, in the kernel.
 */
#include "kerrno.h"
#include "kprintf.h"
#include "ktest.h"
#include "ktest_device.h"
#include "platform.h"
#include "riscv.h"
#include "uart.h"

/* Was this bit, with bit 0, ever written to FCR? */
static bool fifo_was_reset(unsigned bit)
{
    for (size_t i = 0; i < ktest_access_count(); i++) {
        struct ktest_access access = ktest_access_at(i);

        if (access.is_store && access.address == PLATFORM_UART0 + 2 &&
            (access.value & 1) && (access.value & bit))
            return true;
    }
    return false;
}

/* Whoever ran before has left 300 baud, 7 bits and all interrupts, and the
 * latch closed or open. */
static void leave_junk(unsigned latch)
{
    ktest_watch(KTEST_UART);
    mmio_write8(PLATFORM_UART0 + 3, 0x9a);
    mmio_write8(PLATFORM_UART0, 0x0c);
    mmio_write8(PLATFORM_UART0 + 1, 0x03);
    mmio_write8(PLATFORM_UART0 + 3, 0x1a);
    mmio_write8(PLATFORM_UART0 + 1, 0x0f);
    mmio_write8(PLATFORM_UART0 + 3, 0x1a | latch);
}

static void expect_known_state(void)
{
    unsigned control = ktest_uart_register(KTEST_UART_LCR);

    ktest_check((control & 0x80) == 0,
                "the divisor's latch is closed again (LCR bit 7)");
    ktest_same_hex(control, 0x03, "LCR: 8 data bits, no parity, 1 stop bit");
    ktest_equal(ktest_uart_register(KTEST_UART_DIVISOR),
                PLATFORM_UART0_CLOCK_HZ / 16 / 115200,
                "the divisor, for 115,200 baud");
    ktest_check(ktest_uart_register(KTEST_UART_FCR) & 1,
                "the FIFOs are on (FCR bit 0)");
    ktest_check(fifo_was_reset(2) && fifo_was_reset(4),
                "both FIFOs were emptied (FCR bits 1 and 2)");
    ktest_same_hex(ktest_uart_register(KTEST_UART_IER), 0,
                   "IER: which interrupts are on");
    ktest_same_text(ktest_uart_sent(), "", "what was sent");
}

/* 115,200 baud, 8N1, FIFOs, no interrupts; and the latch is closed. */
KERNEL_TEST(line_is_in_a_known_state)
{
    leave_junk(0);
    ktest_note("uart_init(), on a UART that records each access; whoever ran "
               "before has left 300 baud, 7 bits and all interrupts");
    uart_init();
    expect_known_state();
    leave_junk(0x80);
    ktest_note("uart_init() again; before it as before, and the divisor's "
               "latch open (LCR bit 7)");
    uart_init();
    expect_known_state();
}

/* Bytes that came before are no one's. */
KERNEL_TEST(init_drops_what_came_before)
{
    ktest_watch(KTEST_UART);
    ktest_note("\"junk\" arrives, then uart_init()");
    ktest_uart_receive("junk", 4);
    uart_init();
    ktest_error(uart_get(), -EAGAIN);
}

/* No byte is written while the holding register is full. */
KERNEL_TEST(a_busy_line_is_waited_for)
{
    static const char text[] = "patience, it is a line of 115,200 baud";

    ktest_watch(KTEST_UART);
    uart_init();
    ktest_note("from now on LSR says \"not empty\" seven times after a byte");
    ktest_uart_busy(7);
    for (const char *at = text; *at != '\0'; at++)
        uart_put(*at);
    ktest_equal(ktest_uart_lost(), 0,
                "how many bytes were written while there was no room");
    ktest_same_text(ktest_uart_sent(), text, "what was sent");
}

/* Each byte is written when LSR has said that there is room, not before. */
KERNEL_TEST(each_byte_waits_its_turn)
{
    bool empty = false;

    ktest_watch(KTEST_UART);
    uart_init();
    ktest_accesses_forget();
    ktest_note("\"abc\", and LSR says \"not empty\" three times after a byte");
    ktest_uart_busy(3);
    for (const char *at = "abc"; *at != '\0'; at++)
        uart_put(*at);
    for (size_t i = 0; i < ktest_access_count(); i++) {
        struct ktest_access access = ktest_access_at(i);

        if (!access.is_store && access.address == PLATFORM_UART0 + 5)
            empty = access.value & 0x20;
        if (!access.is_store || access.address != PLATFORM_UART0)
            continue;
        ktest_check(empty, "LSR bit 5 was set when '%c' was written",
                    (char)access.value);
        empty = false;
    }
}

/* What has arrived is neither taken by sending nor taken for room to send. */
KERNEL_TEST(sending_leaves_what_arrived)
{
    static const char text[] = "a long line, while somebody types";

    ktest_watch(KTEST_UART);
    uart_init();
    ktest_note("'a' arrives, then %lu bytes are sent, then uart_get()",
               sizeof text - 1);
    ktest_uart_receive("a", 1);
    ktest_uart_busy(40);
    for (const char *at = text; *at != '\0'; at++)
        uart_put(*at);
    ktest_equal(ktest_uart_lost(), 0,
                "how many bytes were written while there was no room");
    ktest_equal(uart_get(), 'a', "what uart_get() returns");
}

/* -EAGAIN, at once, and the receiver is not read. */
KERNEL_TEST(nothing_arrived_is_eagain)
{
    ktest_watch(KTEST_UART);
    uart_init();
    ktest_accesses_forget();
    ktest_note("uart_get(), and nothing has arrived");
    ktest_error(uart_get(), -EAGAIN);
    for (size_t i = 0; i < ktest_access_count(); i++) {
        struct ktest_access access = ktest_access_at(i);

        ktest_check(access.address == PLATFORM_UART0 + 5 && !access.is_store,
                    "it reads LSR and nothing else; it %s",
                    ktest_access_text(&access));
    }
}

/* Every byte is 0 to 255, and in the order in which it came. */
KERNEL_TEST(every_byte_is_received)
{
    ktest_watch(KTEST_UART);
    uart_init();
    ktest_note("each byte from 0 to 255 arrives, and uart_get() is called");
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;

        ktest_uart_receive(&c, 1);
        ktest_equal(uart_get(), byte, "what uart_get() returns");
        ktest_error(uart_get(), -EAGAIN);
    }
    ktest_note("\"first come\" arrives at once");
    ktest_uart_receive("first come", 10);
    for (const char *at = "first come"; *at != '\0'; at++)
        ktest_equal(uart_get(), *at, "what uart_get() returns");
    ktest_error(uart_get(), -EAGAIN);
}

/* printf, given, comes out of it; on the real line. */
KERNEL_TEST(printf_prints)
{
    uart_init();
    ktest_note("printf() on the real line");
    printf("%s is %d of %u, %#x, %08lx, [%-4d][%4s]\n", "week", 21, 26u, 255,
           0x123abcUL, 7, "ab");
}

/* What a person types is sent back, until Enter. */
KERNEL_TEST(what_is_typed_comes_back)
{
    int c;

    ktest_limit_ms(60000);
    uart_init();
    ktest_note("everything that uart_get() returns is sent back, until '\\r'");
    uart_put('>');
    do {
        while ((c = uart_get()) < 0)
            ktest_equal(c, -EAGAIN, "what uart_get() returns");
        uart_put((char)c);
    } while (c != '\r');
}
