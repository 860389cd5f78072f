/*
 * page.c: which pages are free.
 *
 * Memory is looked at in blocks of 512 pages. A block has some pages that were
 * never given out, in one piece at its end; a list of those that came back,
 * linked through their first bytes; and the number of both together.
 *
 *     block     | given | free | given | given | free |   fresh . . . . .  |
 *                           ^---------------------'     ^ fresh       end ^
 *
 *  1. owners[n] is 0 exactly when page n is free.
 *  2. No block before `lowest` has a free page. So pages are taken from the low
 *     end, and blocks (step 8) from the high end, where they stay whole.
 *  3. A page is nowhere written to before it is given out for the first time:
 *     page_init() takes no longer for more memory.
 */
#include "page.h"

#include "kerrno.h"
#include "page_fill.h"

#include <stdbool.h>

#define PAGES_MAX (PLATFORM_MEMORY_BYTES / PAGE_BYTES)
#define BLOCKS_MAX (PLATFORM_MEMORY_BYTES / PAGE_BLOCK_BYTES)

struct free_page {
    struct free_page *next;
};

struct block {
    struct free_page *freed;
    uintptr_t fresh, end;
    unsigned free;
};

static uint16_t owners[PAGES_MAX];
static struct block blocks[BLOCKS_MAX];
static struct block *lowest = blocks;
static uintptr_t memory_begin, memory_end;
static size_t free_count;

static size_t number_of(uintptr_t page)
{
    return (page - PLATFORM_MEMORY) / PAGE_BYTES;
}

static struct block *block_of(uintptr_t page)
{
    return &blocks[(page - PLATFORM_MEMORY) / PAGE_BLOCK_BYTES];
}

static uintptr_t rounded_up(uintptr_t address, uintptr_t to)
{
    return (address + to - 1) & -to;
}

int page_init(uintptr_t begin, uintptr_t end)
{
    if (begin < PLATFORM_MEMORY || end > PLATFORM_MEMORY_END || begin > end)
        return -EINVAL;
    memory_begin = rounded_up(begin, PAGE_BYTES);
    memory_end = end & -(uintptr_t)PAGE_BYTES;
    if (memory_begin >= memory_end)
        return -EINVAL;
    for (uintptr_t at = memory_begin, next; at < memory_end; at = next) {
        next = rounded_up(at + 1, PAGE_BLOCK_BYTES);
        if (next > memory_end)
            next = memory_end;
        *block_of(at) = (struct block){
            .fresh = at, .end = next, .free = (next - at) / PAGE_BYTES};
    }
    free_count = (memory_end - memory_begin) / PAGE_BYTES;
    return 0;
}

/* ---- Giving out ---- */

/* One that came back, or else one that was never given out. */
static uintptr_t take_from(struct block *block)
{
    uintptr_t page = (uintptr_t)block->freed;

    block->free--;
    if (page != 0) {
        block->freed = block->freed->next;
        return page;
    }
    page = block->fresh;
    block->fresh = page + PAGE_BYTES;
    return page;
}

static void *take_filled(uint64_t with)
{
    if (free_count == 0)
        return NULL;
    while (lowest->free == 0)
        lowest++;
    uintptr_t page = take_from(lowest);
    owners[number_of(page)] = 1;
    free_count--;
    page_fill((void *)page, with);
    return (void *)page;
}

void *page_alloc(void)
{
    return take_filled(PAGE_JUNK_NEW);
}

void *page_alloc_zeroed(void)
{
    return take_filled(0);
}

/* ---- Taking back ---- */

/* Is this the address of one of our pages, and does somebody own it? */
static int check_owned(uintptr_t page)
{
    if (page % PAGE_BYTES != 0 || page < memory_begin || page >= memory_end)
        return -EINVAL;
    return owners[number_of(page)] == 0 ? -EALREADY : 0;
}

int page_share(void *page)
{
    int err = check_owned((uintptr_t)page);

    if (err < 0)
        return err;
    uint16_t *count = &owners[number_of((uintptr_t)page)];
    if (*count == PAGE_OWNERS_MAX)
        return -EOVERFLOW;
    (*count)++;
    return 0;
}

int page_free(void *page)
{
    int err = check_owned((uintptr_t)page);

    if (err < 0 || --owners[number_of((uintptr_t)page)] > 0)
        return err;
    struct block *block = block_of((uintptr_t)page);
    struct free_page *freed = page;
    page_fill(page, PAGE_JUNK_FREE);
    freed->next = block->freed;
    block->freed = freed;
    block->free++;
    free_count++;
    if (block < lowest)
        lowest = block;
    return 0;
}

size_t page_count_free(void)
{
    return free_count;
}

unsigned page_owners(const void *page)
{
    return check_owned((uintptr_t)page) < 0
               ? 0
               : owners[number_of((uintptr_t)page)];
}

/* ---- Blocks: step 8 ---- */

void *page_alloc_block(void)
{
    struct block *block = &blocks[BLOCKS_MAX];

    do {
        if (block == blocks)
            return NULL;
        block--;
    } while (block->free < PAGE_BLOCK_PAGES);
    uintptr_t begin = block->end - PAGE_BLOCK_BYTES;
    block->freed = NULL;
    block->fresh = block->end;
    block->free = 0;
    free_count -= PAGE_BLOCK_PAGES;
    for (uintptr_t page = begin; page < block->end; page += PAGE_BYTES) {
        owners[number_of(page)] = 1;
        page_fill((void *)page, 0);
    }
    return (void *)begin;
}
