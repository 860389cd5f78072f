/*
 * map_kernel.c: step 3: tables that change.
 */
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "memory.h"
#include "page.h"
#include "sv39.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define GIB (UINT64_C(1) << 30)
#define MIB2 (UINT64_C(1) << 21)

/* Memory that is mapped in these tests need not exist. No multiple of 2 MiB, so
 * that it can't be mapped by superpages at the addresses below. */
#define FRAMES UINT64_C(0x90003000)

static uint64_t *root;
static size_t free_before; /* with the root taken */

static void begin(void)
{
    memory_begin();
    root = page_alloc_zeroed();
    free_before = page_count_free();
}

static void map(uint64_t address, uint64_t physical, uint64_t bytes,
                uint64_t flags)
{
    ktest_note("sv39_map(0x%lx to 0x%lx, %lu KiB)", address, physical,
               bytes >> 10);
    ktest_ok(sv39_map(root, address, physical, bytes, flags));
}

static void check_page(uint64_t address, uint64_t physical, uint64_t flags)
{
    struct walked found = walker_find(0, (uintptr_t)root, address);
    const uint64_t whole = flags | SV39_V | SV39_A | SV39_D;

    if (!found.mapped)
        ktest_fail("0x%lx is not mapped: at level %u stands the entry 0x%lx",
                   address, found.level, found.entry);
    if (found.physical != physical)
        ktest_same_hex(found.physical, physical, "where 0x%lx is", address);
    if ((found.entry & SV39_FLAGS) != whole)
        ktest_same_hex(found.entry & SV39_FLAGS, whole,
                       "flags of 0x%lx: what was asked for, and V, A, D",
                       address);
    if (found.entry & ~(SV39_FLAGS | UINT64_C(0x3ffffffffffc00)))
        ktest_fail("the leaf of 0x%lx has bits set above or beside its "
                   "address: 0x%lx",
                   address, found.entry);
}

static void check_range(uint64_t address, uint64_t physical, uint64_t bytes,
                        uint64_t flags)
{
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        check_page(address + at, physical + at, flags);
}

static void check_absent(uint64_t address)
{
    struct walked found = walker_find(0, (uintptr_t)root, address);

    if (found.mapped)
        ktest_fail("0x%lx is mapped: the entry is 0x%lx, at level %u", address,
                   found.entry, found.level);
}

static void check_empty(const char *when)
{
    for (unsigned i = 0; i < 512; i++)
        if (root[i] & SV39_V)
            ktest_fail("%s, entry %u of the root is 0x%lx", when, i, root[i]);
    memory_check(free_before, when);
}

static int unmap(uint64_t address, uint64_t bytes)
{
    ktest_note("sv39_unmap(0x%lx, %lu KiB)", address, bytes >> 10);
    return (int)ktest_ok(sv39_unmap(root, address, bytes, NULL));
}

KERNEL_TEST(one_page_is_mapped)
{
    begin();
    map(0x1234567000, FRAMES, PAGE_BYTES, RW);
    check_page(0x1234567000, FRAMES, RW);
    check_absent(0x1234566000);
    check_absent(0x1234568000);
    ktest_equal(unmap(0x1234567000, PAGE_BYTES), 1, "pages that were mapped");
    check_absent(0x1234567000);
    check_empty("after that");
}

KERNEL_TEST(flags_are_those_that_were_asked_for)
{
    const uint64_t flags[] = {
        SV39_R,      SV39_X,          RW,          SV39_R | SV39_X,
        RW | SV39_X, SV39_R | SV39_U, RW | SV39_U, SV39_X | SV39_U | SV39_G,
        RW | SV39_G};

    begin();
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        map(0x40000000 + i * PAGE_BYTES, FRAMES, PAGE_BYTES, flags[i]);
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        check_page(0x40000000 + i * PAGE_BYTES, FRAMES, flags[i]);
}

/* Where a table ends the range goes on in the next one. */
KERNEL_TEST(a_range_crosses_tables)
{
    const uint64_t address = GIB - 3 * MIB2 - 5 * PAGE_BYTES;
    const uint64_t bytes = 6 * MIB2 + 9 * PAGE_BYTES;

    begin();
    map(address, FRAMES, bytes, RW);
    check_range(address, FRAMES, bytes, RW);
    check_absent(address - PAGE_BYTES);
    check_absent(address + bytes);
    ktest_equal(unmap(address, bytes), bytes / PAGE_BYTES,
                "pages that were mapped");
    check_empty("after that");
}

