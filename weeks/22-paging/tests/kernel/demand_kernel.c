/*
 * demand_kernel.c: step 6: spaces, and pages that come when they are touched.
 */
#include "kernel_map.h"
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "platform.h"
#include "space.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define LOOKED_AT (SV39_R | SV39_W | SV39_X | SV39_U | SV39_G)
#define HEAP UINT64_C(0x2000000000)
#define HEAP_PAGES 64
#define STACK_PAGES 8
#define STACK_BEGIN (USER_END - STACK_PAGES * PAGE_BYTES)

static struct space space, other;

static void begin(void)
{
    memory_begin_paging();
    memset(&space, 0xa5, sizeof space); /* what was there is not looked at */
    ktest_ok(space_init(&space));
}

static void add(uint64_t begin, uint64_t pages, uint64_t flags)
{
    ktest_note("space_add(0x%lx, %lu pages%s%s%s%s)", begin, pages,
               flags & SV39_R ? ", R" : "", flags & SV39_W ? ", W" : "",
               flags & SV39_X ? ", X" : "",
               flags & SPACE_STACK ? ", stack" : "");
    ktest_ok(space_add(&space, begin, begin + pages * PAGE_BYTES, flags));
}

static struct walked find(uint64_t address)
{
    return walker_find(0, (uintptr_t)space.root, address);
}

static void check_absent(uint64_t address)
{
    if (find(address).mapped)
        ktest_fail("0x%lx is mapped, and nobody touched it", address);
}

/* ---- Regions ---- */

static void refuse(uint64_t begin, uint64_t end, uint64_t flags, int error)
{
    ktest_note("space_add(0x%lx, 0x%lx, flags 0x%lx)", begin, end, flags);
    ktest_error(space_add(&space, begin, end, flags), error);
}

KERNEL_TEST(regions_that_make_no_sense_are_refused)
{
    begin();
    refuse(HEAP + 8, HEAP + PAGE_BYTES, RW, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES + 8, RW, -EINVAL);
    refuse(HEAP, HEAP, RW, -EINVAL);
    refuse(HEAP + PAGE_BYTES, HEAP, RW, -EINVAL);
    refuse(USER_START - PAGE_BYTES, USER_START + PAGE_BYTES, RW, -EINVAL);
    refuse(USER_END - PAGE_BYTES, USER_END + PAGE_BYTES, RW, -EINVAL);
    refuse(PLATFORM_MEMORY, PLATFORM_MEMORY + PAGE_BYTES, RW, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES, 0, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES, SV39_W, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES, SV39_W | SV39_X, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES, RW | SV39_U, -EINVAL);
    refuse(HEAP, HEAP + PAGE_BYTES, RW | SV39_V, -EINVAL);
    ktest_error(space_fault(&space, HEAP, SV39_LOAD), -EFAULT);
}

KERNEL_TEST(regions_share_no_page)
{
    begin();
    add(HEAP, 4, RW);
    refuse(HEAP, HEAP + PAGE_BYTES, SV39_R, -EEXIST);
    refuse(HEAP - PAGE_BYTES, HEAP + PAGE_BYTES, SV39_R, -EEXIST);
    refuse(HEAP + 3 * PAGE_BYTES, HEAP + 9 * PAGE_BYTES, SV39_R, -EEXIST);
    refuse(HEAP - PAGE_BYTES, HEAP + 9 * PAGE_BYTES, SV39_R, -EEXIST);
    refuse(HEAP + PAGE_BYTES, HEAP + 2 * PAGE_BYTES, SV39_R, -EEXIST);
    add(HEAP - PAGE_BYTES, 1, SV39_R);
    add(HEAP + 4 * PAGE_BYTES, 1, SV39_R);
}

KERNEL_TEST(the_page_below_a_stack_stays_empty)
{
    begin();
    add(STACK_BEGIN, STACK_PAGES, RW | SPACE_STACK);
    refuse(STACK_BEGIN - PAGE_BYTES, STACK_BEGIN, RW, -EEXIST);
    refuse(STACK_BEGIN - 8 * PAGE_BYTES, STACK_BEGIN, RW, -EEXIST);
    add(STACK_BEGIN - 2 * PAGE_BYTES, 1, RW);
    ktest_note("a stack right above another region");
    add(HEAP, 1, RW);
    refuse(HEAP + PAGE_BYTES, HEAP + 4 * PAGE_BYTES, RW | SPACE_STACK, -EEXIST);
    add(HEAP + 2 * PAGE_BYTES, 2, RW | SPACE_STACK);
    ktest_note("what lies right above a stack is nobody's guard");
    add(HEAP + 4 * PAGE_BYTES, 1, RW);
    ktest_error(space_fault(&space, STACK_BEGIN - 8, SV39_STORE), -EFAULT);
    ktest_error(space_fault(&space, HEAP + PAGE_BYTES, SV39_STORE), -EFAULT);
}

