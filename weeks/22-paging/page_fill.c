/*
 * page_fill.c: given.
 */
#include "page_fill.h"

#include "param.h"

uint64_t page_fill_count;

void page_fill(void *page, uint64_t with)
{
    volatile uint64_t *word = page; /* or gcc would call memset() */
    volatile uint64_t *end = word + PAGE_BYTES / sizeof *word;

    for (; word < end; word += 8) {
        word[0] = with;
        word[1] = with;
        word[2] = with;
        word[3] = with;
        word[4] = with;
        word[5] = with;
        word[6] = with;
        word[7] = with;
    }
    page_fill_count++;
}
