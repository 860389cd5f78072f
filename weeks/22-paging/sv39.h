/*
 * sv39.h: page tables of three levels, 39 bits of address.
 *
 *      63          39 38     30 29     21 20     12 11          0
 *     +--------------+---------+---------+---------+-------------+
 *     | as bit 38    | level 2 | level 1 | level 0 | offset      |
 *     +--------------+---------+---------+---------+-------------+
 *
 * A table is a page of 512 entries. An entry:
 *
 *      63     54 53                      10 9 8 7 6 5 4 3 2 1 0
 *     +---------+--------------------------+---+-+-+-+-+-+-+-+-+
 *     | 0       | physical address >> 12   |RSW|D|A|G|U|X|W|R|V|
 *     +---------+--------------------------+---+-+-+-+-+-+-+-+-+
 *
 * With V and none of R, W, X it points to a table of the level below; with one
 * of them it is a leaf: a page of 4 KiB at level 0, of 2 MiB at level 1, of
 * 1 GiB at level 2.
 *
 * The kernel's memory is mapped to itself, so a physical address is a pointer.
 *
 * Source: The RISC-V Instruction Set Manual, Volume II: Privileged
 * Architecture, §"Sv39" and, for the walk, §"Virtual Address Translation
 * Process". "The algorithm" below is that one.
 */
#ifndef SV39_H
#define SV39_H

#include "param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SV39_V (UINT64_C(1) << 0) /* valid */
#define SV39_R (UINT64_C(1) << 1)
#define SV39_W (UINT64_C(1) << 2)
#define SV39_X (UINT64_C(1) << 3)
#define SV39_U (UINT64_C(1) << 4) /* user mode's */
#define SV39_G (UINT64_C(1) << 5) /* the same in every address space */
#define SV39_A (UINT64_C(1) << 6) /* accessed */
#define SV39_D (UINT64_C(1) << 7) /* dirty: written */

#define SV39_FLAGS UINT64_C(0xff)
#define SV39_RESERVED_BITS (UINT64_C(0x3ff) << 54)

#define SV39_ENTRIES 512
#define SV39_LEVELS 3

/* satp: this mode, and the root's physical address >> 12. */
#define SV39_SATP(root) \
    ((UINT64_C(8) << 60) | ((uint64_t)(uintptr_t)(root) >> 12))

/* How many bytes an entry of a level stands for; and which one an address
 * takes. */
static inline uint64_t sv39_bytes(unsigned level)
{
    return (uint64_t)PAGE_BYTES << (9 * level);
}

static inline unsigned sv39_index(uint64_t address, unsigned level)
{
    return (address >> (12 + 9 * level)) & (SV39_ENTRIES - 1);
}

static inline uint64_t sv39_physical(uint64_t entry)
{
    return (entry << 10 >> 20) << 12;
}

static inline uint64_t sv39_entry(uint64_t physical, uint64_t flags)
{
    return physical >> 12 << 10 | flags;
}

static inline bool sv39_is_leaf(uint64_t entry)
{
    return (entry & (SV39_R | SV39_W | SV39_X)) != 0;
}

/* ---- Step 2: the walk ---- */

enum sv39_kind { SV39_LOAD, SV39_STORE, SV39_FETCH };

/* Who wants what. sum and mxr are the bits of sstatus of these names. */
struct sv39_access {
    enum sv39_kind kind;
    bool user; /* user mode; else supervisor mode */
    bool sum;  /* supervisor mode may load from and store to user pages */
    bool mxr;  /* what may be executed may be loaded, too */
};

/* Why the algorithm ends in a page fault, in its own order. */
enum sv39_refusal {
    SV39_GRANTED,
    SV39_NOT_CANONICAL, /* bits 63 to 39 are not all as bit 38 */
    SV39_NOT_VALID,     /* V is 0, whatever else the entry says */
    SV39_RESERVED,      /* W without R; one of bits 63 to 54; a pointer with U,
                           A or D (G may stand there) */
    SV39_NO_LEAF,       /* a pointer at level 0 */
    SV39_NOT_PERMITTED, /* R, W, X, U and who asks */
    SV39_MISALIGNED,    /* a leaf of level 1 or 2 whose page begins inside of
                           another. Of a leaf that is both, either is told:
                           later editions look at this first */
};

struct sv39_translation {
    enum sv39_refusal refusal;
    unsigned level;    /* of the last entry that was read; of the root's table
                          if it was none */
    uint64_t entry;    /* that entry; 0 if it was none */
    uint64_t physical; /* where the byte is; 0 if refused */
};

/*
 * What the machine would do with this address. It reads tables, and changes
 * nothing: A and D are not looked at in leaves and not set.
 *   root   a table; borrowed for the call
 * Returns 0.
 * Errors: -EFAULT a page fault; out->refusal says why. out is filled in both
 * ways.
 * Source: handout step 2; the algorithm.
 */
