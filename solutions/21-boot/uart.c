/*
 * uart.c: the serial line, a 16550, polled. One byte goes out when the holding
 * register is empty; one comes in when there is one.
 *
 * Source: TL16C550C data sheet, "Principles of operation".
 */
#include "uart.h"

#include "kerrno.h"
#include "platform.h"
#include "riscv.h"

/* Registers, and what they are behind the divisor's latch. */
#define THR 0 /* written: transmitter holding; read (RBR): received */
#define RBR 0
#define IER 1
#define FCR 2
#define LCR 3
#define LSR 5
#define DLL 0 /* with LCR_DLAB */
#define DLM 1

#define IER_RECEIVED 0x01
#define FCR_ON_AND_EMPTY 0x07 /* FIFOs on, both of them reset */
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define LSR_RECEIVED 0x01
#define LSR_HOLDING_EMPTY 0x20

#define BAUD 115200

static uint8_t read_register(unsigned number)
{
    return mmio_read8(PLATFORM_UART0 + number);
}

static void write_register(unsigned number, uint8_t value)
{
    mmio_write8(PLATFORM_UART0 + number, value);
}

void uart_put(char c)
{
    while ((read_register(LSR) & LSR_HOLDING_EMPTY) == 0)
        ;
    write_register(THR, (uint8_t)c);
}

void uart_init(void)
{
    unsigned divisor = PLATFORM_UART0_CLOCK_HZ / 16 / BAUD;

    write_register(LCR, LCR_DLAB);
    write_register(DLL, divisor & 0xff);
    write_register(DLM, (uint8_t)(divisor >> 8));
    write_register(LCR, LCR_8N1); /* and the latch is closed */
    write_register(IER, 0);       /* behind it: with DLAB this is DLM */
    write_register(FCR, FCR_ON_AND_EMPTY);
}

int uart_get(void)
{
    if ((read_register(LSR) & LSR_RECEIVED) == 0)
        return -EAGAIN;
    return read_register(RBR);
}

void uart_receive_interrupts_on(void)
{
    write_register(IER, IER_RECEIVED);
}
