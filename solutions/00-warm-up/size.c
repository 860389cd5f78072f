/*
 * size.c: "64k" and the like as a number of bytes.
 *
 * In C an int64_t that overflows has no value at all: the compiler may assume
 * that it never happens. So the limit is asked before the arithmetic, never
 * looked for in its result.
 */
#include "warm_up.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The letter at place i stands for 1024 to the power of i + 1. */
static const char letters[] = "kMGT";

int warm_size_parse(const char *text, int64_t *bytes)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    for (; isdigit((unsigned char)*text); text++) {
        int digit = *text - '0';
        if (value > (INT64_MAX - digit) / 10)
            return -ERANGE;
        value = value * 10 + digit;
    }
    if (*text != '\0') {
        const char *letter = strchr(letters, *text);
        if (letter == NULL || text[1] != '\0')
            return -EINVAL;
        int shift = 10 * (int)(letter - letters + 1);
        if (value > INT64_MAX >> shift)
            return -ERANGE;
        value <<= shift;
    }
    *bytes = value;
    return 0;
}
