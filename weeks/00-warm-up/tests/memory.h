/*
 * memory.h: what the code under test gets when it allocates: nothing, where a
 * test wants it so; and from malloc(3) never zeros by luck.
 *
 * The code under test is linked so that its calls of malloc, calloc, realloc,
 * reallocarray, strdup and strndup come here (wrap.list).
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>

/* The k-th allocation from now on, once, fails with ENOMEM. */
void memory_fail(unsigned long k);

/* Take that back. Returns whether an allocation has failed by it. */
bool memory_failed(void);

#endif
