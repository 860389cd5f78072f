/*
 * kprintf.c: given. printf: a format is walked once, and each byte goes to a
 * sink: the serial line, or a buffer.
 */
#include "kprintf.h"

#include "kstring.h"
#include "uart.h"

#include <stdbool.h>
#include <stdint.h>

struct sink {
    char *buf; /* NULL: the serial line */
    size_t size;
    size_t len; /* of all of it, also of what did not fit */
};

/* One conversion: %-08lx has flags, width 8, a long, and 'x'. */
struct conversion {
    bool left, zeros, plus, blank, prefix;
    int width;
    int precision; /* -1: none given */
    int longs;     /* hh -2, h -1, none 0, l 1, ll and z 2 */
};

static void sink_put(struct sink *sink, char c)
{
    if (sink->buf == NULL) {
        if (c == '\n')
            uart_put('\r');
        uart_put(c);
    } else if (sink->len + 1 < sink->size) {
        sink->buf[sink->len] = c;
    }
    sink->len++;
}

static void sink_fill(struct sink *sink, char c, int count)
{
    for (; count > 0; count--)
        sink_put(sink, c);
}

static void put_bytes(struct sink *sink, const struct conversion *conversion,
                      const char *bytes, size_t len)
{
    if (!conversion->left)
        sink_fill(sink, ' ', conversion->width - (int)len);
    for (size_t i = 0; i < len; i++)
        sink_put(sink, bytes[i]);
    if (conversion->left)
        sink_fill(sink, ' ', conversion->width - (int)len);
}

static void put_text(struct sink *sink, const struct conversion *conversion,
                     const char *text)
{
    size_t max =
        conversion->precision >= 0 ? (size_t)conversion->precision : SIZE_MAX;

    if (text == NULL)
        text = "(null)";
    put_bytes(sink, conversion, text, strnlen(text, max));
}

/* Returns how many digits; they end at the end of `digits`. */
static int make_digits(char digits[24], uint64_t value, unsigned base,
                       bool capitals)
{
    const char *all = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    int count = 0;

    for (; value != 0; value /= base)
        digits[23 - count++] = all[value % base];
    return count;
}

/* The sign or "0x", zeros up to the precision or the width, the digits. */
static void put_number(struct sink *sink, const struct conversion *conversion,
                       const char *before, const char *digits, int count)
{
    int zeros = (conversion->precision < 0 ? 1 : conversion->precision) - count;
    int blanks;

    if (zeros < 0)
        zeros = 0;
    blanks = conversion->width - (int)strlen(before) - zeros - count;
    if (blanks > 0 && conversion->zeros && !conversion->left &&
        conversion->precision < 0) {
        zeros += blanks;
        blanks = 0;
    }
    if (!conversion->left)
        sink_fill(sink, ' ', blanks);
    for (; *before != '\0'; before++)
        sink_put(sink, *before);
    sink_fill(sink, '0', zeros);
    for (int i = 0; i < count; i++)
        sink_put(sink, digits[i]);
    if (conversion->left)
        sink_fill(sink, ' ', blanks);
}

static void put_signed(struct sink *sink, const struct conversion *conversion,
                       int64_t value)
{
    char digits[24];
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int count = make_digits(digits, size, 10, false);
    const char *sign = value < 0           ? "-"
                       : conversion->plus  ? "+"
                       : conversion->blank ? " "
                                           : "";

    put_number(sink, conversion, sign, digits + 24 - count, count);
}

static void put_unsigned(struct sink *sink, const struct conversion *conversion,
                         char kind, uint64_t value)
{
    char digits[24];
    unsigned base = kind == 'u' ? 10 : kind == 'o' ? 8 : 16;
    int count = make_digits(digits, value, base, kind == 'X');
    const char *before = "";

    if (kind == 'p' || (conversion->prefix && value != 0 && base == 16))
        before = kind == 'X' ? "0X" : "0x";
    put_number(sink, conversion, before, digits + 24 - count, count);
}

/* va_list is passed by pointer, so that what is taken here is taken there. */
struct arguments {
    va_list list;
};