KERNEL_TEST(so_many_regions_and_no_more)
{
    begin();
    ktest_note("%u regions", SPACE_REGIONS_MAX);
    for (unsigned i = 0; i < SPACE_REGIONS_MAX; i++)
        ktest_ok(space_add(&space, HEAP + 2 * i * PAGE_BYTES,
                           HEAP + (2 * i + 1) * PAGE_BYTES, RW));
    refuse(USER_START, USER_START + PAGE_BYTES, RW, -ENOBUFS);
    for (unsigned i = 0; i < SPACE_REGIONS_MAX; i++)
        ktest_ok(space_fault(&space, HEAP + 2 * i * PAGE_BYTES, SV39_STORE));
}

/* ---- Faults ---- */

KERNEL_TEST(a_touch_brings_one_page_of_zeros)
{
    begin();
    add(HEAP, HEAP_PAGES, RW);
    size_t free = page_count_free();
    check_absent(HEAP + 5 * PAGE_BYTES);
    ktest_note("space_fault() at a page of the region");
    ktest_ok(space_fault(&space, HEAP + 5 * PAGE_BYTES + 0x123, SV39_LOAD));
    struct walked found = find(HEAP + 5 * PAGE_BYTES);
    ktest_check(found.mapped, "the page is mapped");
    ktest_same_hex(found.entry & LOOKED_AT, RW | SV39_U,
                   "its R, W, X, U and G");
    for (unsigned i = 0; i < PAGE_BYTES / 8; i++)
        if (((uint64_t *)found.physical)[i] != 0)
            ktest_same_hex(((uint64_t *)found.physical)[i], 0,
                           "the new page, at byte %u", 8 * i);
    check_absent(HEAP + 4 * PAGE_BYTES);
    check_absent(HEAP + 6 * PAGE_BYTES);
    ktest_at_least(page_count_free(), free - 3,
                   "pages that are free: the page and 2 tables were taken");
    free = page_count_free();
    ktest_note("its neighbour needs no table");
    ktest_ok(space_fault(&space, HEAP + 6 * PAGE_BYTES, SV39_STORE));
    memory_check(free - 1, "after one more page");
}

/* Another hart, or an entry that the hart remembered, may bring a fault for
 * what is there by now. */
KERNEL_TEST(a_page_that_is_there_is_not_given_again)
{
    begin();
    add(HEAP, HEAP_PAGES, RW);
    ktest_ok(space_fault(&space, HEAP, SV39_STORE));
    uint64_t *page = (uint64_t *)find(HEAP).physical;
    ktest_check(page != NULL, "the page is mapped");
    page[3] = 4711;
    size_t free = page_count_free();
    ktest_note("space_fault() where a page is");
    ktest_ok(space_fault(&space, HEAP + 24, SV39_LOAD));
    ktest_same_hex(find(HEAP).physical, (uintptr_t)page, "where the page is");
    ktest_equal(page[3], 4711, "what the program has stored");
    memory_check(free, "after that");
    ktest_note("its own rights count: the region allows more");
    ktest_ok(sv39_map(space.root, HEAP + PAGE_BYTES, (uintptr_t)memory_page(),
                      PAGE_BYTES, SV39_R | SV39_U));
    free = page_count_free();
    ktest_error(space_fault(&space, HEAP + PAGE_BYTES, SV39_STORE), -EFAULT);
    ktest_ok(space_fault(&space, HEAP + PAGE_BYTES, SV39_LOAD));
    memory_check(free, "after that");
}

static void refuse_fault(uint64_t address, enum sv39_kind kind)
{
    size_t free = page_count_free();

    ktest_note("a %s at 0x%lx",
               kind == SV39_LOAD    ? "load"
               : kind == SV39_STORE ? "store"
                                    : "fetch",
               address);
    ktest_error(space_fault(&space, address, kind), -EFAULT);
    memory_check(free, "after the refusal");
}

static void check_rights(uint64_t address, uint64_t rights)
{
    struct walked found = find(address);

    ktest_check(found.mapped, "0x%lx is mapped", address);
    ktest_same_hex(found.entry & LOOKED_AT, rights | SV39_U,
                   "R, W, X, U and G of 0x%lx", address);
}

