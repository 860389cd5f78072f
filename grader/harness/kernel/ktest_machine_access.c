/*
 * ktest_machine_access.c: do a load or store in a device's place.
 *
 * The compiler makes plain loads and stores for a volatile register, whole or
 * compressed; those are known here. What else an instruction may be (an atomic
 * one) remains an access fault.
 */
#include "ktest_machine.h"

#define PTE_VALID 1
#define PTE_LEAF 0xe /* R, W or X */

uint64_t ktest_translate(uint64_t virtual_address)
{
    uint64_t satp = csr_read("satp");
    uint64_t table = (satp & 0xfffffffffff) << 12;

    if (satp >> 60 == 0)
        return virtual_address;
    for (int level = 2; level >= 0; level--) {
        unsigned shift = 12 + 9 * (unsigned)level;
        uint64_t index = virtual_address >> shift & 0x1ff;
        uint64_t entry = ((const uint64_t *)table)[index];
        uint64_t page = (entry >> 10 & 0xfffffffffff) << 12;

        if (!(entry & PTE_VALID))
            return ~0ull;
        if (entry & PTE_LEAF)
            return page | (virtual_address & ((1ull << shift) - 1));
        table = page;
    }
    return ~0ull;
}

/* A load or store, as far as it matters here. */
struct access {
    unsigned len;   /* of the instruction */
    unsigned bytes; /* that it moves; 0: it is something else */
    unsigned reg;   /* from or to which */
    bool is_signed;
};

static uint32_t fetch(uint64_t pc)
{
    const uint16_t *low = (const uint16_t *)ktest_translate(pc);
    uint32_t word = *low;

    if ((word & 3) == 3)
        word |= (uint32_t) * (const uint16_t *)ktest_translate(pc + 2) << 16;
    return word;
}

/* c.lw, c.ld, c.sw, c.sd and the same by sp; fields in RISC-V's chapter 16. */
static struct access decode_compressed(uint32_t word)
{
    struct access access = {.len = 2, .is_signed = true};
    unsigned kind = word >> 13, quadrant = word & 3;

    if ((kind & 3) != 2 && (kind & 3) != 3)
        return access;
    access.bytes = (kind & 3) == 2 ? 4 : 8;
    if (quadrant == 0)
        access.reg = 8 + (word >> 2 & 7);
    else if (quadrant == 2)
        access.reg = kind < 4 ? word >> 7 & 31 : word >> 2 & 31;
    else
        access.bytes = 0;
    return access;
}

static struct access decode(uint32_t word, bool store)
{
    struct access access = {.len = 4};
    unsigned opcode = word & 0x7f, width = word >> 12 & 7;

    if ((word & 3) != 3)
        return decode_compressed(word);
    if (opcode != (store ? 0x23 : 0x03))
        return access;
    access.bytes = 1u << (width & 3);
    access.is_signed = width < 4;
    access.reg = store ? word >> 20 & 31 : word >> 7 & 31;
    return access;
}

static uint64_t extended(uint64_t value, const struct access *access)
{
    unsigned shift = 64 - 8 * access->bytes;

    return access->is_signed ? (uint64_t)((int64_t)(value << shift) >> shift)
                             : value << shift >> shift;
}

bool ktest_access(struct frame *frame, uint64_t virtual_address, bool store)
{
    struct access access = decode(fetch(frame->x[0]), store);
    uint64_t address = ktest_translate(virtual_address);
    uint64_t value = access.reg != 0 ? frame->x[access.reg] : 0;
    bool ours;

    if (access.bytes == 0 || address == ~0ull)
        return false;
    if (store) {
        unsigned shift = 64 - 8 * access.bytes;
        ktest_watch_note(frame, false);
        ours =
            ktest_device_store(address, access.bytes, value << shift >> shift);
    } else {
        ours = ktest_device_load(address, access.bytes, &value);
        if (ours && access.reg != 0)
            frame->x[access.reg] = extended(value, &access);
    }
    if (ours)
        frame->x[0] += access.len;
    return ours;
}
