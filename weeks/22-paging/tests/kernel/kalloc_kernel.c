/*
 * kalloc_kernel.c: step 1: pages.
 */
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "page_fill.h"

#define SOME_BEGIN ((uintptr_t)PLATFORM_MEMORY + 0x1000000)
#define SOME_PAGES 64
#define PAGES_MAX (PLATFORM_MEMORY_BYTES / PAGE_BYTES)

static bool given[PAGES_MAX];

static bool *given_at(const void *page)
{
    return &given[((uintptr_t)page - PLATFORM_MEMORY) / PAGE_BYTES];
}

static void check_page(const void *page, uintptr_t begin, uintptr_t end)
{
    uintptr_t at = (uintptr_t)page;

    if (at % PAGE_BYTES != 0)
        ktest_fail("page_alloc() gives %p, which is no multiple of 4,096",
                   page);
    if (at < begin || at > end - PAGE_BYTES)
        ktest_fail("page_alloc() gives %p, which is not in 0x%lx to 0x%lx",
                   page, begin, end);
    if (*given_at(page))
        ktest_fail("page_alloc() gives %p, which somebody owns", page);
}

/* Take all there are; each is ours alone. */
static size_t take_all(uintptr_t begin, uintptr_t end)
{
    size_t count = 0;

    for (void *page; (page = page_alloc()) != NULL; count++) {
        check_page(page, begin, end);
        *given_at(page) = true;
    }
    return count;
}

/* Every 8 bytes from `from` on are `with`. */
static void check_filled(const void *page, size_t from, uint64_t with,
                         const char *what)
{
    const uint64_t *words = page;

    for (size_t i = from / 8; i < PAGE_BYTES / 8; i++)
        if (words[i] != with)
            ktest_same_hex(words[i], with, "%s, at byte %zu", what, i * 8);
}

static void fill(void *page, uint64_t with)
{
    volatile uint64_t *words = page;

    for (size_t i = 0; i < PAGE_BYTES / 8; i++)
        words[i] = with;
}

static void begin_some(void)
{
    ktest_note("page_init(0x%lx, %u pages behind it)", SOME_BEGIN, SOME_PAGES);
    ktest_ok(page_init(SOME_BEGIN, SOME_BEGIN + SOME_PAGES * PAGE_BYTES));
}

/* A few pages: each is given once, and then there are none. */
KERNEL_TEST(every_page_is_given_once)
{
    begin_some();
    ktest_equal(page_count_free(), SOME_PAGES, "pages that are free");
    ktest_note("page_alloc() until it gives NULL");
    ktest_equal(take_all(SOME_BEGIN, SOME_BEGIN + SOME_PAGES * PAGE_BYTES),
                SOME_PAGES, "pages that it gave");
    ktest_equal(page_count_free(), 0, "pages that are free");
    ktest_check(page_alloc_zeroed() == NULL,
                "page_alloc_zeroed() gives NULL, too");
}

/* What begins or ends inside of a page is nobody's. */
KERNEL_TEST(parts_of_pages_are_not_given)
{
    const uintptr_t begin = SOME_BEGIN + 8,
                    end = SOME_BEGIN + 4 * PAGE_BYTES - 1;

    ktest_note("page_init(0x%lx, 0x%lx): 2 whole pages and 2 parts", begin,
               end);
    ktest_ok(page_init(begin, end));
    ktest_equal(page_count_free(), 2, "pages that are free");
    ktest_equal(take_all(begin, end), 2, "pages that page_alloc() gave");
}

KERNEL_TEST(page_init_wants_memory)
{
    ktest_note("ranges that are not the machine's memory, or hold no page");
    ktest_error(page_init(0, PLATFORM_MEMORY_END), -EINVAL);
    ktest_error(page_init(PLATFORM_MEMORY - PAGE_BYTES, PLATFORM_MEMORY_END),
                -EINVAL);
    ktest_error(
        page_init(PLATFORM_MEMORY, (uintptr_t)PLATFORM_MEMORY_END + PAGE_BYTES),
        -EINVAL);
    ktest_error(page_init(SOME_BEGIN, SOME_BEGIN), -EINVAL);
    ktest_error(page_init(SOME_BEGIN + 1, SOME_BEGIN + 2 * PAGE_BYTES - 1),
                -EINVAL);
    ktest_error(page_init(SOME_BEGIN + PAGE_BYTES, SOME_BEGIN), -EINVAL);
}

