/*
 * superpages_kernel.c: step 8: 2 MiB at once.
 */
#include "kernel_map.h"
#include "kerrno.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "page_fill.h"
#include "riscv.h"
#include "space.h"
#include "trap.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define BLOCK UINT64_C(PAGE_BLOCK_BYTES)
#define FRAMES UINT64_C(0x90000000)
#define AT UINT64_C(0x1040000000)
#define HEAP UINT64_C(0x2000000000)
#define MEMORY_BYTES (16 * BLOCK)

static uint64_t *root;
static size_t free_before;

static void begin(void)
{
    memory_begin();
    root = page_alloc_zeroed();
    free_before = page_count_free();
}

static struct walked find(uint64_t address)
{
    return walker_find(0, (uintptr_t)root, address);
}

static void check_leaf(uint64_t address, unsigned level, uint64_t physical,
                       uint64_t flags)
{
    struct walked found = find(address);

    if (!found.mapped)
        ktest_fail("0x%lx is not mapped", address);
    if (found.level != level)
        ktest_equal(found.level, level, "the level of the leaf of 0x%lx",
                    address);
    if (found.physical != physical)
        ktest_same_hex(found.physical, physical, "where 0x%lx is", address);
    if ((found.entry & SV39_FLAGS) != (flags | SV39_V | SV39_A | SV39_D))
        ktest_same_hex(found.entry & SV39_FLAGS,
                       flags | SV39_V | SV39_A | SV39_D, "the flags of 0x%lx",
                       address);
}

static void check_absent(uint64_t address)
{
    if (find(address).mapped)
        ktest_fail("0x%lx is mapped", address);
}

static void map(uint64_t address, uint64_t physical, uint64_t bytes)
{
    ktest_note("sv39_map(0x%lx to 0x%lx, %lu KiB)", address, physical,
               bytes >> 10);
    ktest_ok(sv39_map(root, address, physical, bytes, RW));
}

static int unmap(uint64_t address, uint64_t bytes)
{
    ktest_note("sv39_unmap(0x%lx, %lu KiB)", address, bytes >> 10);
    return (int)ktest_ok(sv39_unmap(root, address, bytes, NULL));
}

/* One leaf, one table; 512 pages are still 512 pages. */
KERNEL_TEST(two_mib_are_one_leaf)
{
    begin();
    map(AT, FRAMES, 3 * BLOCK);
    memory_check(free_before - 1, "with one table of level 1, and none below");
    for (unsigned i = 0; i < 3; i++) {
        check_leaf(AT + i * BLOCK, 1, FRAMES + i * BLOCK, RW);
        check_leaf(AT + i * BLOCK + 0x1ff008, 1, FRAMES + i * BLOCK + 0x1ff008,
                   RW);
    }
    ktest_equal(unmap(AT, 3 * BLOCK), 3 * PAGE_BLOCK_PAGES,
                "pages of 4 KiB that were mapped");
    check_absent(AT);
    memory_check(free_before, "at the end");
}

/* Small pages up to the border, large ones, small ones behind. */
KERNEL_TEST(large_only_where_it_is_aligned)
{
    const uint64_t bytes = 2 * BLOCK + 5 * PAGE_BYTES;

    begin();
    map(AT - 3 * PAGE_BYTES, FRAMES - 3 * PAGE_BYTES, bytes);
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
        bool large = at >= 3 * PAGE_BYTES && at < 3 * PAGE_BYTES + 2 * BLOCK;
        check_leaf(AT - 3 * PAGE_BYTES + at, large,
                   FRAMES - 3 * PAGE_BYTES + at, RW);
    }
    check_absent(AT - 4 * PAGE_BYTES);
    check_absent(AT + 2 * BLOCK + 2 * PAGE_BYTES);
    unmap(AT - BLOCK, 4 * BLOCK);
    memory_check(free_before, "when all was unmapped");
    ktest_note("physical memory that does not begin where a superpage may");
    map(AT, FRAMES + PAGE_BYTES, 2 * BLOCK);
    for (uint64_t at = 0; at < 2 * BLOCK; at += PAGE_BYTES)
        check_leaf(AT + at, 0, FRAMES + PAGE_BYTES + at, RW);
    unmap(AT, 2 * BLOCK);
    ktest_note("an address at which no superpage may begin");
    map(AT + PAGE_BYTES, FRAMES, 2 * BLOCK);
    check_absent(AT);
    for (uint64_t at = 0; at < 2 * BLOCK; at += PAGE_BYTES)
        check_leaf(AT + PAGE_BYTES + at, 0, FRAMES + at, RW);
    unmap(AT, 3 * BLOCK);
    ktest_note("a page less than 2 MiB");
    map(AT, FRAMES, BLOCK - PAGE_BYTES);
    check_leaf(AT, 0, FRAMES, RW);
    check_absent(AT + BLOCK - PAGE_BYTES);
}

