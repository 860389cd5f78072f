/*
 * console.c: from bytes to lines.
 *
 *     taken <= finished <= end, which only grow; each is a place in the ring
 *     modulo its size:
 *
 *         | gone |  lines that wait  |  what is being typed  | free
 *                ^ taken             ^ finished              ^ end
 *
 * console_receive() runs with interrupts off, and console_take_line() switches
 * them off: on one hart nothing else is needed.
 */
#include "console.h"

#include "kerrno.h"
#include "param.h"
#include "platform.h"
#include "plic.h"
#include "riscv.h"
#include "uart.h"

#define CONTROL(letter) ((letter)-0x40) /* what Ctrl and a letter send */
#define DELETE 0x7f

static char ring[CONSOLE_RING_BYTES];
static size_t taken, finished, end;
static bool interrupted;
static void (*line_ready)(void *context);
static void *line_ready_context;

static char *ring_at(size_t place)
{
    return &ring[place % CONSOLE_RING_BYTES];
}

static void echo(const char *text)
{
    for (; *text != '\0'; text++)
        uart_put(*text);
}

static bool ring_is_full(void)
{
    return end - taken == CONSOLE_RING_BYTES;
}

/* The newline's place is kept free, so that a line can always be ended. */
static void insert(char c)
{
    size_t len = end - finished;

    if (len + 1 > CONSOLE_LINE_BYTES_MAX - 1 ||
        end - taken + 2 > CONSOLE_RING_BYTES) {
        echo("\a");
        return;
    }
    *ring_at(end++) = c;
    uart_put(c);
}

static bool take_back(void)
{
    if (end == finished)
        return false;
    end--;
    echo("\b \b");
    return true;
}

static bool last_is_blank(void)
{
    return end > finished && *ring_at(end - 1) == ' ';
}

static void take_back_word(void)
{
    while (last_is_blank())
        take_back();
    while (end > finished && !last_is_blank())
        take_back();
}

static void tell_ready(void)
{
    if (line_ready != NULL)
        line_ready(line_ready_context);
}

static void finish_line(void)
{
    if (ring_is_full()) {
        echo("\a");
        return;
    }
    *ring_at(end++) = '\n';
    finished = end;
    echo("\r\n");
    tell_ready();
}

static void interrupt_line(void)
{
    end = finished;
    interrupted = true;
    echo("^C\r\n");
    tell_ready();
}

void console_receive(char c)
{
    switch (c) {
    case '\r':
    case '\n':
        finish_line();
        break;
    case '\b':
    case DELETE:
        take_back();
        break;
    case CONTROL('U'):
        while (take_back())
            ;
        break;
    case CONTROL('W'):
        take_back_word();
        break;
    case CONTROL('C'):
        interrupt_line();
        break;
    default:
        if (c >= ' ' && c < DELETE)
            insert(c);
    }
}

static size_t line_len(void)
{
    size_t len = 0;

    while (*ring_at(taken + len) != '\n')
        len++;
    return len;
}

static int take_line(char *buf, size_t size)
{
    size_t len;

    if (interrupted) {
        interrupted = false;
        return -EINTR;
    }
    if (taken == finished)
        return -EAGAIN;
    len = line_len();
    if (len >= size)
        return -ENOBUFS;
    for (size_t i = 0; i < len; i++)
        buf[i] = *ring_at(taken + i);
    buf[len] = '\0';
    taken += len + 1;
    return (int)len;
}

int console_take_line(char *buf, size_t size)
{
    bool on = interrupts_off();
    int err = take_line(buf, size);

    interrupts_restore(on);
    return err;
}

/* The FIFO holds 16 bytes, and there may be no second interrupt for them. */
static void on_uart(uint32_t irq, void *context)
{
    int c;

    (void)irq;
    (void)context;
    while ((c = uart_get()) >= 0)
        console_receive((char)c);
}

void console_init(void)
{
    taken = finished = end = 0;
    interrupted = false;
    line_ready = NULL;
    plic_set_handler(PLATFORM_UART0_IRQ, on_uart, NULL);
    uart_receive_interrupts_on();
}

void console_set_ready(void (*ready)(void *context), void *context)
{
    bool on = interrupts_off();

    line_ready = ready;
    line_ready_context = context;
    interrupts_restore(on);
}
