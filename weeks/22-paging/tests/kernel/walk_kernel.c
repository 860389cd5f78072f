/*
 * walk_kernel.c: step 2: the walk, on tables that are built by hand here.
 */
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "param.h"
#include "platform.h"
#include "riscv.h"
#include "sv39.h"

#define RW (SV39_V | SV39_R | SV39_W)

static uint64_t root[512] __attribute__((aligned(PAGE_BYTES)));
static uint64_t middle[512] __attribute__((aligned(PAGE_BYTES)));
static uint64_t low[512] __attribute__((aligned(PAGE_BYTES)));

static const struct sv39_access loading = {.kind = SV39_LOAD};

static uint64_t pointer_to(const uint64_t *table)
{
    return (uint64_t)(uintptr_t)table >> 12 << 10 | SV39_V;
}

static uint64_t leaf_to(uint64_t physical, uint64_t flags)
{
    return physical >> 12 << 10 | flags;
}

/* An address by its parts; bit 38 goes on upwards. */
static uint64_t address_of(uint64_t two, uint64_t one, uint64_t zero,
                           uint64_t offset)
{
    uint64_t address = two << 30 | one << 21 | zero << 12 | offset;

    return two >= 256 ? address | UINT64_C(0x1ffffff) << 39 : address;
}

static struct sv39_translation walked(uint64_t address,
                                      struct sv39_access access, int expected)
{
    struct sv39_translation found;

    memset(&found, 0xee, sizeof found);
    ktest_note("sv39_walk(0x%lx)", address);
    if (expected == 0)
        ktest_ok(sv39_walk(root, address, access, &found));
    else
        ktest_error(sv39_walk(root, address, access, &found), expected);
    return found;
}

static void check_granted(uint64_t address, uint64_t physical, unsigned level)
{
    struct sv39_translation found = walked(address, loading, 0);

    ktest_same_hex(found.physical, physical, "where the byte is");
    ktest_equal(found.level, level, "the leaf's level");
    ktest_equal(found.refusal, SV39_GRANTED, "refusal (SV39_GRANTED is 0)");
}

static const char *const refusal_names[] = {
    "SV39_GRANTED", "SV39_NOT_CANONICAL", "SV39_NOT_VALID", "SV39_RESERVED",
    "SV39_NO_LEAF", "SV39_NOT_PERMITTED", "SV39_MISALIGNED"};

static const char *name_of(enum sv39_refusal refusal)
{
    return refusal <= SV39_MISALIGNED ? refusal_names[refusal] : "another one";
}

static void check_refused(uint64_t address, struct sv39_access access,
                          enum sv39_refusal refusal, unsigned level,
                          uint64_t entry)
{
    struct sv39_translation found = walked(address, access, -EFAULT);

    ktest_same_text(name_of(found.refusal), name_of(refusal), "refusal");
    ktest_equal(found.level, level, "level, where it ended");
    ktest_same_hex(found.entry, entry, "entry, at which it ended");
    ktest_same_hex(found.physical, 0, "physical, of a refused address");
}

static void hang_in(unsigned two, unsigned one)
{
    root[two] = pointer_to(middle);
    middle[one] = pointer_to(low);
}

/* Three indexes that differ, and an offset. */
KERNEL_TEST(three_levels_lead_to_a_page)
{
    hang_in(3, 5);
    low[7] = leaf_to(0x87654000, RW);
    low[8] = leaf_to(0x81111000, RW);
    ktest_note("a page at 0x87654000, under the indexes 3, 5 and 7");
    check_granted(address_of(3, 5, 7, 0), 0x87654000, 0);
    check_granted(address_of(3, 5, 7, 0x123), 0x87654123, 0);
    check_granted(address_of(3, 5, 7, 0xfff), 0x87654fff, 0);
    check_granted(address_of(3, 5, 8, 0x10), 0x81111010, 0);
    ktest_note("the first and the last index of each level");
    hang_in(0, 511);
    low[0] = leaf_to(0x82222000, RW);
    low[511] = leaf_to(0x83333000, RW);
    check_granted(address_of(0, 511, 0, 1), 0x82222001, 0);
    check_granted(address_of(0, 511, 511, 0xffe), 0x83333ffe, 0);
}

