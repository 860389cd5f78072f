/*
 * subject_devices.c: what a kernel sees of the models of ktest_device.h.
 */
#include "ktest.h"
#include "ktest_device.h"

#define UART ((volatile uint8_t *)0x10000000)
#define PLIC(offset) (*(volatile uint32_t *)(0x0c000000 + (offset)))
#define PRIORITY(irq) PLIC(4 * (irq))
#define ENABLE(hart) PLIC(0x2080 + 0x100 * (hart))
#define THRESHOLD(hart) PLIC(0x201000 + 0x2000 * (hart))
#define CLAIM(hart) PLIC(0x201004 + 0x2000 * (hart))

enum { THR, IER, FCR, LCR, MCR, LSR };

#define SIP_EXTERNAL (1u << 9)

static uint64_t sip(void)
{
    uint64_t value;

    __asm__ volatile("csrr %0, sip" : "=r"(value) : : "memory");
    return value;
}

static void send(const char *text)
{
    for (; *text != '\0'; text++) {
        while (!(UART[LSR] & 0x20))
            continue;
        UART[THR] = (uint8_t)*text;
    }
}

KERNEL_TEST(uart_takes_what_is_polled)
{
    ktest_watch(KTEST_UART);
    ktest_uart_busy(3);
    send("hello");
    ktest_same_text(ktest_uart_sent(), "hello", "what was sent");
    ktest_equal(ktest_uart_lost(), 0, "bytes that got lost");
    /* One look before the first byte, four before each of the others. */
    ktest_equal(ktest_access_count(), 5 + 1 + 4 * 4, "accesses");
}

KERNEL_TEST(uart_loses_what_is_not)
{
    ktest_watch(KTEST_UART);
    UART[THR] = 'a';
    UART[THR] = 'b';
    ktest_same_text(ktest_uart_sent(), "a", "what was sent");
    ktest_equal(ktest_uart_lost(), 1, "bytes that got lost");
    UART[FCR] = 1;
    for (unsigned i = 0; i < 20; i++)
        UART[THR] = 'c';
    ktest_equal(ktest_uart_lost(), 5, "bytes beyond the FIFO");
}

KERNEL_TEST(uart_is_set_up)
{
    ktest_watch(KTEST_UART);
    UART[LCR] = 0x80;
    UART[0] = 2;
    UART[1] = 1;
    UART[LCR] = 3;
    UART[FCR] = 7;
    UART[IER] = 1;
    ktest_equal(ktest_uart_register(KTEST_UART_DIVISOR), 258, "the divisor");
    ktest_equal(ktest_uart_register(KTEST_UART_LCR), 3, "LCR");
    ktest_equal(ktest_uart_register(KTEST_UART_IER), 1, "IER");
    ktest_equal(ktest_uart_register(KTEST_UART_FCR), 7, "FCR");
    struct ktest_access access = ktest_access_at(3);
    ktest_same_hex(access.address, 0x10000003, "where the fourth went");
    ktest_check(access.is_store && access.value == 3 && access.bytes == 1,
                "the fourth writes 3 to LCR");
    ktest_same_text(ktest_access_text(&access),
                    "writes 0x3 to 0x10000003 (1 byte)", "its text");
    ktest_accesses_forget();
    ktest_equal(ktest_access_count(), 0, "accesses");
}

KERNEL_TEST(uart_receives)
{
    ktest_watch(KTEST_UART);
    ktest_equal(UART[LSR], 0x60, "LSR of a UART that has nothing");
    UART[FCR] = 1;
    ktest_uart_receive("ab", 2);
    ktest_uart_receive_bad('c', 8);
    ktest_equal(UART[LSR], 0x61, "LSR before a");
    ktest_equal(UART[THR], 'a', "the first");
    ktest_equal(UART[THR], 'b', "the second");
    ktest_equal(UART[LSR], 0x69, "LSR before c");
    ktest_equal(UART[LSR], 0x61, "errors are told once");
    ktest_equal(UART[THR], 'c', "the third");
    ktest_equal(UART[LSR], 0x60, "LSR at the end");
    for (unsigned i = 0; i < 17; i++)
        ktest_uart_receive("x", 1);
    ktest_equal(ktest_uart_waiting(), 16, "bytes that wait");
    ktest_equal(UART[LSR], 0x63, "LSR after an overrun");
}

