/*
 * hello_kernel.c: step 1, in the kernel.
 */
#include "ktest.h"
#include "ktest_device.h"
#include "platform.h"
#include "uart.h"

/* One call of uart_put() sends one byte. */
KERNEL_TEST(one_character_is_sent)
{
    ktest_watch(KTEST_UART);
    ktest_note("uart_put('!'), on a UART that records each access");
    uart_put('!');
    ktest_same_text(ktest_uart_sent(), "!", "what was sent");
}

/* What is written is a byte wide and goes to no other register. */
KERNEL_TEST(one_store_of_one_byte)
{
    unsigned stores = 0;

    ktest_watch(KTEST_UART);
    ktest_note("uart_put('!'), on a UART that records each access");
    uart_put('!');
    for (size_t i = 0; i < ktest_access_count(); i++) {
        struct ktest_access access = ktest_access_at(i);

        if (!access.is_store)
            continue;
        stores++;
        ktest_same_hex(access.address, PLATFORM_UART0,
                       "the address that is written to");
        ktest_equal(access.bytes, 1, "how many bytes wide the store is");
    }
    ktest_equal(stores, 1, "how many stores there were");
}

/* All 256 bytes go out as they are: '\n' is one byte, and so is 0. */
KERNEL_TEST(every_byte_is_sent_as_it_is)
{
    ktest_watch(KTEST_UART);
    ktest_note("uart_put() of each byte from 0 to 255");
    for (int byte = 0; byte < 256; byte++) {
        unsigned stores = 0;

        ktest_accesses_forget();
        uart_put((char)byte);
        for (size_t i = 0; i < ktest_access_count(); i++) {
            struct ktest_access access = ktest_access_at(i);

            if (!access.is_store)
                continue;
            stores++;
            ktest_same_hex(access.value, byte, "what is written");
        }
        ktest_equal(stores, 1, "how many stores sent byte %d", byte);
    }
}

/* The real one: the host reads along. */
KERNEL_TEST(a_line_reaches_the_host)
{
    ktest_note("uart_put() of each character of \"hello from week 21\"");
    for (const char *at = "hello from week 21\r\n"; *at != '\0'; at++)
        uart_put(*at);
}
