/*
 * ktest_machine_uart.c: a 16550, as far as a driver can tell, without a clock.
 *
 * A transmitter that was given something becomes empty when its status was read
 * so many times; a receiver has what a test has put there. Both have a FIFO of
 * 16 bytes once FCR turns it on, and room for one byte until then.
 *
 * Source: National Semiconductor, PC16550D, tables II to V.
 */
#include "ktest_device.h"
#include "ktest_machine.h"

#define FIFO_BYTES 16
#define REAL_THR ((volatile uint8_t *)DEVICE_UART)

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RECEIVED 1
#define IER_EMPTY 2
#define IER_STATUS 4
#define IIR_NONE 1
#define IIR_EMPTY 2
#define IIR_RECEIVED 4
#define IIR_STATUS 6
#define IIR_FIFO 0xc0
#define FCR_ON 1
#define FCR_CLEAR_RECEIVER 2
#define FCR_CLEAR_TRANSMITTER 4
#define LCR_DLAB 0x80
#define LSR_READY 1
#define LSR_OVERRUN 2
#define LSR_EMPTY 0x60

static struct {
    uint8_t ier, fcr, lcr, mcr, scratch;
    uint8_t divisor[2];

    /* transmitter */
    unsigned in_transmitter; /* bytes that it has not sent yet */
    unsigned busy;           /* reads of LSR that find it so */
    unsigned busy_left;
    bool empty_interrupt;
    char sent[KTEST_UART_BYTES];
    unsigned sent_count, lost_count;

    /* receiver: a byte, and its errors */
    uint8_t received[FIFO_BYTES][2];
    unsigned received_count;
    bool overrun;
} uart;

static unsigned room(void)
{
    return uart.fcr & FCR_ON ? FIFO_BYTES : 1;
}

/* ---- Interrupts ---- */

static uint8_t errors(void)
{
    uint8_t first = uart.received_count > 0 ? uart.received[0][1] : 0;
    return (uint8_t)(first | (uart.overrun ? LSR_OVERRUN : 0));
}

static uint8_t cause(void)
{
    if (uart.ier & IER_STATUS && errors() != 0)
        return IIR_STATUS;
    if (uart.ier & IER_RECEIVED && uart.received_count > 0)
        return IIR_RECEIVED;
    if (uart.ier & IER_EMPTY && uart.empty_interrupt)
        return IIR_EMPTY;
    return IIR_NONE;
}

static void set_line(void)
{
    ktest_plic_line(UART_IRQ, cause() != IIR_NONE);
}

void ktest_uart_reset(void)
{
    for (size_t i = 0; i < sizeof uart; i++)
        ((volatile char *)&uart)[i] = 0;
    uart.empty_interrupt = true;
}

/* ---- Transmitter ---- */

/* The byte goes to the console as well, for the report. */
static void transmit(uint8_t byte)
{
    if (uart.in_transmitter == room()) {
        uart.lost_count++;
        return;
    }
    if (uart.in_transmitter++ == 0)
        uart.busy_left = uart.busy;
    uart.empty_interrupt = false;
    if (uart.sent_count < KTEST_UART_BYTES)
        uart.sent[uart.sent_count++] = (char)byte;
    *REAL_THR = byte;
}

static void transmitter_read(void)
{
    if (uart.in_transmitter == 0)
        return;
    if (uart.busy_left > 0) {
        uart.busy_left--;
        return;
    }
    uart.in_transmitter = 0;
    uart.empty_interrupt = true;
}

/* ---- Receiver ---- */

static void receive(uint8_t byte, uint8_t byte_errors)
{
    if (uart.received_count == room()) {
        uart.overrun = true;
        return;
    }
    uart.received[uart.received_count][0] = byte;
    uart.received[uart.received_count][1] = byte_errors;
    uart.received_count++;
}

static uint8_t take_received(void)
{
    uint8_t byte = uart.received[0][0];

    if (uart.received_count == 0)
        return 0;
    uart.received_count--;
    for (unsigned i = 0; i < uart.received_count; i++) {
        uart.received[i][0] = uart.received[i + 1][0];
        uart.received[i][1] = uart.received[i + 1][1];
    }
    return byte;
}

