/*
 * tree_kernel.c: step 7: the tree, line by line.
 */
#include "kernel_map.h"
#include "ktest.h"
#include "memory.h"
#include "page.h"
#include "sv39.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define FRAMES UINT64_C(0x90003000)
#define LINES_MAX 64
#define LOOKED_AT (SV39_FLAGS & ~(SV39_A | SV39_D))

static struct sv39_line lines[LINES_MAX];
static unsigned line_count;
static const uint64_t *root;

static void keep(const struct sv39_line *line, void *context)
{
    if (context != lines)
        ktest_fail("show() is not given the context of sv39_tree()");
    if (line_count == LINES_MAX)
        ktest_fail("show() is called more than %u times", LINES_MAX);
    lines[line_count++] = *line;
}

static void show(void)
{
    line_count = 0;
    sv39_tree(root, keep, lines);
}

static void check_line(unsigned number, unsigned level, unsigned index,
                       unsigned count, uint64_t address, uint64_t physical)
{
    if (number >= line_count)
        ktest_fail("there are %u lines; one for 0x%lx is missing", line_count,
                   address);
    const struct sv39_line *line = &lines[number];
    ktest_note("line %u: level %u, index %u, count %u, address 0x%lx, "
               "physical 0x%lx, flags 0x%lx",
               number, line->level, line->index, line->count, line->address,
               line->physical, line->flags);
    ktest_equal(line->level, level, "its level");
    ktest_equal(line->index, index, "its index");
    ktest_equal(line->count, count, "its count");
    ktest_same_hex(line->address, address, "its address");
    if (physical != 0)
        ktest_same_hex(line->physical, physical, "its physical address");
}

static void check_table_line(unsigned number, unsigned level, unsigned index,
                             uint64_t address)
{
    check_line(number, level, index, 1, address, 0);
    ktest_same_hex(lines[number].flags, SV39_V, "the flags of a pointer");
}

static void check_leaf_line(unsigned number, unsigned index, unsigned count,
                            uint64_t address, uint64_t physical, uint64_t flags)
{
    check_line(number, 0, index, count, address, physical);
    ktest_same_hex(lines[number].flags & LOOKED_AT, flags | SV39_V,
                   "its flags, but for A and D");
}

static void map(uint64_t address, uint64_t physical, uint64_t pages,
                uint64_t flags)
{
    ktest_note("map %lu pages at 0x%lx to 0x%lx, flags 0x%lx", pages, address,
               physical, flags);
    ktest_ok(sv39_map((uint64_t *)root, address, physical, pages * PAGE_BYTES,
                      flags));
}

KERNEL_TEST(an_empty_tree_has_no_line)
{
    memory_begin();
    root = page_alloc_zeroed();
    show();
    ktest_equal(line_count, 0, "lines of an empty table");
}

KERNEL_TEST(the_tree_shows_what_is_there)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(0x1040403000, FRAMES, 1, RW | SV39_U);
    show();
    check_table_line(0, 2, 65, 0x1040000000);
    check_table_line(1, 1, 2, 0x1040400000);
    check_leaf_line(2, 3, 1, 0x1040403000, FRAMES, RW | SV39_U);
    ktest_equal(line_count, 3, "lines");
    ktest_same_hex(lines[0].physical, walker_target(root[65]),
                   "where the table of line 0 is");
    ktest_same_hex(lines[1].physical,
                   walker_target(walker_table(0, lines[0].physical)[2]),
                   "where the table of line 1 is");
}

KERNEL_TEST(the_upper_half_has_canonical_addresses)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(-PAGE_BYTES, FRAMES, 1, RW);
    map(0, FRAMES, 1, RW);
    show();
    check_table_line(0, 2, 0, 0);
    check_table_line(1, 1, 0, 0);
    check_leaf_line(2, 0, 1, 0, FRAMES, RW);
    check_table_line(3, 2, 511, 0xffffffffc0000000);
    check_table_line(4, 1, 511, 0xffffffffffe00000);
    check_leaf_line(5, 511, 1, -PAGE_BYTES, FRAMES, RW);
    ktest_equal(line_count, 6, "lines");
}

