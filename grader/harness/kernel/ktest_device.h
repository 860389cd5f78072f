/*
 * ktest_device.h: devices that a kernel test watches: in the place of the real
 * ones stand models, which do what they are told and write every access down.
 *
 *     ktest_watch(KTEST_UART);
 *     ktest_uart_busy(3);
 *     uart_put('a');
 *     ktest_same_text(ktest_uart_sent(), "a", "what was sent");
 *     ktest_equal(ktest_uart_lost(), 0, "bytes written to a busy UART");
 *
 * The models are at the addresses of QEMU's machine virt. The machine-mode part
 * refuses these addresses to the kernel and does each load and store in its
 * place, one after the other, whichever hart it comes from. So nothing here
 * depends on time: a UART is busy for so many reads of its status, and a byte
 * is there when the test says so.
 */
#ifndef KTEST_DEVICE_H
#define KTEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KTEST_UART 1 /* UART0, at 0x10000000, a 16550; interrupt 10 */
#define KTEST_PLIC 2 /* the interrupt controller, at 0x0c000000 */

/*
 * From now on models stand in the place of these devices (a sum), as after a
 * reset, with nothing written down yet; and the real ones in that of the
 * others.
 */
void ktest_watch(unsigned devices);

/* ---- What was done to them ---- */

#define KTEST_ACCESSES_MAX 8192 /* written down; the rest is counted */

struct ktest_access {
    uint64_t address;
    uint64_t value;
    unsigned bytes;
    bool is_store;
    unsigned hart;
};

/* How many accesses there were, and the index-th. */
size_t ktest_access_count(void);
struct ktest_access ktest_access_at(size_t index);

/* Begin again with none. */
void ktest_accesses_forget(void);

/* "writes 0x41 to 0x10000000 (1 byte)", for a note. Borrowed until the next
 * call. */
const char *ktest_access_text(const struct ktest_access *access);

/* ---- UART0 ---- */

#define KTEST_UART_BYTES 4096 /* kept of what was sent */

/*
 * A transmitter with something to send says "not empty" (LSR bits 5 and 6 are
 * 0) for so many reads of LSR, then it is empty. 0, as after a reset: the next
 * read finds it empty. It has room for 16 bytes while its FIFO is on, else for
 * one; what is written beyond that is lost.
 */
void ktest_uart_busy(unsigned reads);

/* All that was sent, ended by '\0', and how many bytes got lost. Borrowed until
 * the next call. */
const char *ktest_uart_sent(void);
unsigned ktest_uart_lost(void);

/* Bytes arrive. The receiver has room for 16 while its FIFO is on, else for
 * one; what comes beyond that is lost, and LSR says so (bit 1). */
void ktest_uart_receive(const char *bytes, size_t len);

/* One arrives with errors: bits 2 to 4 of LSR, parity, framing, break. */
void ktest_uart_receive_bad(char byte, unsigned errors);

/* How many have arrived that nobody has read yet. */
unsigned ktest_uart_waiting(void);

/* Its state: what was written to these last. */
enum ktest_uart_register {
    KTEST_UART_IER,
    KTEST_UART_FCR,
    KTEST_UART_LCR,
    KTEST_UART_MCR,
    KTEST_UART_DIVISOR,
};
unsigned ktest_uart_register(enum ktest_uart_register which);

/* ---- PLIC ----
 *
 * Interrupts are level-triggered. UART0's line is 10 if both are watched.
 */

/* The line of a device goes up, or down. */
void ktest_plic_raise(unsigned irq);
void ktest_plic_lower(unsigned irq);

/* Of a line: has it been claimed, and not been completed? */
bool ktest_plic_in_service(unsigned irq);

/* Claims that found nothing are no mistake; completions of what nobody had
 * claimed are counted here. */
unsigned ktest_plic_wrong_completions(void);

#endif