KERNEL_TEST(the_upper_half_is_mapped_too)
{
    const uint64_t lowest = -(UINT64_C(1) << 38), highest = -4 * PAGE_BYTES;

    begin();
    map(lowest, FRAMES, 2 * PAGE_BYTES, RW);
    map(highest, FRAMES, 4 * PAGE_BYTES, RW);
    map((UINT64_C(1) << 38) - PAGE_BYTES, FRAMES, PAGE_BYTES, RW);
    check_range(lowest, FRAMES, 2 * PAGE_BYTES, RW);
    check_range(highest, FRAMES, 4 * PAGE_BYTES, RW);
    check_page((UINT64_C(1) << 38) - PAGE_BYTES, FRAMES, RW);
    check_absent(0);
    unmap(lowest, 2 * PAGE_BYTES);
    unmap(highest, 4 * PAGE_BYTES);
    unmap((UINT64_C(1) << 38) - PAGE_BYTES, PAGE_BYTES);
    check_empty("after that");
}

static void check_invalid(uint64_t address, uint64_t physical, uint64_t bytes,
                          uint64_t flags)
{
    ktest_note("sv39_map(0x%lx to 0x%lx, 0x%lx bytes, flags 0x%lx)", address,
               physical, bytes, flags);
    ktest_error(sv39_map(root, address, physical, bytes, flags), -EINVAL);
}

KERNEL_TEST(arguments_that_make_no_sense_are_refused)
{
    const uint64_t half = UINT64_C(1) << 38;

    begin();
    check_invalid(0x40000008, FRAMES, PAGE_BYTES, RW);
    check_invalid(0x40000000, FRAMES + 8, PAGE_BYTES, RW);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES + 8, RW);
    check_invalid(0x40000000, FRAMES, 0, RW);
    ktest_note("flags");
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, 0);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, SV39_U);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, SV39_W);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, SV39_W | SV39_X);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, RW | SV39_V);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, RW | SV39_D);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, RW | UINT64_C(1) << 8);
    check_invalid(0x40000000, FRAMES, PAGE_BYTES, RW | UINT64_C(1) << 60);
    ktest_note("addresses that are not canonical, and ranges that reach there");
    check_invalid(half, FRAMES, PAGE_BYTES, RW);
    check_invalid(half - PAGE_BYTES, FRAMES, 2 * PAGE_BYTES, RW);
    check_invalid(UINT64_C(1) << 63, FRAMES, PAGE_BYTES, RW);
    check_invalid(-half - PAGE_BYTES, FRAMES, PAGE_BYTES, RW);
    check_invalid(-PAGE_BYTES, FRAMES, 2 * PAGE_BYTES, RW);
    check_invalid(0x40000000, FRAMES, -PAGE_BYTES, RW);
    ktest_note("physical addresses of more than 56 bits");
    check_invalid(0x40000000, UINT64_C(1) << 56, PAGE_BYTES, RW);
    check_invalid(0x40000000, (UINT64_C(1) << 56) - PAGE_BYTES, 2 * PAGE_BYTES,
                  RW);
    check_empty("after all these");
    ktest_error(sv39_unmap(root, 0x40000008, PAGE_BYTES, NULL), -EINVAL);
    ktest_error(sv39_unmap(root, 0x40000000, PAGE_BYTES / 2, NULL), -EINVAL);
    ktest_error(sv39_unmap(root, 0x40000000, 0, NULL), -EINVAL);
    ktest_error(sv39_unmap(root, half, PAGE_BYTES, NULL), -EINVAL);
    ktest_error(sv39_unmap(root, 0, -PAGE_BYTES, NULL), -EINVAL);
}

/* ---- Overlap ---- */

/* What was mapped before a call that was refused. */
static void check_kept(uint64_t address, uint64_t physical)
{
    if (!walker_find(0, (uintptr_t)root, address).mapped)
        ktest_fail("0x%lx, which was mapped before this call, is mapped no "
                   "longer: what was undone is more than the call had done",
                   address);
    check_page(address, physical, RW);
}