/* One line as long as it is one piece with the same rights. */
KERNEL_TEST(neighbours_are_one_line)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(0x1000, FRAMES, 3, RW);
    map(0x4000, FRAMES + 3 * PAGE_BYTES, 2, RW);
    map(0x6000, FRAMES + 5 * PAGE_BYTES, 1, SV39_R);
    map(0x7000, FRAMES + 6 * PAGE_BYTES, 1, SV39_R | SV39_U);
    map(0x8000, FRAMES + 8 * PAGE_BYTES, 2, SV39_R | SV39_U);
    map(0xa000, FRAMES + 8 * PAGE_BYTES, 1, SV39_R | SV39_U);
    map(0xc000, FRAMES + 10 * PAGE_BYTES, 1, SV39_R | SV39_U);
    map(0xd000, FRAMES + 11 * PAGE_BYTES, 1, SV39_R | SV39_U | SV39_G);
    show();
    check_table_line(0, 2, 0, 0);
    check_table_line(1, 1, 0, 0);
    check_leaf_line(2, 1, 5, 0x1000, FRAMES, RW);
    check_leaf_line(3, 6, 1, 0x6000, FRAMES + 5 * PAGE_BYTES, SV39_R);
    check_leaf_line(4, 7, 1, 0x7000, FRAMES + 6 * PAGE_BYTES, SV39_R | SV39_U);
    check_leaf_line(5, 8, 2, 0x8000, FRAMES + 8 * PAGE_BYTES, SV39_R | SV39_U);
    check_leaf_line(6, 10, 1, 0xa000, FRAMES + 8 * PAGE_BYTES, SV39_R | SV39_U);
    check_leaf_line(7, 12, 1, 0xc000, FRAMES + 10 * PAGE_BYTES,
                    SV39_R | SV39_U);
    check_leaf_line(8, 13, 1, 0xd000, FRAMES + 11 * PAGE_BYTES,
                    SV39_R | SV39_U | SV39_G);
    ktest_equal(line_count, 9, "lines");
}

/* The end of a table ends a line. */
KERNEL_TEST(a_line_stays_within_its_table)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(0x1fe000, FRAMES, 4, RW);
    show();
    check_table_line(0, 2, 0, 0);
    check_table_line(1, 1, 0, 0);
    check_leaf_line(2, 510, 2, 0x1fe000, FRAMES, RW);
    check_table_line(3, 1, 1, 0x200000);
    check_leaf_line(4, 0, 2, 0x200000, FRAMES + 2 * PAGE_BYTES, RW);
    ktest_equal(line_count, 5, "lines");
}

/* The machine sets A and D as it likes. */
KERNEL_TEST(a_and_d_part_no_line)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(0x1000, FRAMES, 4, RW);
    uint64_t *low =
        (uint64_t *)walker_target(walker_table(0, walker_target(root[0]))[0]);
    ktest_note("clear A in one leaf, D in another, both in the last");
    low[2] &= ~SV39_A;
    low[3] &= ~SV39_D;
    low[4] &= ~(SV39_A | SV39_D);
    show();
    check_leaf_line(2, 1, 4, 0x1000, FRAMES, RW);
    ktest_same_hex(lines[2].flags, low[1] & SV39_FLAGS,
                   "its flags, A and D too: those of the first leaf");
    ktest_equal(line_count, 3, "lines");
}

/* As an entry that was taken out, with its other bits left there. */
KERNEL_TEST(an_entry_without_v_parts_a_line)
{
    memory_begin();
    root = page_alloc_zeroed();
    map(0x1000, FRAMES, 4, RW);
    uint64_t *low =
        (uint64_t *)walker_target(walker_table(0, walker_target(root[0]))[0]);
    ktest_note("clear V in the third leaf, and nothing else");
    low[3] &= ~SV39_V;
    show();
    check_leaf_line(2, 1, 2, 0x1000, FRAMES, RW);
    check_leaf_line(3, 4, 1, 0x4000, FRAMES + 3 * PAGE_BYTES, RW);
    ktest_equal(line_count, 4, "lines");
}

/* Leaves of 2 MiB and 1 GiB, put in by hand; and one beside a pointer. */
KERNEL_TEST(larger_leaves_are_shown)
{
    memory_begin();
    uint64_t *table = page_alloc_zeroed(), *below = page_alloc_zeroed();
    root = table;
    table[3] = sv39_entry((uintptr_t)below, SV39_V);
    table[4] = sv39_entry(0x100000000, RW | SV39_V);
    table[5] = sv39_entry(0x140000000, RW | SV39_V);
    below[1] = sv39_entry(0x80200000, RW | SV39_V);
    below[2] = sv39_entry(0x80400000, RW | SV39_V);
    below[3] = sv39_entry(0x80800000, RW | SV39_V);
    show();
    check_table_line(0, 2, 3, 0xc0000000);
    check_line(1, 1, 1, 2, 0xc0200000, 0x80200000);
    check_line(2, 1, 3, 1, 0xc0600000, 0x80800000);
    check_line(3, 2, 4, 2, 0x100000000, 0x100000000);
    ktest_equal(line_count, 4, "lines");
}
