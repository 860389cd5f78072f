/*
 * tlb_kernel.c: step 9: entries that change, and what the hart remembers.
 */
#include "kernel_map.h"
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "riscv.h"
#include "space.h"
#include "user_code.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define RIGHTS (SV39_R | SV39_W | SV39_X | SV39_U | SV39_G)

/* Behind the machine's memory: nothing of the kernel's is there. */
#define SCRATCH UINT64_C(0xa0001000)
#define PAGES 64
#define HEAP UINT64_C(0x2000000000)

static uint64_t *root;
static uint64_t *frame;
static volatile uint64_t variable;

static uint64_t at(unsigned page)
{
    return SCRATCH + page * PAGE_BYTES;
}

/* One frame at many addresses of the kernel's own table, which is on. */
static void begin(uint64_t flags)
{
    memory_begin_paging();
    root = kernel_map_root();
    frame = memory_page();
    ktest_note("one frame at %u addresses from 0x%lx on", PAGES, SCRATCH);
    for (unsigned i = 0; i < PAGES; i++)
        ktest_ok(sv39_map(root, at(i), (uintptr_t)frame, PAGE_BYTES, flags));
}

static void check_flags(uint64_t address, uint64_t flags)
{
    struct walked found = walker_find(0, (uintptr_t)root, address);

    if (!found.mapped)
        ktest_fail("0x%lx is not mapped", address);
    ktest_same_hex(found.entry & SV39_FLAGS, flags | SV39_V | SV39_A | SV39_D,
                   "the flags of 0x%lx", address);
    ktest_same_hex(found.physical, (uintptr_t)frame, "where 0x%lx is", address);
}

KERNEL_TEST(protect_changes_rights_and_nothing_else)
{
    begin(RW);
    size_t free = page_count_free();
    ktest_note("pages 10 to 19: R and U; 15 to 16: R, W, X and G");
    ktest_ok(sv39_protect(root, at(10), 10 * PAGE_BYTES, SV39_R | SV39_U));
    ktest_ok(sv39_protect(root, at(15), 2 * PAGE_BYTES, RW | SV39_X | SV39_G));
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t expected = RW;
        if (i >= 10 && i < 20)
            expected = SV39_R | SV39_U;
        if (i == 15 || i == 16)
            expected = RW | SV39_X | SV39_G;
        check_flags(at(i), expected);
    }
    memory_check(free, "after that");
    ktest_note("a leaf without A and D has none afterwards");
    struct walked found = walker_find(0, (uintptr_t)root, at(30));
    uint64_t *entry =
        (uint64_t *)walker_table(
            0, walker_target(walker_table(
                   0, walker_target(root[at(30) >> 30]))[at(30) >> 21 & 511])) +
        (at(30) >> 12 & 511);
    *entry = found.entry & ~(SV39_A | SV39_D);
    ktest_ok(sv39_protect(root, at(30), PAGE_BYTES, SV39_R));
    ktest_same_hex(*entry & SV39_FLAGS, SV39_V | SV39_R, "its flags");
}

KERNEL_TEST(protect_refuses_whole)
{
    begin(RW);
    ktest_note("a hole in the range");
    ktest_ok(sv39_unmap(root, at(12), PAGE_BYTES, NULL));
    ktest_error(sv39_protect(root, at(8), 8 * PAGE_BYTES, SV39_R), -ENOENT);
    ktest_error(sv39_protect(root, at(60), 8 * PAGE_BYTES, SV39_R), -ENOENT);
    ktest_error(sv39_protect(root, 0x1000000000, PAGE_BYTES, SV39_R), -ENOENT);
    ktest_note("the middle of 2 MiB, to a hole behind them");
    const uint64_t block = PAGE_BLOCK_BYTES, base = 0xa0200000;
    ktest_ok(sv39_map(root, base, 0x90000000, block, RW));
    struct walked before = walker_find(0, (uintptr_t)root, base);
    size_t free = page_count_free();
    ktest_error(sv39_protect(root, base + block / 2, block, SV39_R), -ENOENT);
    ktest_same_hex(walker_find(0, (uintptr_t)root, base).entry, before.entry,
                   "the entry of 0x%lx: nothing has changed", base);
    memory_check(free, "after -ENOENT");
    ktest_note("what makes no sense");
    ktest_error(sv39_protect(root, at(8) + 8, PAGE_BYTES, SV39_R), -EINVAL);
    ktest_error(sv39_protect(root, at(8), 0, SV39_R), -EINVAL);
    ktest_error(sv39_protect(root, at(8), PAGE_BYTES, 0), -EINVAL);
    ktest_error(sv39_protect(root, at(8), PAGE_BYTES, SV39_W), -EINVAL);
    ktest_error(sv39_protect(root, at(8), PAGE_BYTES, SV39_R | SV39_V),
                -EINVAL);
    for (unsigned i = 0; i < PAGES; i++)
        if (i != 12)
            check_flags(at(i), RW);
}