static void check_overlap(uint64_t address, uint64_t pages)
{
    size_t free = page_count_free();

    ktest_note("map %lu pages from 0x%lx on, one of which is mapped", pages,
               address);
    ktest_error(sv39_map(root, address, FRAMES + 64 * MIB2, pages * PAGE_BYTES,
                         RW | SV39_U),
                -EEXIST);
    check_kept(0x40208000, FRAMES);
    memory_check(free, "after the refusal");
    for (uint64_t i = 0; i < pages; i++)
        if (address + i * PAGE_BYTES != 0x40208000)
            check_absent(address + i * PAGE_BYTES);
}

/* All of the range or nothing of it. */
KERNEL_TEST(an_overlap_is_refused_whole)
{
    begin();
    map(0x40208000, FRAMES, PAGE_BYTES, RW);
    check_overlap(0x40208000, 1);
    check_overlap(0x40208000, 3);
    check_overlap(0x40206000, 3);
    check_overlap(0x40206000, 6);
    ktest_note("where it lies in another table than the range begins");
    check_overlap(0x401f0000, 64);
    check_overlap(0x40000000 - PAGE_BYTES, 600);
    ktest_note("the same frame a second time is an overlap as well");
    ktest_error(sv39_map(root, 0x40208000, FRAMES, PAGE_BYTES, RW), -EEXIST);
    unmap(0x40208000, PAGE_BYTES);
    check_empty("at the end");
}

/* ---- No memory ---- */

/*
 * Three tables are needed, two of them in the middle of the range. With any
 * number of pages that are free: all is mapped, or all is as before.
 */
KERNEL_TEST(no_memory_in_the_middle_loses_no_page)
{
    const uint64_t address = 2 * GIB - 2 * PAGE_BYTES;
    bool mapped = false;

    begin();
    ktest_note("a neighbour, in a table that the range begins in");
    map(2 * GIB - 3 * PAGE_BYTES, FRAMES, PAGE_BYTES, RW);
    for (size_t left = 0; left < 16 && !mapped; left++) {
        memory_leave(left);
        ktest_note("%zu pages are free; map 2 MiB and 4 pages from 0x%lx on",
                   left, address);
        int err = sv39_map(root, address, FRAMES, MIB2 + 4 * PAGE_BYTES, RW);
        mapped = err == 0;
        check_kept(2 * GIB - 3 * PAGE_BYTES, FRAMES);
        if (!mapped) {
            ktest_error(err, -ENOMEM);
            memory_check(left, "after -ENOMEM");
            for (uint64_t at = 0; at < MIB2 + 4 * PAGE_BYTES; at += PAGE_BYTES)
                check_absent(address + at);
        }
        memory_give_back();
    }
    ktest_check(mapped, "with 15 free pages there is memory for 3 tables");
    check_range(address, FRAMES, MIB2 + 4 * PAGE_BYTES, RW);
    unmap(address - PAGE_BYTES, MIB2 + 5 * PAGE_BYTES);
    check_empty("at the end");
}

/* ---- Unmap ---- */

static uint64_t released[8];
static unsigned released_count;

static void note_release(uint64_t physical, uint64_t bytes)
{
    if (released_count < 8)
        released[released_count] = physical;
    released_count++;
    if (bytes != PAGE_BYTES)
        ktest_fail("release() is told of 0x%lx bytes at 0x%lx; a page was "
                   "mapped there",
                   bytes, physical);
}

/* Page by page it would be 16,777,216 times a few. */
#define NOTHING_INSTRUCTIONS_MAX 100000

