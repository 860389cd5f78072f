/*
 * page.h: the machine's memory, a page at a time.
 *
 * A page is PAGE_BYTES (4 KiB) and begins at a multiple of that. It is free, or
 * it has owners: page_alloc() makes the caller its one owner, page_share() adds
 * one, page_free() takes one away, and with the last the page is free again.
 *
 * For all of it: one hart at a time, and not from an interrupt's handler.
 */
#ifndef PAGE_H
#define PAGE_H

#include "param.h"
#include "platform.h"

#include <stddef.h>
#include <stdint.h>

/* So many owners may a page have. */
#define PAGE_OWNERS_MAX 0xffff

/* Of a page that is nobody's, the first bytes may be the allocator's. */
#define PAGE_LINK_BYTES 16

/* With superpages (step 8): 512 pages, at a multiple of that. */
#define PAGE_BLOCK_BYTES 0x200000
#define PAGE_BLOCK_PAGES (PAGE_BLOCK_BYTES / PAGE_BYTES)

/*
 * From now on the pages between begin and end are the allocator's, all of them
 * free. A page of which only a part lies between them is not. Called once.
 *   begin, end   as long as the machine has memory: PLATFORM_MEMORY <= begin,
 *                end <= PLATFORM_MEMORY_END
 * It need not touch the pages: filling 128 MiB takes longer than all else that
 * happens before the prompt.
 * Returns 0.
 * Errors: -EINVAL begin or end is outside of the machine's memory, or there is
 * not one page between them.
 * Source: handout step 1.
 */
int page_init(uintptr_t begin, uintptr_t end);

/*
 * A page for the caller, its only owner. Every 8 bytes of it are
 * PAGE_JUNK_NEW (page_fill.h), in _zeroed every byte is 0. Owned by the caller;
 * release with page_free().
 * Returns NULL if no page is free.
 */
void *page_alloc(void);
void *page_alloc_zeroed(void);

/*
 * One more owner.
 *   page   with an owner already
 * Returns 0.
 * Errors, after which nothing has changed: -EINVAL it is not the address of one
 * of the allocator's pages; -EALREADY it is free; -EOVERFLOW it has
 * PAGE_OWNERS_MAX.
 */
int page_share(void *page);

/*
 * One owner less. If that was the last, the page is free, and all of it but the
 * first PAGE_LINK_BYTES is filled with PAGE_JUNK_FREE.
 * Returns 0.
 * Errors, after which nothing has changed: -EINVAL it is not the address of one
 * of the allocator's pages (NULL, the kernel's text, the middle of a page, a
 * device); -EALREADY it is free already.
 */
int page_free(void *page);

/* How many pages are free; how many owners the page has: 0 if it is free, or
 * none of the allocator's. */
size_t page_count_free(void);
unsigned page_owners(const void *page);

/*
 * Step 8. A block: PAGE_BLOCK_PAGES free pages in a row, the first at a
 * multiple of PAGE_BLOCK_BYTES, all of them the caller's and filled with zeros.
 * Each is released by page_free(), in any order; when all are free, they can be
 * a block again. A few pages in use cost a few blocks: the first 100 that are
 * taken leave all but three.
 * Returns NULL if there is none, and before step 8.
 */
void *page_alloc_block(void);

#endif
