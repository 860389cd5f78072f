/*
 * kprintf.h: given. printf, on uart_put(). A '\n' goes out as "\r\n".
 *
 * Of the format it knows %d %i %u %x %X %o %c %s %p %%, with l, ll, z, h, hh;
 * flags - 0 + and space and #; width and precision, also as *.
 */
#ifndef KPRINTF_H
#define KPRINTF_H

#include <stdarg.h>
#include <stddef.h>

/* Return how many bytes it is, without the '\r' and without the '\0'. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list arguments);

/* Of what does not fit the beginning is kept; there is a '\0' if size > 0. */
int snprintf(char *buf, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buf, size_t size, const char *format, va_list arguments);

#endif