/* Loads and stores of each form that a compiler makes. */
KERNEL_TEST(device_by_each_instruction)
{
    uint64_t value;

    ktest_watch(KTEST_UART | KTEST_PLIC);
    __asm__ volatile("li a5, 0x0c000004\n li a4, -3\n c.sw a4, 0(a5)\n"
                     "lwu %0, 0(a5)"
                     : "=r"(value)
                     :
                     : "a4", "a5", "memory");
    ktest_same_hex(value, 5, "a priority, by c.sw and lwu");
    __asm__ volatile("li a5, 0x0c000004\n c.lw a4, 0(a5)\n mv %0, a4"
                     : "=r"(value)
                     :
                     : "a4", "a5", "memory");
    ktest_same_hex(value, 5, "the same by c.lw");
    __asm__ volatile("li a5, 0x0c000004\n lh %0, 0(a5)"
                     : "=r"(value)
                     :
                     : "a5", "memory");
    ktest_same_hex(value, 5, "the same by lh");
    __asm__ volatile("mv t1, sp\n li sp, 0x0c000000\n li t0, 6\n"
                     "c.swsp t0, 8(sp)\n c.lwsp t2, 8(sp)\n mv sp, t1\n"
                     "mv %0, t2"
                     : "=r"(value)
                     :
                     : "t0", "t1", "t2", "memory");
    ktest_same_hex(value, 6, "a priority, by c.swsp and c.lwsp");
    UART[7] = 0xfe;
    __asm__ volatile("li a5, 0x10000000\n lb %0, 7(a5)"
                     : "=r"(value)
                     :
                     : "a5", "memory");
    ktest_same_hex(value, ~1ull, "a byte, by lb");
    ktest_equal(UART[7], 0xfe, "a byte, by lbu");
}

KERNEL_TEST(plic_gives_each_once)
{
    ktest_watch(KTEST_PLIC);
    ktest_plic_raise(10);
    ktest_plic_raise(3);
    ktest_equal(CLAIM(0), 0, "a claim while nothing is enabled");
    PRIORITY(10) = 1;
    PRIORITY(3) = 1;
    ENABLE(0) = 1 << 10 | 1 << 3;
    ktest_check(sip() & SIP_EXTERNAL, "the interrupt is pending");
    ktest_equal(CLAIM(0), 3, "the first claim");
    ktest_check(ktest_plic_in_service(3), "3 is in service");
    ktest_equal(CLAIM(0), 10, "the second claim");
    ktest_equal(CLAIM(0), 0, "the third claim");
    ktest_check(!(sip() & SIP_EXTERNAL), "the interrupt is not pending");
    CLAIM(0) = 10;
    ktest_check(sip() & SIP_EXTERNAL, "10 is still up, and pending again");
    ktest_plic_lower(10);
    ktest_check(!(sip() & SIP_EXTERNAL), "10 is down");
    CLAIM(0) = 10;
    ktest_equal(ktest_plic_wrong_completions(), 1, "wrong completions");
    ktest_plic_raise(10);
    PRIORITY(10) = 0;
    ktest_check(!(sip() & SIP_EXTERNAL), "priority 0 never interrupts");
    PRIORITY(10) = 2;
    THRESHOLD(0) = 2;
    ktest_check(!(sip() & SIP_EXTERNAL), "2 is not above the threshold 2");
}

KERNEL_TEST(uart_interrupts_through_plic)
{
    ktest_watch(KTEST_UART | KTEST_PLIC);
    PRIORITY(10) = 1;
    ENABLE(0) = 1 << 10;
    UART[FCR] = 1;
    ktest_uart_receive("a", 1);
    ktest_check(!(sip() & SIP_EXTERNAL), "IER is 0");
    UART[IER] = 1;
    ktest_check(sip() & SIP_EXTERNAL, "a byte waits");
    ktest_equal(UART[2], 0xc4, "IIR");
    ktest_equal(CLAIM(0), 10, "the claim");
    ktest_equal(UART[THR], 'a', "the byte");
    CLAIM(0) = 10;
    ktest_check(!(sip() & SIP_EXTERNAL), "no byte waits");
}

/* The interrupt of another hart is that hart's. */
static void look(void *argument)
{
    unsigned hart = ktest_hart();

    (void)argument;
    if (hart == 1)
        while (!(sip() & SIP_EXTERNAL))
            continue;
    else
        ktest_check(!(sip() & SIP_EXTERNAL), "hart %u is not meant", hart);
    if (hart == 0)
        ktest_plic_raise(1);
    ktest_check(UART[LSR] == 0x60, "the UART is watched on hart %u", hart);
}

KERNEL_TEST(plic_interrupts_the_hart)
{
    ktest_watch(KTEST_UART | KTEST_PLIC);
    PRIORITY(1) = 1;
    ENABLE(1) = 1 << 1;
    ktest_on_all_harts(look, NULL);
    ktest_equal(CLAIM(1), 1, "the claim");
}

/* The real ones come back. */
KERNEL_TEST(watch_ends)
{
    ktest_watch(KTEST_UART);
    UART[7] = 1;
    ktest_watch(0);
    UART[7] = 2;
    ktest_equal(UART[7], 2, "the scratch register of the real UART");
    send("real\r\n");
}
