/*
 * trap.c: who handles which trap.
 *
 * One table for exceptions and one for interrupts; scause is the index, its
 * top bit says of which.
 */
#include "trap.h"

#include "kerrno.h"
#include "panic.h"
#include "riscv.h"
#include "trap_text.h"

#define CAUSES 16

struct entry {
    trap_handler *handler;
    void *context;
};

static struct entry exceptions[CAUSES];
static struct entry interrupts[CAUSES];

static struct entry *entry_find(uint64_t cause)
{
    uint64_t code = cause & ~CAUSE_INTERRUPT;

    if (code >= CAUSES)
        return NULL;
    return cause & CAUSE_INTERRUPT ? &interrupts[code] : &exceptions[code];
}

void trap_init_hart(void)
{
    csr_write(stvec, trap_vector);
}

int trap_set_handler(uint64_t cause, trap_handler *handler, void *context)
{
    struct entry *entry = entry_find(cause);
    bool on;

    if (entry == NULL)
        return -EINVAL;
    /* The interrupt itself may come between the two lines. */
    on = interrupts_off();
    entry->handler = handler;
    entry->context = context;
    interrupts_restore(on);
    return 0;
}

void trap_dispatch(struct trap_frame *frame)
{
    struct entry *entry = entry_find(frame->scause);

    if (entry != NULL && entry->handler != NULL &&
        entry->handler(frame, entry->context) == 0)
        return;
    panic_trap(frame, "nobody handles this trap: %s",
               trap_cause_text(frame->scause));
}

void trap_skip_instruction(struct trap_frame *frame)
{
    const uint16_t *instruction = (const uint16_t *)frame->sepc;

    /* Both low bits set: four bytes. Anything else is a compressed one. */
    frame->sepc += (*instruction & 3) == 3 ? 4 : 2;
}
