/*
 * kernel_map.h: the kernel's own addresses. They are the physical ones, and the
 * same in every address space: root entries 0 to 2 are the kernel's, 64 to 255
 * the program's (space.h), and the others are empty.
 *
 *     what                                    may be
 *     text_start to text_end                  read, executed
 *     rodata_start to rodata_end              read
 *     data_start to data_end                  read, written
 *     each hart's stack (layout.h)            read, written
 *     kernel_end to PLATFORM_MEMORY_END       read, written
 *     UART0, the PLIC, the CLINT, the 8       read, written
 *     virtio devices, PLATFORM_TEST (a page)
 *
 * Nothing else is mapped: not the page at 0, not the guard page below a stack,
 * not what lies before kernel_start. None of it is user mode's; G is as you
 * like.
 */
#ifndef KERNEL_MAP_H
#define KERNEL_MAP_H

#include <stdint.h>

#define KERNEL_ROOT_ENTRIES 3

/*
 * Build the kernel's table, as above. Called once, after page_init(), by one
 * hart. Afterwards the kernel's root entries do not change any more; what is
 * below them may.
 * Returns 0.
 * Errors: -ENOMEM there is no page for a table; then no page is lost.
 * Source: handout step 4.
 */
int kernel_map_init(void);

/* The root; NULL as long as kernel_map_init() has not returned 0. Borrowed for
 * good. */
uint64_t *kernel_map_root(void);

/*
 * The hart that calls translates by the kernel's table from now on, satp being
 * SV39_SATP(kernel_map_root()), and has forgotten what it remembered of others.
 */
void kernel_map_enter(void);

/* A new root that has the kernel's entries, and else none. Owned by the caller;
 * release with page_free(). Returns NULL if no page is free. */
uint64_t *kernel_map_new_root(void);

#endif
