/*
 * memory.h: memory for tests: the allocator brought up, and all but a few of
 * its pages taken away.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Filling all of memory takes time, and most tests need little of it. */
#define MEMORY_PAGES 2048

/* The allocator has MEMORY_PAGES, from kernel_end on; or as many bytes. */
void memory_begin(void);
void memory_begin_with(size_t bytes);

/* … and the kernel's table is on, and its trap vector in place, so that it
 * tells of a trap that nobody expects. */
void memory_begin_paging(void);

/* Hold pages until `left` are free; give them back. */
void memory_leave(size_t left);
void memory_give_back(void);

/* Fail unless as many pages are free as there were. */
void memory_check(size_t free, const char *when);

/* A page, or the test fails. */
void *memory_page(void);

#endif
