/*
 * uart.h: the contract of steps 1 and 3: the serial line, a 16550. You write
 * uart.c. Its registers lie at PLATFORM_UART0, one byte each.
 */
#ifndef UART_H
#define UART_H

/*
 * Send one byte, as it is. From step 3 on it waits until the transmitter's
 * holding register is empty (LSR bit 5) and only then writes the byte, and
 * touches nothing else. It need not keep interrupts out: the FIFO, empty when
 * asked, has room for 16, and one that sends in between leaves one byte there.
 * Source: handout steps 1 and 3; TL16C550C data sheet, "Line status register".
 */
void uart_put(char c);

/*
 * Bring the line into a known state: 115,200 baud (PLATFORM_UART0_CLOCK_HZ / 16
 * / 115,200), 8 data bits, no parity, 1 stop bit; FIFOs on and emptied;
 * interrupts off. The divisor's latch is closed again (DLAB). Whoever ran
 * before may have left anything, the latch open too.
 * Source: handout step 3.
 */
void uart_init(void);

/*
 * Take one byte that has arrived. Does not wait: it asks LSR, and reads the
 * receiver only if there is one.
 * Returns it, 0 to 255.
 * Errors: -EAGAIN there is none.
 * Source: handout step 3; data sheet, "LSR" bit 0.
 */
int uart_get(void);

/* Let the UART interrupt when a byte has arrived: step 7, whose console_init()
 * calls it. */
void uart_receive_interrupts_on(void);

#endif