int sv39_walk(const uint64_t *root, uint64_t address, struct sv39_access access,
              struct sv39_translation *out);

/* ---- Step 3: map and unmap ----
 *
 * Tables come from page_alloc_zeroed(). A table that has lost its last valid
 * entry goes back by page_free() before the call returns; the root stays.
 *
 * A range: address and bytes are multiples of PAGE_BYTES, bytes is not 0, and
 * all of it lies in one half of the canonical addresses: below 1 << 38, or from
 * -(1 << 38) on.
 */

/*
 * Map the range to physical memory in one piece. The leaves have these flags
 * and V, A and D: hardware that does not set A and D itself raises a page fault
 * where they are 0. They are of level 0; with step 8 also of level 1, and of
 * level 2 for whoever likes (then those have to be split as well).
 *   physical   a multiple of PAGE_BYTES, below 1 << 56 with all of the range
 *   flags      of R, W, X, U and G; not none of R, W, X; not W without R
 * Returns 0.
 * Errors, after which every address is translated as before and no page is
 * lost: -EINVAL the range, physical or flags are not as above; -EEXIST a part
 * of the range is mapped; -ENOMEM there is no page for a table. If both hold,
 * either is right.
 * Source: handout step 3.
 */
int sv39_map(uint64_t *root, uint64_t address, uint64_t physical,
             uint64_t bytes, uint64_t flags);

/* Given: what is a range as above; what are flags as sv39_map takes them. */
static inline bool sv39_is_range(uint64_t address, uint64_t bytes)
{
    const uint64_t half = UINT64_C(1) << 38;
    uint64_t within = address < half ? address : address + half;

    return (address | bytes) % PAGE_BYTES == 0 && bytes != 0 && within < half &&
           bytes <= half - within;
}

static inline bool sv39_are_flags(uint64_t flags)
{
    const uint64_t allowed = SV39_R | SV39_W | SV39_X | SV39_U | SV39_G;

    return (flags & ~allowed) == 0 && (flags & (SV39_R | SV39_X)) &&
           (!(flags & SV39_W) || (flags & SV39_R));
}

/* Called for each leaf that was taken out: its memory is nobody's now. */
typedef void sv39_release(uint64_t physical, uint64_t bytes);

/*
 * What of the range is mapped is so no longer; where nothing was, nothing
 * happens, at once: an entry without V is passed with all that it stands for,
 * so that 64 GiB of nothing take a few instructions. The hart that calls has
 * forgotten it, too (sfence.vma), before release is called and before the call
 * returns. The rest of a leaf that had to be split (step 8) is translated as
 * before, and has all its flags.
 *   release   NULL: the memory is not this table's business
 * Returns how many pages of PAGE_BYTES were mapped.
 * Errors, after which nothing has changed: -EINVAL the range is not as above;
 * -ENOMEM (step 8) a leaf has to be split, and there is no page for a table.
 */
int sv39_unmap(uint64_t *root, uint64_t address, uint64_t bytes,
               sv39_release *release);

/*
 * Step 9, tlb. Give what is mapped in the range these flags in place of its R,
 * W, X, U and G. The hart that calls has forgotten the old ones (sfence.vma)
 * when it returns. Physical addresses, A and D stay.
 *   flags   as for sv39_map
 * Returns 0.
 * Errors, after which nothing has changed: -EINVAL the range or flags are not
 * as above; -ENOENT a part of the range is not mapped; -ENOMEM a leaf has to be
 * split (step 8), and there is no page for a table.
 */
int sv39_protect(uint64_t *root, uint64_t address, uint64_t bytes,
                 uint64_t flags);

/* ---- Step 7: the tree ---- */

/* One entry that points to a table; or leaves of one table, side by side. */
struct sv39_line {
    unsigned level;
    unsigned index;    /* of the entry, or of the first leaf */
    unsigned count;    /* 1, or how many leaves */
    uint64_t address;  /* virtual, canonical: bits 63 to 39 are as bit 38 */
    uint64_t physical; /* the table's, or the first leaf's */
    uint64_t flags;    /* SV39_FLAGS of the entry, or of the first leaf */
};

typedef void sv39_show(const struct sv39_line *line, void *context);

/*
 * Show every valid entry, in the order of the addresses, a pointer before what
 * is in its table. Leaves that stand side by side in one table are one line if
 * their physical addresses follow each other and their flags are the same, A
 * and D left aside.
 *   root      a table made by sv39_map; borrowed for the call
 *   context   handed to show
 */
void sv39_tree(const uint64_t *root, sv39_show *show, void *context);

#endif
