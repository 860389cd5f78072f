/*
 * ktest_machine.h: what the files of the machine-mode part share.
 */
#ifndef KTEST_MACHINE_H
#define KTEST_MACHINE_H

#include "ktest_block.h"

#include <stdbool.h>
#include <stddef.h>

#define csr_read(name)                                                  \
    ({                                                                  \
        uint64_t value_;                                                \
        __asm__ volatile("csrr %0, " name : "=r"(value_) : : "memory"); \
        value_;                                                         \
    })
#define csr_write(name, value) \
    __asm__ volatile("csrw " name ", %0" : : "r"(value) : "memory")
#define csr_set(name, bits) \
    __asm__ volatile("csrs " name ", %0" : : "r"(bits) : "memory")
#define csr_clear(name, bits) \
    __asm__ volatile("csrc " name ", %0" : : "r"(bits) : "memory")

#define CAUSE_INTERRUPT (1ull << 63)
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_ACCESS 7
#define CAUSE_ECALL_S 9
#define CAUSE_MACHINE_SOFTWARE (CAUSE_INTERRUPT | 3)
#define CAUSE_MACHINE_TIMER (CAUSE_INTERRUPT | 7)

#define MSTATUS_SIE (1ull << 1)
#define MSTATUS_SPIE (1ull << 5)
#define MSTATUS_SPP (1ull << 8)
#define MSTATUS_MPP (3ull << 11)
#define MSTATUS_MPP_S (1ull << 11)

/* A hart's registers as the kernel had them; x[0] is its pc. */
struct frame {
    uint64_t x[32];
};

enum { A0 = 10, A1, A2, A3, A4, A5, A6, A7 };

/* What this part keeps of each hart. */
struct hart {
    char text[KTEST_TEXT_BYTES]; /* collected by KTEST_CALL_TEXT */
    uint32_t text_len;
    bool catching;
    bool runs_job;
    struct frame caught; /* as KTEST_CALL_CATCH found it */
    uint64_t trap[4];    /* cause, pc, value, status */
};

extern struct hart ktest_harts[KTEST_HARTS_MAX];

static inline struct ktest_block *block(void)
{
    return (struct ktest_block *)KTEST_BLOCK;
}

/* ---- ktest_machine.c ---- */

/* Write down how it ended, and end the machine. The first that comes to a
 * result has it. */
_Noreturn void ktest_machine_finish(enum ktest_result result);

/* Let the kernel take this trap, as if it had been delegated to it. */
void ktest_machine_inject(struct frame *frame, uint64_t cause, uint64_t value);

/* Which exceptions come here first: few; all, while a test catches them. */
void ktest_machine_delegate(void);

/* ---- ktest_machine_count.c ---- */

/* Instructions of the kernel's up to now. Means something with one hart. */
void ktest_count_start(void);
uint64_t ktest_count(void);

/* ---- ktest_machine_watch.c ---- */

/* Start the clock that ends a run which does not end by itself. */
void ktest_watch_start(uint64_t limit_ticks);

/* mtime; and give the kernel so much more of it. */
uint64_t ktest_watch_time(void);
void ktest_watch_extend(uint64_t ticks);

/* An exception has come; nobody has looked at it yet. */
void ktest_watch_hear(struct frame *frame, uint64_t cause);

/* The clock has run out; and another hart was woken: by it? Then what it does
 * is written down. */
void ktest_watch_timer(struct frame *frame);
bool ktest_watch_asked(struct frame *frame);

/* Write down what this hart does. seen: and say that it is there. */
void ktest_watch_note(struct frame *frame, bool seen);

/* ---- ktest_machine_access.c ---- */

/*
 * A load or store that physical memory protection refused: is it one of a
 * device that stands here in its place? Then it is done, frame->x[0] is behind
 * the instruction, and the result is true.
 */
bool ktest_access(struct frame *frame, uint64_t virtual_address, bool store);

/* Where a virtual address lies, by the page tables in satp; ~0: nowhere. */
uint64_t ktest_translate(uint64_t virtual_address);

/* ---- ktest_machine_device.c ---- */

#define DEVICE_TEST 0x100000ull
#define DEVICE_UART 0x10000000ull
#define DEVICE_PLIC 0x0c000000ull
#define DEVICE_PLIC_BYTES 0x4000000ull
#define UART_IRQ 10

/* Which addresses are refused to the kernel, and whether its external interrupt
 * is pending: brought up to date on this hart. */
void ktest_refresh(void);

/* Another hart was woken: to do that? */
bool ktest_refresh_asked(void);

/* One access to a device of ours; false: there is none at this address. */
bool ktest_device_load(uint64_t address, unsigned bytes, uint64_t *value);
bool ktest_device_store(uint64_t address, unsigned bytes, uint64_t value);

/* KTEST_CALL_DEVICE and KTEST_CALL_ENDING. */
uint64_t ktest_device_serve(const struct frame *frame);
void ktest_device_expect_ending(uint64_t how);

/* A model's interrupt lines may have changed: each hart gets to know. */
void ktest_interrupts_changed(void);

/* ---- ktest_machine_uart.c; offset: from DEVICE_UART ---- */

void ktest_uart_reset(void);
uint64_t ktest_uart_load(uint64_t offset);
void ktest_uart_store(uint64_t offset, uint64_t value);
uint64_t ktest_uart_serve(enum ktest_device_call call, uint64_t a, uint64_t b);

/* ---- ktest_machine_plic.c; offset: from DEVICE_PLIC ---- */

void ktest_plic_reset(void);
uint64_t ktest_plic_load(uint64_t offset);
void ktest_plic_store(uint64_t offset, uint64_t value);
void ktest_plic_line(unsigned irq, bool up);
bool ktest_plic_pending(unsigned hart);
uint64_t ktest_plic_serve(enum ktest_device_call call, uint64_t a, uint64_t b);

#endif
