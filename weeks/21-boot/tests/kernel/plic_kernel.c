/*
 * plic_kernel.c: step 7, in the kernel, its first half. The PLIC is a model
 * that records each access.
 */
#include "kerrno.h"
#include "ktest.h"
#include "ktest_device.h"
#include "platform.h"
#include "plic.h"
#include "riscv.h"
#include "trap.h"

#define ENABLE 0x2000
#define THRESHOLD 0x200000
#define CLAIM 0x200004

static struct {
    unsigned calls[PLATFORM_IRQ_COUNT];
    size_t first_access; /* of those that were made after the call */
    void *context;
    uint32_t irq;
    bool interrupts_on;
} seen;

static void on_device(uint32_t irq, void *context)
{
    seen.calls[irq]++;
    seen.irq = irq;
    seen.context = context;
    seen.interrupts_on = csr_read(sstatus) & SSTATUS_SIE;
    seen.first_access = ktest_access_count();
    ktest_plic_lower(irq);
}

static void begin(void)
{
    ktest_watch(KTEST_PLIC);
    trap_init_hart();
    plic_init();
    plic_init_hart();
    for (unsigned i = 0; i < PLATFORM_IRQ_COUNT; i++)
        seen.calls[i] = 0;
}

/* Let pending interrupts in. */
static void let_in(void)
{
    interrupts_on();
    for (volatile int i = 0; i < 10; i++)
        ;
    interrupts_off();
}

static uint32_t priority_of(uint32_t irq)
{
    return mmio_read32(PLATFORM_PLIC + 4 * (uintptr_t)irq);
}

/* In the context of hart 0's supervisor mode. */
static bool is_enabled(uint32_t irq)
{
    uintptr_t word = PLATFORM_PLIC + ENABLE + 0x80 + irq / 32 * 4;

    return mmio_read32(word) >> irq % 32 & 1;
}

/* A PLIC as firmware may leave it. */
static void leave_junk(void)
{
    for (uintptr_t irq = 1; irq < PLATFORM_IRQ_COUNT; irq++)
        mmio_write32(PLATFORM_PLIC + 4 * irq, 1 + irq % 7);
    for (uintptr_t word = 0; word < PLATFORM_IRQ_COUNT / 32; word++)
        mmio_write32(PLATFORM_PLIC + ENABLE + 0x80 + 4 * word, UINT32_MAX);
    mmio_write32(PLATFORM_PLIC + THRESHOLD + 0x1000, 3);
}

/* Lines are 1 to PLATFORM_IRQ_COUNT - 1. */
KERNEL_TEST(lines_are_1_to_95)
{
    begin();
    ktest_note("plic_set_handler() of lines 0, %d, 1,000 and 2^32 - 1",
               PLATFORM_IRQ_COUNT);
    ktest_error(plic_set_handler(0, on_device, NULL), -EINVAL);
    ktest_error(plic_set_handler(PLATFORM_IRQ_COUNT, on_device, NULL), -EINVAL);
    ktest_error(plic_set_handler(1000, on_device, NULL), -EINVAL);
    ktest_error(plic_set_handler(UINT32_MAX, on_device, NULL), -EINVAL);
    ktest_ok(plic_set_handler(1, on_device, NULL));
    ktest_ok(plic_set_handler(PLATFORM_IRQ_COUNT - 1, on_device, NULL));
}

/* sie.SEIE, and no more than that. */
KERNEL_TEST(only_external_interrupts_are_on)
{
    ktest_watch(KTEST_PLIC);
    leave_junk();
    trap_init_hart();
    csr_write(sie, SIE_SOFTWARE);
    ktest_note("plic_init(), plic_init_hart(), with interrupts off; whoever "
               "ran before has left every line on, and a threshold of 3");
    plic_init();
    plic_init_hart();
    for (uint32_t irq = 1; irq < PLATFORM_IRQ_COUNT; irq++)
        ktest_equal(priority_of(irq), 0, "line %u's priority", irq);
    for (uint32_t irq = 1; irq < PLATFORM_IRQ_COUNT; irq++)
        ktest_check(!is_enabled(irq), "line %u is not enabled", irq);
    ktest_equal(mmio_read32(PLATFORM_PLIC + THRESHOLD + 0x1000), 0,
                "the threshold");
    ktest_same_hex(csr_read(sie), SIE_SOFTWARE | SIE_EXTERNAL,
                   "sie: software, as before, and external");
    ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0, "sstatus.SIE");
}