KERNEL_TEST(an_overlap_with_a_superpage_is_refused)
{
    begin();
    map(AT, FRAMES, BLOCK);
    size_t free = page_count_free();
    ktest_note("a page in it, a range over its end, all of it again");
    ktest_error(sv39_map(root, AT + 5 * PAGE_BYTES, FRAMES, PAGE_BYTES, RW),
                -EEXIST);
    ktest_error(sv39_map(root, AT - BLOCK, FRAMES, 2 * BLOCK, RW), -EEXIST);
    ktest_error(
        sv39_map(root, AT + BLOCK - PAGE_BYTES, FRAMES, 3 * PAGE_BYTES, RW),
        -EEXIST);
    ktest_error(sv39_map(root, AT, FRAMES, BLOCK, RW), -EEXIST);
    memory_check(free, "after the refusals");
    check_leaf(AT, 1, FRAMES, RW);
    check_absent(AT - BLOCK);
    check_absent(AT + BLOCK);
    ktest_note("and a superpage where one small page is");
    map(AT + 2 * BLOCK + 7 * PAGE_BYTES, FRAMES, PAGE_BYTES);
    free = page_count_free();
    ktest_error(sv39_map(root, AT + 2 * BLOCK, FRAMES, BLOCK, RW), -EEXIST);
    memory_check(free, "after the refusal");
    check_leaf(AT + 2 * BLOCK + 7 * PAGE_BYTES, 0, FRAMES, RW);
}

/* ---- Split ---- */

static uint64_t released_bytes;

static void add_released(uint64_t physical, uint64_t bytes)
{
    if (physical < FRAMES || physical + bytes > FRAMES + 4 * BLOCK)
        ktest_fail("release(0x%lx, 0x%lx bytes), which was not mapped",
                   physical, bytes);
    released_bytes += bytes;
}

static void check_rest(uint64_t from, uint64_t to, unsigned level)
{
    for (uint64_t at = from; at < to; at += PAGE_BYTES)
        check_leaf(AT + at, level, FRAMES + at, RW);
}

/* A part goes; the rest stays, page by page, with its rights. */
KERNEL_TEST(a_partial_unmap_splits)
{
    begin();
    map(AT, FRAMES, 3 * BLOCK);
    ktest_note("take 3 pages out of the middle of the first 2 MiB");
    ktest_equal(
        sv39_unmap(root, AT + 9 * PAGE_BYTES, 3 * PAGE_BYTES, add_released), 3,
        "pages that were mapped");
    ktest_equal(released_bytes, 3 * PAGE_BYTES,
                "bytes that release() was told");
    check_rest(0, 9 * PAGE_BYTES, 0);
    check_rest(12 * PAGE_BYTES, BLOCK, 0);
    check_rest(BLOCK, 3 * BLOCK, 1);
    for (unsigned i = 9; i < 12; i++)
        check_absent(AT + i * PAGE_BYTES);
    memory_check(free_before - 2, "with one table for the split");
    ktest_note("from the middle of the second into the third");
    released_bytes = 0;
    ktest_equal(sv39_unmap(root, AT + BLOCK + 500 * PAGE_BYTES, 40 * PAGE_BYTES,
                           add_released),
                40, "pages that were mapped");
    ktest_equal(released_bytes, 40 * PAGE_BYTES, "bytes of release()");
    check_rest(BLOCK, BLOCK + 500 * PAGE_BYTES, 0);
    check_rest(2 * BLOCK + 28 * PAGE_BYTES, 3 * BLOCK, 0);
    ktest_note("what is left");
    ktest_equal(unmap(AT - BLOCK, 8 * BLOCK), 3 * PAGE_BLOCK_PAGES - 43,
                "pages that were mapped");
    memory_check(free_before, "at the end");
}