KERNEL_TEST(what_no_region_allows_is_refused)
{
    begin();
    add(HEAP, 4, RW);
    add(USER_START, 4, SV39_R | SV39_X);
    add(USER_START + 8 * PAGE_BYTES, 1, SV39_X);
    add(USER_START + 16 * PAGE_BYTES, 1, SV39_R);
    refuse_fault(HEAP, SV39_FETCH);
    refuse_fault(USER_START, SV39_STORE);
    refuse_fault(USER_START + 8 * PAGE_BYTES, SV39_LOAD);
    refuse_fault(HEAP - 1, SV39_LOAD);
    refuse_fault(HEAP + 4 * PAGE_BYTES, SV39_STORE);
    refuse_fault(0, SV39_LOAD);
    refuse_fault((uintptr_t)text_start, SV39_LOAD);
    refuse_fault(PLATFORM_UART0, SV39_STORE);
    refuse_fault(USER_END, SV39_LOAD);
    refuse_fault(-8, SV39_LOAD);
    refuse_fault(UINT64_C(1) << 63 | HEAP, SV39_LOAD);
    ktest_ok(space_fault(&space, HEAP + 4 * PAGE_BYTES - 1, SV39_STORE));
    ktest_ok(space_fault(&space, USER_START, SV39_FETCH));
    ktest_ok(space_fault(&space, USER_START + 8 * PAGE_BYTES, SV39_FETCH));
    ktest_note("loads where there is R without W: with X, and alone");
    ktest_ok(space_fault(&space, USER_START + PAGE_BYTES, SV39_LOAD));
    ktest_ok(space_fault(&space, USER_START + 16 * PAGE_BYTES, SV39_LOAD));
    ktest_note("a page has its region's rights, and no more");
    check_rights(HEAP + 3 * PAGE_BYTES, RW);
    check_rights(USER_START, SV39_R | SV39_X);
    check_rights(USER_START + PAGE_BYTES, SV39_R | SV39_X);
    check_rights(USER_START + 8 * PAGE_BYTES, SV39_X);
    check_rights(USER_START + 16 * PAGE_BYTES, SV39_R);
    ktest_note("a page is there, and no region");
    ktest_ok(sv39_map(space.root, HEAP + 8 * PAGE_BYTES,
                      (uintptr_t)memory_page(), PAGE_BYTES, RW | SV39_U));
    refuse_fault(HEAP + 8 * PAGE_BYTES, SV39_LOAD);
    refuse_fault(HEAP + 8 * PAGE_BYTES, SV39_STORE);
}

KERNEL_TEST(no_memory_is_not_the_programs_fault)
{
    int err = -ENOMEM;

    begin();
    add(HEAP, 4, RW);
    for (size_t left = 0; left < 8 && err < 0; left++) {
        memory_leave(left);
        ktest_note("a store while %zu pages are free", left);
        err = space_fault(&space, HEAP, SV39_STORE);
        if (err < 0) {
            ktest_error(err, -ENOMEM);
            memory_check(left, "after -ENOMEM");
        }
        memory_give_back();
    }
    ktest_ok(err);
    ktest_check(find(HEAP).mapped, "the page is there now");
}

KERNEL_TEST(a_released_space_leaves_nothing_behind)
{
    memory_begin_paging();
    size_t free = page_count_free();
    uint64_t *shared = memory_page();
    ktest_note("space_init(), 40 pages here and there, one that is mapped by "
               "hand, one that has another owner, too");
    ktest_ok(space_init(&space));
    add(HEAP, 100000, RW);
    add(STACK_BEGIN, STACK_PAGES, RW | SPACE_STACK);
    for (unsigned i = 0; i < 40; i++)
        ktest_ok(space_fault(&space, HEAP + i * 2049 * PAGE_BYTES, SV39_STORE));
    ktest_ok(space_fault(&space, USER_END - 8, SV39_STORE));
    ktest_ok(sv39_map(space.root, USER_START, (uintptr_t)memory_page(),
                      PAGE_BYTES, SV39_R | SV39_U));
    ktest_ok(page_share(shared));
    ktest_ok(sv39_map(space.root, USER_END - 8 * sv39_bytes(2),
                      (uintptr_t)shared, PAGE_BYTES, SV39_R | SV39_U));
    ktest_note("space_release()");
    space_release(&space);
    ktest_equal(page_owners(shared), 1, "owners of the shared page");
    memory_check(free - 1, "when all but the shared page is back");
    ktest_note("space_release() again, and of all zeros");
    space_release(&space);
    other = (struct space){0};
    space_release(&other);
    memory_check(free - 1, "after that");
    ktest_note("the kernel's table is whole: another space can be made");
    ktest_ok(space_init(&space));
    ktest_same_hex(
        walker_find(0, (uintptr_t)space.root, (uintptr_t)text_start).physical,
        (uintptr_t)text_start, "where text_start is, in it");
}

