/*
 * walker.h: the tests' own look at page tables, in the kernel and on the host.
 * It goes by the entries alone and knows no rights.
 *
 * shift: what has to be added to a physical address to get a pointer: 0 in the
 * kernel; on the host, where the machine's memory is mapped.
 */
#ifndef WALKER_H
#define WALKER_H

#include <stdbool.h>
#include <stdint.h>

#define WALKER_LEAF 0xeu                                      /* R, W, X */
#define WALKER_NOT_IN_POINTERS (UINT64_C(0x3ff) << 54 | 0xd0) /* D, A, U */

struct walked {
    bool mapped;
    unsigned level;
    uint64_t entry;    /* the last that was read */
    uint64_t physical; /* of the byte */
};

static inline uint64_t walker_target(uint64_t entry)
{
    return (entry >> 10 & ((UINT64_C(1) << 44) - 1)) << 12;
}

static inline const uint64_t *walker_table(uint64_t shift, uint64_t physical)
{
    return (const uint64_t *)(uintptr_t)(physical + shift);
}

static inline struct walked walker_find(uint64_t shift, uint64_t root,
                                        uint64_t address)
{
    struct walked found = {.level = 2};

    for (;; found.level--) {
        const unsigned bits = 12 + 9 * found.level;
        found.entry = walker_table(shift, root)[address >> bits & 511];
        if (!(found.entry & 1))
            return found;
        if (found.entry & WALKER_LEAF) {
            found.mapped = true;
            found.physical = walker_target(found.entry) +
                             (address & ((UINT64_C(1) << bits) - 1));
            return found;
        }
        if (found.level == 0 || found.entry & WALKER_NOT_IN_POINTERS)
            return found;
        root = walker_target(found.entry);
    }
}

/* How many tables there are below this one, and how many of them have no valid
 * entry. */
struct walked_tables {
    unsigned count, empty;
};

static inline void walker_count(uint64_t shift, uint64_t table, unsigned level,
                                struct walked_tables *sum)
{
    bool empty = true;

    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = walker_table(shift, table)[i];
        if (!(entry & 1))
            continue;
        empty = false;
        if (level > 0 && !(entry & WALKER_LEAF)) {
            sum->count++;
            walker_count(shift, walker_target(entry), level - 1, sum);
        }
    }
    if (empty && level < 2)
        sum->empty++;
}

static inline struct walked_tables walker_tables(uint64_t shift, uint64_t root)
{
    struct walked_tables sum = {0, 0};

    walker_count(shift, root, 2, &sum);
    return sum;
}

#endif