/* The whole machine: what lies behind the kernel, to the last page. */
KERNEL_TEST(all_of_memory_is_given)
{
    const uintptr_t begin = (uintptr_t)kernel_end;
    const size_t count = (PLATFORM_MEMORY_END - begin) / PAGE_BYTES;

    ktest_limit_ms(60000);
    ktest_note("page_init(kernel_end, PLATFORM_MEMORY_END)");
    ktest_ok(page_init(begin, PLATFORM_MEMORY_END));
    ktest_equal(page_count_free(), count, "pages that are free");
    ktest_note("page_alloc() until it gives NULL");
    ktest_equal(take_all(begin, PLATFORM_MEMORY_END), count,
                "pages that it gave");
    ktest_note("every 100th is given back, and taken again");
    for (size_t i = 0; i < count; i += 100)
        ktest_ok(page_free((void *)(begin + i * PAGE_BYTES)));
    memset(given, 0, sizeof given);
    ktest_equal(take_all(begin, PLATFORM_MEMORY_END), (count + 99) / 100,
                "pages that it gave then");
}

/* Whoever reads what was never written shall notice. */
KERNEL_TEST(a_new_page_is_junk)
{
    begin_some();
    for (unsigned i = 0; i < SOME_PAGES / 2; i++) {
        void *page = memory_page();
        check_filled(page, 0, PAGE_JUNK_NEW, "a page of page_alloc()");
        fill(page, 0x1111111111111111);
    }
}

KERNEL_TEST(a_zeroed_page_is_zeros)
{
    void *pages[8];

    begin_some();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 8; i++) {
            pages[i] = page_alloc_zeroed();
            ktest_check(pages[i] != NULL, "page_alloc_zeroed() gives a page");
            check_filled(pages[i], 0, 0, "a page of page_alloc_zeroed()");
            fill(pages[i], 0x1111111111111111);
        }
        for (unsigned i = 0; i < 8; i++)
            ktest_ok(page_free(pages[i]));
    }
}

/* Whoever goes on using a page that he gave back shall notice, too. */
KERNEL_TEST(a_freed_page_is_junk)
{
    begin_some();
    for (unsigned i = 0; i < 8; i++) {
        void *page = memory_page();
        fill(page, 0x1111111111111111);
        ktest_ok(page_free(page));
        check_filled(page, PAGE_LINK_BYTES, PAGE_JUNK_FREE, "a freed page");
    }
}

KERNEL_TEST(freed_pages_come_back)
{
    void *pages[SOME_PAGES];

    begin_some();
    ktest_note("take all, and give back every third");
    for (unsigned i = 0; i < SOME_PAGES; i++)
        pages[i] = memory_page();
    memset(given, true, sizeof given);
    for (unsigned i = 0; i < SOME_PAGES; i += 3) {
        *given_at(pages[i]) = false;
        ktest_ok(page_free(pages[i]));
    }
    const size_t back = (SOME_PAGES + 2) / 3;
    memory_check(back, "when those are back");
    ktest_equal(take_all(SOME_BEGIN, SOME_BEGIN + SOME_PAGES * PAGE_BYTES),
                back, "pages that are given again");
}

KERNEL_TEST(double_free_is_found)
{
    begin_some();
    void *first = memory_page(), *second = memory_page();
    ktest_ok(page_free(first));
    ktest_note("free the same page again, at once");
    ktest_error(page_free(first), -EALREADY);
    ktest_note("and with another freed in between");
    ktest_ok(page_free(second));
    ktest_error(page_free(first), -EALREADY);
    ktest_note("and one that was never given out");
    ktest_error(page_free((void *)(SOME_BEGIN + (SOME_PAGES - 1) * PAGE_BYTES)),
                -EALREADY);
    memory_check(SOME_PAGES, "after that");
    ktest_equal(take_all(SOME_BEGIN, SOME_BEGIN + SOME_PAGES * PAGE_BYTES),
                SOME_PAGES, "pages that can be taken then");
}

/* A page that looks free is not for that. */
KERNEL_TEST(a_page_full_of_junk_is_not_free)
{
    begin_some();
    void *page = memory_page();
    ktest_note("its owner fills it with PAGE_JUNK_FREE");
    fill(page, PAGE_JUNK_FREE);
    ktest_ok(page_free(page));
    memory_check(SOME_PAGES, "after page_free()");
}