/* G of a pointer holds for all that is below it, and stops nobody. */
KERNEL_TEST(a_pointer_may_have_g)
{
    root[3] = pointer_to(middle) | SV39_G;
    middle[5] = pointer_to(low) | SV39_G;
    low[7] = leaf_to(0x87654000, RW);
    ktest_note("a page under two pointers that have G");
    check_granted(address_of(3, 5, 7, 0x10), 0x87654010, 0);
}

/* 44 bits of a physical page's number stand in an entry, and no more. */
KERNEL_TEST(physical_addresses_have_56_bits)
{
    hang_in(1, 1);
    low[1] = leaf_to(0xfffffffffff000, RW | SV39_A | SV39_D | UINT64_C(3) << 8);
    check_granted(address_of(1, 1, 1, 0xabc), 0xfffffffffffabc, 0);
}

KERNEL_TEST(a_leaf_of_level_1_is_2_mib)
{
    root[9] = pointer_to(middle);
    middle[2] = leaf_to(0x80600000, RW);
    ktest_note("a leaf at level 1: 2 MiB at 0x80600000");
    check_granted(address_of(9, 2, 0, 0), 0x80600000, 1);
    check_granted(address_of(9, 2, 1, 8), 0x80601008, 1);
    check_granted(address_of(9, 2, 511, 0xfff), 0x807fffff, 1);
}

KERNEL_TEST(a_leaf_of_level_2_is_1_gib)
{
    root[2] = leaf_to(0x80000000, RW);
    root[4] = leaf_to(0x4000000000, RW);
    ktest_note("a leaf at level 2: 1 GiB at 0x80000000");
    check_granted(address_of(2, 0, 0, 0x42), 0x80000042, 2);
    check_granted(address_of(2, 63, 511, 0xff8), 0x87fffff8, 2);
    check_granted(address_of(4, 511, 511, 0xff8), 0x403ffffff8, 2);
}

