/*
 * ktest_machine_device.c: devices that stand in the place of the real ones.
 *
 * Physical memory protection refuses a device's addresses to the kernel, so
 * that each access comes here. The test device is always refused: how a kernel
 * ends the machine is seen before it is over.
 *
 * Invariant: models and accesses are touched under the lock only.
 */
#include "ktest_device.h"
#include "ktest_machine.h"

#define CLINT_MSIP ((volatile uint32_t *)0x02000000)

#define PMP_NAPOT 0x18ull
#define PMP_ALL 0x07ull
#define MIP_SEIP (1ull << 9)

static uint32_t locked;  /* a word: smaller ones have no atomic exchange */
static uint64_t watched; /* KTEST_UART, KTEST_PLIC */
static _Atomic bool stale[KTEST_HARTS_MAX];
static struct ktest_access accesses[KTEST_ACCESSES_MAX];
static uint64_t access_count, ending;

static void lock(void)
{
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
        continue;
}

static void unlock(void)
{
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

/* ---- What a hart may reach, and what interrupts it ---- */

/* An aligned range whose length is a power of 2, as pmpaddr has it. */
static uint64_t napot(uint64_t start, uint64_t len)
{
    return start >> 2 | (len / 8 - 1);
}

/* The first entry that matches decides; the last one is all of memory. */
static void protect(void)
{
    uint64_t config = PMP_NAPOT | PMP_NAPOT << 8 | (PMP_NAPOT | PMP_ALL) << 56;

    if (watched & KTEST_UART)
        config |= PMP_NAPOT << 16;
    if (watched & KTEST_PLIC)
        config |= PMP_NAPOT << 24;
    csr_write("pmpaddr0", napot(KTEST_HOME, KTEST_HOME_BYTES));
    csr_write("pmpaddr1", napot(DEVICE_TEST, 4096));
    csr_write("pmpaddr2", napot(DEVICE_UART, 4096));
    csr_write("pmpaddr3", napot(DEVICE_PLIC, DEVICE_PLIC_BYTES));
    csr_write("pmpaddr7", ~0ull >> 10);
    csr_write("pmpcfg0", config);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void ktest_refresh(void)
{
    unsigned hart = (unsigned)csr_read("mhartid");

    stale[hart] = false;
    protect();
    if (watched & KTEST_PLIC && ktest_plic_pending(hart))
        csr_set("mip", MIP_SEIP);
    else
        csr_clear("mip", MIP_SEIP);
}

bool ktest_refresh_asked(void)
{
    bool asked = stale[csr_read("mhartid")];

    if (asked)
        ktest_refresh();
    return asked;
}

/* A hart that waits in machine mode does it when it leaves for the kernel. */
static void refresh_all(void)
{
    unsigned self = (unsigned)csr_read("mhartid");

    for (unsigned hart = 0; hart < block()->harts; hart++)
        if (hart != self) {
            stale[hart] = true;
            CLINT_MSIP[hart] = 1;
        }
    ktest_refresh();
}

void ktest_interrupts_changed(void)
{
    static bool were[KTEST_HARTS_MAX];
    unsigned self = (unsigned)csr_read("mhartid");

    for (unsigned hart = 0; hart < block()->harts; hart++) {
        bool pending = ktest_plic_pending(hart);
        if (pending == were[hart])
            continue;
        were[hart] = pending;
        stale[hart] = true;
        if (hart != self)
            CLINT_MSIP[hart] = 1;
    }
    ktest_refresh_asked();
}

/* ---- The test device ---- */

void ktest_device_expect_ending(uint64_t how)
{
    ending = how;
}

/* A status is compared where one was named. */
static bool is_expected(uint32_t value)
{
    uint64_t part = ending >> 16 != 0 ? 0xffffffff : 0xffff;

    return ending != 0 && (value & part) == ending;
}

static _Noreturn void end(uint64_t value)
{
    struct ktest_hart_state *state = &block()->hart[csr_read("mhartid")];

    state->seen = 1;
    block()->ended = (uint32_t)value;
    ktest_machine_finish(is_expected((uint32_t)value) ? KTEST_PASSED
                                                      : KTEST_ENDED);
}

/* ---- Accesses ---- */

static bool is_in(uint64_t address, uint64_t start, uint64_t len)
{
    return address - start < len;
}

static bool is_uart(uint64_t address)
{
    return watched & KTEST_UART && is_in(address, DEVICE_UART, 4096);
}

static bool is_plic(uint64_t address)
{
    return watched & KTEST_PLIC &&
           is_in(address, DEVICE_PLIC, DEVICE_PLIC_BYTES);
}

static void write_down(uint64_t address, unsigned bytes, uint64_t value,
                       bool is_store)
{
    if (access_count < KTEST_ACCESSES_MAX)
        accesses[access_count] = (struct ktest_access){
            .address = address,
            .value = value,
            .bytes = bytes,
            .is_store = is_store,
            .hart = (unsigned)csr_read("mhartid"),
        };
    access_count++;
}

bool ktest_device_load(uint64_t address, unsigned bytes, uint64_t *value)
{
    *value = 0;
    if (is_in(address, DEVICE_TEST, 4096))
        return true;
    if (!is_uart(address) && !is_plic(address))
        return false;
    lock();
    *value = is_uart(address) ? ktest_uart_load(address - DEVICE_UART)
                              : ktest_plic_load(address - DEVICE_PLIC);
    write_down(address, bytes, *value, false);
    unlock();
    return true;
}

bool ktest_device_store(uint64_t address, unsigned bytes, uint64_t value)
{
    if (is_in(address, DEVICE_TEST, 4096))
        end(value);
    if (!is_uart(address) && !is_plic(address))
        return false;
    lock();
    write_down(address, bytes, value, true);
    if (is_uart(address))
        ktest_uart_store(address - DEVICE_UART, value);
    else
        ktest_plic_store(address - DEVICE_PLIC, value);
    unlock();
    return true;
}

/* ---- Calls ---- */

static void watch(uint64_t devices)
{
    watched = devices;
    access_count = 0;
    ktest_uart_reset();
    ktest_plic_reset();
    refresh_all();
}

static uint64_t access_value(enum ktest_device_call call, uint64_t index)
{
    const struct ktest_access *access =
        &accesses[index < KTEST_ACCESSES_MAX ? index : 0];

    if (call == KTEST_DEVICE_ACCESS_ADDRESS)
        return access->address;
    if (call == KTEST_DEVICE_ACCESS_VALUE)
        return access->value;
    return access->bytes | (uint64_t)access->is_store << 8 |
           (uint64_t)access->hart << 16;
}

static uint64_t serve(enum ktest_device_call call, uint64_t a, uint64_t b)
{
    switch (call) {
    case KTEST_DEVICE_WATCH:
        watch(a);
        return 0;
    case KTEST_DEVICE_COUNT:
        return access_count;
    case KTEST_DEVICE_FORGET:
        access_count = 0;
        return 0;
    case KTEST_DEVICE_ACCESS_INFO:
    case KTEST_DEVICE_ACCESS_ADDRESS:
    case KTEST_DEVICE_ACCESS_VALUE:
        return access_value(call, a);
    case KTEST_DEVICE_PLIC_LINE:
    case KTEST_DEVICE_PLIC_IN_SERVICE:
    case KTEST_DEVICE_PLIC_WRONG:
        return ktest_plic_serve(call, a, b);
    default:
        return ktest_uart_serve(call, a, b);
    }
}

uint64_t ktest_device_serve(const struct frame *frame)
{
    uint64_t result;

    lock();
    result =
        serve((enum ktest_device_call)frame->x[A0], frame->x[A1], frame->x[A2]);
    unlock();
    return result;
}
