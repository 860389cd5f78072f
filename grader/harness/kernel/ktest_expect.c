/*
 * ktest_expect.c: expectations. As lab_expect.c says them, so that a report
 * reads the same wherever a test ran.
 */
#include "ktest_internal.h"

#define ENOSYS 38

#define FORMAT_MESSAGE(message, format)                        \
    do {                                                       \
        va_list args_;                                         \
        va_start(args_, format);                               \
        ktest_vformat(message, sizeof message, format, args_); \
        va_end(args_);                                         \
    } while (0)

static void tell(enum ktest_text which, const char *text)
{
    ktest_say(text);
    ktest_ask(KTEST_CALL_FIELD, which, 0);
}

/* gdb stops here (qemu_debug.c). */
_Noreturn void ktest_failed(struct ktest_where where, const char *what,
                            const char *expected, const char *actual)
{
    tell(KTEST_FILE, where.file);
    tell(KTEST_WHAT, what);
    tell(KTEST_EXPECTED, expected);
    tell(KTEST_ACTUAL, actual);
    ktest_ask(KTEST_CALL_FAIL, where.line, 0);
    for (;;)
        continue;
}

void ktest_fail_at(struct ktest_where where, const char *format, ...)
{
    char message[256];

    FORMAT_MESSAGE(message, format);
    ktest_failed(where, message, "", "");
}

void ktest_check_failed(struct ktest_where where, const char *format, ...)
{
    char message[240], sentence[256];

    FORMAT_MESSAGE(message, format);
    ktest_format(sentence, sizeof sentence, "not so: %s", message);
    ktest_failed(where, sentence, "", "");
}

/* ---- Integers ---- */

void ktest_equal_at(struct ktest_where where, int64_t actual, int64_t expected,
                    const char *format, ...)
{
    char message[256], is[32], should[32];

    if (actual == expected)
        return;
    FORMAT_MESSAGE(message, format);
    ktest_number(is, actual);
    ktest_number(should, expected);
    ktest_failed(where, message, should, is);
}

void ktest_same_number_at(struct ktest_where where, int64_t actual,
                          int64_t expected, const char *format, ...)
{
    char message[256], is[32], should[32];

    if (actual == expected)
        return;
    FORMAT_MESSAGE(message, format);
    ktest_format(is, sizeof is, "%ld", actual);
    ktest_format(should, sizeof should, "%ld", expected);
    ktest_failed(where, message, should, is);
}

void ktest_same_hex_at(struct ktest_where where, uint64_t actual,
                       uint64_t expected, const char *format, ...)
{
    char message[256], is[32], should[32];

    if (actual == expected)
        return;
    FORMAT_MESSAGE(message, format);
    ktest_format(is, sizeof is, "0x%lx", actual);
    ktest_format(should, sizeof should, "0x%lx", expected);
    ktest_failed(where, message, should, is);
}

void ktest_bound_at(struct ktest_where where, int64_t actual, int direction,
                    int64_t limit, const char *format, ...)
{
    char message[256], is[32], number[32], should[48];

    if (direction < 0 ? actual <= limit : actual >= limit)
        return;
    FORMAT_MESSAGE(message, format);
    ktest_number(is, actual);
    ktest_number(number, limit);
    ktest_format(should, sizeof should, "at %s %s",
                 direction < 0 ? "most" : "least", number);
    ktest_failed(where, message, should, is);
}

/* ---- Text and bytes ---- */

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void ktest_same_text_at(struct ktest_where where, const char *actual,
                        const char *expected, const char *format, ...)
{
    char message[256], is[256], should[256];

    if (actual != NULL && expected != NULL && same_text(actual, expected))
        return;
    FORMAT_MESSAGE(message, format);
    ktest_quote(is, sizeof is, actual);
    ktest_quote(should, sizeof should, expected);
    ktest_failed(where, message, should, is);
}

/* Up to eight of them, in hex. */
static void show_bytes(char *to, size_t size, const unsigned char *bytes,
                       size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && i < 8; i++)
        n += (size_t)ktest_format(to + n, size - n, "%s%02x", i > 0 ? " " : "",
                                  bytes[i]);
}

void ktest_same_bytes_at(struct ktest_where where, const void *actual,
                         const void *expected, size_t len, const char *format,
                         ...)
{
    const unsigned char *is = actual, *should = expected;
    char message[160], sentence[256], is_text[32], should_text[32];
    size_t at = 0;

    while (at < len && is[at] == should[at])
        at++;
    if (at == len)
        return;
    FORMAT_MESSAGE(message, format);
    ktest_format(sentence, sizeof sentence,
                 "%s: of %zu bytes, number %zu is the first that differs "
                 "(counted from 0)",
                 message, len, at);
    show_bytes(is_text, sizeof is_text, is + at, len - at);
    show_bytes(should_text, sizeof should_text, should + at, len - at);
    ktest_failed(where, sentence, should_text, is_text);
}

/* ---- Results of calls ---- */

/* The host knows the errnos' names: it writes the text for "-22" (qemu.c). */
static void show_result(char to[64], int64_t result)
{
    if (result == -ENOSYS)
        ktest_format(to, 64, "-ENOSYS: this function is not written yet");
    else
        ktest_format(to, 64, result < 0 ? "errno %ld" : "%ld", result);
}

int64_t ktest_ok_at(struct ktest_where where, int64_t result, const char *call)
{
    char is[64];

    if (result >= 0)
        return result;
    show_result(is, result);
    ktest_failed(where, call, "no error", is);
}

void ktest_error_at(struct ktest_where where, int64_t result, int64_t expected,
                    const char *call)
{
    char is[64], should[64];

    if (result == expected)
        return;
    show_result(is, result);
    show_result(should, expected);
    ktest_failed(where, call, should, is);
}
