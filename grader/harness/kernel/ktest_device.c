/*
 * ktest_device.c: the calls of ktest_device.h; the models themselves are in
 * machine mode (ktest_machine_uart.c, ktest_machine_plic.c).
 */
#include "ktest_device.h"

#include "ktest_internal.h"

static long ask(enum ktest_device_call call, long a, long b)
{
    return ktest_call(call, a, b, 0, 0, 0, KTEST_CALL_DEVICE);
}

void ktest_watch(unsigned devices)
{
    ask(KTEST_DEVICE_WATCH, devices, 0);
}

/* ---- Accesses ---- */

size_t ktest_access_count(void)
{
    return (size_t)ask(KTEST_DEVICE_COUNT, 0, 0);
}

struct ktest_access ktest_access_at(size_t index)
{
    uint64_t info = (uint64_t)ask(KTEST_DEVICE_ACCESS_INFO, (long)index, 0);

    return (struct ktest_access){
        .address = (uint64_t)ask(KTEST_DEVICE_ACCESS_ADDRESS, (long)index, 0),
        .value = (uint64_t)ask(KTEST_DEVICE_ACCESS_VALUE, (long)index, 0),
        .bytes = info & 0xff,
        .is_store = info >> 8 & 1,
        .hart = info >> 16 & 0xff,
    };
}

void ktest_accesses_forget(void)
{
    ask(KTEST_DEVICE_FORGET, 0, 0);
}

const char *ktest_access_text(const struct ktest_access *access)
{
    static char text[80];

    ktest_format(text, sizeof text, "%s 0x%lx %s 0x%lx (%u byte%s)",
                 access->is_store ? "writes" : "reads", access->value,
                 access->is_store ? "to" : "from", access->address,
                 access->bytes, access->bytes == 1 ? "" : "s");
    return text;
}

/* ---- UART0 ---- */

void ktest_uart_busy(unsigned reads)
{
    ask(KTEST_DEVICE_UART_BUSY, reads, 0);
}

const char *ktest_uart_sent(void)
{
    static char text[KTEST_UART_BYTES + 1];
    long c;
    size_t len = 0;

    while (len < KTEST_UART_BYTES &&
           (c = ask(KTEST_DEVICE_UART_SENT, (long)len, 0)) >= 0)
        text[len++] = (char)c;
    text[len] = '\0';
    return text;
}

unsigned ktest_uart_lost(void)
{
    return (unsigned)ask(KTEST_DEVICE_UART_LOST, 0, 0);
}

void ktest_uart_receive(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ask(KTEST_DEVICE_UART_RECEIVE, (unsigned char)bytes[i], 0);
}

void ktest_uart_receive_bad(char byte, unsigned errors)
{
    ask(KTEST_DEVICE_UART_RECEIVE, (unsigned char)byte, errors);
}

unsigned ktest_uart_waiting(void)
{
    return (unsigned)ask(KTEST_DEVICE_UART_WAITING, 0, 0);
}

unsigned ktest_uart_register(enum ktest_uart_register which)
{
    return (unsigned)ask(KTEST_DEVICE_UART_REGISTER, which, 0);
}

/* ---- PLIC ---- */

void ktest_plic_raise(unsigned irq)
{
    ask(KTEST_DEVICE_PLIC_LINE, irq, 1);
}

void ktest_plic_lower(unsigned irq)
{
    ask(KTEST_DEVICE_PLIC_LINE, irq, 0);
}

bool ktest_plic_in_service(unsigned irq)
{
    return ask(KTEST_DEVICE_PLIC_IN_SERVICE, irq, 0) != 0;
}

unsigned ktest_plic_wrong_completions(void)
{
    return (unsigned)ask(KTEST_DEVICE_PLIC_WRONG, 0, 0);
}