static bool are_interrupts_on(void)
{
    return (csr_read(sstatus) & SSTATUS_SIE) != 0;
}

/* Interrupts are let in by nobody here, nor kept out for good. */
KERNEL_TEST(sstatus_is_left_alone)
{
    for (int on = 0; on <= 1; on++) {
        begin();
        ktest_note("plic_set_handler(), with interrupts %s", on ? "on" : "off");
        interrupts_restore(on);
        plic_set_handler(10, on_device, NULL);
        ktest_equal(are_interrupts_on(), on,
                    "whether interrupts are on behind it");
        plic_set_handler(10, NULL, NULL);
        ktest_equal(are_interrupts_on(), on,
                    "and when the line was given back");
        interrupts_off();
    }
}

/* A device's handler is called, for its line. */
KERNEL_TEST(a_device_is_heard)
{
    int mine;

    begin();
    for (uint32_t irq = 1; irq < PLATFORM_IRQ_COUNT; irq += 7) {
        ktest_note("line %u has a handler, and its device wants something",
                   irq);
        ktest_ok(plic_set_handler(irq, on_device, &mine));
        ktest_plic_raise(irq);
        let_in();
        ktest_equal(seen.calls[irq], 1, "how often its handler was called");
        ktest_equal(seen.irq, irq, "the line that it was told");
        ktest_check(seen.context == &mine, "it gets the context");
        ktest_check(!seen.interrupts_on, "interrupts are off in it");
    }
}

/* Claimed, handled, completed: in this order, each once. */
KERNEL_TEST(claimed_handled_completed)
{
    uint64_t claim = PLATFORM_PLIC + CLAIM + 0x1000;
    unsigned claims = 0, completions = 0;

    begin();
    ktest_ok(plic_set_handler(10, on_device, NULL));
    ktest_accesses_forget();
    ktest_note("line 10's device wants something");
    ktest_plic_raise(10);
    let_in();
    for (size_t i = 0; i < ktest_access_count(); i++) {
        struct ktest_access access = ktest_access_at(i);

        ktest_equal(access.bytes, 4, "how wide an access of the PLIC is");
        if (access.address != claim)
            continue;
        if (!access.is_store && access.value == 10) {
            claims++;
            ktest_check(i < seen.first_access,
                        "it is claimed before its handler is called");
        } else if (access.is_store) {
            completions++;
            ktest_equal(access.value, 10, "the line that is completed");
            ktest_check(i >= seen.first_access,
                        "it is completed behind its handler");
        }
    }
    ktest_equal(claims, 1, "how often line 10 was claimed, by supervisor mode");
    ktest_equal(completions, 1, "how often it was completed");
    ktest_equal(ktest_plic_wrong_completions(), 0,
                "how often something was completed that was not claimed");
}

/* And then again: a line that was completed may interrupt anew. */
KERNEL_TEST(a_device_is_heard_again)
{
    begin();
    ktest_ok(plic_set_handler(10, on_device, NULL));
    ktest_note("line 10's device wants something, 50 times");
    for (unsigned i = 1; i <= 50; i++) {
        ktest_plic_raise(10);
        let_in();
        ktest_equal(seen.calls[10], i, "how often its handler was called");
    }
}

/* Several at once: each is handled. */
KERNEL_TEST(all_that_want_are_heard)
{
    static const uint32_t irqs[] = {1, 8, 10, 31, 32, 63, 64, 95};

    begin();
    ktest_note("eight devices want something, at the same time");
    for (unsigned i = 0; i < 8; i++)
        ktest_ok(plic_set_handler(irqs[i], on_device, NULL));
    for (unsigned i = 0; i < 8; i++)
        ktest_plic_raise(irqs[i]);
    let_in();
    for (unsigned i = 0; i < 8; i++)
        ktest_equal(seen.calls[irqs[i]], 1,
                    "how often line %u's handler was called", irqs[i]);
}