/* A and D of the rest are not the kernel's to set, nor G to be lost. */
KERNEL_TEST(a_split_keeps_all_flags)
{
    const uint64_t flags = SV39_V | RW | SV39_U | SV39_G;

    begin();
    ktest_note("2 MiB with R, W, U and G, whose A and D are cleared; take one "
               "page out");
    ktest_ok(sv39_map(root, AT, FRAMES, BLOCK, RW | SV39_U | SV39_G));
    uint64_t *leaf =
        (uint64_t *)walker_target(root[AT >> 30 & 511]) + (AT >> 21 & 511);
    *leaf &= ~(SV39_A | SV39_D);
    ktest_ok(sv39_unmap(root, AT + 5 * PAGE_BYTES, PAGE_BYTES, NULL));
    for (unsigned i = 0; i < PAGE_BLOCK_PAGES; i++) {
        struct walked found = find(AT + i * PAGE_BYTES);
        if (i != 5 && (found.entry & SV39_FLAGS) != flags)
            ktest_same_hex(found.entry & SV39_FLAGS, flags,
                           "the flags of 0x%lx", AT + i * PAGE_BYTES);
    }
}

/* The page of the new table lies in the very 2 MiB that are split: they stay
 * mapped until all of the table is written. */
KERNEL_TEST(a_superpage_with_its_own_table_is_split)
{
    const uintptr_t block = ((uintptr_t)kernel_end + BLOCK - 1) & -BLOCK;
    struct ktest_trap trap;

    trap_init_hart();
    ktest_ok(page_init(block, block + BLOCK));
    ktest_ok(kernel_map_init());
    kernel_map_enter();
    root = kernel_map_root();
    if (find(block).level != 1)
        return; /* a map that was built in smaller parts */
    uint64_t *page = memory_page();
    ktest_note("all free pages lie in one superpage of the kernel's table, "
               "which is on; take one page of it out");
    ktest_equal(sv39_unmap(root, (uintptr_t)page, PAGE_BYTES, NULL), 1,
                "pages that were mapped");
    ktest_check(ktest_catch_load(page, &trap), "a load from it raises a fault");
    for (uint64_t at = 0; at < BLOCK; at += PAGE_BYTES)
        if (block + at != (uintptr_t)page)
            ktest_same_hex(find(block + at).physical, block + at,
                           "where 0x%lx is", block + at);
}

/* Both ends of a range lie in one superpage: that is one table. */
KERNEL_TEST(one_split_takes_one_page)
{
    begin();
    map(AT, FRAMES, BLOCK);
    memory_leave(1);
    ktest_note("one page is free");
    ktest_equal(unmap(AT + 9 * PAGE_BYTES, 3 * PAGE_BYTES), 3,
                "pages that were mapped");
    memory_check(0, "when it is the table");
    check_rest(0, 9 * PAGE_BYTES, 0);
    check_rest(12 * PAGE_BYTES, BLOCK, 0);
}

