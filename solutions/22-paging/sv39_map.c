/*
 * sv39_map.c: tables that change: map, unmap, protect.
 *
 * Each goes along a range. Where it stands it descends from the root, and then
 * works on the entries of one table until that table or the range ends.
 *
 *  1. No table but the root is without a valid entry. So what is valid in a
 *     range is mapped there, or leads to something that is.
 *  2. Whatever can fail for want of memory does so before anything is changed,
 *     or is undone.
 *  3. Between an entry's change and the moment at which anybody relies on it
 *     stands an sfence.vma: before memory or a table is given back.
 */
#include "sv39.h"

#include "kerrno.h"
#include "page.h"
#include "riscv.h"

#define CHANGEABLE (SV39_R | SV39_W | SV39_X | SV39_U | SV39_G)

struct cursor {
    uint64_t address;
    uint64_t left; /* bytes */
};

/* From the root to the entry that decides about an address: a leaf, or one
 * without V. */
struct path {
    unsigned level; /* of that entry */
    uint64_t *entry[SV39_LEVELS];
};

static uint64_t *table_of(uint64_t entry)
{
    return (uint64_t *)sv39_physical(entry);
}

/* V and none of R, W, X. */
static bool is_pointer(uint64_t entry)
{
    return (entry & (SV39_V | SV39_R | SV39_W | SV39_X)) == SV39_V;
}

static inline uint64_t *descend(uint64_t *root, uint64_t address,
                                struct path *path)
{
    unsigned level = SV39_LEVELS - 1;
    uint64_t *entry = &root[sv39_index(address, level)];

    path->entry[level] = entry;
    while (level > 0 && is_pointer(*entry)) {
        level--;
        entry = &table_of(*entry)[sv39_index(address, level)];
        path->entry[level] = entry;
    }
    path->level = level;
    return entry;
}

/* The entry behind the last of a table would be in another page. */
static bool is_in_table(const uint64_t *next_entry)
{
    return (uintptr_t)next_entry % PAGE_BYTES != 0;
}

static void advance(struct cursor *at, uint64_t bytes)
{
    at->address += bytes;
    at->left -= bytes;
}

/* Go on behind the entry of this level that the cursor is in, be it in its
 * middle. */
static void pass(struct cursor *at, unsigned level)
{
    const uint64_t size = sv39_bytes(level);
    const uint64_t bytes = size - (at->address & (size - 1));

    advance(at, bytes < at->left ? bytes : at->left);
}

/* Ask first the entries beside the one that was taken out: in a table that is
 * in use the next one is valid, most often. */
static bool is_empty(const uint64_t *table, size_t index)
{
    for (size_t i = 0; i < SV39_ENTRIES; i++)
        if (table[(index + i) % SV39_ENTRIES] & SV39_V)
            return false;
    return true;
}

/* Invariant 1: tables on a path that have lost their last entry, from the
 * bottom up. */
static void prune(const struct path *path)
{
    for (unsigned level = path->level + 1; level < SV39_LEVELS; level++) {
        uint64_t *table = table_of(*path->entry[level]);
        if (!is_empty(table, (size_t)(path->entry[level - 1] - table)))
            return;
        *path->entry[level] = 0;
        sfence_vma_all(); /* of one address would speak of leaves only */
        page_free(table);
    }
}

/* ---- Map ---- */

struct mapping {
    struct cursor at;
    uint64_t physical, flags;
};

/* The level of the next leaf. Step 8 is all of it. */
static unsigned level_of(const struct mapping *m)
{
    const uint64_t bytes = sv39_bytes(1);

    return m->at.left >= bytes &&
           ((m->at.address | m->physical) & (bytes - 1)) == 0;
}

/* New tables, until the path ends at this level; or none. Rarely needed, so it
 * is kept out of the way of what is done for each page. */
__attribute__((noinline)) static int deepen(struct path *path, uint64_t address,
                                            unsigned level)
{
    while (path->level > level) {
        uint64_t *table = page_alloc_zeroed();
        if (table == NULL) {
            prune(path);
            return -ENOMEM;
        }
        *path->entry[path->level] = sv39_entry((uintptr_t)table, SV39_V);
        path->level--;
        path->entry[path->level] = &table[sv39_index(address, path->level)];
    }
    return 0;
}

/* As much of the range as one table takes. */
static int map_in_table(uint64_t *root, struct mapping *m)
{
    const unsigned level = level_of(m);
    const uint64_t bytes = sv39_bytes(level);
    struct path path;
    uint64_t *entry = descend(root, m->at.address, &path);

    if (path.level < level) /* a table in a superpage's place: invariant 1 */
        return -EEXIST;
    if (path.level > level && !(*entry & SV39_V)) {
        if (deepen(&path, m->at.address, level) < 0)
            return -ENOMEM;
        entry = path.entry[level];
    }
    do {
        if (*entry & SV39_V)
            return -EEXIST;
        *entry++ = sv39_entry(m->physical, m->flags);
        m->physical += bytes;
        advance(&m->at, bytes);
    } while (m->at.left >= bytes && is_in_table(entry));
    return 0;
}

