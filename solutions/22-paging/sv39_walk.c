/*
 * sv39_walk.c: what the machine does with an address, step by step as the
 * Privileged Architecture has it (§"Virtual Address Translation Process").
 */
#include "sv39.h"

#include "kerrno.h"

static bool is_canonical(uint64_t address)
{
    return (int64_t)address << 25 >> 25 == (int64_t)address;
}

/* Step 3: "If pte.v=0, or if pte.r=0 and pte.w=1, or if any bits or encodings
 * that are reserved for future standard use are set within pte …" */
static enum sv39_refusal check_encoding(uint64_t entry)
{
    const uint64_t not_in_pointers = SV39_U | SV39_A | SV39_D;

    if (!(entry & SV39_V))
        return SV39_NOT_VALID;
    if ((entry & (SV39_R | SV39_W)) == SV39_W || (entry & SV39_RESERVED_BITS))
        return SV39_RESERVED;
    if (!sv39_is_leaf(entry) && (entry & not_in_pointers))
        return SV39_RESERVED;
    return SV39_GRANTED;
}

/* V, and nothing else that matters: the way down, in one comparison. */
static bool is_pointer(uint64_t entry)
{
    const uint64_t looked_at = SV39_RESERVED_BITS | (SV39_FLAGS & ~SV39_G);

    return (entry & looked_at) == SV39_V;
}

static uint64_t wanted_flags(struct sv39_access access)
{
    switch (access.kind) {
    case SV39_FETCH:
        return SV39_X;
    case SV39_STORE:
        return SV39_W;
    case SV39_LOAD:
        break;
    }
    return access.mxr ? SV39_R | SV39_X : SV39_R;
}

/* Supervisor mode never executes what is user mode's, whatever SUM says. */
static bool is_permitted(uint64_t entry, struct sv39_access access)
{
    bool users = entry & SV39_U;

    if (access.user != users)
        if (access.user || !access.sum || access.kind == SV39_FETCH)
            return false;
    return entry & wanted_flags(access);
}

/* Steps 5 and 6. */
static enum sv39_refusal check_leaf(uint64_t entry, unsigned level,
                                    struct sv39_access access)
{
    if (!is_permitted(entry, access))
        return SV39_NOT_PERMITTED;
    if (sv39_physical(entry) & (sv39_bytes(level) - 1))
        return SV39_MISALIGNED;
    return SV39_GRANTED;
}

/* Steps 2 to 4: from table to table, down to a leaf. */
static enum sv39_refusal descend(const uint64_t *table, uint64_t address,
                                 struct sv39_translation *out)
{
    uint64_t entry = table[sv39_index(address, SV39_LEVELS - 1)];
    unsigned level = SV39_LEVELS - 1;

    while (is_pointer(entry) && level > 0) {
        table = (const uint64_t *)sv39_physical(entry);
        entry = table[sv39_index(address, --level)];
    }
    out->entry = entry;
    out->level = level;
    return is_pointer(entry) ? SV39_NO_LEAF : check_encoding(entry);
}

int sv39_walk(const uint64_t *root, uint64_t address, struct sv39_access access,
              struct sv39_translation *out)
{
    *out = (struct sv39_translation){.level = SV39_LEVELS - 1};
    out->refusal = is_canonical(address) ? descend(root, address, out)
                                         : SV39_NOT_CANONICAL;
    if (out->refusal == SV39_GRANTED)
        out->refusal = check_leaf(out->entry, out->level, access);
    if (out->refusal != SV39_GRANTED)
        return -EFAULT;
    uint64_t offset = address & (sv39_bytes(out->level) - 1);
    out->physical = sv39_physical(out->entry) | offset;
    return 0;
}