KERNEL_TEST(foreign_pointers_are_refused)
{
    begin_some();
    void *page = memory_page();
    const uintptr_t foreign[] = {
        0,
        (uintptr_t)page + 8,
        (uintptr_t)page + PAGE_BYTES / 2,
        SOME_BEGIN - PAGE_BYTES,
        SOME_BEGIN + SOME_PAGES * PAGE_BYTES,
        (uintptr_t)text_start,
        PLATFORM_UART0,
        (uintptr_t)PLATFORM_MEMORY_END,
        (uintptr_t)PLATFORM_MEMORY_END + SOME_BEGIN,
        0x2000000000,
        -(uintptr_t)PAGE_BYTES,
    };

    for (unsigned i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        ktest_note("page_free() and page_share() of 0x%lx", foreign[i]);
        ktest_error(page_free((void *)foreign[i]), -EINVAL);
        ktest_error(page_share((void *)foreign[i]), -EINVAL);
        ktest_equal(page_owners((void *)foreign[i]), 0, "its owners");
    }
    memory_check(SOME_PAGES - 1, "after that");
    ktest_ok(page_free(page));
}

/* Two spaces see one page: the first that ends must not take it away. */
KERNEL_TEST(a_shared_page_is_freed_by_the_last_owner)
{
    begin_some();
    void *page = memory_page();
    fill(page, 0x3333333333333333);
    ktest_ok(page_share(page));
    ktest_ok(page_share(page));
    ktest_equal(page_owners(page), 3, "its owners");
    for (unsigned left = 2; left > 0; left--) {
        ktest_ok(page_free(page));
        ktest_equal(page_owners(page), left, "its owners after page_free()");
        memory_check(SOME_PAGES - 1, "while it has owners");
        check_filled(page, 0, 0x3333333333333333, "what was written into it");
    }
    ktest_ok(page_free(page));
    ktest_equal(page_owners(page), 0, "its owners at the end");
    memory_check(SOME_PAGES, "at the end");
    ktest_error(page_free(page), -EALREADY);
    ktest_error(page_share(page), -EALREADY);
}

KERNEL_TEST(owners_do_not_overflow)
{
    begin_some();
    void *page = memory_page();
    ktest_note("page_share() until it has %u owners", PAGE_OWNERS_MAX);
    for (unsigned owners = 1; owners < PAGE_OWNERS_MAX; owners++)
        if (page_share(page) < 0)
            ktest_fail("page_share() fails when the page has %u owners",
                       owners);
    ktest_equal(page_owners(page), PAGE_OWNERS_MAX, "its owners");
    ktest_error(page_share(page), -EOVERFLOW);
    ktest_equal(page_owners(page), PAGE_OWNERS_MAX, "its owners");
}

/* ---- A long life ---- */

struct held {
    uint64_t *page;
    uint64_t mark;
    unsigned owners;
};

static struct held held[SOME_PAGES];
static size_t held_count;

static void check_mark(const struct held *one)
{
    if (one->page[0] != one->mark || one->page[PAGE_BYTES / 8 - 1] != one->mark)
        ktest_fail("page %p is no longer as its owner left it",
                   (void *)one->page);
}

static void take_one(void)
{
    uint64_t mark = ktest_random();
    uint64_t *page = page_alloc();

    if (page == NULL) {
        ktest_equal(held_count, SOME_PAGES,
                    "pages that are owned when "
                    "page_alloc() gives NULL");
        return;
    }
    page[0] = page[PAGE_BYTES / 8 - 1] = mark;
    held[held_count++] = (struct held){page, mark, 1};
}

static void drop_one(void)
{
    struct held *one = &held[ktest_random_below(held_count)];

    check_mark(one);
    ktest_ok(page_free(one->page));
    if (--one->owners == 0)
        *one = held[--held_count];
}

/* Any order of taking, sharing and giving back. */
KERNEL_TEST(any_order_will_do)
{
    begin_some();
    ktest_note("3,000 calls, drawn: page_alloc, page_share, page_free");
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t what = ktest_random_below(8);
        if (held_count == 0 || what < 4) {
            take_one();
        } else if (what == 4) {
            struct held *one = &held[ktest_random_below(held_count)];
            ktest_ok(page_share(one->page));
            one->owners++;
        } else {
            drop_one();
        }
        memory_check(SOME_PAGES - held_count, "after one of them");
    }
    for (size_t i = 0; i < held_count; i++)
        check_mark(&held[i]);
}
