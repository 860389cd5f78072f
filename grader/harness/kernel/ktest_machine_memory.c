/*
 * ktest_machine_memory.c: what the compiler calls where it copies a struct.
 */
#include "ktest_machine.h"

void *memcpy(void *to, const void *from, size_t len)
{
    unsigned char *bytes = to;

    for (size_t i = 0; i < len; i++)
        bytes[i] = ((const unsigned char *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t len)
{
    unsigned char *bytes = to;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)value;
    return to;
}
