/* memory.c: see memory.h. Memory is asked for by one thread at a time here. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define JUNK 0xa5

static unsigned long until_failure; /* 0: none is to come */
static bool failed;

void memory_fail(unsigned long k)
{
    until_failure = k;
    failed = false;
}

bool memory_failed(void)
{
    until_failure = 0;
    return failed;
}

/* Is this the allocation that fails? */
static bool fails(void)
{
    if (until_failure == 0 || --until_failure > 0)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

/* ---- For the code under test ---- */

void *__wrap_malloc(size_t size)
{
    void *memory = fails() ? NULL : malloc(size);

    return memory == NULL ? NULL : memset(memory, JUNK, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails() ? NULL : reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : strndup(text, len);
}
