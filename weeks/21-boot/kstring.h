/*
 * kstring.h: given. What C's string.h says, as far as a kernel needs it. gcc
 * calls the first four of its own accord.
 */
#ifndef KSTRING_H
#define KSTRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *text, int c);

#endif
