/*
 * ktest_machine_plic.c: the interrupt controller of QEMU's machine virt.
 *
 * Hart h has two contexts: 2h of machine mode, 2h + 1 of supervisor mode. A
 * line that is up is pending until somebody claims it, and again when that one
 * has completed it and it is still up.
 *
 * Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0.
 */
#include "ktest_machine.h"

#define IRQS 96
#define CONTEXTS (2 * KTEST_HARTS_MAX)

#define PENDING 0x1000
#define ENABLE 0x2000
#define ENABLE_BYTES 0x80
#define CONTEXT 0x200000
#define CONTEXT_BYTES 0x1000

static struct {
    uint32_t priority[IRQS];
    bool up[IRQS], in_service[IRQS];
    uint32_t enable[CONTEXTS][IRQS / 32];
    uint32_t threshold[CONTEXTS];
    unsigned wrong_completions;
} plic;

void ktest_plic_reset(void)
{
    for (size_t i = 0; i < sizeof plic; i++)
        ((volatile char *)&plic)[i] = 0;
}

static bool is_pending(unsigned irq)
{
    return plic.up[irq] && !plic.in_service[irq];
}

/* The most urgent line for a context; 0: none. Of equals the lowest number. */
static unsigned most_urgent(unsigned context)
{
    uint32_t above = plic.threshold[context];
    unsigned found = 0;

    for (unsigned irq = 1; irq < IRQS; irq++)
        if (is_pending(irq) && plic.priority[irq] > above &&
            plic.enable[context][irq / 32] >> irq % 32 & 1) {
            above = plic.priority[irq];
            found = irq;
        }
    return found;
}

bool ktest_plic_pending(unsigned hart)
{
    return most_urgent(2 * hart + 1) != 0;
}

void ktest_plic_line(unsigned irq, bool up)
{
    if (irq >= IRQS)
        return;
    plic.up[irq] = up;
    ktest_interrupts_changed();
}

static uint32_t claim(unsigned context)
{
    unsigned irq = most_urgent(context);

    if (irq != 0)
        plic.in_service[irq] = true;
    return irq;
}

static void complete(uint64_t irq)
{
    if (irq >= IRQS || !plic.in_service[irq])
        plic.wrong_completions++;
    else
        plic.in_service[irq] = false;
}

static uint32_t pending_word(uint64_t word)
{
    uint32_t value = 0;

    for (unsigned bit = 0; word < IRQS / 32 && bit < 32; bit++)
        value |= (uint32_t)is_pending((unsigned)word * 32 + bit) << bit;
    return value;
}

/* A word of the enable bits; NULL: there is none there. */
static uint32_t *enable_word(uint64_t offset)
{
    uint64_t context = (offset - ENABLE) / ENABLE_BYTES;
    uint64_t word = (offset - ENABLE) % ENABLE_BYTES / 4;

    if (offset < ENABLE || context >= CONTEXTS || word >= IRQS / 32)
        return NULL;
    return &plic.enable[context][word];
}

uint64_t ktest_plic_load(uint64_t offset)
{
    uint64_t context = (offset - CONTEXT) / CONTEXT_BYTES;
    uint64_t value = 0;

    if (offset < PENDING)
        value = offset / 4 < IRQS ? plic.priority[offset / 4] : 0;
    else if (offset < ENABLE)
        value = pending_word((offset - PENDING) / 4);
    else if (offset < CONTEXT)
        value = enable_word(offset) != NULL ? *enable_word(offset) : 0;
    else if (context < CONTEXTS && offset % CONTEXT_BYTES == 0)
        value = plic.threshold[context];
    else if (context < CONTEXTS && offset % CONTEXT_BYTES == 4)
        value = claim((unsigned)context);
    ktest_interrupts_changed();
    return value;
}

void ktest_plic_store(uint64_t offset, uint64_t value)
{
    uint64_t context = (offset - CONTEXT) / CONTEXT_BYTES;

    if (offset < PENDING) {
        if (offset / 4 < IRQS)
            plic.priority[offset / 4] = value & 7;
    } else if (offset < CONTEXT) {
        if (enable_word(offset) != NULL)
            *enable_word(offset) = (uint32_t)value;
    } else if (context < CONTEXTS && offset % CONTEXT_BYTES == 0) {
        plic.threshold[context] = value & 7;
    } else if (context < CONTEXTS && offset % CONTEXT_BYTES == 4) {
        complete(value);
    }
    ktest_interrupts_changed();
}

uint64_t ktest_plic_serve(enum ktest_device_call call, uint64_t a, uint64_t b)
{
    if (call == KTEST_DEVICE_PLIC_LINE)
        ktest_plic_line((unsigned)a, b != 0);
    else if (call == KTEST_DEVICE_PLIC_IN_SERVICE)
        return a < IRQS && plic.in_service[a];
    else if (call == KTEST_DEVICE_PLIC_WRONG)
        return plic.wrong_completions;
    return 0;
}