/* ---- The hart's memory of it ---- */

static void touch_all(void)
{
    for (unsigned i = 0; i < PAGES; i++)
        *(volatile uint64_t *)at(i) = i;
}

/* What copy-on-write begins with. */
KERNEL_TEST(what_may_no_longer_be_written_is_not)
{
    begin(RW);
    ktest_note("store to all of them, then sv39_protect(R)");
    touch_all();
    int err = sv39_protect(root, at(0), PAGES * PAGE_BYTES, SV39_R);
    for (unsigned i = 0; i < PAGES; i++) {
        struct ktest_trap trap;
        if (!ktest_catch_store((volatile void *)at(i), &trap))
            ktest_fail("a store to 0x%lx, which may only be read now, goes "
                       "through: the hart remembers",
                       at(i));
    }
    ktest_ok(err);
    variable = *(volatile uint64_t *)at(3);
}

/* One page of many, each by a call of its own. */
KERNEL_TEST(each_page_is_forgotten_by_itself)
{
    begin(RW);
    ktest_note("store to a page, sv39_protect(R) it alone, store again; for "
               "each of %u",
               PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        struct ktest_trap trap;
        *(volatile uint64_t *)at(i) = 1;
        int err = sv39_protect(root, at(i), PAGE_BYTES, SV39_R);
        if (!ktest_catch_store((volatile void *)at(i), &trap))
            ktest_fail("a store to 0x%lx goes through: the hart remembers",
                       at(i));
        ktest_ok(err);
    }
}

KERNEL_TEST(what_may_no_longer_be_executed_is_not)
{
    static const uint16_t code[] = {0x8082}; /* ret */

    begin(SV39_R | SV39_X);
    memcpy(frame, code, sizeof code);
    asm volatile("fence.i" : : : "memory");
    ktest_note("call code there, then sv39_protect(R)");
    for (unsigned i = 0; i < PAGES; i++)
        ((void (*)(void))at(i))();
    ktest_ok(sv39_protect(root, at(0), PAGES * PAGE_BYTES, SV39_R));
    for (unsigned i = 0; i < PAGES; i++) {
        struct ktest_trap trap;
        if (!ktest_catch_jump((const void *)at(i), &trap))
            ktest_fail("code at 0x%lx, which may only be read now, runs",
                       at(i));
        ktest_same_hex(trap.cause, EXCEPTION_INSTRUCTION_PAGE, "the cause");
    }
}

KERNEL_TEST(what_may_be_written_again_is)
{
    begin(SV39_R);
    ktest_note("load from all, then sv39_protect(R, W), and store");
    for (unsigned i = 0; i < PAGES; i++)
        variable = *(volatile uint64_t *)at(i);
    ktest_ok(sv39_protect(root, at(0), PAGES * PAGE_BYTES, RW));
    for (unsigned i = 0; i < PAGES; i++) {
        struct ktest_trap trap;
        if (ktest_catch_store((volatile void *)at(i), &trap))
            ktest_fail("a store to 0x%lx raises a %s", at(i),
                       ktest_cause_text(trap.cause));
    }
}