/* Holes are passed over; what stands beside the range stays. */
KERNEL_TEST(unmap_takes_what_is_there)
{
    begin();
    map(0x40000000, FRAMES, PAGE_BYTES, RW);
    map(0x40002000, FRAMES + 0x10000, 2 * PAGE_BYTES, RW);
    map(0x40300000, FRAMES + 0x20000, PAGE_BYTES, RW);
    map(0x80100000, FRAMES + 0x30000, PAGE_BYTES, RW);
    ktest_note("sv39_unmap(0x40001000 to 0x80100000)");
    ktest_equal(
        sv39_unmap(root, 0x40001000, 0x80100000 - 0x40001000, note_release), 3,
        "pages that were mapped");
    ktest_equal(released_count, 3, "calls of release()");
    bool seen[3] = {false};
    const uint64_t expected[] = {FRAMES + 0x10000, FRAMES + 0x11000,
                                 FRAMES + 0x20000};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 3; j++)
            seen[j] = seen[j] || released[i] == expected[j];
    ktest_check(seen[0] && seen[1] && seen[2],
                "release() is told of the three frames");
    check_page(0x40000000, FRAMES, RW);
    check_page(0x80100000, FRAMES + 0x30000, RW);
    check_absent(0x40002000);
    check_absent(0x40003000);
    check_absent(0x40300000);
    ktest_note("where nothing is mapped");
    ktest_equal(unmap(0x40001000, GIB), 0, "pages that were mapped");
    uint64_t before = ktest_instructions();
    ktest_equal(unmap(0x1000000000, 64 * GIB), 0, "pages that were mapped");
    ktest_at_most(ktest_instructions() - before, NOTHING_INSTRUCTIONS_MAX,
                  "instructions for 64 GiB of nothing: 64 entries of the root");
    ktest_equal(unmap(0x40000000, 2 * GIB), 2, "pages that were mapped");
    check_empty("at the end");
}

/* A table goes as soon as nothing is left in it, and not before. */
KERNEL_TEST(empty_tables_go_back)
{
    begin();
    map(0x40000000, FRAMES, PAGE_BYTES, RW);
    map(0x401ff000, FRAMES, PAGE_BYTES, RW);
    size_t two_tables = page_count_free();
    map(0x40200000, FRAMES, PAGE_BYTES, RW);
    unmap(0x40200000, PAGE_BYTES);
    memory_check(two_tables, "when one table of level 0 is empty again");
    unmap(0x40000000, PAGE_BYTES);
    memory_check(two_tables, "while the other one still has a page");
    check_page(0x401ff000, FRAMES, RW);
    unmap(0x401ff000, PAGE_BYTES);
    check_empty("at the end");
}

/* ---- Anything, in any order ---- */

#define WINDOW 1500 /* pages, over four tables */
#define WINDOW_BEGIN (3 * GIB - 700 * PAGE_BYTES)

static uint64_t model[WINDOW]; /* 0, or the physical address */

static void model_map(uint64_t first, uint64_t count)
{
    uint64_t physical = FRAMES + ktest_random_below(1 << 20) * PAGE_BYTES;
    bool overlap = false;

    for (uint64_t i = first; i < first + count; i++)
        overlap = overlap || model[i] != 0;
    int err = sv39_map(root, WINDOW_BEGIN + first * PAGE_BYTES, physical,
                       count * PAGE_BYTES, RW);
    if (err != (overlap ? -EEXIST : 0))
        ktest_fail("sv39_map() of %lu pages from 0x%lx on returns %d", count,
                   WINDOW_BEGIN + first * PAGE_BYTES, err);
    for (uint64_t i = 0; i < count && !overlap; i++)
        model[first + i] = physical + i * PAGE_BYTES;
}

static void model_unmap(uint64_t first, uint64_t count)
{
    int there = 0;

    for (uint64_t i = first; i < first + count; i++) {
        there += model[i] != 0;
        model[i] = 0;
    }
    ktest_equal(sv39_unmap(root, WINDOW_BEGIN + first * PAGE_BYTES,
                           count * PAGE_BYTES, NULL),
                there, "pages that sv39_unmap(0x%lx, %lu pages) found",
                WINDOW_BEGIN + first * PAGE_BYTES, count);
}

static void check_model(void)
{
    for (uint64_t i = 0; i < WINDOW; i++) {
        if (model[i] != 0)
            check_page(WINDOW_BEGIN + i * PAGE_BYTES, model[i], RW);
        else
            check_absent(WINDOW_BEGIN + i * PAGE_BYTES);
    }
    ktest_equal(walker_tables(0, (uintptr_t)root).empty, 0,
                "tables without a valid entry");
}

KERNEL_TEST(any_order_of_map_and_unmap)
{
    begin();
    ktest_note("80 ranges of up to 400 pages, drawn, are mapped or unmapped");
    for (unsigned round = 0; round < 80; round++) {
        uint64_t count =
            1 + ktest_random_below(ktest_random_below(2) ? 400 : 8);
        uint64_t first = ktest_random_below(WINDOW - count + 1);
        if (ktest_random_below(5) < 3)
            model_map(first, count);
        else
            model_unmap(first, count);
        check_model();
    }
    model_unmap(0, WINDOW);
    check_empty("when all was unmapped");
}