KERNEL_TEST(a_space_needs_a_page)
{
    memory_begin_paging();
    memory_leave(0);
    ktest_error(space_init(&space), -ENOMEM);
}

/* ---- The program's memory, in the kernel's hands ---- */

static char bytes[3 * PAGE_BYTES], copy[3 * PAGE_BYTES];

KERNEL_TEST(the_kernel_reads_and_writes_for_a_program)
{
    begin();
    add(HEAP, HEAP_PAGES, RW);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)ktest_random();
    ktest_note("space_write() over 3 page borders, where no page is yet");
    const uint64_t at = HEAP + 2 * PAGE_BYTES - 100;
    ktest_ok(space_write(&space, at, bytes, sizeof bytes));
    ktest_note("space_read() of the same");
    ktest_ok(space_read(&space, copy, at, sizeof copy));
    ktest_same_bytes(copy, bytes, sizeof bytes, "what was read");
    ktest_same_bytes((void *)find(HEAP + 2 * PAGE_BYTES).physical, bytes + 100,
                     PAGE_BYTES, "the second page");
    ktest_note("what was never touched reads as zeros");
    ktest_ok(space_read(&space, copy, HEAP + 20 * PAGE_BYTES, 16));
    memset(bytes, 0, 16);
    ktest_same_bytes(copy, bytes, 16, "what was read");
    ktest_note("nothing, from nowhere");
    ktest_ok(space_read(&space, copy, 0, 0));
    ktest_ok(space_write(&space, 0, bytes, 0));
    ktest_note("each place of a page border within 16 bytes");
    for (unsigned before = 0; before <= 16; before++) {
        ktest_ok(space_write(&space, HEAP + 9 * PAGE_BYTES - before,
                             "0123456789abcdef", 16));
        ktest_ok(space_read(&space, copy, HEAP + 9 * PAGE_BYTES - before, 16));
        ktest_same_bytes(copy, "0123456789abcdef", 16, "what was read");
    }
}

static void refuse_copies(uint64_t at, size_t len)
{
    ktest_note("%zu bytes at 0x%lx", len, at);
    ktest_error(space_read(&space, copy, at, len), -EFAULT);
    ktest_error(space_write(&space, at, bytes, len), -EFAULT);
}

/* A program that may not look there does not have the kernel do it. */
KERNEL_TEST(the_kernel_is_nobodys_deputy)
{
    static uint64_t secret[2] = {1, 2};

    begin();
    add(HEAP, 2, RW);
    refuse_copies((uintptr_t)secret, 16);
    refuse_copies((uintptr_t)text_start, 16);
    refuse_copies(PLATFORM_UART0, 1);
    refuse_copies(0, 8);
    refuse_copies(HEAP - 8, 16);
    refuse_copies(HEAP + 2 * PAGE_BYTES - 8, 16);
    refuse_copies(USER_END - 8, 16);
    refuse_copies(-8, 16);
    refuse_copies(HEAP, -8);
    ktest_same_hex(secret[0], 1, "what was to be written over");
    ktest_note("a page that may only be read");
    ktest_ok(sv39_map(space.root, HEAP + 8 * PAGE_BYTES,
                      (uintptr_t)page_alloc_zeroed(), PAGE_BYTES,
                      SV39_R | SV39_U));
    ktest_ok(space_read(&space, copy, HEAP + 8 * PAGE_BYTES, 16));
    ktest_error(space_write(&space, HEAP + 8 * PAGE_BYTES, bytes, 16), -EFAULT);
    ktest_note("one that may only be executed");
    ktest_ok(sv39_map(space.root, HEAP + 9 * PAGE_BYTES,
                      (uintptr_t)page_alloc_zeroed(), PAGE_BYTES,
                      SV39_X | SV39_U));
    ktest_error(space_read(&space, copy, HEAP + 9 * PAGE_BYTES, 16), -EFAULT);
    ktest_note("one in the program's range that is not user mode's");
    ktest_ok(sv39_map(space.root, HEAP + 10 * PAGE_BYTES,
                      (uintptr_t)page_alloc_zeroed(), PAGE_BYTES, RW));
    refuse_copies(HEAP + 10 * PAGE_BYTES, 16);
}

KERNEL_TEST(copies_say_when_memory_is_out)
{
    begin();
    add(HEAP, 2, RW);
    memory_leave(0);
    ktest_error(space_read(&space, copy, HEAP, 16), -ENOMEM);
    ktest_error(space_write(&space, HEAP, bytes, 16), -ENOMEM);
    memory_give_back();
    ktest_ok(space_write(&space, HEAP, bytes, 16));
}