/* Bits 63 to 39 are as bit 38: half of the addresses lie below, half above. */
KERNEL_TEST(addresses_are_canonical)
{
    root[2] = leaf_to(0x80000000, RW);
    root[511] = leaf_to(0x80000000, RW);
    root[256] = leaf_to(0xc0000000, RW);
    check_granted(0xffffffffc0000010, 0x80000010, 2);
    check_granted(0xffffffc000000020, 0xc0000020, 2);
    ktest_note("addresses in which those bits differ");
    const uint64_t wrong[] = {
        UINT64_C(1) << 63 | 0x80000000,
        UINT64_C(1) << 39 | 0x80000000,
        UINT64_C(1) << 47 | 0x80000000,
        0x7fc0000000,
        0x7fffffffc0000010,
        0xffffff7fc0000010,
        0xffffff8080000000,
        0x4000000000,
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_refused(wrong[i], loading, SV39_NOT_CANONICAL, 2, 0);
}

static void check_nothing(uint64_t entry)
{
    ktest_note("the entry 0x%lx", entry);
    low[2] = middle[2] = root[2] = entry;
    check_refused(address_of(1, 1, 2, 0), loading, SV39_NOT_VALID, 0, entry);
    check_refused(address_of(1, 2, 1, 0), loading, SV39_NOT_VALID, 1, entry);
    check_refused(address_of(2, 1, 1, 0), loading, SV39_NOT_VALID, 2, entry);
}

/* Without V an entry says nothing, whatever its other bits are. */
KERNEL_TEST(an_entry_without_v_is_none)
{
    const uint64_t nothing = leaf_to(0x80000000, RW | SV39_X) & ~SV39_V;

    hang_in(1, 1);
    check_refused(address_of(0, 1, 1, 0), loading, SV39_NOT_VALID, 2, 0);
    check_refused(address_of(1, 0, 1, 0), loading, SV39_NOT_VALID, 1, 0);
    check_refused(address_of(1, 1, 0, 0), loading, SV39_NOT_VALID, 0, 0);
    ktest_note("entries with R, W, X and an address, and without V");
    root[2] = middle[2] = low[2] = nothing;
    check_refused(address_of(2, 1, 1, 0), loading, SV39_NOT_VALID, 2, nothing);
    check_refused(address_of(1, 2, 1, 0), loading, SV39_NOT_VALID, 1, nothing);
    check_refused(address_of(1, 1, 2, 0), loading, SV39_NOT_VALID, 0, nothing);
    ktest_note("and with what is reserved: V is looked at first");
    check_nothing(leaf_to(0x80000000, SV39_W));
    check_nothing(leaf_to(0x80000000, SV39_W | SV39_X));
    check_nothing(leaf_to(0x80000000, SV39_R) | UINT64_C(1) << 60);
    check_nothing((pointer_to(low) & ~SV39_V) | SV39_U);
}

static void check_reserved(uint64_t entry)
{
    ktest_note("the entry 0x%lx", entry);
    low[1] = middle[2] = root[3] = entry;
    check_refused(address_of(1, 1, 1, 0), loading, SV39_RESERVED, 0, entry);
    check_refused(address_of(1, 2, 1, 0), loading, SV39_RESERVED, 1, entry);
    check_refused(address_of(3, 1, 1, 0), loading, SV39_RESERVED, 2, entry);
}

KERNEL_TEST(reserved_encodings_are_refused)
{
    hang_in(1, 1);
    ktest_note("W without R");
    check_reserved(leaf_to(0x80000000, SV39_V | SV39_W));
    check_reserved(leaf_to(0x80000000, SV39_V | SV39_W | SV39_X));
    ktest_note("each of bits 54 to 63");
    for (unsigned bit = 54; bit < 64; bit++)
        check_reserved(leaf_to(0x80000000, RW) | UINT64_C(1) << bit);
    ktest_note("a pointer with U, A or D");
    check_reserved(pointer_to(low) | SV39_U);
    check_reserved(pointer_to(low) | SV39_A);
    check_reserved(pointer_to(low) | SV39_D);
}

KERNEL_TEST(a_pointer_at_level_0_leads_nowhere)
{
    hang_in(1, 1);
    low[1] = pointer_to(low);
    check_refused(address_of(1, 1, 1, 0), loading, SV39_NO_LEAF, 0, low[1]);
}

/* A page of 2 MiB begins at a multiple of 2 MiB, in physical memory too. */
KERNEL_TEST(misaligned_superpages_are_refused)
{
    root[1] = pointer_to(middle);
    for (unsigned bit = 12; bit < 21; bit++) {
        middle[1] = leaf_to(0x80000000 | UINT64_C(1) << bit, RW);
        check_refused(address_of(1, 1, 0, 0), loading, SV39_MISALIGNED, 1,
                      middle[1]);
    }
    for (unsigned bit = 12; bit < 30; bit++) {
        root[2] = leaf_to(0x80000000 | UINT64_C(1) << bit, RW);
        check_refused(address_of(2, 1, 0, 0), loading, SV39_MISALIGNED, 2,
                      root[2]);
    }
}

/* ---- Rights ---- */

/* In the words of the algorithm, line by line. */
static bool allowed(uint64_t flags, struct sv39_access access)
{
    if (access.user && !(flags & SV39_U))
        return false;
    if (!access.user && (flags & SV39_U) && access.kind == SV39_FETCH)
        return false;
    if (!access.user && (flags & SV39_U) && !access.sum)
        return false;
    if (access.kind == SV39_FETCH)
        return flags & SV39_X;
    if (access.kind == SV39_STORE)
        return flags & SV39_W;
    return (flags & SV39_R) || (access.mxr && (flags & SV39_X));
}

static const char *kind_name(enum sv39_kind kind)
{
    return kind == SV39_LOAD ? "load" : kind == SV39_STORE ? "store" : "fetch";
}

static void check_rights(uint64_t flags, struct sv39_access access)
{
    struct sv39_translation found;
    int err = sv39_walk(root, address_of(1, 1, 1, 0), access, &found);
    bool granted = allowed(flags, access);

    if ((err == 0) == granted && (err == 0 || err == -EFAULT) &&
        found.refusal == (granted ? SV39_GRANTED : SV39_NOT_PERMITTED))
        return;
    ktest_note("a leaf with%s%s%s%s", flags & SV39_R ? " R" : "",
               flags & SV39_W ? " W" : "", flags & SV39_X ? " X" : "",
               flags & SV39_U ? " U" : "");
    ktest_note("a %s by %s mode, SUM %d, MXR %d", kind_name(access.kind),
               access.user ? "user" : "supervisor", access.sum, access.mxr);
    ktest_fail("sv39_walk() returns %d with %s; it should be %s", err,
               name_of(found.refusal),
               granted ? "granted" : "-EFAULT, SV39_NOT_PERMITTED");
}

/* Every leaf there may be, for everyone who may ask. */
KERNEL_TEST(rights_are_as_the_algorithm_has_them)
{
    hang_in(1, 1);
    ktest_note("each leaf of R, W, X and U, each kind of access, both modes, "
               "SUM and MXR: 240 walks");
    for (uint64_t bits = 0; bits < 16; bits++) {
        uint64_t flags = bits << 1;
        if (!(flags & (SV39_R | SV39_X)) ||
            ((flags & SV39_W) && !(flags & SV39_R)))
            continue;
        low[1] = leaf_to(0x80000000, flags | SV39_V | SV39_A | SV39_D);
        for (unsigned who = 0; who < 24; who++)
            check_rights(flags, (struct sv39_access){.kind = who % 3,
                                                     .user = who / 3 & 1,
                                                     .sum = who / 6 & 1,
                                                     .mxr = who / 12 & 1});
    }
}

/* One of R, W and X makes a leaf; without A and D nothing else tells. */
KERNEL_TEST(what_may_only_be_executed_is_a_leaf)
{
    const struct sv39_access fetching = {.kind = SV39_FETCH};

    hang_in(1, 1);
    low[1] = leaf_to(0x80001000, SV39_V | SV39_X);
    middle[2] = leaf_to(0x80200000, SV39_V | SV39_X);
    root[2] = leaf_to(0x80000000, SV39_V | SV39_X);
    ktest_note("leaves with V and X alone, at each level");
    ktest_same_hex(walked(address_of(1, 1, 1, 2), fetching, 0).physical,
                   0x80001002, "where the byte is");
    ktest_same_hex(walked(address_of(1, 2, 1, 2), fetching, 0).physical,
                   0x80201002, "where the byte is");
    ktest_same_hex(walked(address_of(2, 1, 1, 2), fetching, 0).physical,
                   0x80201002, "where the byte is");
    check_refused(address_of(1, 1, 1, 0), loading, SV39_NOT_PERMITTED, 0,
                  low[1]);
}

/* Hardware may set A and D; a walk only looks. */
KERNEL_TEST(a_walk_changes_nothing)
{
    static uint64_t before[3][512];

    hang_in(1, 1);
    low[1] = leaf_to(0x80001000, RW | SV39_X);
    middle[2] = leaf_to(0x80200000, RW);
    memcpy(before[0], root, sizeof root);
    memcpy(before[1], middle, sizeof middle);
    memcpy(before[2], low, sizeof low);
    ktest_note("leaves without A and D");
    check_granted(address_of(1, 1, 1, 4), 0x80001004, 0);
    check_granted(address_of(1, 2, 1, 4), 0x80201004, 1);
    walked(address_of(1, 1, 1, 4), (struct sv39_access){.kind = SV39_STORE}, 0);
    walked(address_of(1, 1, 2, 4), loading, -EFAULT);
    ktest_same_bytes(root, before[0], sizeof root, "the root's table");
    ktest_same_bytes(middle, before[1], sizeof middle, "the table of level 1");
    ktest_same_bytes(low, before[2], sizeof low, "the table of level 0");
}

/* ---- Against the machine ---- */

#define TRIES 64

/* Bits of an entry that are drawn; all machines agree about them. */
static uint64_t drawn_entry(unsigned level)
{
    uint64_t flags = ktest_random() & 0xff;
    uint64_t physical =
        PLATFORM_MEMORY + ktest_random_below(PLATFORM_MEMORY_BYTES);

    if (ktest_random_below(4) > 0)
        flags |= SV39_V | SV39_R;
    if (level > 0 && ktest_random_below(2) == 0)
        physical &= -(UINT64_C(1) << 21);
    if (ktest_random_below(16) == 0)
        flags = SV39_V; /* a pointer, into anything: at level 0 only */
    if (level > 0 && !(flags & (SV39_R | SV39_W | SV39_X)))
        flags &= ~SV39_V;
    return leaf_to(physical, flags);
}

static uint64_t drawn_address(void)
{
    uint64_t address = address_of(
        ktest_random_below(2) ? 300 : 100, ktest_random_below(8),
        ktest_random_below(TRIES), ktest_random_below(PAGE_BYTES / 8) * 8);

    if (ktest_random_below(16) == 0)
        address ^= UINT64_C(1) << (39 + ktest_random_below(25));
    return address;
}

static bool machine_faults(uint64_t address, enum sv39_kind kind,
                           struct ktest_trap *trap)
{
    if (kind == SV39_LOAD)
        return ktest_catch_load((const volatile void *)address, trap);
    return ktest_catch_store((volatile void *)address, trap);
}

static void compare(uint64_t address, struct sv39_access access)
{
    struct sv39_translation found;
    struct ktest_trap trap = {.cause = KTEST_NO_TRAP};
    int err = sv39_walk(root, address, access, &found);

    sfence_vma_all();
    /* What the walk grants may lie anywhere in memory: a load does no harm, a
     * store would. */
    if (access.kind == SV39_STORE && err == 0)
        return;
    bool faults = machine_faults(address, access.kind, &trap);
    if (faults == (err < 0))
        return;
    ktest_note("the address 0x%lx; the last entry 0x%lx, at level %u", address,
               found.entry, found.level);
    ktest_note("a %s, SUM %d, MXR %d", kind_name(access.kind), access.sum,
               access.mxr);
    ktest_fail("the machine %s, sv39_walk() says %s",
               faults ? "raises a page fault" : "does it",
               name_of(found.refusal));
}

static void draw_tables(void)
{
    root[100] = root[300] = pointer_to(middle);
    for (unsigned i = 0; i < 8; i++)
        middle[i] = i < 5 ? pointer_to(low) : drawn_entry(1);
    for (unsigned i = 0; i < TRIES; i++)
        low[i] = drawn_entry(0);
}

/* The walk and the machine itself, on the same tables. */
KERNEL_TEST(the_machine_agrees)
{
    ktest_note("tables with entries that are drawn, and 20 times 60 accesses; "
               "the kernel's memory is a leaf of 1 GiB");
    root[2] = leaf_to(0x80000000, RW | SV39_X | SV39_A | SV39_D | SV39_G);
    for (unsigned round = 0; round < 20; round++) {
        csr_write(satp, 0);
        draw_tables();
        csr_write(satp, SV39_SATP(root));
        sfence_vma_all();
        for (unsigned i = 0; i < 60; i++) {
            struct sv39_access access = {
                .kind = ktest_random_below(2) ? SV39_LOAD : SV39_STORE,
                .sum = ktest_random_below(2),
                .mxr = ktest_random_below(2),
            };
            csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
            csr_set(sstatus, (access.sum ? SSTATUS_SUM : 0) |
                                 (access.mxr ? SSTATUS_MXR : 0));
            compare(drawn_address(), access);
        }
    }
}
