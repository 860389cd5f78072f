/*
 * page_fill.h: given. Fills a page, eight bytes at a time.
 *
 * Fill pages by this function alone: the bench leaves out what it costs, for it
 * is the same for everyone.
 */
#ifndef PAGE_FILL_H
#define PAGE_FILL_H

#include <stdint.h>

/* No address that a kernel has, no number that a program would believe. */
#define PAGE_JUNK_NEW UINT64_C(0xa5a5a5a5a5a5a5a5)
#define PAGE_JUNK_FREE UINT64_C(0xdddddddddddddddd)

void page_fill(void *page, uint64_t with);

/* How often it was called. */
extern uint64_t page_fill_count;

#endif
