/*
 * ktest_machine_device.c: devices that stand in the place of the real ones.
 *
 * Physical memory protection refuses a device's addresses to the kernel, so
 * that each access of it comes here. The test device is always refused: how a
 * kernel ends the machine is seen before it is over.
 */
#include "ktest_machine.h"

#define PMP_NAPOT 0x18
#define PMP_ALL 0x07

/* An aligned range whose length is a power of 2, as pmpaddr has it. */
static uint64_t napot(uint64_t start, uint64_t len)
{
    return start >> 2 | (len / 8 - 1);
}

/* The first entry that matches decides. */
void ktest_protect(void)
{
    csr_write("pmpaddr0", napot(KTEST_HOME, KTEST_HOME_BYTES));
    csr_write("pmpaddr1", napot(DEVICE_TEST, 4096));
    csr_write("pmpaddr7", ~0ull >> 10);
    csr_write("pmpcfg0", (uint64_t)(PMP_NAPOT | PMP_ALL) << 56 |
                             PMP_NAPOT << 8 | PMP_NAPOT);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* ---- The test device ---- */

static uint64_t ending;

void ktest_device_expect_ending(uint64_t how)
{
    ending = how;
}

static _Noreturn void end(uint64_t value)
{
    struct ktest_hart_state *state = &block()->hart[csr_read("mhartid")];

    state->seen = 1;
    block()->ended = (uint32_t)value;
    ktest_machine_finish(
        ending != 0 && (value & 0xffff) == ending ? KTEST_PASSED : KTEST_ENDED);
}

/* ---- All of them ---- */

static bool is_in(uint64_t address, uint64_t start, uint64_t len)
{
    return address - start < len;
}

bool ktest_device_load(uint64_t address, unsigned bytes, uint64_t *value)
{
    (void)bytes;
    *value = 0;
    return is_in(address, DEVICE_TEST, 4096);
}

bool ktest_device_store(uint64_t address, unsigned bytes, uint64_t value)
{
    (void)bytes;
    if (is_in(address, DEVICE_TEST, 4096))
        end(value);
    return false;
}

uint64_t ktest_device_call(const struct frame *frame)
{
    (void)frame;
    return 0;
}
