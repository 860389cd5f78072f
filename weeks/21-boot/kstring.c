/*
 * kstring.c: given. Bytes and strings, by words where both sides allow it.
 * The pragma keeps gcc from making memset() of the loop that is memset().
 */
#include "kstring.h"

#include <stdint.h>

#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

static size_t copy_words(char *to, const char *from, size_t len)
{
    size_t at = 0;

    if (((uintptr_t)to | (uintptr_t)from) % sizeof(uint64_t) != 0)
        return 0;
    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t))
        *(uint64_t *)(to + at) = *(const uint64_t *)(from + at);
    return at;
}

void *memcpy(void *to, const void *from, size_t len)
{
    for (size_t i = copy_words(to, from, len); i < len; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    if ((uintptr_t)to <= (uintptr_t)from)
        return memcpy(to, from, len);
    while (len-- > 0)
        ((char *)to)[len] = ((const char *)from)[len];
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);
    size_t at = 0;

    if ((uintptr_t)to % sizeof word == 0)
        for (; at + sizeof word <= len; at += sizeof word)
            *(uint64_t *)((char *)to + at) = word;
    for (; at < len; at++)
        ((char *)to)[at] = (char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *left = a, *right = b;

    for (size_t i = 0; i < len; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

size_t strlen(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0')
        len++;
    return len;
}

size_t strnlen(const char *text, size_t max)
{
    size_t len = 0;

    while (len < max && text[len] != '\0')
        len++;
    return len;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++)
        if (a[i] != b[i] || a[i] == '\0')
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}