/* Both ends may need a table: neither is split if one can't be. */
KERNEL_TEST(a_split_without_memory_changes_nothing)
{
    const uint64_t from = AT + 100 * PAGE_BYTES;
    const uint64_t bytes = 2 * BLOCK;
    int err = -ENOMEM;

    begin();
    map(AT, FRAMES, 3 * BLOCK);
    for (size_t left = 0; left < 8 && err < 0; left++) {
        memory_leave(left);
        ktest_note("unmap from the middle of one to the middle of another; "
                   "%zu pages are free",
                   left);
        err = sv39_unmap(root, from, bytes, NULL);
        if (err < 0) {
            ktest_error(err, -ENOMEM);
            memory_check(left, "after -ENOMEM");
            check_rest(0, 3 * BLOCK, 1);
        }
        memory_give_back();
    }
    ktest_equal(err, bytes / PAGE_BYTES, "pages that were mapped");
    check_rest(0, 100 * PAGE_BYTES, 0);
    check_rest(2 * BLOCK + 100 * PAGE_BYTES, 3 * BLOCK, 0);
}

/* ---- Blocks ---- */

KERNEL_TEST(a_block_is_512_pages_in_a_row)
{
    memory_begin_with(MEMORY_BYTES);
    size_t free = page_count_free();
    char *block = page_alloc_block();
    ktest_check(block != NULL, "page_alloc_block() gives a block");
    ktest_equal((uintptr_t)block % BLOCK, 0, "its address, modulo 2 MiB");
    memory_check(free - PAGE_BLOCK_PAGES, "with a block taken");
    for (uint64_t at = 0; at < BLOCK; at += 8)
        if (*(uint64_t *)(block + at) != 0)
            ktest_same_hex(*(uint64_t *)(block + at), 0,
                           "the block at byte 0x%lx", at);
    ktest_note("each page is given back by itself");
    for (uint64_t at = 0; at < BLOCK; at += PAGE_BYTES) {
        ktest_equal(page_owners(block + at), 1, "owners of its page %lu",
                    at / PAGE_BYTES);
        ktest_ok(page_free(block + at));
        ktest_error(page_free(block + at), -EALREADY);
    }
    memory_check(free, "when all its pages are back");
}

static void *blocks[64];

static unsigned take_blocks(void)
{
    unsigned count = 0;

    while (count < 64 && (blocks[count] = page_alloc_block()) != NULL) {
        for (unsigned i = 0; i < count; i++)
            ktest_check(blocks[i] != blocks[count],
                        "page_alloc_block() gives each block once");
        count++;
    }
    return count;
}

static void give_block(char *block)
{
    for (uint64_t at = 0; at < BLOCK; at += PAGE_BYTES)
        ktest_ok(page_free(block + at));
}

/* Whole blocks, as long as there are some; and none of a page that has gone. */
KERNEL_TEST(blocks_and_pages_share_one_memory)
{
    const uintptr_t begin_at = (uintptr_t)kernel_end;
    const unsigned most = (unsigned)(((begin_at + MEMORY_BYTES) & -BLOCK) -
                                     ((begin_at + BLOCK - 1) & -BLOCK)) /
                          BLOCK;

    memory_begin_with(MEMORY_BYTES);
    ktest_note("page_alloc_block() until it gives NULL");
    unsigned count = take_blocks();
    ktest_equal(count, most, "blocks that the memory has");
    ktest_note("pages are left, too: those before the first block");
    memory_leave(0);
    memory_give_back();
    ktest_note("give back one block but for one page: that is no block");
    for (uint64_t at = PAGE_BYTES; at < BLOCK; at += PAGE_BYTES)
        ktest_ok(page_free((char *)blocks[count - 1] + at));
    ktest_check(page_alloc_block() == NULL, "there is no block");
    ktest_note("and its last page");
    ktest_ok(page_free(blocks[count - 1]));
    void *again = page_alloc_block();
    ktest_check(again == blocks[count - 1], "it is a block again");
    for (unsigned i = 0; i < count; i++)
        give_block(blocks[i]);
    ktest_note("pages of all memory, taken and given back: blocks again");
    memory_leave(0);
    ktest_check(page_alloc_block() == NULL,
                "there is no block while every page is taken");
    memory_give_back();
    ktest_equal(take_blocks(), most, "blocks");
}