/* ---- Registers ---- */

static uint8_t read_status(void)
{
    uint8_t status = errors();

    transmitter_read();
    if (uart.received_count > 0)
        status |= LSR_READY;
    if (uart.in_transmitter == 0)
        status |= LSR_EMPTY;
    /* Errors are told once. */
    uart.overrun = false;
    if (uart.received_count > 0)
        uart.received[0][1] = 0;
    return status;
}

static uint8_t read_cause(void)
{
    uint8_t value = cause();

    if (value == IIR_EMPTY)
        uart.empty_interrupt = false;
    return (uint8_t)(value | (uart.fcr & FCR_ON ? IIR_FIFO : 0));
}

static uint8_t load(uint64_t offset)
{
    bool divisor = (uart.lcr & LCR_DLAB) != 0;

    switch (offset) {
    case RBR_THR:
        return divisor ? uart.divisor[0] : take_received();
    case IER:
        return divisor ? uart.divisor[1] : uart.ier;
    case IIR_FCR:
        return read_cause();
    case LCR:
        return uart.lcr;
    case MCR:
        return uart.mcr;
    case LSR:
        return read_status();
    case SCR:
        return uart.scratch;
    default:
        return 0;
    }
}

uint64_t ktest_uart_load(uint64_t offset)
{
    uint8_t value = load(offset);

    set_line();
    return value;
}

/* A FIFO that is turned on or off is empty afterwards. */
static void control_fifo(uint8_t value)
{
    bool changes = ((value ^ uart.fcr) & FCR_ON) != 0;

    if (changes || value & FCR_CLEAR_RECEIVER)
        uart.received_count = 0;
    if (changes || value & FCR_CLEAR_TRANSMITTER)
        uart.in_transmitter = 0;
    uart.fcr = value;
}

static void enable_interrupts(uint8_t value)
{
    uint8_t rises = (uint8_t)(value & ~uart.ier);

    if (rises & IER_EMPTY && uart.in_transmitter == 0)
        uart.empty_interrupt = true;
    uart.ier = value & 0xf;
}

static void store(uint64_t offset, uint8_t value)
{
    bool divisor = (uart.lcr & LCR_DLAB) != 0;

    switch (offset) {
    case RBR_THR:
        if (divisor)
            uart.divisor[0] = value;
        else
            transmit(value);
        break;
    case IER:
        if (divisor)
            uart.divisor[1] = value;
        else
            enable_interrupts(value);
        break;
    case IIR_FCR:
        control_fifo(value);
        break;
    case LCR:
        uart.lcr = value;
        break;
    case MCR:
        uart.mcr = value;
        break;
    case SCR:
        uart.scratch = value;
        break;
    }
}

void ktest_uart_store(uint64_t offset, uint64_t value)
{
    store(offset, (uint8_t)value);
    set_line();
}

/* ---- What a test asks ---- */

static uint64_t register_value(enum ktest_uart_register which)
{
    switch (which) {
    case KTEST_UART_IER:
        return uart.ier;
    case KTEST_UART_FCR:
        return uart.fcr;
    case KTEST_UART_LCR:
        return uart.lcr;
    case KTEST_UART_MCR:
        return uart.mcr;
    case KTEST_UART_DIVISOR:
        return uart.divisor[0] | (uint64_t)uart.divisor[1] << 8;
    }
    return 0;
}

uint64_t ktest_uart_serve(enum ktest_device_call call, uint64_t a, uint64_t b)
{
    switch (call) {
    case KTEST_DEVICE_UART_BUSY:
        uart.busy = (unsigned)a;
        return 0;
    case KTEST_DEVICE_UART_SENT:
        return a < uart.sent_count ? (uint8_t)uart.sent[a] : ~0ull;
    case KTEST_DEVICE_UART_LOST:
        return uart.lost_count;
    case KTEST_DEVICE_UART_RECEIVE:
        receive((uint8_t)a, (uint8_t)b);
        set_line();
        return 0;
    case KTEST_DEVICE_UART_WAITING:
        return uart.received_count;
    case KTEST_DEVICE_UART_REGISTER:
        return register_value((enum ktest_uart_register)a);
    default:
        return 0;
    }
}