int sv39_map(uint64_t *root, uint64_t address, uint64_t physical,
             uint64_t bytes, uint64_t flags)
{
    const uint64_t physical_end = UINT64_C(1) << 56;

    if (!sv39_is_range(address, bytes) || !sv39_are_flags(flags))
        return -EINVAL;
    if (physical % PAGE_BYTES != 0 || physical > physical_end - bytes)
        return -EINVAL;
    struct mapping m = {
        {address, bytes}, physical, flags | SV39_V | SV39_A | SV39_D};
    int err = 0;
    while (err == 0 && m.at.left > 0)
        err = map_in_table(root, &m);
    if (err < 0 && m.at.left < bytes)
        sv39_unmap(root, address, bytes - m.at.left, NULL);
    return err;
}

/* ---- Superpages that a range cuts: step 8 ---- */

/* The superpage that a byte lies in, if not all of it is in the range. */
static uint64_t *leaf_cut(uint64_t *root, uint64_t at, uint64_t address,
                          uint64_t bytes)
{
    struct path path;
    uint64_t *entry = descend(root, at, &path);

    if (path.level == 0 || !(*entry & SV39_V))
        return NULL;
    const uint64_t size = sv39_bytes(path.level), begin = at & -size;
    return begin >= address && begin + size - 1 <= address + bytes - 1 ? NULL
                                                                       : entry;
}

/* The same translations, by 512 leaves of the level below: sv39_map makes
 * leaves of level 0 and 1 only, so that is 0. */
static void split(uint64_t *leaf, uint64_t *table)
{
    for (unsigned i = 0; i < SV39_ENTRIES; i++)
        table[i] = sv39_entry(sv39_physical(*leaf) + i * PAGE_BYTES,
                              *leaf & SV39_FLAGS);
    *leaf = sv39_entry((uintptr_t)table, SV39_V);
}

/* No superpage reaches over an end of the range any more. */
static int split_ends(uint64_t *root, uint64_t address, uint64_t bytes)
{
    const uint64_t end = address + bytes - 1;
    bool is_one = (address ^ end) < sv39_bytes(1); /* 2 MiB have both */
    uint64_t *first = leaf_cut(root, address, address, bytes);
    uint64_t *last = is_one ? NULL : leaf_cut(root, end, address, bytes);
    uint64_t *one = first != NULL ? page_alloc() : NULL;
    uint64_t *other = last != NULL ? page_alloc() : NULL;
    if ((first != NULL && one == NULL) || (last != NULL && other == NULL)) {
        page_free(one); /* NULL is refused, no more */
        page_free(other);
        return -ENOMEM;
    }
    if (first != NULL)
        split(first, one);
    if (last != NULL)
        split(last, other);
    return 0;
}

/* ---- Unmap ---- */

struct unmapping {
    struct cursor at;
    sv39_release *release;
    int pages;
};

static void unmap_leaf(uint64_t *entry, unsigned level, struct unmapping *u)
{
    uint64_t physical = sv39_physical(*entry);

    *entry = 0;
    sfence_vma_page(u->at.address);
    u->pages += 1 << 9 * level;
    if (u->release != NULL)
        u->release(physical, sv39_bytes(level));
    advance(&u->at, sv39_bytes(level));
}

/* What one table has of the range; or the hole that the range comes to. */
static void unmap_in_table(uint64_t *root, struct unmapping *u)
{
    struct path path;
    uint64_t *entry = descend(root, u->at.address, &path);

    if (!(*entry & SV39_V)) {
        pass(&u->at, path.level);
        return;
    }
    do
        unmap_leaf(entry++, path.level, u);
    while (u->at.left > 0 && is_in_table(entry) && (*entry & SV39_V) &&
           sv39_is_leaf(*entry));
    prune(&path);
}

int sv39_unmap(uint64_t *root, uint64_t address, uint64_t bytes,
               sv39_release *release)
{
    if (!sv39_is_range(address, bytes))
        return -EINVAL;
    int err = split_ends(root, address, bytes);
    if (err < 0)
        return err;
    struct unmapping u = {{address, bytes}, release, 0};
    while (u.at.left > 0)
        unmap_in_table(root, &u);
    return u.pages;
}

/* ---- Protect: step 9 ---- */

static bool is_mapped(uint64_t *root, struct cursor at)
{
    struct path path;

    for (; at.left > 0; pass(&at, path.level))
        if (!(*descend(root, at.address, &path) & SV39_V))
            return false;
    return true;
}

int sv39_protect(uint64_t *root, uint64_t address, uint64_t bytes,
                 uint64_t flags)
{
    struct cursor at = {address, bytes};
    struct path path;

    if (!sv39_is_range(address, bytes) || !sv39_are_flags(flags))
        return -EINVAL;
    if (!is_mapped(root, at))
        return -ENOENT;
    int err = split_ends(root, address, bytes);
    for (; err == 0 && at.left > 0; pass(&at, path.level)) {
        uint64_t *entry = descend(root, at.address, &path);
        *entry = (*entry & ~CHANGEABLE) | flags;
        sfence_vma_page(at.address);
    }
    return err;
}