/* NULL: the line interrupts no more; the others do. */
KERNEL_TEST(a_line_can_be_given_back)
{
    begin();
    ktest_ok(plic_set_handler(10, on_device, NULL));
    ktest_ok(plic_set_handler(11, on_device, NULL));
    ktest_note("line 10 is given back, 11 is not; both devices want something");
    ktest_ok(plic_set_handler(10, NULL, NULL));
    ktest_plic_raise(10);
    ktest_plic_raise(11);
    let_in();
    ktest_equal(seen.calls[10], 0, "how often line 10's handler was called");
    ktest_equal(seen.calls[11], 1, "how often line 11's handler was called");
    ktest_equal(plic_strays(), 0, "plic_strays()");
    ktest_equal(priority_of(10), 0, "line 10's priority");
    ktest_check(!is_enabled(10), "line 10 is not enabled");
}

/* A line that nobody asked for is quiet, whatever its device does. */
KERNEL_TEST(other_lines_are_quiet)
{
    begin();
    ktest_ok(plic_set_handler(10, on_device, NULL));
    ktest_note("lines 9 and 42, which have no handler, are raised");
    ktest_plic_raise(9);
    ktest_plic_raise(42);
    let_in();
    ktest_check((csr_read(sip) & SIE_EXTERNAL) == 0,
                "no external interrupt is pending");
    ktest_equal(plic_strays(), 0, "plic_strays()");
}

/* ---- All harts ---- */

/* A handler that nobody should remember has taken it instead. */
static bool was_taken(void)
{
    return plic_strays() != 0 || *(volatile unsigned *)&seen.calls[42] != 0;
}

/* Hart 0 takes the stray; hart 1 is the device, which is quiet again then. */
static void have_a_stray(void *argument)
{
    (void)argument;
    if (hart_id() == 0) {
        interrupts_on();
        while (!was_taken())
            ;
        interrupts_off();
    } else {
        while (!was_taken())
            ;
        ktest_plic_lower(42);
    }
}

static void enable_42_and_raise(void)
{
    ktest_note("line 42 is enabled behind the back of plic.c, and raised");
    mmio_write32(PLATFORM_PLIC + 4 * 42, 1);
    mmio_write32(PLATFORM_PLIC + ENABLE + 0x80 + 4, 1u << (42 - 32));
    ktest_plic_raise(42);
    ktest_on_all_harts(have_a_stray, NULL);
}

/* One that was claimed and has no handler is completed and counted. */
KERNEL_TEST(strays_are_completed)
{
    begin();
    enable_42_and_raise();
    ktest_check(!ktest_plic_in_service(42), "line 42 was completed");
    ktest_equal(ktest_plic_wrong_completions(), 0,
                "how often something was completed that was not claimed");
}

/* Whatever was before plic_init() is gone. */
KERNEL_TEST(init_begins_anew)
{
    begin();
    ktest_note("line 42 has a handler; then plic_init()");
    ktest_ok(plic_set_handler(42, on_device, NULL));
    begin();
    enable_42_and_raise();
    ktest_equal(seen.calls[42], 0, "how often the old handler was called");
    ktest_note("plic_init()");
    begin();
    ktest_equal(plic_strays(), 0, "plic_strays()");
}

static void listen(void *argument)
{
    (void)argument;
    if (hart_id() != 0) {
        trap_init_hart();
        plic_init_hart();
    }
    ktest_ok(plic_set_handler(20 + hart_id(), on_device, NULL));
    ktest_plic_raise(20 + hart_id());
    let_in();
    ktest_equal(seen.calls[20 + hart_id()], 1,
                "how often line %u's handler was called, on hart %u",
                20 + hart_id(), hart_id());
}

/* Each hart has a context of its own. */
KERNEL_TEST(each_hart_hears_its_own)
{
    begin();
    ktest_note("each hart sets a handler for line 20 + its number");
    ktest_on_all_harts(listen, NULL);
}