static int64_t take_signed(struct arguments *arguments, int longs)
{
    if (longs >= 1)
        return va_arg(arguments->list, int64_t);
    if (longs == -1)
        return (short)va_arg(arguments->list, int);
    if (longs == -2)
        return (signed char)va_arg(arguments->list, int);
    return va_arg(arguments->list, int);
}

static uint64_t take_unsigned(struct arguments *arguments, int longs)
{
    if (longs >= 1)
        return va_arg(arguments->list, uint64_t);
    if (longs == -1)
        return (unsigned short)va_arg(arguments->list, int);
    if (longs == -2)
        return (unsigned char)va_arg(arguments->list, int);
    return va_arg(arguments->list, unsigned);
}

static const char *read_flags(struct conversion *conversion, const char *at)
{
    for (;; at++) {
        if (*at == '-')
            conversion->left = true;
        else if (*at == '0')
            conversion->zeros = true;
        else if (*at == '+')
            conversion->plus = true;
        else if (*at == ' ')
            conversion->blank = true;
        else if (*at == '#')
            conversion->prefix = true;
        else
            return at;
    }
}

static const char *read_count(int *count, struct arguments *arguments,
                              const char *at)
{
    *count = 0;
    if (*at == '*') {
        *count = va_arg(arguments->list, int);
        return at + 1;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        *count = *count * 10 + *at - '0';
    return at;
}

/* Behind the '%', up to the letter that says what it is. */
static const char *read_conversion(struct conversion *conversion,
                                   struct arguments *arguments, const char *at)
{
    *conversion = (struct conversion){.precision = -1};
    at = read_flags(conversion, at);
    at = read_count(&conversion->width, arguments, at);
    if (conversion->width < 0) {
        conversion->left = true;
        conversion->width = -conversion->width;
    }
    if (*at == '.')
        at = read_count(&conversion->precision, arguments, at + 1);
    for (;; at++) {
        if (*at == 'l')
            conversion->longs++;
        else if (*at == 'z')
            conversion->longs = 2;
        else if (*at == 'h')
            conversion->longs--;
        else
            return at;
    }
}

static void put_conversion(struct sink *sink, struct conversion *conversion,
                           char kind, struct arguments *arguments)
{
    switch (kind) {
    case 'd':
    case 'i':
        put_signed(sink, conversion, take_signed(arguments, conversion->longs));
        return;
    case 'p':
        conversion->longs = 2;
        /* fall through */
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_unsigned(sink, conversion, kind,
                     take_unsigned(arguments, conversion->longs));
        return;
    case 's':
        put_text(sink, conversion, va_arg(arguments->list, const char *));
        return;
    case 'c':
        kind = (char)va_arg(arguments->list, int);
        /* fall through */
    default: /* "%%", and what there is no such conversion of, as it is */
        put_bytes(sink, conversion, &kind, 1);
    }
}

static void put_format(struct sink *sink, const char *format, va_list list)
{
    struct arguments arguments;
    struct conversion conversion;

    va_copy(arguments.list, list);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            sink_put(sink, *at);
            continue;
        }
        at = read_conversion(&conversion, &arguments, at + 1);
        if (*at == '\0')
            break;
        put_conversion(sink, &conversion, *at, &arguments);
    }
    va_end(arguments.list);
}

int printf(const char *format, ...)
{
    va_list list;
    int len;

    va_start(list, format);
    len = vprintf(format, list);
    va_end(list);
    return len;
}

int vprintf(const char *format, va_list list)
{
    struct sink sink = {.buf = NULL};

    put_format(&sink, format, list);
    return (int)sink.len;
}

int snprintf(char *buf, size_t size, const char *format, ...)
{
    va_list list;
    int len;

    va_start(list, format);
    len = vsnprintf(buf, size, format, list);
    va_end(list);
    return len;
}

int vsnprintf(char *buf, size_t size, const char *format, va_list list)
{
    char none[1];
    struct sink sink = {.buf = size > 0 ? buf : none, .size = size};

    put_format(&sink, format, list);
    if (size > 0)
        buf[sink.len < size ? sink.len : size - 1] = '\0';
    return (int)sink.len;
}
