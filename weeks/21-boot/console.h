/*
 * console.h: the contract of step 7, the second half: lines, as a person types
 * them. You write console.c.
 *
 * The UART's interrupt brings bytes; the console echoes and edits them; a line
 * that is finished waits until somebody takes it.
 *
 *   0x20 to 0x7e     is put at the end, and echoed
 *   '\r' or '\n'     ends the line, echoed as "\r\n"
 *   0x7f or 0x08     (backspace) takes the last character back: "\b \b"
 *   0x15 (^U)        takes all of the line back, each with "\b \b"
 *   0x17 (^W)        takes the last word back: first blanks, then what is none
 *   0x03 (^C)        throws the line away, echoed as "^C\r\n"
 *   all others       are ignored (an arrow key sends ESC, '[', 'A': "[A" stays)
 *
 * What there is no room for is answered by '\a' and forgotten: a character
 * beyond CONSOLE_LINE_BYTES_MAX - 1, or beyond CONSOLE_RING_BYTES in all lines
 * that wait, ends of lines counted. What is echoed is never lost.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

/*
 * Begin: nothing typed, nothing waiting, nobody to be told, whatever was
 * before; from now on the UART's interrupts come here (plic_set_handler(),
 * uart_receive_interrupts_on()). Where interrupts are off they stay off.
 */
void console_init(void);

/*
 * One byte was typed. What the UART's interrupt calls for each that has come,
 * until there is none. Interrupts are off.
 */
void console_receive(char c);

/*
 * Take the oldest finished line. Does not wait.
 *   buf, size   out: the line without its end, and '\0'
 * Returns its length.
 * Errors: -EAGAIN no line is finished; -EINTR somebody typed ^C since the last
 * call: told once, before any line; -ENOBUFS it does not fit, and waits on.
 */
int console_take_line(char *buf, size_t size);

/*
 * Have this called when a line was finished or ^C typed, in the interrupt.
 *   ready   NULL: nobody
 */
void console_set_ready(void (*ready)(void *context), void *context);

#endif