/* Another frame at the same address: the old one must not be seen there. */
KERNEL_TEST(another_frame_is_seen_at_once)
{
    begin(RW);
    uint64_t *second = memory_page();
    frame[0] = 1;
    second[0] = 2;
    ktest_note("load; unmap, map another frame; load again");
    for (unsigned i = 0; i < PAGES; i++) {
        variable = *(volatile uint64_t *)at(i);
        int count = sv39_unmap(root, at(i), PAGE_BYTES, NULL);
        int err = sv39_map(root, at(i), (uintptr_t)second, PAGE_BYTES, RW);
        variable = *(volatile uint64_t *)at(i);
        ktest_equal(variable, 2, "what is loaded from 0x%lx (1: the old frame)",
                    at(i));
        ktest_equal(count, 1, "pages that were mapped");
        ktest_ok(err);
    }
}

static int own_error;

static void protect_own(void *table)
{
    struct walked found = walker_find(0, (uintptr_t)root, (uintptr_t)table);

    own_error = sv39_protect(root, (uintptr_t)table, PAGE_BYTES,
                             SV39_R | (found.entry & SV39_G));
}

/*
 * The store to an entry is itself an access, by an entry that the hart then
 * remembers. Where both are the same, a fence before the store is of no use.
 * Whoever clears the entry before he writes the new one has locked himself out
 * here; with any other table he is right, so that is not judged.
 */
KERNEL_TEST(an_entry_that_leads_to_its_own_table)
{
    struct ktest_trap trap;
    struct walked found;
    uint64_t table;

    memory_begin_paging();
    root = kernel_map_root();
    found = walker_find(0, (uintptr_t)root, (uintptr_t)kernel_end);
    if (!found.mapped || found.level != 0)
        return; /* another layout: there is no such entry */
    table = walker_target(walker_table(
        0, walker_target(root[(uintptr_t)kernel_end >>
                              30]))[(uintptr_t)kernel_end >> 21 & 511]);
    if (table >> 21 != (uintptr_t)kernel_end >> 21)
        return;
    ktest_note("sv39_protect(R) of the page at 0x%lx, which is the table that "
               "has the page's own entry; then store to it",
               table);
    if (ktest_catch(protect_own, (void *)table, &trap)) {
        if (trap.value - table >= PAGE_BYTES)
            ktest_fail("sv39_protect() raises a %s at 0x%lx, address 0x%lx",
                       ktest_cause_text(trap.cause), trap.pc, trap.value);
        return; /* its own entry is cleared first: nothing to judge */
    }
    if (!ktest_catch_store((volatile void *)(table + PAGE_BYTES - 8), &trap))
        ktest_fail("the store goes through: the hart was told before the entry "
                   "was changed, or not at all");
    ktest_ok(own_error);
}

/* ---- Where a superpage is in the way ---- */

/* Three times 2 MiB, some of whose pages are protected. */
static void check_protected(uint64_t first, uint64_t pages)
{
    const uint64_t bytes = 3 * PAGE_BLOCK_BYTES, base = 0xa0200000;
    const uint64_t physical = PLATFORM_MEMORY_END - bytes;
    size_t free = page_count_free();

    ktest_note("map 6 MiB at 0x%lx, protect %lu pages from page %lu on", base,
               pages, first);
    ktest_ok(sv39_map(root, base, physical, bytes, RW));
    for (uint64_t page = 0; page < bytes; page += PAGE_BYTES)
        variable = *(volatile uint64_t *)(base + page);
    ktest_ok(sv39_protect(root, base + first * PAGE_BYTES, pages * PAGE_BYTES,
                          SV39_R));
    for (uint64_t page = 0; page < bytes; page += PAGE_BYTES) {
        bool protected = page / PAGE_BYTES - first < pages;
        struct walked found = walker_find(0, (uintptr_t)root, base + page);
        if (!found.mapped)
            ktest_fail("0x%lx is mapped no longer", base + page);
        if (found.physical != physical + page)
            ktest_same_hex(found.physical, physical + page, "where 0x%lx is",
                           base + page);
        if ((found.entry & RIGHTS) != (protected ? SV39_R : RW))
            ktest_same_hex(found.entry & RIGHTS, protected ? SV39_R : RW,
                           "the rights of 0x%lx", base + page);
        /* a store of what is there: nobody's page is changed */
        struct ktest_trap trap;
        if (ktest_catch_store((volatile void *)(base + page), &trap) !=
            protected)
            ktest_fail("a store to 0x%lx %s", base + page,
                       protected ? "goes through" : "raises a fault");
    }
    ktest_equal(sv39_unmap(root, base, bytes, NULL), 3 * PAGE_BLOCK_PAGES,
                "pages that were mapped");
    memory_check(free, "when they are unmapped");
}

