/*
 * plic.c: which device wants something.
 *
 * Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.
 */
#include "plic.h"

#include "kerrno.h"
#include "platform.h"
#include "riscv.h"
#include "trap.h"

#include <stddef.h>

/* Registers are 32 bits wide; a context is a hart in one of its modes. */
#define PRIORITY(irq) (PLATFORM_PLIC + 4 * (uintptr_t)(irq))
#define ENABLE(context, irq) \
    (PLATFORM_PLIC + 0x2000 + 0x80 * (uintptr_t)(context) + (irq) / 32 * 4)
#define THRESHOLD(context) (PLATFORM_PLIC + 0x200000 + 0x1000 * (context))
/* Read: claim; written: complete. */
#define CLAIM(context) (PLATFORM_PLIC + 0x200004 + 0x1000 * (context))

static struct {
    plic_handler *handler;
    void *context;
} lines[PLATFORM_IRQ_COUNT];

static uint64_t strays;

static uintptr_t supervisor_context(void)
{
    return 2 * (uintptr_t)hart_id() + 1;
}

/* One trap may be for many lines, so ask until there is none. */
static int on_external(struct trap_frame *frame, void *context)
{
    uintptr_t claim = CLAIM(supervisor_context());
    uint32_t irq;

    (void)frame;
    (void)context;
    while ((irq = mmio_read32(claim)) != 0) {
        if (irq < PLATFORM_IRQ_COUNT && lines[irq].handler != NULL)
            lines[irq].handler(irq, lines[irq].context);
        else
            __atomic_add_fetch(&strays, 1, __ATOMIC_RELAXED);
        mmio_write32(claim, irq);
    }
    return 0;
}

void plic_init(void)
{
    for (uint32_t irq = 1; irq < PLATFORM_IRQ_COUNT; irq++) {
        mmio_write32(PRIORITY(irq), 0);
        lines[irq].handler = NULL;
    }
    strays = 0;
    trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_EXTERNAL, on_external, NULL);
}

void plic_init_hart(void)
{
    uintptr_t context = supervisor_context();

    for (uint32_t irq = 0; irq < PLATFORM_IRQ_COUNT; irq += 32)
        mmio_write32(ENABLE(context, irq), 0);
    mmio_write32(THRESHOLD(context), 0);
    csr_set(sie, SIE_EXTERNAL);
}

static void enable(uint32_t irq, bool on)
{
    uintptr_t at = ENABLE(supervisor_context(), irq);
    uint32_t bit = UINT32_C(1) << irq % 32;

    mmio_write32(at, on ? mmio_read32(at) | bit : mmio_read32(at) & ~bit);
}

int plic_set_handler(uint32_t irq, plic_handler *handler, void *context)
{
    bool on;

    if (irq == 0 || irq >= PLATFORM_IRQ_COUNT)
        return -EINVAL;
    on = interrupts_off();
    lines[irq].handler = handler;
    lines[irq].context = context;
    mmio_write32(PRIORITY(irq), handler != NULL);
    enable(irq, handler != NULL);
    interrupts_restore(on);
    return 0;
}

uint64_t plic_strays(void)
{
    return __atomic_load_n(&strays, __ATOMIC_RELAXED);
}
