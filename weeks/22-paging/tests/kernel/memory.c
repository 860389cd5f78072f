/*
 * memory.c: see memory.h.
 */
#include "memory.h"

#include "kernel_map.h"
#include "ktest.h"
#include "layout.h"
#include "page.h"
#include "trap.h"

/* The pages that are held, linked through their first bytes. */
static void *held;

void memory_begin_with(size_t bytes)
{
    ktest_ok(page_init((uintptr_t)kernel_end, (uintptr_t)kernel_end + bytes));
}

void memory_begin(void)
{
    memory_begin_with(MEMORY_PAGES * PAGE_BYTES);
}

void memory_begin_paging(void)
{
    trap_init_hart();
    memory_begin();
    ktest_ok(kernel_map_init());
    kernel_map_enter();
}

void memory_leave(size_t left)
{
    while (page_count_free() > left) {
        void **page = page_alloc();
        if (page == NULL)
            ktest_fail("page_count_free() is above %zu, and page_alloc() gives "
                       "NULL",
                       left);
        *page = held;
        held = page;
    }
}

void memory_give_back(void)
{
    while (held != NULL) {
        void *page = held;
        held = *(void **)page;
        ktest_ok(page_free(page));
    }
}

void memory_check(size_t free, const char *when)
{
    ktest_equal(page_count_free(), free, "pages that are free %s", when);
}

void *memory_page(void)
{
    void *page = page_alloc();

    if (page == NULL)
        ktest_fail("page_alloc() gives NULL while %zu pages are free",
                   page_count_free());
    return page;
}