/* A few pages that somebody keeps do not cost every block. */
KERNEL_TEST(a_few_pages_leave_blocks_whole)
{
    memory_begin_with(MEMORY_BYTES);
    for (unsigned i = 0; i < 100; i++)
        memory_page();
    ktest_note("100 pages are taken");
    ktest_at_least(take_blocks(), 12,
                   "blocks that are there still, of about 15");
}

/* ---- Spaces ---- */

static struct space space;

static void begin_space(void)
{
    trap_init_hart();
    memory_begin_with(MEMORY_BYTES);
    ktest_ok(kernel_map_init());
    kernel_map_enter();
    free_before = page_count_free();
    ktest_ok(space_init(&space));
    root = space.root;
}

KERNEL_TEST(a_large_region_gets_2_mib_at_a_touch)
{
    begin_space();
    ktest_ok(space_add(&space, HEAP, HEAP + 8 * BLOCK, RW | SPACE_LARGE));
    ktest_note("space_fault() in a region with SPACE_LARGE");
    ktest_ok(
        space_fault(&space, HEAP + 3 * BLOCK + 5 * PAGE_BYTES + 8, SV39_STORE));
    struct walked found = find(HEAP + 3 * BLOCK);
    ktest_check(found.mapped, "the page is there");
    ktest_equal(found.level, 1, "the level of its leaf");
    ktest_same_hex(found.entry & SV39_FLAGS,
                   RW | SV39_U | SV39_V | SV39_A | SV39_D, "its flags");
    check_absent(HEAP + 2 * BLOCK);
    check_absent(HEAP + 4 * BLOCK);
    ktest_note("one that may only be read");
    ktest_ok(space_add(&space, HEAP + 32 * BLOCK, HEAP + 33 * BLOCK,
                       SV39_R | SPACE_LARGE));
    ktest_ok(space_fault(&space, HEAP + 32 * BLOCK, SV39_LOAD));
    ktest_equal(find(HEAP + 32 * BLOCK).level, 1, "the level of its leaf");
    ktest_same_hex(find(HEAP + 32 * BLOCK).entry & SV39_FLAGS,
                   SV39_R | SV39_U | SV39_V | SV39_A | SV39_D, "its flags");
    ktest_note("without the flag it is 4 KiB");
    ktest_ok(space_add(&space, HEAP + 64 * BLOCK, HEAP + 66 * BLOCK, RW));
    ktest_ok(space_fault(&space, HEAP + 64 * BLOCK, SV39_STORE));
    ktest_equal(find(HEAP + 64 * BLOCK).level, 0, "the level of its leaf");
    space_release(&space);
    memory_check(free_before, "when the space is released");
}

KERNEL_TEST(where_2_mib_do_not_fit_it_is_4_kib)
{
    begin_space();
    ktest_note("a region that covers two blocks in part and one whole");
    ktest_ok(space_add(&space, HEAP + BLOCK - PAGE_BYTES,
                       HEAP + 2 * BLOCK + PAGE_BYTES, RW | SPACE_LARGE));
    ktest_ok(space_fault(&space, HEAP + BLOCK - 8, SV39_STORE));
    ktest_equal(find(HEAP + BLOCK - PAGE_BYTES).level, 0,
                "the level of the page before the block");
    ktest_ok(space_fault(&space, HEAP + 2 * BLOCK, SV39_STORE));
    ktest_equal(find(HEAP + 2 * BLOCK).level, 0,
                "the level of the page behind it");
    check_absent(HEAP + BLOCK - 2 * PAGE_BYTES);
    check_absent(HEAP + 2 * BLOCK + PAGE_BYTES);
    ktest_note("a block in which a page is mapped already");
    uint64_t *page = page_alloc_zeroed();
    ktest_ok(sv39_map(root, HEAP + BLOCK + 7 * PAGE_BYTES, (uintptr_t)page,
                      PAGE_BYTES, RW | SV39_U));
    ktest_ok(space_fault(&space, HEAP + BLOCK, SV39_STORE));
    ktest_equal(find(HEAP + BLOCK).level, 0, "the level of its neighbour");
    ktest_same_hex(find(HEAP + BLOCK + 7 * PAGE_BYTES).physical,
                   (uintptr_t)page, "where the page is that was there");
    space_release(&space);
    memory_check(free_before, "when the space is released");
}

