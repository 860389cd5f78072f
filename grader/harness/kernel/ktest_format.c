/*
 * ktest_format.c: texts. No function of the kernel's is called: it is under
 * test.
 */
#include "ktest_internal.h"

/* Where the text goes; len counts on beyond the size. */
struct output {
    char *to;
    size_t size, len;
};

static void put(struct output *out, char c)
{
    if (out->len + 1 < out->size)
        out->to[out->len] = c;
    out->len++;
}

static void put_padded(struct output *out, const char *text, size_t len,
                       const char *flags, size_t width)
{
    bool left = flags[0] == '-', zeros = flags[0] == '0';

    for (size_t i = len; !left && i < width; i++)
        put(out, zeros ? '0' : ' ');
    for (size_t i = 0; i < len; i++)
        put(out, text[i]);
    for (size_t i = len; left && i < width; i++)
        put(out, ' ');
}

/* The digits of a number, from the back of the buffer. */
static char *digits(char *end, uint64_t number, unsigned base, char ten)
{
    do {
        unsigned digit = (unsigned)(number % base);
        *--end = (char)(digit < 10 ? '0' + digit : ten + digit - 10);
        number /= base;
    } while (number != 0);
    return end;
}

/* One conversion: %[-0][width][l|ll|z]kind */
struct conversion {
    char flags[2];
    size_t width;
    bool is_long;
    char kind;
};

static const char *parse(const char *format, struct conversion *c)
{
    *c = (struct conversion){.width = 0};
    if (*format == '-' || *format == '0')
        c->flags[0] = *format++;
    while (*format >= '0' && *format <= '9')
        c->width = c->width * 10 + (size_t)(*format++ - '0');
    while (*format == 'l' || *format == 'z') {
        c->is_long = true;
        format++;
    }
    c->kind = *format;
    return *format != '\0' ? format + 1 : format;
}

static void put_number(struct output *out, const struct conversion *c,
                       uint64_t number)
{
    char buffer[24], *end = buffer + sizeof buffer, *from;
    bool negative = c->kind == 'd' && (int64_t)number < 0;

    if (c->kind == 'd' || c->kind == 'u')
        from = digits(end, negative ? -number : number, 10, 'a');
    else
        from = digits(end, number, 16, c->kind == 'X' ? 'A' : 'a');
    if (negative)
        *--from = '-';
    if (c->kind == 'p') {
        *--from = 'x';
        *--from = '0';
    }
    put_padded(out, from, (size_t)(end - from), c->flags, c->width);
}

static void put_string(struct output *out, const struct conversion *c,
                       const char *text)
{
    size_t len = 0;

    if (text == NULL)
        text = "(null)";
    while (text[len] != '\0')
        len++;
    put_padded(out, text, len, c->flags, c->width);
}

static uint64_t take_number(const struct conversion *c, va_list *args)
{
    if (c->is_long || c->kind == 'p')
        return va_arg(*args, uint64_t);
    if (c->kind == 'd')
        return (uint64_t)(int64_t)va_arg(*args, int);
    return va_arg(*args, unsigned);
}

int ktest_vformat(char *to, size_t size, const char *format, va_list args)
{
    struct output out = {to, size, 0};
    struct conversion c;
    va_list rest;

    va_copy(rest, args);
    while (*format != '\0') {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        format = parse(format + 1, &c);
        if (c.kind == 's')
            put_string(&out, &c, va_arg(rest, const char *));
        else if (c.kind == 'c')
            put(&out, (char)va_arg(rest, int));
        else if (c.kind == '%')
            put(&out, '%');
        else
            put_number(&out, &c, take_number(&c, &rest));
    }
    va_end(rest);
    if (size > 0)
        to[out.len < size ? out.len : size - 1] = '\0';
    return (int)out.len;
}

int ktest_format(char *to, size_t size, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = ktest_vformat(to, size, format, args);
    va_end(args);
    return len;
}

void ktest_number(char to[32], int64_t number)
{
    char plain[24];
    int len = ktest_format(plain, sizeof plain, "%ld", number), n = 0;

    for (int i = 0; i < len; i++) {
        if (i > (number < 0) && (len - i) % 3 == 0)
            to[n++] = ',';
        to[n++] = plain[i];
    }
    to[n] = '\0';
}

static size_t quote_character(char *to, unsigned char c)
{
    if (c == '\n' || c == '\r' || c == '"' || c == '\\') {
        to[0] = '\\';
        to[1] = (char)(c == '\n' ? 'n' : c == '\r' ? 'r' : c);
        return 2;
    }
    if (c < 0x20 || c >= 0x7f)
        return (size_t)ktest_format(to, 5, "\\x%02x", c);
    to[0] = (char)c;
    return 1;
}

void ktest_quote(char *to, size_t size, const char *from)
{
    size_t n = 0;

    if (from == NULL) {
        ktest_format(to, size, "NULL");
        return;
    }
    to[n++] = '"';
    for (; *from != '\0' && n + 8 < size; from++)
        n += quote_character(to + n, (unsigned char)*from);
    ktest_format(to + n, size - n, *from != '\0' ? "…\"" : "\"");
}