/* Holds with step 8 and without: then there are small pages only. */
KERNEL_TEST(parts_of_2_mib_and_all_of_it_are_protected)
{
    const uint64_t block = PAGE_BLOCK_PAGES;

    memory_begin_paging();
    root = kernel_map_root();
    ktest_note("in the middle");
    check_protected(100, 4);
    ktest_note("all of the second 2 MiB");
    check_protected(block, block);
    ktest_note("from the first into the third, and all of the second");
    check_protected(block - 3, block + 6);
}

KERNEL_TEST(protect_without_memory_changes_nothing)
{
    const uint64_t block = PAGE_BLOCK_BYTES, base = 0xa0200000;

    memory_begin_paging();
    root = kernel_map_root();
    ktest_ok(sv39_map(root, base, 0x90000000, 2 * block, RW));
    ktest_note("protect from the middle of 2 MiB to the middle of the next, "
               "with no page, and with one, for tables");
    for (size_t left = 0; left < 2; left++) {
        memory_leave(left);
        int err = sv39_protect(root, base + block / 2, block, SV39_R);
        for (uint64_t page = 0; page < 2 * block; page += PAGE_BYTES) {
            bool inside = page >= block / 2 && page < block / 2 + block;
            uint64_t entry = walker_find(0, (uintptr_t)root, base + page).entry;
            if ((entry & RIGHTS) != (err == 0 && inside ? SV39_R : RW))
                ktest_fail("sv39_protect() returns %d, and the entry of 0x%lx "
                           "is 0x%lx",
                           err, base + page, entry);
        }
        if (err < 0) {
            ktest_error(err, -ENOMEM);
            memory_check(left, "after -ENOMEM");
        }
        memory_give_back();
    }
}

/* ---- A program's pages ---- */

static struct space space;
static unsigned served;

/* Takes W from the heap while the program waits for an answer. */
static int take_the_right(struct space *of, struct trap_frame *frame_of,
                          void *context)
{
    (void)context;
    if (++served > 1)
        return 1;
    frame_of->sepc = USER_START; /* once more, from the beginning */
    frame_of->a0 = HEAP;
    frame_of->a1 = PAGES;
    return sv39_protect(of->root, HEAP, PAGES * PAGE_BYTES, SV39_R | SV39_U);
}

KERNEL_TEST(a_program_loses_a_right_while_it_runs)
{
    struct trap_frame at_start = {
        .sepc = USER_START, .sp = USER_END, .a0 = HEAP, .a1 = PAGES};
    char *text;

    memory_begin_paging();
    ktest_ok(space_init(&space));
    text = page_alloc_zeroed();
    memcpy(text, user_touch, (uintptr_t)user_touch_end - (uintptr_t)user_touch);
    asm volatile("fence.i" : : : "memory");
    ktest_ok(sv39_map(space.root, USER_START, (uintptr_t)text, PAGE_BYTES,
                      SV39_R | SV39_X | SV39_U));
    ktest_ok(space_add(&space, HEAP, HEAP + PAGES * PAGE_BYTES, RW));
    ktest_note("a program stores to %u pages and asks; the kernel takes W from "
               "them; it stores again",
               PAGES);
    ktest_equal(space_run(&space, &at_start, take_the_right, NULL), -EFAULT,
                "what space_run() returns");
    ktest_equal(served, 1, "calls of serve()");
    ktest_same_hex(at_start.scause, EXCEPTION_STORE_PAGE, "the cause");
    ktest_same_hex(at_start.stval, HEAP + 8, "the address");
}
