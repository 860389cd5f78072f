/*
 * page.c: which pages are free. Yours: step 1, and page_alloc_block() in
 * step 8.
 */
#include "page.h"

#include "kerrno.h"
#include "page_fill.h"

int page_init(uintptr_t begin, uintptr_t end)
{
    (void)begin;
    (void)end;
    return -ENOSYS;
}

void *page_alloc(void)
{
    return NULL;
}

void *page_alloc_zeroed(void)
{
    return NULL;
}

int page_share(void *page)
{
    (void)page;
    return -ENOSYS;
}

int page_free(void *page)
{
    (void)page;
    return -ENOSYS;
}

size_t page_count_free(void)
{
    return 0;
}

unsigned page_owners(const void *page)
{
    (void)page;
    return 0;
}

/* Step 8. */
void *page_alloc_block(void)
{
    return NULL;
}