KERNEL_TEST(no_block_left_is_no_reason_to_fail)
{
    begin_space();
    ktest_ok(space_add(&space, HEAP, HEAP + 8 * BLOCK, RW | SPACE_LARGE));
    memory_leave(100);
    ktest_note("100 pages are free, and no block");
    ktest_ok(space_fault(&space, HEAP, SV39_STORE));
    ktest_equal(find(HEAP).level, 0, "the level of the page that was given");
    memory_give_back();
    ktest_ok(space_fault(&space, HEAP + BLOCK, SV39_STORE));
    ktest_equal(find(HEAP + BLOCK).level, 1,
                "the level of the next one, with all memory free");
    space_release(&space);
    memory_check(free_before, "when the space is released");
}

/* A block, and no page beside it for the tables: the block's own pages do. */
KERNEL_TEST(a_block_without_tables_is_pages)
{
    begin_space();
    ktest_ok(space_add(&space, HEAP, HEAP + 8 * BLOCK, RW | SPACE_LARGE));
    char *block = page_alloc_block();
    ktest_check(block != NULL, "there is a block");
    memory_leave(0);
    for (uint64_t at = 0; at < BLOCK; at += PAGE_BYTES)
        ktest_ok(page_free(block + at));
    ktest_note("one block is free, and no other page");
    ktest_ok(space_fault(&space, HEAP, SV39_STORE));
    ktest_equal(find(HEAP).level, 0, "the level of the page that was given");
    memory_check(PAGE_BLOCK_PAGES - 3, "with a page and two tables taken");
}

/* Part of a block's pages go back; the rest is the program's as before. */
KERNEL_TEST(a_part_of_a_block_goes_back)
{
    begin_space();
    ktest_ok(space_add(&space, HEAP, HEAP + 2 * BLOCK, RW | SPACE_LARGE));
    uint64_t value = 0, number = 0;
    for (uint64_t at = 0; at < BLOCK; at += PAGE_BYTES, number = at)
        ktest_ok(space_write(&space, HEAP + at, &number, sizeof number));
    size_t free = page_count_free();
    ktest_note("unmap the upper half, and free its pages");
    ktest_equal(sv39_unmap(root, HEAP + BLOCK / 2, BLOCK / 2, NULL), 256,
                "pages that were mapped");
    memory_check(free - 1, "with a table for the split");
    for (uint64_t at = 0; at < BLOCK / 2; at += PAGE_BYTES) {
        ktest_ok(space_read(&space, &value, HEAP + at, sizeof value));
        ktest_same_hex(value, at, "what page %lu holds", at / PAGE_BYTES);
    }
    ktest_note("touched again, it is zeros");
    ktest_ok(space_read(&space, &value, HEAP + BLOCK / 2, sizeof value));
    ktest_same_hex(value, 0, "what is there");
}

/* For the host: a space with pages of both sizes. */
KERNEL_TEST(the_host_looks_at_superpages)
{
    begin_space();
    ktest_ok(space_add(&space, HEAP, HEAP + 4 * BLOCK, RW | SPACE_LARGE));
    for (unsigned i = 0; i < 4; i++)
        ktest_ok(space_fault(&space, HEAP + i * BLOCK, SV39_STORE));
    ktest_ok(sv39_unmap(root, HEAP + BLOCK + 5 * PAGE_BYTES, PAGE_BYTES, NULL));
    csr_write(satp, SV39_SATP(root));
    sfence_vma_all();
    ktest_host("the tables", (uintptr_t)root, 0);
}
